//! What happens in the sandbox, as it happens, and what it came of: for whoever watches it.
//!
//! Each activity names the one that led to it: an object leads to an invocation, that to an
//! execution, that to further invocations. So the way of one object through the system is the
//! tree below its own activity.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use crate::time::now_millis;

/// How many activities are kept.
const MOST_KEPT: usize = 10_000;

/// How much text they may hold together, in bytes.
const MOST_TEXT: usize = 16 * 1024 * 1024;

/// How many a slow listener may lag behind.
const MOST_LAG: usize = 4096;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Rises by one with each.
    pub id: u64,
    /// When, in milliseconds since 1970.
    pub time: i64,
    /// The id of the activity that led to it; nothing where somebody outside did it.
    pub cause: Option<u64>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// An object was written.
    ObjectCreated {
        /// The bucket's name.
        bucket: String,
        /// The object's key, decoded.
        key: String,
        /// In bytes.
        size: u64,
    },
    /// An object was removed.
    ObjectRemoved {
        /// The bucket's name.
        bucket: String,
        /// The object's key, decoded.
        key: String,
    },
    /// A function began to work on an event.
    FunctionInvoked {
        /// The function's name.
        function: String,
        /// The invocation's request id.
        request_id: String,
    },
    /// A function ended its work on an event.
    FunctionFinished {
        /// The function's name.
        function: String,
        /// The invocation's request id.
        request_id: String,
        /// In milliseconds.
        duration_ms: f64,
        /// The error, where the invocation failed.
        error: Option<String>,
    },
    /// A line was written to a log.
    Log {
        /// The log group's name.
        group: String,
        /// The line.
        message: String,
    },
    /// An execution started.
    ExecutionStarted {
        /// The execution's ARN.
        execution: String,
    },
    /// An execution ended.
    ExecutionFinished {
        /// The execution's ARN.
        execution: String,
        /// `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
        status: String,
        /// The error and cause, where it failed.
        error: Option<String>,
    },
    /// A message was sent to a queue.
    Sent {
        /// The queue's ARN.
        queue: String,
        /// The message's text.
        message: String,
    },
    /// A message was published to a topic.
    Published {
        /// The topic's ARN.
        topic: String,
        /// The message's body.
        message: String,
    },
}

impl What {
    /// How much text it holds, in bytes.
    fn text(&self) -> usize {
        match self {
            Self::ObjectCreated { bucket, key, .. } | Self::ObjectRemoved { bucket, key } => {
                bucket.len() + key.len()
            }
            Self::FunctionInvoked {
                function,
                request_id,
            } => function.len() + request_id.len(),
            Self::FunctionFinished {
                function, error, ..
            } => function.len() + error.as_ref().map_or(0, String::len),
            Self::Log { group, message } => group.len() + message.len(),
            Self::ExecutionStarted { execution } => execution.len(),
            Self::ExecutionFinished {
                execution, error, ..
            } => execution.len() + error.as_ref().map_or(0, String::len),
            Self::Sent { queue, message } => queue.len() + message.len(),
            Self::Published { topic, message } => topic.len() + message.len(),
        }
    }
}

tokio::task_local! {
    static CAUSE: Option<u64>;
}

/// The activity that led to what the running task does, if one did.
pub fn cause() -> Option<u64> {
    CAUSE.try_with(|it| *it).unwrap_or_default()
}

/// Runs a task whose activities come of this one.
pub async fn led_by<T>(cause: Option<u64>, task: impl Future<Output = T>) -> T {
    CAUSE.scope(cause, task).await
}

/// The same without waiting.
pub fn led_by_now<T>(cause: Option<u64>, act: impl FnOnce() -> T) -> T {
    CAUSE.sync_scope(cause, act)
}

/// Where services say what happened; nobody needs to listen.
#[derive(Debug, Clone)]
pub struct Feed(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kept: Mutex<Kept>,
    live: broadcast::Sender<Activity>,
}

/// The latest activities, oldest first.
#[derive(Debug, Default)]
struct Kept {
    last: u64,
    text: usize,
    activities: VecDeque<Activity>,
}

impl Feed {
    /// A feed that keeps the latest 10,000 activities, less where they hold over 16 MiB of text.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            kept: Mutex::default(),
            live: broadcast::Sender::new(MOST_LAG),
        }))
    }

    /// Tells all who listen, as something that came of what the running task works on; says its
    /// id.
    pub fn tell(&self, what: What) -> u64 {
        self.tell_of(cause(), what)
    }

    /// Tells all who listen, as something that came of another activity; says its id.
    pub fn tell_of(&self, cause: Option<u64>, what: What) -> u64 {
        let mut kept = self.kept();
        let activity = Activity {
            id: kept.last + 1,
            time: now_millis(),
            cause,
            what,
        };
        // Under the lock, so that all hear them in one order. Nobody needs to listen.
        if self.0.live.receiver_count() > 0 {
            let _ = self.0.live.send(activity.clone());
        }
        kept.keep(activity);
        kept.last
    }

    /// What is kept of those after the one with this id, and all that follow: none is missing
    /// between them, and none comes twice.
    pub fn since(&self, id: u64) -> (Vec<Activity>, broadcast::Receiver<Activity>) {
        let kept = self.kept();
        let later = kept.activities.iter().filter(|it| it.id > id);
        (later.cloned().collect(), self.0.live.subscribe())
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Activity> {
        self.0.live.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, activity: Activity) {
        self.last = activity.id;
        self.text += activity.what.text();
        self.activities.push_back(activity);
        while self.activities.len() > MOST_KEPT || self.text > MOST_TEXT {
            let Some(oldest) = self.activities.pop_front() else {
                return;
            };
            self.text -= oldest.what.text();
        }
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(message: &str) -> What {
        What::Log {
            group: "g".to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn who_comes_late_catches_up() {
        let feed = Feed::new();
        let first = feed.tell(log("1"));
        led_by_now(Some(first), || feed.tell(log("2")));
        let (missed, mut live) = feed.since(first);
        feed.tell(log("3"));
        let next = live.try_recv().unwrap();
        assert_eq!(missed.len(), 1);
        assert_eq!((missed[0].id, missed[0].cause), (2, Some(1)));
        assert_eq!((next.id, next.cause, next.what), (3, None, log("3")));
        assert!(missed[0].time <= next.time && missed[0].time > 0);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let feed = Feed::new();
        for _ in 0..MOST_KEPT + 5 {
            feed.tell(log("x"));
        }
        assert_eq!(feed.since(0).0.len(), MOST_KEPT);
        let large = "x".repeat(MOST_TEXT / 4);
        for _ in 0..5 {
            feed.tell(log(&large));
        }
        let kept = feed.since(0).0;
        assert_eq!(kept.len(), 3);
        assert_eq!(kept.last().map(|it| it.id), Some(10_010));
        feed.tell(log(&"x".repeat(MOST_TEXT + 1)));
        assert!(feed.since(0).0.is_empty());
    }
}
