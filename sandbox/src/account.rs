//! The account: every service of the sandbox, and the one way between them.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use states_language::Clock;
use tokio::task::JoinSet;

use crate::activity::Feed;
use crate::cloudformation::CloudFormation;
use crate::error::ServiceError;
use crate::iam::{Iam, Principal};
use crate::lambda::Lambda;
use crate::logs::Logs;
use crate::s3;
use crate::sns::Sns;
use crate::sqs::Sqs;
use crate::states::States;

/// The services of one AWS account in one region, as one value that all share.
#[derive(Debug)]
pub struct Account {
    /// The region, such as `eu-west-1`.
    pub region: String,
    /// The base URL of every service: `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Where the services say what happens.
    pub feed: Feed,
    /// Stacks.
    pub cloudformation: CloudFormation,
    /// Roles, policies and access keys.
    pub iam: Iam,
    /// CloudWatch Logs.
    pub logs: Logs,
    /// Functions and their processes.
    pub lambda: Lambda,
    /// Buckets and objects.
    pub s3: s3::Store,
    /// Topics.
    pub sns: Sns,
    /// Queues and their messages.
    pub sqs: Sqs,
    /// State machines and executions.
    pub states: States,
    /// What goes on after a call was answered.
    pub background: Background,
    /// What executions and retries wait for.
    pub clock: Timer,
}

/// How long the end of all that goes on may take.
const LONGEST_END: Duration = Duration::from_secs(5);

/// A clock that can be shown.
pub struct Timer(pub Arc<dyn Clock>);

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timer")
    }
}

impl Account {
    /// An empty account whose services answer at `endpoint`.
    pub fn new(region: &str, endpoint: &str, clock: Arc<dyn Clock>) -> Self {
        let feed = Feed::new();
        Self {
            region: region.to_owned(),
            endpoint: endpoint.to_owned(),
            cloudformation: CloudFormation::default(),
            iam: Iam::new(region),
            logs: Logs::new(region, feed.clone()),
            lambda: Lambda::default(),
            s3: s3::Store::new(region),
            sns: Sns::new(region, feed.clone()),
            sqs: Sqs::default(),
            states: States::default(),
            background: Background::default(),
            clock: Timer(clock),
            feed,
        }
    }

    /// An empty account that nobody serves.
    #[cfg(test)]
    pub fn for_tests() -> Self {
        let clock = Arc::new(states_language::SystemClock);
        Self::new("eu-west-1", "http://127.0.0.1:1", clock)
    }

    /// Asks IAM, and the policy of a bucket, whether `principal` may do `action` on
    /// `resource`; a denial becomes the error `code` of the service that asks.
    ///
    /// # Errors
    ///
    /// HTTP 403 with AWS's text, which names the principal, the action and the
    /// resource, and why no policy allows it.
    pub fn authorize(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
        code: &'static str,
    ) -> Result<(), ServiceError> {
        let bucket = self.s3.policy_of(resource);
        let policy = bucket.as_ref().map(|it| &it.policy);
        // Or else nobody could mend a policy that locks all out.
        let is_mending = *principal == Principal::Administrator
            && matches!(
                action,
                "s3:DeleteBucketPolicy" | "s3:GetBucketPolicy" | "s3:PutBucketPolicy"
            );
        self.iam
            .authorize_with(principal, action, resource, policy.filter(|_| !is_mending))
            .map_err(|denial| ServiceError::new(403, code, denial.to_string()))
    }

    /// Begins to end all that goes on: executions, invocations, processes.
    pub fn stop(&self) {
        self.background.close().abort_all();
        self.lambda.end_processes();
    }

    /// Ends all that goes on, and waits until it has ended.
    pub async fn end(&self) {
        let mut tasks = self.background.close();
        // A task that never pauses cannot be ended, but must not hold the rest up.
        let _ = tokio::time::timeout(LONGEST_END, tasks.shutdown()).await;
        self.lambda.end_processes();
    }
}

/// Tasks that outlive the request that began them, until the account stops.
#[derive(Debug, Default)]
pub struct Background(Mutex<Tasks>);

#[derive(Debug, Default)]
struct Tasks {
    running: JoinSet<()>,
    /// Whether the account has stopped: nothing begins any more.
    closed: bool,
}

impl Background {
    /// Runs a task until it ends or the account stops.
    pub fn spawn(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::AbortHandle {
        let mut tasks = self.tasks();
        // Those that ended would otherwise be kept until the account stops.
        while tasks.running.try_join_next().is_some() {}
        let handle = tasks.running.spawn(task);
        if tasks.closed {
            handle.abort();
        }
        handle
    }

    /// Lets nothing begin any more, and hands over what is running.
    fn close(&self) -> JoinSet<()> {
        let mut tasks = self.tasks();
        tasks.closed = true;
        std::mem::take(&mut tasks.running)
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
