//! Why a state failed, and which names of errors that matches.

use serde_json::{Value, json};

/// Why a state failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub error: Option<String>,
    pub cause: Option<String>,
    pub kind: FailureKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// An error of a state: a Fail state's, an expression's, a branch's.
    State,
    /// A task's.
    Task,
    /// A task's that did not end in time.
    Timeout,
    /// A task's that gave no sign of life in time.
    Heartbeat,
    /// `States.Runtime`: ends the execution, whatever is caught. Recordings show it
    /// even for a catcher that names the error.
    Terminal,
}

impl Failure {
    pub fn new(kind: FailureKind, error: &str, cause: impl Into<String>) -> Self {
        Self {
            error: Some(error.to_owned()),
            cause: Some(cause.into()),
            kind,
        }
    }

    /// The history has no room for another event; the text is AWS's.
    pub fn history_is_full() -> Self {
        Self::new(
            FailureKind::Terminal,
            "States.Runtime",
            "The execution reached the maximum number of history events (25000).",
        )
    }

    /// A state's or a task's data is larger than Step Functions passes on.
    pub fn too_large(kind: FailureKind, of: &str) -> Self {
        Self::new(
            kind,
            "States.DataLimitExceeded",
            format!(
                "The state/task '{of}' returned a result with a size exceeding the maximum number \
                 of bytes service limit."
            ),
        )
    }

    /// A task that took too long; its events have no cause.
    pub fn timeout(kind: FailureKind) -> Self {
        Self {
            error: Some("States.Timeout".to_owned()),
            cause: None,
            kind,
        }
    }

    /// True if one of the names of a retrier or catcher means this failure ("Error
    /// names" in the developer guide).
    pub fn is_one_of(&self, names: &[String]) -> bool {
        if self.kind == FailureKind::Terminal {
            return false;
        }
        let of_task = !matches!(self.kind, FailureKind::State);
        names.iter().any(|name| match name.as_str() {
            "States.ALL" => true,
            "States.TaskFailed" => of_task && self.error.as_deref() != Some("States.Timeout"),
            "States.HeartbeatTimeout" => self.kind == FailureKind::Heartbeat,
            name => self.error.as_deref() == Some(name),
        })
    }

    /// What a catcher gets: an error without a cause shows an empty one, unless it
    /// has neither name nor cause.
    pub fn output(&self) -> Value {
        let timed_out = matches!(self.kind, FailureKind::Timeout | FailureKind::Heartbeat);
        let cause = match &self.cause {
            None if timed_out => Some(String::new()),
            other => other.clone(),
        };
        json!({ "Error": self.error, "Cause": cause })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let failure = |kind, error: &str| Failure::new(kind, error, "");
        for (failure, name, expected) in [
            (
                failure(FailureKind::Task, "Lambda.Unknown"),
                "Lambda.Unknown",
                true,
            ),
            (
                failure(FailureKind::Task, "Lambda.Unknown"),
                "States.ALL",
                true,
            ),
            (
                failure(FailureKind::Task, "Lambda.Unknown"),
                "States.TaskFailed",
                true,
            ),
            (
                failure(FailureKind::Task, "Lambda.Unknown"),
                "Lambda",
                false,
            ),
            (
                failure(FailureKind::State, "Mine"),
                "States.TaskFailed",
                false,
            ),
            (
                Failure::timeout(FailureKind::Timeout),
                "States.Timeout",
                true,
            ),
            (
                Failure::timeout(FailureKind::Timeout),
                "States.TaskFailed",
                false,
            ),
            (
                Failure::timeout(FailureKind::Timeout),
                "States.HeartbeatTimeout",
                false,
            ),
            (
                Failure::timeout(FailureKind::Heartbeat),
                "States.HeartbeatTimeout",
                true,
            ),
            (
                Failure::timeout(FailureKind::Heartbeat),
                "States.Timeout",
                true,
            ),
            (
                failure(FailureKind::Terminal, "States.Runtime"),
                "States.ALL",
                false,
            ),
            (
                failure(FailureKind::Terminal, "States.Runtime"),
                "States.Runtime",
                false,
            ),
        ] {
            assert_eq!(
                failure.is_one_of(&[name.to_owned()]),
                expected,
                "{failure:?} {name}"
            );
        }
    }
}
