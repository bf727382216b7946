//! The record of an execution: what GetExecutionHistory answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::clock::Clock;
use crate::event::{Event, OutputDetails, Truncation};
use crate::text::json_text;

/// One entry of a history; serializes to the JSON of the GetExecutionHistory API.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// Counts from 1.
    pub id: u64,
    /// The event that led to this one; 0 for none.
    pub previous_event_id: u64,
    /// When; written as seconds since 1970 with milliseconds as decimals.
    #[serde(serialize_with = "epoch_seconds")]
    pub timestamp: SystemTime,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

fn epoch_seconds<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let millis = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    serializer.serialize_f64(millis as f64 / 1000.0)
}

/// The history of one execution: a handle that can be cloned and read while the
/// execution runs.
#[derive(Debug, Clone, Default)]
pub struct History {
    events: Arc<Mutex<Vec<HistoryEvent>>>,
}

impl History {
    /// An empty history.
    pub fn new() -> Self {
        Self::default()
    }

    /// All events so far, oldest first.
    pub fn events(&self) -> Vec<HistoryEvent> {
        self.lock().clone()
    }

    /// Up to `limit` events from the `skip`th on, oldest first: a page.
    pub fn page(&self, skip: usize, limit: usize) -> Vec<HistoryEvent> {
        self.lock().iter().skip(skip).take(limit).cloned().collect()
    }

    /// The number of events so far.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// True before an execution has begun.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Records that StopExecution ended the execution. Drop the execution's
    /// future first: it would go on recording.
    pub fn record_aborted(&self, now: SystemTime, error: Option<&str>, cause: Option<&str>) {
        let previous = self.lock().last().map_or(0, |event| event.id);
        self.record(
            previous,
            now,
            Event::ExecutionAborted {
                execution_aborted_event_details: crate::event::FailureDetails {
                    error: error.map(str::to_owned),
                    cause: cause.map(str::to_owned),
                },
            },
        );
    }

    /// Adds an event and answers its id.
    pub(crate) fn record(
        &self,
        previous_event_id: u64,
        timestamp: SystemTime,
        event: Event,
    ) -> u64 {
        let mut events = self.lock();
        let id = events.len() as u64 + 1;
        events.push(HistoryEvent {
            id,
            previous_event_id,
            timestamp,
            event,
        });
        id
    }

    fn lock(&self) -> MutexGuard<'_, Vec<HistoryEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By which family of events a task is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TaskFamily {
    /// A function's ARN as the resource.
    Lambda,
    /// An activity's ARN as the resource.
    Activity,
    /// A service integration: `arn:aws:states:::{resource_type}:{resource}`.
    Service {
        resource_type: String,
        resource: String,
    },
}

/// What a [`TaskRunner`](crate::TaskRunner) tells of a task while it runs.
#[derive(Debug, Clone)]
pub struct TaskProgress(Arc<Progress>);

pub(crate) struct Progress {
    pub history: History,
    pub clock: Arc<dyn Clock>,
    pub family: TaskFamily,
    /// The task's latest event.
    pub latest: AtomicU64,
    /// The latest sign of life, in milliseconds since 1970.
    pub heartbeat: AtomicU64,
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress")
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}

impl TaskProgress {
    pub(crate) fn new(progress: Progress) -> (Self, Arc<Progress>) {
        let shared = Arc::new(progress);
        (Self(shared.clone()), shared)
    }

    /// The service has taken the job on (`.sync`, `.waitForTaskToken`): records
    /// `TaskSubmitted` with the service's answer.
    pub fn submitted(&self, output: &Value) {
        if let TaskFamily::Service {
            resource_type,
            resource,
        } = &self.0.family
        {
            self.0.record(Event::TaskSubmitted {
                task_submitted_event_details: OutputDetails {
                    resource: Some(resource.clone()),
                    resource_type: Some(resource_type.clone()),
                    output: json_text(output).into(),
                    output_details: Truncation::NONE,
                },
            });
        }
    }

    /// A worker has taken the activity's task (GetActivityTask): records
    /// `ActivityStarted`, and the heartbeat begins to count.
    pub fn activity_started(&self, worker_name: Option<&str>) {
        if self.0.family == TaskFamily::Activity {
            self.0.record(Event::ActivityStarted {
                activity_started_event_details: crate::event::WorkerDetails {
                    worker_name: worker_name.map(str::to_owned),
                },
            });
            self.heartbeat();
        }
    }

    /// A sign of life (SendTaskHeartbeat): the heartbeat counts from now on.
    pub fn heartbeat(&self) {
        self.0
            .heartbeat
            .store(millis(self.0.clock.now()), Ordering::Release);
    }
}

impl Progress {
    pub(crate) fn record(&self, event: Event) -> u64 {
        let previous = self.latest.load(Ordering::Acquire);
        let id = self.history.record(previous, self.clock.now(), event);
        self.latest.store(id, Ordering::Release);
        id
    }
}

pub(crate) fn millis(time: SystemTime) -> u64 {
    let elapsed = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
