//! What one look at the evidence gives.

use crate::course::cause::Cause;
use crate::course::place::Look;

/// The state of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It holds; what was found.
    Passed(String),
    /// It does not hold.
    Failed {
        /// What was found instead, and what to do.
        detail: String,
        /// Where to look; where the manifest says, if empty.
        look: Vec<Look>,
    },
    /// Undecided; what is missing.
    Pending(String),
    /// It cannot be told here; why, and what to do.
    Unclear(String),
    /// The check that it needs did not pass.
    Skipped(String),
}

impl Finding {
    /// It does not hold.
    pub fn failed(detail: impl Into<String>) -> Self {
        Self::Failed {
            detail: detail.into(),
            look: Vec::new(),
        }
    }

    /// It does not hold, and the cause may be known.
    pub fn failed_with(detail: String, cause: Option<&Cause>) -> Self {
        match cause {
            None => Self::failed(detail),
            Some(cause) => Self::Failed {
                detail: format!("{detail}. {}", cause.says),
                look: cause.look.clone(),
            },
        }
    }
}
