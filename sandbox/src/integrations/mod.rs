//! What an execution asks of other services, as the state machine's role: Step
//! Functions' service integrations.

mod answer;
mod aws_sdk;
mod lambda;
mod sns;
mod sqs;
mod start_execution;

use std::sync::{Arc, Weak};

use serde_json::Value;
use states_language::{
    BoxFuture, FailureStage, IntegrationPattern, TaskFailure, TaskProgress, TaskRequest, TaskRunner,
};

use crate::account::Account;
use crate::error::ServiceError;
use crate::iam::{Principal, Source};
use crate::s3;

/// Runs the tasks of one execution.
pub struct Tasks {
    // Weak: an execution must not keep an account alive that has stopped.
    account: Weak<Account>,
    role_arn: String,
    /// For which state machine Step Functions acts as the role.
    machine: String,
    /// The session's name, as it shows in the texts of denials.
    session: String,
}

/// Whom a task calls as.
struct Caller {
    account: Arc<Account>,
    role: Principal,
}

impl Tasks {
    /// Tasks of one execution of a state machine run as its role, in a session of their own.
    pub fn new(account: &Arc<Account>, role_arn: &str, machine: &str) -> Self {
        // AWS's session names are opaque 32-character words.
        let session = uuid::Uuid::new_v4().simple().to_string();
        Self {
            account: Arc::downgrade(account),
            role_arn: role_arn.to_owned(),
            machine: machine.to_owned(),
            session,
        }
    }

    fn caller(&self, role_arn: Option<&str>) -> Result<Caller, TaskFailure> {
        let Some(account) = self.account.upgrade() else {
            let cause = "The sandbox is closing.";
            return Err(TaskFailure::new("States.Runtime", cause));
        };
        let role_arn = role_arn.unwrap_or(&self.role_arn);
        let source = Some(Source { arn: &self.machine });
        let role = account
            .iam
            .principal_for(role_arn, "states.amazonaws.com", &self.session, source)
            .map_err(|error| TaskFailure::new("States.TaskFailed", error.message))?;
        Ok(Caller { account, role })
    }

    async fn answer(
        &self,
        request: TaskRequest,
        progress: TaskProgress,
    ) -> Result<Value, TaskFailure> {
        let caller = self.caller(request.credentials_role_arn.as_deref())?;
        let resource = request.resource.as_str();
        if resource.contains(":activity:") {
            let token = request.task_token.unwrap_or_default();
            let waiting = Wait::begin(&caller.account, token, progress.clone());
            let activities = &caller.account.states.activities;
            activities.schedule(resource, &waiting.token, &request.input, progress)?;
            return waiting.end().await;
        }
        let Some((_, call)) = resource.split_once(":states:::") else {
            return lambda::invoke_directly(&caller, resource, &request.input).await;
        };
        let call = [".waitForTaskToken", ".sync:2", ".sync"]
            .iter()
            .find_map(|suffix| call.strip_suffix(suffix))
            .unwrap_or(call);
        match (call, request.pattern) {
            (_, IntegrationPattern::WaitForTaskToken) => {
                let token = request.task_token.clone().unwrap_or_default();
                // Whoever gets the token may use it before the call is answered.
                let waiting = Wait::begin(&caller.account, token, progress.clone());
                let submitted = self.submit(&caller, call, request.input).await;
                progress.submitted(&submitted.map_err(|it| it.at(FailureStage::Submit))?);
                waiting.end().await
            }
            ("states:startExecution", IntegrationPattern::Sync | IntegrationPattern::Sync2) => {
                let parsed = request.pattern == IntegrationPattern::Sync2;
                start_execution::run_to_end(&caller, &request.input, parsed, &progress).await
            }
            (call, IntegrationPattern::RequestResponse) => {
                self.submit(&caller, call, request.input).await
            }
            _ => Err(unsupported(resource)),
        }
    }

    /// Makes a call and gives its answer.
    async fn submit(
        &self,
        caller: &Caller,
        call: &str,
        input: Value,
    ) -> Result<Value, TaskFailure> {
        match call.split_once(':') {
            Some(("lambda", "invoke")) => lambda::invoke(caller, &input).await,
            Some(("sns", "publish")) => sns::publish(caller, &input),
            Some(("sqs", "sendMessage")) => sqs::send(caller, &input).await,
            Some(("states", "startExecution")) => start_execution::start(caller, &input),
            // What Map states read and write with.
            Some(("s3", operation)) => {
                let answer = s3::direct::call(&caller.account, &caller.role, operation, &input);
                answer
                    .await
                    .map_err(|error| TaskFailure::new(error.code, error.message))
            }
            Some(("aws-sdk", call)) => aws_sdk::call(caller, call, input).await,
            _ => Err(unsupported(call)),
        }
    }
}

fn unsupported(call: &str) -> TaskFailure {
    TaskFailure::new(
        "States.Runtime",
        format!("The sandbox does not have the integration {call}. On AWS it may be there."),
    )
}

/// A task that waits for its token to be used; it waits no more once this is dropped.
struct Wait {
    account: Arc<Account>,
    token: String,
    ended: tokio::sync::oneshot::Receiver<crate::states::tokens::Ended>,
}

impl Wait {
    fn begin(account: &Arc<Account>, token: String, progress: TaskProgress) -> Self {
        Self {
            ended: account.states.tokens.wait(&token, progress),
            account: account.clone(),
            token,
        }
    }

    async fn end(mut self) -> Result<Value, TaskFailure> {
        match (&mut self.ended).await {
            Ok(ended) => ended,
            // The other end is kept until the token is used.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.account.states.tokens.forget(&self.token);
    }
}

impl Caller {
    fn authorize(
        &self,
        action: &str,
        resource: &str,
        code: &'static str,
    ) -> Result<(), ServiceError> {
        self.account.authorize(&self.role, action, resource, code)
    }
}

impl TaskRunner for Tasks {
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        Box::pin(self.answer(request, progress))
    }
}
