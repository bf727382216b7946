//! Lists of executions, and their histories.

use std::sync::Arc;

use serde_json::{Value, json};
use states_language::Kind;

use crate::account::Account;
use crate::error::ServiceError;

use super::execution::{Execution, find, not_of_this_type};
use super::machine;
use super::page::{Page, next_token};

/// What an execution can be.
const STATUSES: [&str; 6] = [
    "ABORTED",
    "FAILED",
    "PENDING_REDRIVE",
    "RUNNING",
    "SUCCEEDED",
    "TIMED_OUT",
];

/// ListExecutions of one state machine, newest first.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `InvalidToken`.
pub fn list(account: &Account, machine_arn: &str, input: &Value) -> Result<Value, ServiceError> {
    let machine = machine::find(account, machine_arn)?;
    if machine.kind == Kind::Express {
        return Err(not_of_this_type());
    }
    let page = Page::of(input, 1000)?;
    let executions = account.states.executions();
    // A page ends with a place in the order of starts, so that executions which
    // start between two pages shift nothing.
    let before = page.after_number()?.unwrap_or(u64::MAX);
    let wanted = input["statusFilter"].as_str();
    if let Some(status) = wanted.filter(|it| !STATUSES.contains(it)) {
        return Err(ServiceError::bad_request(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{status}' at 'statusFilter' failed to satisfy \
                 constraint: Member must satisfy enum value set: [{}]",
                STATUSES.join(", ")
            ),
        ));
    }
    let mut rest = executions
        .in_order
        .range(..before)
        .rev()
        .filter(|(_, execution)| {
            execution.machine.arn == machine.arn
                && wanted.is_none_or(|status| execution.status() == status)
        })
        .peekable();
    let listed: Vec<(&u64, &Arc<Execution>)> = rest.by_ref().take(page.size).collect();
    let items: Vec<Value> = listed.iter().map(|(_, it)| it.summary()).collect();
    let mut answer = json!({ "executions": items });
    if let (Some((place, _)), Some(_)) = (listed.last(), rest.peek()) {
        answer["nextToken"] = next_token(&place.to_string());
    }
    Ok(answer)
}

/// Takes the inputs and outputs out of events.
fn remove_data(events: &mut Value) {
    let events = events.as_array_mut().into_iter().flatten();
    let fields = events
        .filter_map(Value::as_object_mut)
        .flat_map(|it| it.values_mut());
    for details in fields.filter_map(Value::as_object_mut) {
        for field in ["input", "inputDetails", "output", "outputDetails"] {
            details.remove(field);
        }
    }
}

/// GetExecutionHistory.
///
/// # Errors
///
/// `ExecutionDoesNotExist`, `InvalidToken`.
pub fn history(account: &Account, arn: &str, input: &Value) -> Result<Value, ServiceError> {
    let execution = find(account, arn)?;
    let page = Page::of(input, 1000)?;
    let shown = page.after_number()?.unwrap_or_default();
    let shown = usize::try_from(shown).unwrap_or(usize::MAX);
    let total = execution.history.len();
    let events = if input["reverseOrder"] == Value::Bool(true) {
        let end = total.saturating_sub(shown);
        let start = end.saturating_sub(page.size);
        let mut events = execution.history.page(start, end - start);
        events.reverse();
        events
    } else {
        execution.history.page(shown, page.size)
    };
    let shown = shown.saturating_add(events.len());
    let mut events = serde_json::to_value(&events).map_err(|error| {
        ServiceError::new(
            500,
            "InternalFailure",
            format!("The history cannot be written: {error}"),
        )
    })?;
    if input["includeExecutionData"] == Value::Bool(false) {
        remove_data(&mut events);
    }
    let mut answer = json!({ "events": events });
    if shown < total {
        answer["nextToken"] = next_token(&shown.to_string());
    }
    Ok(answer)
}
