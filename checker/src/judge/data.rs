//! Checks of what came out: outputs, objects, logs.

use serde_json::Value;

use super::finding::Finding;
use super::kinds::shortened;
use super::{Case, Rules};
use crate::evidence::{Execution, Found, StepKind};
use crate::score::filled;
use crate::task::{Content, Mistaken};

/// See [`Kind::StateOutput`](crate::task::Kind::StateOutput).
pub fn state_output(
    case: Case<'_>,
    state: &str,
    field: &str,
    value: &str,
    mistaken: &[Mistaken],
) -> Finding {
    let values = &case.probe.values;
    let wanted = parsed(&filled(value, values));
    for execution in &case.evidence.executions {
        let Some(text) = output_of(execution, state) else {
            return Finding::failed(format!(
                "the execution did not go through the state {state:?}. It went through: {}",
                execution.states().join(", ")
            ));
        };
        let output = parsed(text);
        let given: Vec<&Value> = match &output {
            Value::Array(items) => items.iter().filter_map(|item| item.get(field)).collect(),
            single => single.get(field).into_iter().collect(),
        };
        if given.iter().any(|it| same(it, &wanted)) {
            continue;
        }
        let Some(given) = given.first() else {
            return Finding::failed(format!(
                "the output of {state} has no {field:?}: {}",
                shortened(text)
            ));
        };
        let known = mistaken
            .iter()
            .find(|it| same(given, &parsed(&filled(&it.value, values))));
        let says = known.map(|it| format!(". {}", it.says)).unwrap_or_default();
        return Finding::failed(format!(
            "the output of {state} has {field} = {given}, but it should be {wanted}{says}"
        ));
    }
    Finding::Passed(format!("{field} = {wanted}"))
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

/// See [`Kind::FunctionLogged`](crate::task::Kind::FunctionLogged).
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

/// See [`Kind::ObjectIn`](crate::task::Kind::ObjectIn).
pub fn object_in(case: Case<'_>, rules: &Rules<'_>, bucket: &str, content: Content) -> Finding {
    let name = rules.stack.bucket(bucket);
    let key = &case.probe.key;
    match case.evidence.objects.get(bucket) {
        None => Finding::Pending(format!("a look into the bucket {name}")),
        Some(Found::NoBucket) => Finding::failed(format!(
            "there is no bucket {name}: add it under resources in serverless.yml"
        )),
        Some(Found::Nothing) => Finding::failed(format!("there is no object s3://{name}/{key}")),
        Some(Found::Object(found)) => {
            let holds = match content {
                Content::File => *found == case.probe.content,
                Content::Text => {
                    let text = String::from_utf8_lossy(found);
                    let words = case.probe.lines.iter().flat_map(|it| it.split_whitespace());
                    text.split_whitespace().eq(words)
                }
            };
            if holds {
                return Finding::Passed(format!("s3://{name}/{key}"));
            }
            let what = match content {
                Content::File => "something else than the file that was uploaded",
                Content::Text => "something else than the text of the CV",
            };
            Finding::failed(format!(
                "s3://{name}/{key} holds {what}: {}",
                shortened(&String::from_utf8_lossy(found))
            ))
        }
    }
}

/// See [`Kind::NoObjectIn`](crate::task::Kind::NoObjectIn).
pub fn no_object_in(case: Case<'_>, rules: &Rules<'_>, bucket: &str) -> Finding {
    let name = rules.stack.bucket(bucket);
    match case.evidence.objects.get(bucket) {
        None => Finding::Pending(format!("a look into the bucket {name}")),
        Some(Found::NoBucket | Found::Nothing) => Finding::Passed(format!("none in {name}")),
        Some(Found::Object(_)) => Finding::failed(format!(
            "there is an object s3://{name}/{}, which does not belong there",
            case.probe.key
        )),
    }
}
