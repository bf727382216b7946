//! One execution, from its first state to its outcome.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::definition::{Kind, State, StateMachine};
use crate::event::{
    EnteredDetails, Event, ExitedDetails, FailureDetails, OutputDetails, ScheduledDetails,
    StartDetails, TaskFailedDetails, TaskScheduledDetails, TaskStartedDetails, Truncation,
};
use crate::history::{History, Progress, TaskFamily, TaskProgress, millis};
use crate::path::{Path, PathError};
use crate::payload::Data;
use crate::task::{IntegrationPattern, TaskFailure, TaskRequest, TaskRunner};
use crate::text::json_text;
use time::{OffsetDateTime, macros::format_description};

/// What an execution knows of itself: the context object, `$$`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionContext {
    /// The execution's ARN.
    pub execution_arn: String,
    /// The execution's name.
    pub execution_name: String,
    /// The role that the execution acts as.
    pub role_arn: String,
    /// The state machine's ARN.
    pub state_machine_arn: String,
    /// The state machine's name.
    pub state_machine_name: String,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With an output.
    Succeeded {
        /// Any JSON value.
        output: Value,
    },
    /// With an error that nothing caught.
    Failed {
        /// The error's name.
        error: Option<String>,
        /// What happened.
        cause: Option<String>,
    },
    /// The state machine's `TimeoutSeconds` passed.
    TimedOut {
        /// The error's name.
        error: Option<String>,
        /// What happened.
        cause: Option<String>,
    },
}

/// An execution that has not begun; dropping the future of [`Execution::run`]
/// aborts it.
pub struct Execution {
    /// What to run.
    pub program: Arc<StateMachine>,
    /// What it knows of itself.
    pub context: ExecutionContext,
    /// The input.
    pub input: Value,
    /// Runs its tasks.
    pub tasks: Arc<dyn TaskRunner>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Where it records what happens.
    pub history: History,
}

/// Why a state failed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    error: String,
    cause: Option<String>,
}

impl Execution {
    /// Runs to the end.
    pub async fn run(self) -> Outcome {
        let started = self.clock.now();
        let mut run = Run {
            latest: 0,
            started: iso(millis(started)),
            execution: &self,
        };
        run.record(Event::ExecutionStarted {
            execution_started_event_details: StartDetails {
                input: json_text(&self.input).into(),
                input_details: Truncation::NONE,
                role_arn: self.context.role_arn.clone(),
            },
        });
        // As AWS records it: the first state does not follow from the start.
        run.latest = 0;
        let Some(limit) = self.program.timeout else {
            return run.states().await;
        };
        let deadline = self.clock.sleep_until(started + limit);
        let outcome = {
            let states = std::pin::pin!(run.states());
            match futures_util::future::select(states, deadline).await {
                futures_util::future::Either::Left((outcome, _)) => Some(outcome),
                futures_util::future::Either::Right(_) => None,
            }
        };
        outcome.unwrap_or_else(|| {
            run.latest = self.history.len() as u64;
            run.record(Event::ExecutionTimedOut {
                execution_timed_out_event_details: FailureDetails::default(),
            });
            Outcome::TimedOut {
                error: None,
                cause: None,
            }
        })
    }
}

/// The progress of one execution.
struct Run<'a> {
    execution: &'a Execution,
    /// The id of the latest event.
    latest: u64,
    /// When the execution started, as the context object shows it.
    started: String,
}

impl Run<'_> {
    fn record(&mut self, event: Event) {
        let now = self.execution.clock.now();
        self.latest = self.execution.history.record(self.latest, now, event);
    }

    async fn states(&mut self) -> Outcome {
        let machine = &self.execution.program;
        let mut name = machine.start_at.clone();
        let mut data = self.execution.input.clone();
        loop {
            // A checked definition has every state that one leads to.
            let Some(state) = machine.states.get(&name) else {
                return Outcome::Failed {
                    error: None,
                    cause: None,
                };
            };
            match self.state(&name, state, data).await {
                Ok(output) => match &state.next {
                    Some(next) => (name, data) = (next.clone(), output),
                    None => {
                        self.record(Event::ExecutionSucceeded {
                            execution_succeeded_event_details: output_details(&output),
                        });
                        return Outcome::Succeeded { output };
                    }
                },
                Err(Failure { error, cause }) => {
                    let (error, cause) = (Some(error), cause);
                    self.record(Event::ExecutionFailed {
                        execution_failed_event_details: FailureDetails {
                            error: error.clone(),
                            cause: cause.clone(),
                        },
                    });
                    return Outcome::Failed { error, cause };
                }
            }
        }
    }

    async fn state(
        &mut self,
        name: &Arc<str>,
        state: &State,
        raw: Value,
    ) -> Result<Value, Failure> {
        self.record(entered(&state.kind, name, &raw));
        let entered_id = self.latest;
        let context = self.context(name);
        let result = self.work(name, state, &raw, &context, entered_id).await;
        let output = result?;
        if let Some(event) = exited(&state.kind, name, &output) {
            self.record(event);
        }
        Ok(output)
    }

    /// Input processing, the state's own work, output processing.
    async fn work(
        &mut self,
        name: &Arc<str>,
        state: &State,
        raw: &Value,
        context: &Value,
        entered_id: u64,
    ) -> Result<Value, Failure> {
        let stray = |path: &Path, error: PathError| runtime_failure(name, entered_id, path, &error);
        let raw_data = Data {
            input: raw,
            context,
        };
        let input = match &state.input_path {
            Some(path) => raw_data.at(path).map_err(|error| stray(path, error))?,
            None => json!({}),
        };
        let data = Data {
            input: &input,
            context,
        };
        let effective = match &state.parameters {
            Some(template) => template
                .fill(&data)
                .map_err(|(path, error)| stray(path, error))?,
            None => input.clone(),
        };
        let result = match &state.kind {
            Kind::Pass { result } => result.clone().unwrap_or(effective),
            Kind::Task { resource, timeout } => {
                self.task(name, resource, *timeout, effective).await?
            }
            Kind::Wait { duration } => {
                let clock = &self.execution.clock;
                clock.sleep_until(clock.now() + *duration).await;
                effective
            }
            Kind::Succeed => effective,
            Kind::Fail { error, cause } => {
                return Err(Failure {
                    error: error.clone().unwrap_or_default(),
                    cause: cause.clone(),
                });
            }
        };
        let result = match &state.result_selector {
            Some(template) => {
                let data = Data {
                    input: &result,
                    context,
                };
                template
                    .fill(&data)
                    .map_err(|(path, error)| stray(path, error))?
            }
            None => result,
        };
        let combined = match &state.result_path {
            None => input,
            Some(path) => path.write(input, result).map_err(|error| Failure {
                error: "States.ResultPathMatchFailure".to_owned(),
                cause: Some(error.to_string()),
            })?,
        };
        let data = Data {
            input: &combined,
            context,
        };
        match &state.output_path {
            Some(path) => data.at(path).map_err(|error| stray(path, error)),
            None => Ok(json!({})),
        }
    }

    async fn task(
        &mut self,
        name: &Arc<str>,
        resource: &str,
        timeout: Option<std::time::Duration>,
        input: Value,
    ) -> Result<Value, Failure> {
        let family = family(resource);
        let [scheduled, started] = begun(&family, resource, &input, timeout);
        self.record(scheduled);
        self.record(started);
        let (progress, shared) = TaskProgress::new(Progress {
            history: self.execution.history.clone(),
            clock: self.execution.clock.clone(),
            family: family.clone(),
            latest: AtomicU64::new(self.latest),
            heartbeat: AtomicU64::new(millis(self.execution.clock.now())),
        });
        let request = TaskRequest {
            resource: resource.to_owned(),
            pattern: IntegrationPattern::of(resource),
            input,
            timeout,
            heartbeat: None,
            task_token: None,
            credentials_role_arn: None,
            state_name: name.to_string(),
            execution_arn: self.execution.context.execution_arn.clone(),
        };
        let work = self.execution.tasks.run(request, progress);
        let answer = match timeout {
            None => work.await,
            Some(limit) => {
                let clock = &self.execution.clock;
                let deadline = clock.sleep_until(clock.now() + limit);
                match futures_util::future::select(work, deadline).await {
                    futures_util::future::Either::Left((answer, _)) => answer,
                    futures_util::future::Either::Right(_) => Err(TaskFailure {
                        cause: None,
                        ..TaskFailure::new("States.Timeout", "")
                    }),
                }
            }
        };
        self.latest = shared.latest.load(std::sync::atomic::Ordering::Acquire);
        match answer {
            Ok(output) => {
                self.record(succeeded(&family, &output));
                Ok(output)
            }
            Err(failure) => {
                self.record(failed(&family, &failure));
                Err(Failure {
                    error: failure.error,
                    cause: failure.cause,
                })
            }
        }
    }

    fn context(&self, state: &str) -> Value {
        let context = &self.execution.context;
        json!({
            "Execution": {
                "Id": context.execution_arn,
                "Input": self.execution.input,
                "Name": context.execution_name,
                "RoleArn": context.role_arn,
                "StartTime": self.started,
                "RedriveCount": 0,
            },
            "State": { "Name": state, "EnteredTime": iso(millis(self.execution.clock.now())), "RetryCount": 0 },
            "StateMachine": { "Id": context.state_machine_arn, "Name": context.state_machine_name },
        })
    }
}

/// A path that leads nowhere ends the execution.
fn runtime_failure(state: &str, entered_id: u64, path: &Path, error: &PathError) -> Failure {
    Failure {
        error: "States.Runtime".to_owned(),
        cause: Some(format!(
            "An error occurred while executing the state '{state}' (entered at the event id \
             #{entered_id}). Invalid path '{path}': {error}"
        )),
    }
}

fn entered(kind: &Kind, name: &Arc<str>, input: &Value) -> Event {
    let state_entered_event_details = EnteredDetails {
        name: name.clone(),
        input: json_text(input).into(),
        input_details: Truncation::NONE,
    };
    match kind {
        Kind::Pass { .. } => Event::PassStateEntered {
            state_entered_event_details,
        },
        Kind::Task { .. } => Event::TaskStateEntered {
            state_entered_event_details,
        },
        Kind::Wait { .. } => Event::WaitStateEntered {
            state_entered_event_details,
        },
        Kind::Succeed => Event::SucceedStateEntered {
            state_entered_event_details,
        },
        Kind::Fail { .. } => Event::FailStateEntered {
            state_entered_event_details,
        },
    }
}

fn exited(kind: &Kind, name: &Arc<str>, output: &Value) -> Option<Event> {
    let state_exited_event_details = ExitedDetails {
        name: name.clone(),
        output: json_text(output).into(),
        output_details: Truncation::NONE,
        assigned_variables: None,
        assigned_variables_details: None,
    };
    Some(match kind {
        Kind::Pass { .. } => Event::PassStateExited {
            state_exited_event_details,
        },
        Kind::Task { .. } => Event::TaskStateExited {
            state_exited_event_details,
        },
        Kind::Wait { .. } => Event::WaitStateExited {
            state_exited_event_details,
        },
        Kind::Succeed => Event::SucceedStateExited {
            state_exited_event_details,
        },
        Kind::Fail { .. } => return None,
    })
}

fn output_details(output: &Value) -> OutputDetails {
    OutputDetails {
        resource: None,
        resource_type: None,
        output: json_text(output).into(),
        output_details: Truncation::NONE,
    }
}

fn family(resource: &str) -> TaskFamily {
    match resource
        .strip_prefix("arn:aws:states:::")
        .and_then(|it| it.split_once(':'))
    {
        Some((service, action)) => TaskFamily::Service {
            resource_type: service.to_owned(),
            resource: action.to_owned(),
        },
        None if resource.contains(":activity:") => TaskFamily::Activity,
        None => TaskFamily::Lambda,
    }
}

fn begun(
    family: &TaskFamily,
    resource: &str,
    input: &Value,
    timeout: Option<std::time::Duration>,
) -> [Event; 2] {
    let timeout_in_seconds = timeout.map(|it| it.as_secs());
    match family {
        TaskFamily::Service {
            resource_type,
            resource,
        } => [
            Event::TaskScheduled {
                task_scheduled_event_details: TaskScheduledDetails {
                    resource_type: resource_type.clone(),
                    resource: resource.clone(),
                    region: String::new(),
                    parameters: json_text(input).into(),
                    timeout_in_seconds,
                    heartbeat_in_seconds: None,
                    task_credentials: None,
                },
            },
            Event::TaskStarted {
                task_started_event_details: TaskStartedDetails {
                    resource_type: resource_type.clone(),
                    resource: resource.clone(),
                },
            },
        ],
        TaskFamily::Lambda | TaskFamily::Activity => [
            Event::LambdaFunctionScheduled {
                lambda_function_scheduled_event_details: ScheduledDetails {
                    resource: resource.to_owned(),
                    input: json_text(input).into(),
                    input_details: Truncation::NONE,
                    timeout_in_seconds,
                    heartbeat_in_seconds: None,
                    task_credentials: None,
                },
            },
            Event::LambdaFunctionStarted,
        ],
    }
}

fn succeeded(family: &TaskFamily, output: &Value) -> Event {
    match family {
        TaskFamily::Service {
            resource_type,
            resource,
        } => Event::TaskSucceeded {
            task_succeeded_event_details: OutputDetails {
                resource: Some(resource.clone()),
                resource_type: Some(resource_type.clone()),
                ..output_details(output)
            },
        },
        TaskFamily::Lambda | TaskFamily::Activity => Event::LambdaFunctionSucceeded {
            lambda_function_succeeded_event_details: output_details(output),
        },
    }
}

fn failed(family: &TaskFamily, failure: &TaskFailure) -> Event {
    let (error, cause) = (failure.error.clone(), failure.cause.clone());
    match family {
        TaskFamily::Service {
            resource_type,
            resource,
        } => {
            let task_failed_event_details = TaskFailedDetails {
                resource_type: resource_type.clone(),
                resource: resource.clone(),
                error,
                cause,
            };
            Event::TaskFailed {
                task_failed_event_details,
            }
        }
        TaskFamily::Lambda | TaskFamily::Activity => {
            let details = FailureDetails {
                error: Some(error),
                cause,
            };
            if failure.error == "States.Timeout" {
                Event::LambdaFunctionTimedOut {
                    lambda_function_timed_out_event_details: details,
                }
            } else {
                Event::LambdaFunctionFailed {
                    lambda_function_failed_event_details: details,
                }
            }
        }
    }
}

/// Such as `2026-01-31T23:59:59.000Z`.
fn iso(millis: u64) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&format).ok())
        .unwrap_or_default()
}
