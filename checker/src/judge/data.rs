//! Checks of what came out: outputs, objects, logs.

use serde_json::Value;

use super::finding::Finding;
use super::path::list;
use super::words::{object, shortened};
use super::{Case, Rules};
use crate::course::score::filled;
use crate::course::task::{Content, Kind, Output};
use crate::evidence::{Execution, Found, StepKind};

/// See [`Kind::StateOutput`](crate::course::task::Kind::StateOutput).
pub fn state_output(case: Case<'_>, rules: &Rules<'_>, expected: &Output) -> Finding {
    let wanted = parsed(&filled(&expected.value, &case.probe.values));
    for execution in &case.evidence.executions {
        if let Err(problem) = judged(case, rules, execution, expected, &wanted) {
            return Finding::failed(problem);
        }
    }
    Finding::Passed(format!("{} = {wanted}", expected.field))
}

fn judged(
    case: Case<'_>,
    rules: &Rules<'_>,
    execution: &Execution,
    expected: &Output,
    wanted: &Value,
) -> Result<(), String> {
    let Output { state, field, .. } = expected;
    let Some(text) = output_of(execution, state) else {
        return Err(format!(
            "the execution did not go through the state {state:?}. It went through: {}",
            list(&execution.states())
        ));
    };
    let output = parsed(text);
    let entries: Vec<&Value> = match &output {
        Value::Array(items) => items.iter().collect(),
        single => vec![single],
    };
    let given: Vec<&Value> = entries.iter().filter_map(|it| it.get(field)).collect();
    let Some(first) = given.first() else {
        return Err(format!(
            "the output of {state} has no {field:?}: {}",
            shortened(text)
        ));
    };
    if !given.iter().any(|it| same(it, wanted)) {
        return Err(format!(
            "the output of {state} has {field} = {first}, but it should be {wanted}{}",
            mistake(case, expected, first, wanted)
        ));
    }
    if expected.list {
        in_list(case, &output, expected, text)?;
    }
    if let Some(from) = &expected.from {
        answered(case, rules, execution, (from, expected), wanted)?;
    }
    if expected.last {
        at_the_end(execution, expected, wanted)?;
    }
    Ok(())
}

/// What a wrong value tells.
fn mistake(case: Case<'_>, expected: &Output, given: &Value, wanted: &Value) -> String {
    let known = expected.mistaken.iter().find(|it| {
        let value = parsed(&filled(&it.value, &case.probe.values));
        same(given, &value)
    });
    if let Some(known) = known {
        return format!(". {}", known.says);
    }
    match given.as_str().filter(|it| same(&parsed(it), wanted)) {
        Some(_) if wanted.is_boolean() => ". That is a text, and not true or false".to_owned(),
        Some(_) if wanted.is_number() => ". That is a text, and not a number".to_owned(),
        _ => String::new(),
    }
}

/// The output has to be a list of what the branches return, each with the key.
fn in_list(case: Case<'_>, output: &Value, expected: &Output, text: &str) -> Result<(), String> {
    let Output { state, field, .. } = expected;
    let Value::Array(items) = output else {
        return Err(format!(
            "the output of {state} is no list with an entry for each branch: {}",
            shortened(text)
        ));
    };
    let mut entries = items.iter().filter(|it| it.get(field).is_some());
    let key = case.probe.key.as_str();
    match entries.find(|it| it["key"] != key) {
        Some(entry) => Err(format!(
            "the entry with {field} in the output of {state} should hold the input as well, but \
             has no \"key\" with the CV's key: {}",
            shortened(&entry.to_string())
        )),
        None => Ok(()),
    }
}

/// The function itself has to give the value, not the workflow in its place.
fn answered(
    _case: Case<'_>,
    rules: &Rules<'_>,
    execution: &Execution,
    (state, expected): (&String, &Output),
    wanted: &Value,
) -> Result<(), String> {
    // Not every endpoint records what states called: that is a check of its own.
    let Some(call) = execution.calls(state).last() else {
        return Ok(());
    };
    let field = &expected.field;
    let answer = call.answer().unwrap_or_default();
    match answer.get(field) {
        Some(given) if same(given, wanted) => Ok(()),
        given => {
            let name = call.function().unwrap_or_default();
            let name = rules.stack.function_named(&name).unwrap_or("the function");
            let given = given.map_or("none".to_owned(), Value::to_string);
            Err(format!(
                "{name} answered in the state {state} with {field} = {given}, but it should be \
                 {wanted}: the function gives the value, not the workflow"
            ))
        }
    }
}

/// What a state returns has to come out at the end, unless more is done with it.
fn at_the_end(execution: &Execution, expected: &Output, wanted: &Value) -> Result<(), String> {
    let Output { state, field, .. } = expected;
    let mut later = execution.states().into_iter().rev();
    let mut later = later.by_ref().take_while(|it| it != state);
    if later.any(|it| execution.calls(it).next().is_some()) {
        return Ok(());
    }
    let text = execution.output.as_deref().unwrap_or_default();
    match parsed(text).get(field) {
        Some(given) if same(given, wanted) => Ok(()),
        _ => Err(format!(
            "the output of the execution does not hold {field} = {wanted}, which {state} returned: \
             a state after it throws it away. Output: {}",
            shortened(text)
        )),
    }
}

/// The output of a state, the last time that it was left.
fn output_of<'a>(execution: &'a Execution, state: &str) -> Option<&'a str> {
    let left = execution.history.iter().rev();
    left.into_iter().find_map(|step| match &step.kind {
        StepKind::Exited(name, output) if name == state => Some(output.as_str()),
        _ => None,
    })
}

/// A JSON value, or the text itself.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// Numbers are the same whether written `15` or `15.0`.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// See [`Kind::FunctionLogged`](crate::course::task::Kind::FunctionLogged).
pub fn function_logged(case: Case<'_>, rules: &Rules<'_>, function: &str) -> Finding {
    if case.evidence.logged.contains(function) {
        return Finding::Passed(format!("{function} logged the key"));
    }
    match rules.stack.log_group_of(function) {
        None => Finding::failed(format!(
            "serverless.yml has no function {function:?} under functions"
        )),
        // Everything that it logs comes before the execution's end, but AWS may show it late.
        Some(_) if is_over(case, rules) => Finding::failed(format!(
            "the log of {function} has no line with the key: either the workflow does not invoke \
             it, or it does not log which CV it works on"
        )),
        Some(_) => Finding::Pending(format!("a line with the key in the log of {function}")),
    }
}

fn is_over(case: Case<'_>, rules: &Rules<'_>) -> bool {
    let ended = case.evidence.ended;
    ended.is_some_and(|age| age >= rules.patience_for_lines)
}

/// See [`Kind::ObjectIn`](crate::course::task::Kind::ObjectIn).
pub fn object_in(case: Case<'_>, rules: &Rules<'_>, bucket: &str, content: Content) -> Finding {
    let name = rules.stack.bucket(bucket);
    let key = &case.probe.key;
    match case.evidence.objects.get(bucket) {
        None => Finding::Pending(format!("a look into the bucket {name}")),
        Some(Found::NoBucket) => Finding::failed(format!(
            "there is no bucket {name}: add it under resources in serverless.yml"
        )),
        Some(Found::Nothing) => {
            Finding::failed(format!("there is no object {}", object(&name, key)))
        }
        Some(Found::Object(found)) => {
            let holds = match content {
                Content::File => case.probe.is_content(found),
                Content::Text if case.probe.is_text() => case.probe.is_content(found),
                Content::Text => {
                    let text = String::from_utf8_lossy(found);
                    let words = case.probe.lines.iter().flat_map(|it| it.split_whitespace());
                    text.split_whitespace().eq(words)
                }
            };
            if holds {
                return match stray(case, rules, bucket) {
                    Some(stray) => does_not_belong(&stray),
                    None => Finding::Passed(object(&name, key)),
                };
            }
            let what = match content {
                Content::File => "something else than the file that was uploaded",
                Content::Text => "something else than the text of the CV",
            };
            Finding::failed(format!(
                "{} holds {what}: {}",
                object(&name, key),
                shortened(&String::from_utf8_lossy(found))
            ))
        }
    }
}

/// See [`Kind::NoObjectIn`](crate::course::task::Kind::NoObjectIn).
pub fn no_object_in(case: Case<'_>, rules: &Rules<'_>, bucket: &str) -> Finding {
    let name = rules.stack.bucket(bucket);
    match case.evidence.objects.get(bucket) {
        None => Finding::Pending(format!("a look into the bucket {name}")),
        Some(Found::Object(_)) => does_not_belong(&object(&name, &case.probe.key)),
        Some(Found::NoBucket | Found::Nothing) => match stray(case, rules, bucket) {
            Some(stray) => does_not_belong(&stray),
            None => Finding::Passed(format!("none in {name}")),
        },
    }
}

fn does_not_belong(object: &str) -> Finding {
    Finding::failed(format!(
        "there is an object {object}, which does not belong there"
    ))
}

/// An object that carries the CV's nonce under another key, in this bucket or in one that no
/// other check of the probe looks into.
fn stray(case: Case<'_>, rules: &Rules<'_>, bucket: &str) -> Option<String> {
    let own = rules.stack.bucket(bucket);
    let checks = case.probe.spec.checks.iter();
    let kinds = checks.filter_map(|it| Some(&rules.task.checks.get(it)?.expect));
    let others: Vec<String> = kinds
        .filter_map(|kind| match kind {
            Kind::ObjectIn { bucket, .. } | Kind::NoObjectIn { bucket } => {
                Some(rules.stack.bucket(bucket))
            }
            _ => None,
        })
        .collect();
    let mut strays = case.evidence.strays.iter();
    let found = strays.find(|(bucket, _)| *bucket == own || !others.contains(bucket));
    found.map(|(bucket, key)| object(bucket, key))
}
