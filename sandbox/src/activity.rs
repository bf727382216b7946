//! What happens in the sandbox, as it happens: for a person who watches it.

use tokio::sync::broadcast;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Activity {
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
    /// A message was published to a topic.
    Published {
        /// The topic's ARN.
        topic: String,
        /// The message's body.
        message: String,
    },
}

/// Where services say what happened; nobody needs to listen.
#[derive(Debug, Clone)]
pub struct Feed(broadcast::Sender<Activity>);

impl Feed {
    /// A feed that keeps the latest 4,096 happenings for a slow listener.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(4096))
    }

    /// Tells all who listen.
    pub fn tell(&self, activity: Activity) {
        // An error means that nobody listens, which is fine.
        let _ = self.0.send(activity);
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Activity> {
        self.0.subscribe()
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self::new()
    }
}
