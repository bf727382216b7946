//! Verdicts, and what they are made of.

use serde::Serialize;

use crate::course::place::Place;

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    Passed,
    /// A check that it needs failed.
    Skipped,
    /// It does not hold.
    Failed,
    /// The checker could not tell.
    Error,
}

/// One check of one probe, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// The check's name.
    pub check: String,
    /// What became of it.
    pub verdict: Verdict,
    /// What was found, in a sentence.
    pub detail: String,
    /// Where to look, for a check that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<Place>,
    /// The step of the task's doc that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
}

/// One probe, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeResult {
    /// What the probe is about.
    pub name: String,
    /// The key it was uploaded under.
    pub key: String,
    /// The worst of its checks.
    pub verdict: Verdict,
    /// Its checks, in order.
    pub checks: Vec<CheckResult>,
}

/// One task, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskResult {
    /// The task's id.
    pub id: String,
    /// The task's title.
    pub title: String,
    /// The task's doc, relative to the root.
    pub doc: String,
    /// The worst of its probes.
    pub verdict: Verdict,
    /// How what was deployed differs from what is in the working tree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<String>,
    /// What else a reader should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Its probes, in order.
    pub probes: Vec<ProbeResult>,
}

/// The worst of many; none is no proof, so `Error`.
pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().max().unwrap_or(Verdict::Error)
}
