//! A sandbox with functions in it, and what happens there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sandbox::Sandbox;
use sandbox::activity::{Activity, What};
use serde_json::{Map, Value, json};
use states_language::{Clock, SystemClock};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

pub struct Server {
    pub sandbox: Sandbox,
    activities: Receiver<Activity>,
}

impl Server {
    /// A sandbox with one function for each handler of `examples/function.rs`.
    pub async fn with(handlers: &[&str]) -> Self {
        Self::with_clock(handlers, Arc::new(SystemClock)).await
    }

    pub async fn with_clock(handlers: &[&str], clock: Arc<dyn Clock>) -> Self {
        Self::new(handlers, clock, &executable()).await
    }

    /// With an executable that need not be one.
    #[cfg(unix)]
    pub async fn running(handlers: &[&str], executable: &Path) -> Self {
        Self::new(handlers, Arc::new(SystemClock), executable).await
    }

    async fn new(handlers: &[&str], clock: Arc<dyn Clock>, executable: &Path) -> Self {
        let sandbox = Sandbox::start_with("eu-west-1", 0, clock).await.unwrap();
        sandbox
            .deploy("stack", &template(handlers), executable)
            .unwrap();
        let activities = sandbox.activities();
        Self {
            sandbox,
            activities,
        }
    }

    /// Makes another stack; says why it cannot be made.
    pub fn deploy(&self, resources: &Value) -> Result<usize, String> {
        let template = json!({ "Resources": resources });
        let made = self.sandbox.deploy("more", &template, &executable());
        made.map_err(|error| error.to_string())
    }

    /// The address, `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.sandbox.endpoint().replace("http://", "")
    }

    /// The first from now on, or since the last, that gives something.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&Activity) -> Option<T>,
    ) -> T {
        let found = async {
            loop {
                if let Some(found) = look(&self.activities.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        timeout(LIMIT, found)
            .await
            .unwrap_or_else(|_| panic!("waited for {what}"))
    }

    /// Waits until an invocation ends; gives its error.
    pub async fn finished(&mut self) -> Option<String> {
        self.until("an invocation to end", |activity| match &activity.what {
            What::FunctionFinished { error, .. } => Some(error.clone()),
            _ => None,
        })
        .await
    }
}

/// The function for the tests: cargo builds examples beside the tests.
fn executable() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let path = folder
        .join("examples")
        .join(format!("function{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "build it first: cargo build -p sandbox --examples"
    );
    path
}

fn template(handlers: &[&str]) -> Value {
    let mut resources = Map::new();
    let statement = |action: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": action, "Resource": "*",
        }] })
    };
    resources.insert(
        "Role".to_owned(),
        json!({ "Type": "AWS::IAM::Role", "Properties": {
            "RoleName": "role",
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": ["lambda.amazonaws.com", "states.amazonaws.com"] },
                "Action": "sts:AssumeRole",
            }] },
            "Policies": [
                { "PolicyName": "logs", "PolicyDocument": statement("logs:*") },
                { "PolicyName": "invoke", "PolicyDocument": statement("lambda:InvokeFunction") },
                { "PolicyName": "publish", "PolicyDocument": statement("sns:*") },
                { "PolicyName": "send", "PolicyDocument": statement("sqs:*") },
                { "PolicyName": "start", "PolicyDocument": statement("states:*") },
                { "PolicyName": "store", "PolicyDocument": statement("s3:*") },
            ],
        } }),
    );
    for handler in handlers {
        resources.insert(
            format!("Function{}", handler.replace('-', "")),
            json!({ "Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": handler,
                "Handler": handler,
                "Runtime": "provided.al2023",
                "Timeout": 1,
                "Environment": { "Variables": { "OWN": "yes" } },
                "Role": { "Fn::GetAtt": ["Role", "Arn"] },
                "Code": { "S3Bucket": "code", "S3Key": "code.zip" },
            } }),
        );
    }
    json!({ "Resources": resources })
}
