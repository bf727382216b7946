//! What happens in a session, as it happens.

use std::time::Duration;

use crate::verdict::{TaskResult, Verdict};

/// Something that happened to a user's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose run it is.
    pub user: String,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Cargo shows something while it builds the handler: text as for a terminal.
    Cargo(Vec<u8>),
    /// The handler is built.
    Built(Duration),
    /// The user's stack is in the sandbox.
    Deployed {
        /// How many resources it has.
        resources: usize,
        /// How long it took.
        took: Duration,
    },
    /// A task's probes are sent on their way.
    Uploading {
        /// The task's id.
        task: String,
    },
    /// A probe was uploaded, or its event sent.
    Arrived {
        /// The task's id.
        task: String,
        /// The object's key.
        key: String,
    },
    /// Something has not come yet.
    Waiting {
        /// The task's id.
        task: String,
        /// What is missing.
        what: String,
        /// How long it was waited for by now.
        waited: Duration,
    },
    /// All is decided; what comes late is looked for.
    LookingForLate {
        /// The task's id.
        task: String,
    },
    /// A check of a probe is decided for good.
    Decided {
        /// The task's id.
        task: String,
        /// The probe's name.
        probe: String,
        /// The check's name.
        check: String,
        /// What became of it.
        verdict: Verdict,
    },
    /// A task is judged.
    Judged(TaskResult),
    /// What the probes caused is removed.
    CleaningUp,
    /// It is removed, or may be left.
    CleanedUp,
}
