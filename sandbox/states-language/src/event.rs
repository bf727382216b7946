//! The kinds of history events and their details, by the names of the
//! GetExecutionHistory API (Step Functions API Reference, `HistoryEvent`).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::payload::Payload;

/// Text that events share: a state's output is the next state's input.
pub type SharedText = Arc<str>;

/// Whether a text was cut; it never is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Truncation {
    /// True if the text is not whole.
    pub truncated: bool,
}

impl Truncation {
    pub(crate) const NONE: Self = Self { truncated: false };
}

/// Details of `ExecutionStarted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StartDetails {
    /// The input, as the caller wrote it.
    pub input: SharedText,
    /// Whether it was cut.
    pub input_details: Truncation,
    /// The role that the execution acts as.
    pub role_arn: String,
}

/// Details of `ExecutionSucceeded` and of every task's success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputDetails {
    /// The integration's action, for `Task...` events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The integration's service, for `Task...` events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// JSON text.
    pub output: SharedText,
    /// Whether it was cut.
    pub output_details: Truncation,
}

impl OutputDetails {
    pub(crate) fn of_state(output: &Payload) -> Self {
        Self {
            resource: None,
            resource_type: None,
            output: output.text(),
            output_details: Truncation::NONE,
        }
    }
}

/// An error and its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct FailureDetails {
    /// The error's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// Details of `EvaluationFailed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvaluationFailedDetails {
    /// The error's name.
    pub error: String,
    /// What happened.
    pub cause: String,
    /// The field whose expression failed, such as `Arguments/FunctionName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The state's name.
    pub state: String,
}

/// Details of `...StateEntered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnteredDetails {
    /// The state's name.
    pub name: Arc<str>,
    /// The raw input as JSON text.
    pub input: SharedText,
    /// Whether it was cut.
    pub input_details: Truncation,
}

/// Details of `...StateExited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExitedDetails {
    /// The state's name.
    pub name: Arc<str>,
    /// The output as JSON text.
    pub output: SharedText,
    /// Whether it was cut.
    pub output_details: Truncation,
    /// The variables that the state has set, as JSON texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_variables: Option<BTreeMap<String, String>>,
    /// Whether these were cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_variables_details: Option<Truncation>,
}

/// Details of `LambdaFunctionScheduled` and `ActivityScheduled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledDetails {
    /// The function's or activity's ARN.
    pub resource: String,
    /// JSON text.
    pub input: SharedText,
    /// Whether it was cut.
    pub input_details: Truncation,
    /// `TimeoutSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_in_seconds: Option<u64>,
    /// `HeartbeatSeconds`; activities only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat_in_seconds: Option<u64>,
    /// `Credentials`; functions only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_credentials: Option<CredentialsDetails>,
}

/// Details of `TaskScheduled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskScheduledDetails {
    /// The integration's service.
    pub resource_type: String,
    /// The integration's action.
    pub resource: String,
    /// The region that the call goes to.
    pub region: String,
    /// JSON text.
    pub parameters: SharedText,
    /// `TimeoutSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_in_seconds: Option<u64>,
    /// `HeartbeatSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat_in_seconds: Option<u64>,
    /// `Credentials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_credentials: Option<CredentialsDetails>,
}

/// The role that a task runs as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialsDetails {
    /// Its ARN.
    pub role_arn: String,
}

/// Details of `TaskStarted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskStartedDetails {
    /// The integration's service.
    pub resource_type: String,
    /// The integration's action.
    pub resource: String,
}

/// Details of `TaskFailed` and its kin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskFailedDetails {
    /// The integration's service.
    pub resource_type: String,
    /// The integration's action.
    pub resource: String,
    /// The error's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// Details of `ActivityStarted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerDetails {
    /// The name that the worker gave itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_name: Option<String>,
}

/// Details of `MapStateStarted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LengthDetails {
    /// The number of items; 0 where an `ItemReader` is still to read them.
    pub length: usize,
}

/// Details of `MapIteration...`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IterationDetails {
    /// The Map state's name.
    pub name: Arc<str>,
    /// The item's place, from 0.
    pub index: usize,
}

/// Details of `MapRunStarted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MapRunDetails {
    /// The Map run's ARN.
    pub map_run_arn: String,
}

/// What happened, with its details: `type` and `...EventDetails` of a history event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[allow(missing_docs)] // The names are the API's own; its reference describes each.
pub enum Event {
    ExecutionStarted {
        execution_started_event_details: StartDetails,
    },
    ExecutionSucceeded {
        execution_succeeded_event_details: OutputDetails,
    },
    ExecutionFailed {
        execution_failed_event_details: FailureDetails,
    },
    ExecutionTimedOut {
        execution_timed_out_event_details: FailureDetails,
    },
    ExecutionAborted {
        execution_aborted_event_details: FailureDetails,
    },
    EvaluationFailed {
        evaluation_failed_event_details: EvaluationFailedDetails,
    },

    PassStateEntered {
        state_entered_event_details: EnteredDetails,
    },
    PassStateExited {
        state_exited_event_details: ExitedDetails,
    },
    ChoiceStateEntered {
        state_entered_event_details: EnteredDetails,
    },
    ChoiceStateExited {
        state_exited_event_details: ExitedDetails,
    },
    SucceedStateEntered {
        state_entered_event_details: EnteredDetails,
    },
    SucceedStateExited {
        state_exited_event_details: ExitedDetails,
    },
    FailStateEntered {
        state_entered_event_details: EnteredDetails,
    },
    WaitStateEntered {
        state_entered_event_details: EnteredDetails,
    },
    WaitStateExited {
        state_exited_event_details: ExitedDetails,
    },
    TaskStateEntered {
        state_entered_event_details: EnteredDetails,
    },
    TaskStateExited {
        state_exited_event_details: ExitedDetails,
    },
    ParallelStateEntered {
        state_entered_event_details: EnteredDetails,
    },
    ParallelStateExited {
        state_exited_event_details: ExitedDetails,
    },
    MapStateEntered {
        state_entered_event_details: EnteredDetails,
    },
    MapStateExited {
        state_exited_event_details: ExitedDetails,
    },

    TaskScheduled {
        task_scheduled_event_details: TaskScheduledDetails,
    },
    TaskStarted {
        task_started_event_details: TaskStartedDetails,
    },
    TaskStartFailed {
        task_start_failed_event_details: TaskFailedDetails,
    },
    TaskSubmitted {
        task_submitted_event_details: OutputDetails,
    },
    TaskSubmitFailed {
        task_submit_failed_event_details: TaskFailedDetails,
    },
    TaskSucceeded {
        task_succeeded_event_details: OutputDetails,
    },
    TaskFailed {
        task_failed_event_details: TaskFailedDetails,
    },
    TaskTimedOut {
        task_timed_out_event_details: TaskFailedDetails,
    },

    LambdaFunctionScheduled {
        lambda_function_scheduled_event_details: ScheduledDetails,
    },
    LambdaFunctionScheduleFailed {
        lambda_function_schedule_failed_event_details: FailureDetails,
    },
    LambdaFunctionStarted,
    LambdaFunctionStartFailed {
        lambda_function_start_failed_event_details: FailureDetails,
    },
    LambdaFunctionSucceeded {
        lambda_function_succeeded_event_details: OutputDetails,
    },
    LambdaFunctionFailed {
        lambda_function_failed_event_details: FailureDetails,
    },
    LambdaFunctionTimedOut {
        lambda_function_timed_out_event_details: FailureDetails,
    },

    ActivityScheduled {
        activity_scheduled_event_details: ScheduledDetails,
    },
    ActivityScheduleFailed {
        activity_schedule_failed_event_details: FailureDetails,
    },
    ActivityStarted {
        activity_started_event_details: WorkerDetails,
    },
    ActivitySucceeded {
        activity_succeeded_event_details: OutputDetails,
    },
    ActivityFailed {
        activity_failed_event_details: FailureDetails,
    },
    ActivityTimedOut {
        activity_timed_out_event_details: FailureDetails,
    },

    TaskStateAborted,
    WaitStateAborted,
    ParallelStateAborted,
    MapStateAborted,

    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    MapStateStarted {
        map_state_started_event_details: LengthDetails,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapIterationStarted {
        map_iteration_started_event_details: IterationDetails,
    },
    MapIterationSucceeded {
        map_iteration_succeeded_event_details: IterationDetails,
    },
    MapIterationFailed {
        map_iteration_failed_event_details: IterationDetails,
    },
    MapIterationAborted {
        map_iteration_aborted_event_details: IterationDetails,
    },
    MapRunStarted {
        map_run_started_event_details: MapRunDetails,
    },
    MapRunSucceeded,
    MapRunFailed {
        map_run_failed_event_details: FailureDetails,
    },
}

/// The types of states, by which their events are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateType {
    Pass,
    Task,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}

impl Event {
    /// `...StateEntered`
    pub(crate) fn entered(of: StateType, state_entered_event_details: EnteredDetails) -> Self {
        match of {
            StateType::Pass => Self::PassStateEntered {
                state_entered_event_details,
            },
            StateType::Task => Self::TaskStateEntered {
                state_entered_event_details,
            },
            StateType::Choice => Self::ChoiceStateEntered {
                state_entered_event_details,
            },
            StateType::Wait => Self::WaitStateEntered {
                state_entered_event_details,
            },
            StateType::Succeed => Self::SucceedStateEntered {
                state_entered_event_details,
            },
            StateType::Fail => Self::FailStateEntered {
                state_entered_event_details,
            },
            StateType::Parallel => Self::ParallelStateEntered {
                state_entered_event_details,
            },
            StateType::Map => Self::MapStateEntered {
                state_entered_event_details,
            },
        }
    }

    /// `...StateExited`; a Fail state is never left, but would be by the event of a
    /// Succeed state.
    pub(crate) fn exited(of: StateType, state_exited_event_details: ExitedDetails) -> Self {
        match of {
            StateType::Pass => Self::PassStateExited {
                state_exited_event_details,
            },
            StateType::Task => Self::TaskStateExited {
                state_exited_event_details,
            },
            StateType::Choice => Self::ChoiceStateExited {
                state_exited_event_details,
            },
            StateType::Wait => Self::WaitStateExited {
                state_exited_event_details,
            },
            StateType::Succeed | StateType::Fail => Self::SucceedStateExited {
                state_exited_event_details,
            },
            StateType::Parallel => Self::ParallelStateExited {
                state_exited_event_details,
            },
            StateType::Map => Self::MapStateExited {
                state_exited_event_details,
            },
        }
    }

    /// `...StateAborted`, of the types whose work takes time.
    pub(crate) fn aborted(of: StateType) -> Option<Self> {
        match of {
            StateType::Task => Some(Self::TaskStateAborted),
            StateType::Wait => Some(Self::WaitStateAborted),
            StateType::Parallel => Some(Self::ParallelStateAborted),
            StateType::Map => Some(Self::MapStateAborted),
            StateType::Pass | StateType::Choice | StateType::Succeed | StateType::Fail => None,
        }
    }
}
