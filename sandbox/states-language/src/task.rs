//! What a Task state asks of the outside world.

use std::time::Duration;

use serde_json::Value;

use crate::clock::BoxFuture;
use crate::history::TaskProgress;

/// Runs the resources of Task states (and reads items for and writes results
/// of distributed Map states).
///
/// An execution calls [`TaskRunner::run`] once per attempt and drops the future
/// when the state times out or the execution stops; dropping cancels the work.
/// Timeouts and heartbeats are kept by the execution, not by the runner: a
/// runner that waits for a callback simply waits, and tells
/// [`TaskProgress::heartbeat`] when one arrives.
pub trait TaskRunner: Send + Sync {
    /// Runs one task to its end.
    ///
    /// # Errors
    /// The error name and cause that the state fails with; Retry and Catch see
    /// them as they stand.
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>>;
}

/// One attempt of one task.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskRequest {
    /// `Resource`, exactly as the definition has it.
    pub resource: String,
    /// How the state waits for the task to end, as the resource's suffix says.
    pub pattern: IntegrationPattern,
    /// What the task is called with: the outcome of `Parameters` or `Arguments`,
    /// or the state's effective input where it has neither.
    pub input: Value,
    /// `TimeoutSeconds`, if the state gives it (seconds on the execution's clock).
    pub timeout: Option<Duration>,
    /// `HeartbeatSeconds`, if the state gives it.
    pub heartbeat: Option<Duration>,
    /// The token that ends the task, as `$$.Task.Token` shows it: for
    /// `.waitForTaskToken` and for activities.
    pub task_token: Option<String>,
    /// `Credentials.RoleArn`: the role to run the task as, if not the execution's.
    pub credentials_role_arn: Option<String>,
    /// The state's name.
    pub state_name: String,
    /// The ARN of the execution that asks.
    pub execution_arn: String,
}

/// How a Task state and its resource work together: the service integration
/// patterns of the Step Functions developer guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntegrationPattern {
    /// The answer to the call is the result.
    RequestResponse,
    /// `.sync`: the job that the call starts is waited for; its output stays as text.
    Sync,
    /// `.sync:2`: as `.sync`, with the output parsed.
    Sync2,
    /// `.waitForTaskToken`: whoever holds the token ends the task.
    WaitForTaskToken,
}

impl IntegrationPattern {
    /// The pattern that a resource's suffix asks for.
    ///
    /// ```
    /// use states_language::IntegrationPattern;
    /// assert_eq!(
    ///     IntegrationPattern::of("arn:aws:states:::states:startExecution.sync:2"),
    ///     IntegrationPattern::Sync2
    /// );
    /// ```
    pub fn of(resource: &str) -> Self {
        if resource.ends_with(".waitForTaskToken") {
            Self::WaitForTaskToken
        } else if resource.ends_with(".sync:2") {
            Self::Sync2
        } else if resource.ends_with(".sync") {
            Self::Sync
        } else {
            Self::RequestResponse
        }
    }
}

/// Why a task failed: what Retry, Catch and the history see.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
#[error("{}: {}", .error.as_deref().unwrap_or("no error given"), .cause.as_deref().unwrap_or("no cause given"))]
pub struct TaskFailure {
    /// The error name, such as `Lambda.ResourceNotFoundException`; SendTaskFailure
    /// may give none.
    pub error: Option<String>,
    /// What happened, in words or as JSON text; SendTaskFailure may give none.
    pub cause: Option<String>,
    /// How far the task came: it decides which event the history records.
    pub stage: FailureStage,
}

/// How far a failed task came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FailureStage {
    /// It could not be started (`TaskStartFailed`, `LambdaFunctionStartFailed`).
    Start,
    /// It could not be handed to the service (`TaskSubmitFailed`); for `.sync`
    /// and `.waitForTaskToken` only.
    Submit,
    /// It ran (`TaskFailed`, `LambdaFunctionFailed`, `ActivityFailed`).
    #[default]
    Run,
}

impl TaskFailure {
    /// A failure of a task that ran.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            cause: Some(cause.into()),
            stage: FailureStage::Run,
        }
    }

    /// The same failure at another stage.
    #[must_use]
    pub fn at(mut self, stage: FailureStage) -> Self {
        self.stage = stage;
        self
    }
}
