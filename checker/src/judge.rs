//! From evidence to verdicts: pure, so that every case can be tested.

mod calls;
mod data;
mod finding;
mod kinds;
mod names;
mod outcome;
mod path;
mod start;
mod words;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::course::ability::Ability;
use crate::course::cause::Cause;
use crate::course::place;
use crate::course::probe::Probe;
use crate::course::stack::Stack;
use crate::course::task::{Kind, Task};
use crate::evidence::{Evidence, Surroundings};
use crate::verdict::{CheckResult, ProbeResult, Verdict, worst};
use finding::Finding;

/// What judging needs to know besides the evidence.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// The project's root, to find lines in its files.
    pub root: &'a Path,
    /// The function that an upload invokes, as `serverless.yml` calls it.
    pub function: &'a str,
    /// The stack.
    pub stack: &'a Stack,
    /// What is known of errors.
    pub causes: &'a [Cause],
    /// How long after an invocation's end a missing execution counts as
    /// missing: on AWS, lists lag behind.
    pub patience: Duration,
    /// How long after the execution's end a missing line of another function's log counts
    /// as missing.
    pub patience_for_lines: Duration,
    /// What the endpoint lacks.
    pub without: &'a [Ability],
    /// Whether nobody else uses the stack, as in a sandbox of the checker's own.
    pub is_alone: bool,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The task.
    pub task: &'a Task,
    /// All its probes.
    pub probes: &'a [Probe],
}

impl Rules<'_> {
    /// Whether a line of a log is about another probe.
    fn others(&self, probe: &Probe, line: &str) -> bool {
        let mut others = self.probes.iter().filter(|it| it.nonce != probe.nonce);
        others.any(|it| line.contains(&it.nonce))
    }
}

/// A probe with its evidence.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The probe.
    pub probe: &'a Probe,
    /// What was found out about it.
    pub evidence: &'a Evidence,
    /// What was found out besides.
    pub surroundings: &'a Surroundings,
}

/// What a probe still waits for; nothing when every check is decided, but for those of what
/// buckets hold: that is looked at when all has ended.
pub fn waits_for(task: &Task, case: Case<'_>, rules: &Rules<'_>) -> Option<String> {
    let is_of_bucket = |name: &String| {
        let expected = &task.checks[name].expect;
        matches!(expected, Kind::ObjectIn { .. } | Kind::NoObjectIn { .. })
    };
    findings(task, case, rules)
        .into_iter()
        .filter(|(name, _)| !is_of_bucket(name))
        .find_map(|(_, finding)| match finding {
            Finding::Pending(what) => Some(what),
            _ => None,
        })
}

/// Judges a probe for good: what is still pending has not come in time.
pub fn judge(task: &Task, case: Case<'_>, rules: &Rules<'_>, waited: Duration) -> ProbeResult {
    let checks: Vec<CheckResult> = findings(task, case, rules)
        .into_iter()
        .map(|(name, finding)| {
            let spec = &task.checks[&name];
            let (verdict, detail, looks) = match finding {
                Finding::Passed(detail) => (Verdict::Passed, detail, None),
                Finding::Skipped(needed) => (Verdict::Skipped, format!("needs {needed}"), None),
                Finding::Unclear(why) => (Verdict::Error, why, None),
                Finding::Failed { detail, look } => (Verdict::Failed, detail, Some(look)),
                Finding::Pending(what) => {
                    let detail = format!("waited {} s for {what}", waited.as_secs());
                    (Verdict::Failed, detail, Some(Vec::new()))
                }
            };
            let look = looks.and_then(|looks| {
                // What the cause says goes before what the manifest says.
                let looks = if looks.is_empty() { &spec.look } else { &looks };
                place::find(rules.root, looks)
            });
            let step = (verdict == Verdict::Failed).then_some(spec.step).flatten();
            CheckResult {
                check: name,
                verdict,
                detail,
                look,
                step,
            }
        })
        .collect();
    ProbeResult {
        name: case.probe.spec.name.clone(),
        key: case.probe.key.clone(),
        verdict: worst(checks.iter().map(|check| match check.verdict {
            // A check is skipped because another one failed, which counts.
            Verdict::Skipped => Verdict::Passed,
            other => other,
        })),
        checks,
    }
}

fn findings(task: &Task, case: Case<'_>, rules: &Rules<'_>) -> Vec<(String, Finding)> {
    let mut passed: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for name in &case.probe.spec.checks {
        let spec = &task.checks[name];
        let needed = spec
            .needs
            .as_ref()
            .filter(|it| case.probe.spec.checks.contains(it));
        let finding = match needed {
            Some(needed) if !passed.contains(needed.as_str()) => Finding::Skipped(needed.clone()),
            _ if is_unseen(&spec.expect, rules) => Finding::Skipped(
                "events of branches, which the endpoint does not record (--without branch-events)"
                    .to_owned(),
            ),
            _ => kinds::find(&spec.expect, case, rules),
        };
        if matches!(finding, Finding::Passed(_)) {
            passed.insert(name);
        }
        found.push((name.clone(), finding));
    }
    found
}

/// Whether a check looks at what the endpoint does not show.
fn is_unseen(kind: &Kind, rules: &Rules<'_>) -> bool {
    matches!(kind, Kind::InParallel { .. }) && rules.without.contains(&Ability::BranchEvents)
}

#[cfg(test)]
mod tests;
