//! Checks of how an execution ended, and why.

use super::finding::Finding;
use super::words::{shortened, whole};
use super::{Case, Rules};
use crate::course::cause::{self, Cause};
use crate::evidence::{Call, Execution};

/// See [`Kind::ExecutionSucceeded`](crate::course::task::Kind::ExecutionSucceeded).
pub fn execution_succeeded(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    for execution in &case.evidence.executions {
        match execution.status.as_str() {
            "SUCCEEDED" => {}
            "RUNNING" => {
                let state = execution.open_state();
                let state = state.map(|it| format!(", which is in the state {it},"));
                return Finding::Pending(format!(
                    "the execution {}{} to end{}",
                    execution.name,
                    state.unwrap_or_default(),
                    on_the_way(case).unwrap_or_default()
                ));
            }
            _ if let Some(unclear) = without_room(execution) => return unclear,
            _ => return ended_badly(case, rules, execution),
        }
    }
    Finding::Passed("SUCCEEDED".to_owned())
}

fn ended_badly(case: Case<'_>, rules: &Rules<'_>, execution: &Execution) -> Finding {
    let state = execution.failed_state();
    let place = state.map(|it| format!(" in the state {it}"));
    let error = execution.error.as_deref().unwrap_or_default();
    let mut detail = format!(
        "the execution ended {}{}",
        execution.status,
        place.unwrap_or_default()
    );
    if !error.is_empty() {
        detail += &format!(": {}", whole(error));
    }
    let call = state.and_then(|it| execution.calls(it).last());
    let (said, cause) = about_call(case, rules, call, error);
    Finding::failed_with(detail + &said, cause.as_ref())
}

/// What is known of a call that failed with this error: what was called and what it logged,
/// and the cause.
fn about_call(
    case: Case<'_>,
    rules: &Rules<'_>,
    call: Option<Call<'_>>,
    error: &str,
) -> (String, Option<Cause>) {
    let in_workflow = |text: &str| cause::find_in_execution(rules.causes, text);
    let Some(call) = call else {
        return (String::new(), in_workflow(error));
    };
    let is_invoke = call.resource == "lambda:invoke";
    let is_recorded = !call.parameters.is_empty();
    if is_invoke && is_recorded && !call.parameters.contains("\"FunctionName\"") {
        let says = ". lambda:invoke was called without a function: give it the parameters \
                    FunctionName and Payload.$: $"
            .to_owned();
        return (says, None);
    }
    let function = call.function();
    let function = function.and_then(|it| Some(rules.stack.function_named(&it)?.to_owned()));
    let Some(function) = function else {
        let called = format!(". It was called with {}", shortened(call.parameters));
        let cause = in_workflow(&format!("{error}{called}"));
        return (called, cause);
    };
    // Whether the function ran at all.
    if error.contains("lambda:InvokeFunction") {
        return (String::new(), in_workflow(error));
    }
    if is_invoke && !call.parameters.contains("\"Payload\"") {
        let says = format!(
            ". {function} was called without an input: give lambda:invoke the parameter \
             Payload.$: $"
        );
        return (says, None);
    }
    // The error has it already where the function returned it.
    let words = case.evidence.last_words.get(&function);
    let words = words.filter(|it| !error.contains(it.as_str()));
    let said = words.map(|it| format!(". {function} logged: {}", whole(it)));
    let said = said.unwrap_or_default();
    let cause = cause::find(rules.causes, &function, &format!("{error}{said}"));
    let cause = cause.or_else(|| in_workflow(&format!("{error}{said}")));
    (said, cause)
}

/// What failed in an execution that went on all the same, or that still goes on: a Catch or a
/// Retry hides it.
pub fn on_the_way(case: Case<'_>) -> Option<String> {
    let executions = case.evidence.executions.iter();
    let (state, error) = executions.flat_map(Execution::failures).next()?;
    let many = case.evidence.executions.iter();
    let many = many
        .flat_map(Execution::failures)
        .filter(|it| it.0 == state);
    let times = match many.count() {
        1 => String::new(),
        many => format!(" {many} times"),
    };
    Some(format!(
        ". On the way the state {state} failed{times}: {}",
        whole(error)
    ))
}

/// Adds to a failure what went wrong before, with its cause.
pub fn with_way(case: Case<'_>, rules: &Rules<'_>, finding: Finding) -> Finding {
    let Finding::Failed { detail, look } = finding else {
        return finding;
    };
    let Some(way) = on_the_way(case) else {
        return Finding::Failed { detail, look };
    };
    let execution = case.evidence.executions.iter();
    let failure = execution.flat_map(|it| {
        let calls = move |state| it.calls(state).last();
        it.failures()
            .map(move |(state, error)| (calls(state), error))
    });
    let failed = failure.into_iter().next();
    let about = failed.map(|(call, error)| about_call(case, rules, call, error));
    let (said, cause) = about.unwrap_or_default();
    match Finding::failed_with(format!("{detail}{way}{said}"), cause.as_ref()) {
        Finding::Failed {
            detail,
            look: found,
        } if found.is_empty() => Finding::Failed { detail, look },
        other => other,
    }
}

/// Errors by which AWS tells that an account asks for too much at once ("Lambda quotas",
/// "Amazon Textract: Handling throttled calls"): whether the solution is right they do not
/// tell.
const NO_ROOM: [&str; 4] = [
    "Lambda.TooManyRequestsException",
    "Textract.ThrottlingException",
    "Textract.ProvisionedThroughputExceededException",
    "S3.S3Exception: Please reduce your request rate",
];

/// What is to be said of an execution that AWS had no room for, whatever the workflow made of it.
fn without_room(execution: &Execution) -> Option<Finding> {
    let caught = execution.failures().map(|(_, error)| error);
    let mut errors = caught.chain(execution.error.as_deref());
    let error = errors.find(|error| NO_ROOM.iter().any(|it| error.starts_with(it)))?;
    Some(Finding::Unclear(format!(
        "AWS had no room for this execution, which says nothing of your work: {}. Run the checker \
         again when fewer others do, or ask for a higher quota",
        shortened(error)
    )))
}
