//! What an execution asks of other services, as the state machine's role.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use serde_json::{Value, json};
use states_language::{BoxFuture, TaskFailure, TaskProgress, TaskRequest, TaskRunner};

use crate::account::Account;
use crate::error::ServiceError;
use crate::lambda::{self, Invocation};

/// The optimised integration with Lambda.
const LAMBDA_INVOKE: &str = "arn:aws:states:::lambda:invoke";

/// Runs the tasks of one execution.
pub struct Tasks {
    // Weak: an execution must not keep an account alive that has stopped.
    account: Weak<Account>,
    role_arn: String,
    /// The session's name, as it shows in the texts of denials.
    session: String,
}

impl Tasks {
    /// Tasks of one execution run as the role, in a session of their own.
    pub fn new(account: &Arc<Account>, role_arn: &str) -> Self {
        // AWS's session names are opaque 32-character words.
        let session = uuid::Uuid::new_v4().simple().to_string();
        Self {
            account: Arc::downgrade(account),
            role_arn: role_arn.to_owned(),
            session,
        }
    }

    async fn answer(&self, request: TaskRequest) -> Result<Value, TaskFailure> {
        let Some(account) = self.account.upgrade() else {
            return Err(TaskFailure::new(
                "States.Runtime",
                "The sandbox is closing.",
            ));
        };
        if request.resource.starts_with("arn:aws:lambda:") {
            return self
                .invoke(&account, &request.resource, &request.input)
                .await;
        }
        if request.resource == LAMBDA_INVOKE {
            let function = request.input["FunctionName"].as_str().unwrap_or_default();
            let payload = request
                .input
                .get("Payload")
                .cloned()
                .unwrap_or_else(|| json!({}));
            let result = self.invoke(&account, function, &payload).await?;
            return Ok(json!({
                "ExecutedVersion": "$LATEST",
                "Payload": result,
                "SdkHttpMetadata": { "HttpStatusCode": 200 },
                "StatusCode": 200,
            }));
        }
        Err(TaskFailure::new(
            "States.Runtime",
            format!(
                "The sandbox does not have the integration {}.",
                request.resource
            ),
        ))
    }

    async fn invoke(
        &self,
        account: &Arc<Account>,
        name_or_arn: &str,
        payload: &Value,
    ) -> Result<Value, TaskFailure> {
        let arn = if name_or_arn.starts_with("arn:") {
            name_or_arn.to_owned()
        } else {
            crate::arn::arn(
                "lambda",
                &account.region,
                &format!("function:{name_or_arn}"),
            )
        };
        let refused = |error: ServiceError| lambda_failure(&error);
        let role = account
            .iam
            .principal_of_role(&self.role_arn, "states.amazonaws.com", &self.session)
            .map_err(refused)?;
        account
            .authorize(
                &role,
                "lambda:InvokeFunction",
                &arn,
                "AccessDeniedException",
            )
            .map_err(refused)?;
        let function = account.lambda.function(&arn).map_err(refused)?;
        let invocation = Invocation::new(Bytes::from(payload.to_string()));
        let completed = lambda::invoke(account, &function, &invocation)
            .await
            .map_err(refused)?;
        match completed.result {
            Ok(body) => serde_json::from_slice(&body).map_err(|_| {
                TaskFailure::new(
                    "Lambda.Unknown",
                    format!("The function {name_or_arn} answered with something that is not JSON."),
                )
            }),
            Err(failure) => Err(TaskFailure::new(
                failure.error_type(),
                failure.payload(&invocation.request_id),
            )),
        }
    }
}

/// An error of Lambda's own, as a task's failure.
fn lambda_failure(error: &ServiceError) -> TaskFailure {
    // The Java SDK, which Step Functions calls with, has a class for each error
    // that the API models; access denied is not among them.
    let name = match error.code.as_ref() {
        "AccessDeniedException" => "Lambda.AWSLambdaException".to_owned(),
        code => format!("Lambda.{code}"),
    };
    TaskFailure::new(
        name,
        format!(
            "{} (Service: AWSLambda; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
            error.message,
            error.status,
            error.code,
            uuid::Uuid::new_v4()
        ),
    )
}

impl TaskRunner for Tasks {
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        _progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        Box::pin(self.answer(request))
    }
}
