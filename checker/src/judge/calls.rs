//! Checks of what states called: the history says it, whatever functions log.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::path::list;
use super::words::shortened;
use super::{Case, Rules};
use crate::evidence::Call;

/// See [`Kind::StatesCalled`](crate::course::task::Kind::StatesCalled).
pub fn states_called(
    case: Case<'_>,
    rules: &Rules<'_>,
    wanted: &BTreeMap<String, String>,
) -> Finding {
    for execution in &case.evidence.executions {
        for (state, wanted) in wanted {
            let states = execution.states();
            if !states.contains(&state.as_str()) {
                return Finding::failed(format!(
                    "the execution did not go through the state {state:?}. It went through: {}",
                    list(&states)
                ));
            }
            let calls: Vec<Call<'_>> = execution.calls(state).collect();
            if calls.is_empty() {
                return Finding::failed(format!(
                    "the state {state} called nothing: it should be a Task that calls {wanted}"
                ));
            }
            let other = calls.iter().find(|it| !is_to(it, rules, wanted));
            if let Some(other) = other {
                return Finding::failed(format!(
                    "the state {state} called {}, but it should call {wanted}",
                    name(other, rules)
                ));
            }
        }
    }
    let called = wanted.iter().map(|(state, it)| format!("{state}: {it}"));
    Finding::Passed(called.collect::<Vec<_>>().join(", "))
}

fn is_to(call: &Call<'_>, rules: &Rules<'_>, wanted: &str) -> bool {
    match call.function() {
        Some(function) => rules.stack.function_named(&function) == Some(wanted),
        None => call.resource == wanted,
    }
}

fn name(call: &Call<'_>, rules: &Rules<'_>) -> String {
    let function = call.function();
    let key = function
        .as_deref()
        .map(|it| rules.stack.function_named(it).unwrap_or(it));
    shortened(key.unwrap_or(call.resource))
}
