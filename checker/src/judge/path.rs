//! Checks of the way that an execution took.

use super::Case;
use super::finding::Finding;
use crate::evidence::{Execution, Step, StepKind};

/// See [`Kind::WentThrough`](crate::course::task::Kind::WentThrough).
pub fn went_through(case: Case<'_>, states: &[String], not: &[String]) -> Finding {
    for execution in &case.evidence.executions {
        let went = execution.states();
        if let Some(wrong) = not.iter().find(|it| entered(execution, it).is_some()) {
            return Finding::failed(format!(
                "the execution went through the state {wrong:?}, which is not for this CV. It went \
                 through: {}",
                list(&went)
            ));
        }
        let mut rest = went.iter();
        for state in states {
            if rest.any(|name| name == state) {
                continue;
            }
            let problem = match went.contains(&state.as_str()) {
                true => format!("went through the state {state:?} too early"),
                false => format!("did not go through the state {state:?}"),
            };
            return Finding::failed(format!(
                "the execution {problem}. It went through: {}",
                list(&went)
            ));
        }
    }
    Finding::Passed(states.join(", "))
}

/// See [`Kind::InParallel`](crate::course::task::Kind::InParallel).
pub fn in_parallel(case: Case<'_>, parallel: &str, branches: &[String]) -> Finding {
    for execution in &case.evidence.executions {
        for branch in branches {
            let Some(step) = entered(execution, branch) else {
                return Finding::failed(format!(
                    "the execution did not go through the state {branch:?}. It went through: {}",
                    list(&execution.states())
                ));
            };
            if let Err(problem) = begun_by(execution, step, parallel, branch, branches) {
                return Finding::failed(format!(
                    "the states {} should run beside each other in branches of {parallel}, but \
                     {problem}",
                    branches.join(", ")
                ));
            }
        }
    }
    Finding::Passed(format!("{} in branches of {parallel}", branches.join(", ")))
}

/// Follows the history back from where a state was entered to the Parallel state that began
/// its branch.
fn begun_by(
    execution: &Execution,
    from: &Step,
    parallel: &str,
    branch: &str,
    others: &[String],
) -> Result<(), String> {
    let mut step = from;
    while let Some(before) = execution.history.iter().find(|it| it.id == step.previous) {
        // Histories go back in time: whatever else would be a circle.
        if before.id >= step.id {
            break;
        }
        step = before;
        match &step.kind {
            StepKind::Exited(name, _) if name != branch && others.contains(name) => {
                return Err(format!("{branch} came after {name}"));
            }
            StepKind::BranchesStarted => {
                let state = execution.history.iter().find(|it| it.id == step.previous);
                return match state.map(|it| &it.kind) {
                    Some(StepKind::Entered(name)) if name == parallel => Ok(()),
                    Some(StepKind::Entered(name)) => {
                        Err(format!("{branch} ran in a branch of {name}"))
                    }
                    _ => Err(format!("{branch} ran in a branch of another state")),
                };
            }
            _ => {}
        }
    }
    Err(format!("{branch} ran in no branch"))
}

fn entered<'a>(execution: &'a Execution, state: &str) -> Option<&'a Step> {
    let is_it = |step: &&Step| matches!(&step.kind, StepKind::Entered(name) if name == state);
    execution.history.iter().find(is_it)
}

/// States, for people.
pub fn list(states: &[&str]) -> String {
    if states.is_empty() {
        return "none".to_owned();
    }
    states.join(", ")
}
