//! The record of an execution: what GetExecutionHistory answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::clock::Clock;
use crate::definition::Family;
use crate::event::{Event, FailureDetails, OutputDetails, Truncation, WorkerDetails};
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

/// The most events of a history ("Step Functions quotas"); the last one is that of
/// the execution's end.
const MOST_EVENTS: u64 = 25_000;

/// The history of one execution: a handle that can be cloned and read while the
/// execution runs.
#[derive(Debug, Clone)]
pub struct History {
    record: Arc<Record>,
}

#[derive(Debug)]
struct Record {
    events: Mutex<Vec<HistoryEvent>>,
    /// Events so far, kept or not.
    count: AtomicU64,
    keeps: bool,
    most: u64,
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl History {
    /// The empty history of a standard execution.
    pub fn new() -> Self {
        Self::with(true, MOST_EVENTS)
    }

    /// One that keeps nothing and has no end: an express execution's.
    pub fn unrecorded() -> Self {
        Self::with(false, u64::MAX)
    }

    /// One that keeps nothing, but has an end: that of an execution of a Map run.
    pub(crate) fn uncounted() -> Self {
        Self::with(false, MOST_EVENTS)
    }

    fn with(keeps: bool, most: u64) -> Self {
        Self {
            record: Arc::new(Record {
                events: Mutex::default(),
                count: AtomicU64::new(0),
                keeps,
                most,
            }),
        }
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
        let details = FailureDetails {
            error: error.map(str::to_owned),
            cause: cause.map(str::to_owned),
        };
        let event = Event::ExecutionAborted {
            execution_aborted_event_details: details,
        };
        self.record_last(previous, now, event);
    }

    /// Adds the first event.
    pub(crate) fn record_first(&self, now: SystemTime, event: Event) {
        self.push(0, now, event);
    }

    /// Adds an event and answers its id, unless only the execution's end has room.
    pub(crate) fn record(
        &self,
        previous_event_id: u64,
        timestamp: SystemTime,
        event: Event,
    ) -> Option<u64> {
        let full = self.record.count.load(Ordering::Relaxed) >= self.record.most - 1;
        (!full).then(|| self.push(previous_event_id, timestamp, event))
    }

    /// Adds the event of the execution's end.
    pub(crate) fn record_last(&self, previous_event_id: u64, timestamp: SystemTime, event: Event) {
        self.push(previous_event_id, timestamp, event);
    }

    fn push(&self, previous_event_id: u64, timestamp: SystemTime, event: Event) -> u64 {
        // Within the lock, so that ids follow the order of the list.
        let mut events = self.lock();
        let id = self.record.count.fetch_add(1, Ordering::Relaxed) + 1;
        if self.record.keeps {
            events.push(HistoryEvent {
                id,
                previous_event_id,
                timestamp,
                event,
            });
        }
        id
    }

    fn lock(&self) -> MutexGuard<'_, Vec<HistoryEvent>> {
        self.record
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a [`TaskRunner`](crate::TaskRunner) tells of a task while it runs.
#[derive(Debug, Clone)]
pub struct TaskProgress(Arc<Progress>);

pub(crate) struct Progress {
    pub history: History,
    pub clock: Arc<dyn Clock>,
    pub family: Family,
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

    /// Of a call that the history does not show.
    pub(crate) fn unrecorded(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Progress {
            history: History::unrecorded(),
            clock,
            family: Family::Lambda,
            latest: AtomicU64::new(0),
            heartbeat: AtomicU64::new(0),
        }))
    }

    /// The service has taken the job on (`.sync`, `.waitForTaskToken`): records
    /// `TaskSubmitted` with the service's answer.
    pub fn submitted(&self, output: &Value) {
        if let Family::Service {
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
            self.heartbeat();
        }
    }

    /// A worker has taken the activity's task (GetActivityTask): records
    /// `ActivityStarted`, and the heartbeat begins to count.
    pub fn activity_started(&self, worker_name: Option<&str>) {
        if self.0.family == Family::Activity {
            self.0.record(Event::ActivityStarted {
                activity_started_event_details: WorkerDetails {
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
    /// Where the history is full, the task's own end is what shows it.
    fn record(&self, event: Event) {
        let previous = self.latest();
        if let Some(id) = self.history.record(previous, self.clock.now(), event) {
            self.latest.store(id, Ordering::Release);
        }
    }

    pub fn latest(&self) -> u64 {
        self.latest.load(Ordering::Acquire)
    }

    /// When the task last gave a sign of life.
    pub fn last_heartbeat(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.heartbeat.load(Ordering::Acquire))
    }
}

/// Milliseconds since 1970.
pub(crate) fn millis(time: SystemTime) -> u64 {
    let elapsed = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
