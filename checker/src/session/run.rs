//! What came of a run.

use std::time::Duration;

use serde::Serialize;

use crate::error::Error;
use crate::verdict::TaskResult;

/// Whom and what a run was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The user.
    pub user: String,
    /// The course's title.
    #[serde(skip)]
    pub course: String,
    /// `sandbox` or `aws`.
    pub target: String,
    /// How the sandbox was made ready; nothing on `aws`.
    #[serde(skip)]
    pub ready: Option<Ready>,
    /// The tasks, judged.
    pub tasks: Vec<TaskResult>,
    /// The files that judge and are not as they were when the branch was begun.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// How long it took, from the command to the verdict.
    #[serde(skip)]
    pub took: Duration,
    /// How many processes ran the functions; nothing on `aws`, where they are not seen.
    #[serde(skip)]
    pub processes: Option<usize>,
}

/// How long it took until the sandbox could be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// To build the handler.
    pub built: Duration,
    /// To start the sandbox and deploy the stack.
    pub deployed: Duration,
    /// How many resources the stack has.
    pub resources: usize,
}

/// A run that came to its verdicts.
#[derive(Debug)]
pub struct Verified {
    /// The verdicts.
    pub run: Run,
    /// Whether what the run caused is gone.
    pub cleaned: Result<(), Error>,
}
