//! The events of a task, by the family of its resource.

use std::time::Duration;

use super::failure::{Failure, FailureKind};
use crate::definition::{Family, TaskState};
use crate::event::{
    CredentialsDetails, Event, FailureDetails, OutputDetails, ScheduledDetails, TaskFailedDetails,
    TaskScheduledDetails, TaskStartedDetails, Truncation,
};
use crate::payload::Payload;
use crate::task::FailureStage;

/// Makes the events of one task.
pub(crate) struct TaskEvents<'a> {
    work: &'a TaskState,
    region: &'a str,
}

impl<'a> TaskEvents<'a> {
    pub fn of(work: &'a TaskState, region: &'a str) -> Self {
        Self { work, region }
    }

    /// How causes name the task.
    pub fn name(&self) -> &'a str {
        match &self.work.resource.family {
            Family::Service { resource_type, .. } => resource_type,
            Family::Lambda | Family::Activity => &self.work.resource.text,
        }
    }

    pub fn scheduled(
        &self,
        input: &Payload,
        timeout: Option<Duration>,
        heartbeat: Option<Duration>,
        role: Option<&str>,
    ) -> Event {
        let timeout_in_seconds = timeout.map(|it| it.as_secs());
        let heartbeat_in_seconds = heartbeat.map(|it| it.as_secs());
        let task_credentials = role.map(|arn| CredentialsDetails {
            role_arn: arn.to_owned(),
        });
        let details = || ScheduledDetails {
            resource: self.work.resource.text.clone(),
            input: input.text(),
            input_details: Truncation::NONE,
            timeout_in_seconds,
            heartbeat_in_seconds: None,
            task_credentials: None,
        };
        match &self.work.resource.family {
            Family::Lambda => Event::LambdaFunctionScheduled {
                lambda_function_scheduled_event_details: ScheduledDetails {
                    task_credentials,
                    ..details()
                },
            },
            Family::Activity => Event::ActivityScheduled {
                activity_scheduled_event_details: ScheduledDetails {
                    heartbeat_in_seconds,
                    ..details()
                },
            },
            Family::Service {
                resource_type,
                resource,
            } => Event::TaskScheduled {
                task_scheduled_event_details: TaskScheduledDetails {
                    resource_type: resource_type.clone(),
                    resource: resource.clone(),
                    region: self.region.to_owned(),
                    parameters: input.text(),
                    timeout_in_seconds,
                    heartbeat_in_seconds,
                    task_credentials,
                },
            },
        }
    }

    /// Nothing for an activity, which starts when a worker takes it.
    pub fn started(&self) -> Option<Event> {
        match &self.work.resource.family {
            Family::Activity => None,
            Family::Lambda => Some(Event::LambdaFunctionStarted),
            Family::Service {
                resource_type,
                resource,
            } => Some(Event::TaskStarted {
                task_started_event_details: TaskStartedDetails {
                    resource_type: resource_type.clone(),
                    resource: resource.clone(),
                },
            }),
        }
    }

    pub fn succeeded(&self, output: &Payload) -> Event {
        match &self.work.resource.family {
            Family::Lambda => Event::LambdaFunctionSucceeded {
                lambda_function_succeeded_event_details: OutputDetails::of_state(output),
            },
            Family::Activity => Event::ActivitySucceeded {
                activity_succeeded_event_details: OutputDetails::of_state(output),
            },
            Family::Service {
                resource_type,
                resource,
            } => Event::TaskSucceeded {
                task_succeeded_event_details: OutputDetails {
                    resource: Some(resource.clone()),
                    resource_type: Some(resource_type.clone()),
                    ..OutputDetails::of_state(output)
                },
            },
        }
    }

    pub fn failed(&self, failure: &Failure, stage: FailureStage) -> Event {
        let timed_out = matches!(failure.kind, FailureKind::Timeout | FailureKind::Heartbeat);
        let details = FailureDetails {
            error: failure.error.clone(),
            cause: failure.cause.clone(),
        };
        match (&self.work.resource.family, stage) {
            (Family::Lambda, _) if timed_out => Event::LambdaFunctionTimedOut {
                lambda_function_timed_out_event_details: details,
            },
            (Family::Lambda, FailureStage::Start) => Event::LambdaFunctionStartFailed {
                lambda_function_start_failed_event_details: details,
            },
            (Family::Lambda, _) => Event::LambdaFunctionFailed {
                lambda_function_failed_event_details: details,
            },
            (Family::Activity, _) if timed_out => Event::ActivityTimedOut {
                activity_timed_out_event_details: details,
            },
            (Family::Activity, FailureStage::Start) => Event::ActivityScheduleFailed {
                activity_schedule_failed_event_details: details,
            },
            (Family::Activity, _) => Event::ActivityFailed {
                activity_failed_event_details: details,
            },
            (
                Family::Service {
                    resource_type,
                    resource,
                },
                stage,
            ) => {
                let details = TaskFailedDetails {
                    resource_type: resource_type.clone(),
                    resource: resource.clone(),
                    error: failure.error.clone(),
                    cause: failure.cause.clone(),
                };
                match stage {
                    _ if timed_out => Event::TaskTimedOut {
                        task_timed_out_event_details: details,
                    },
                    FailureStage::Start => Event::TaskStartFailed {
                        task_start_failed_event_details: details,
                    },
                    FailureStage::Submit => Event::TaskSubmitFailed {
                        task_submit_failed_event_details: details,
                    },
                    FailureStage::Run => Event::TaskFailed {
                        task_failed_event_details: details,
                    },
                }
            }
        }
    }
}
