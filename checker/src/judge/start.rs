//! Checks of what the function did with an event: the executions that it started, and those
//! that it must not start.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::finding::Finding;
use super::names::are_by_time;
use super::words::{count, decoded, names, requests, shortened};
use super::{Case, Rules};
use crate::course::cause;
use crate::course::place::Look;
use crate::course::score::filled;

/// See [`Kind::ExecutionStarted`](crate::course::task::Kind::ExecutionStarted).
pub fn execution_started(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    let function = rules.function;
    if case.surroundings.is_express {
        return Finding::Failed {
            detail: format!(
                "{} is of the type EXPRESS, whose executions AWS does not list: make it STANDARD",
                rules.stack.workflow
            ),
            look: anywhere("EXPRESS", rules),
        };
    }
    let (found, arrivals) = (case.evidence.executions.len(), case.evidence.arrivals());
    // S3 tells of each upload at least once, and of some twice.
    let most = case.evidence.invocations.len().max(arrivals);
    if found > most {
        // The log of an invocation may come later than its execution.
        if rules.patience > Duration::ZERO && !is_settled(case, rules, false) {
            return Finding::Pending(format!("the log of {function} to be complete"));
        }
        return Finding::failed(format!(
            "{function} started {found} executions for {}: call StartExecution once per object",
            arrived(case)
        ));
    }
    // A further execution may still come while the function runs.
    if !is_settled(case, rules, found >= arrivals) {
        return Finding::Pending(format!(
            "an execution of {} that carries the key",
            rules.stack.workflow
        ));
    }
    if found >= arrivals {
        return named_and_alone(case, rules);
    }
    let known = cause::find(rules.causes, function, &log(case));
    let ran = format!(
        "{function} ran ({}) without an error",
        requests(&case.evidence.invocations)
    );
    let uploads = case.evidence.uploads.len();
    let records = case.evidence.events.iter().find(|it| it.records > 1);
    let detail = if found > 0
        && let Some(event) = records.filter(|_| found >= uploads)
    {
        format!(
            "{ran}, but no execution of {} came of one event of {} records for the record of this \
             CV: start one for each record",
            rules.stack.workflow, event.records
        )
    } else if found > 0 {
        format!(
            "{ran}, but {} of the key started {}: each needs a name of its own",
            arrived(case),
            count(found, "execution")
        )
    } else if !case.surroundings.unclaimed_executions.is_empty() {
        format!(
            "{ran}, but no execution carries the key; {} executions started since the upload with \
             another input",
            case.surroundings.unclaimed_executions.len()
        )
    } else {
        format!(
            "{ran}, but no execution of {} carries the key",
            rules.stack.workflow
        )
    };
    Finding::failed_with(detail, known.as_ref())
}

/// All that is expected is there; nothing else may be.
fn named_and_alone(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    let executions = &case.evidence.executions;
    if let Some(extra) = unclaimed(case, rules) {
        return Finding::failed(format!(
            "{} also started the execution {extra}, whose input does not hold the key: start one \
             execution per object, and no other",
            rules.function
        ));
    }
    let all: Vec<&str> = executions.iter().map(|it| it.name.as_str()).collect();
    if are_by_time(&all, rules.now) {
        return Finding::Failed {
            detail: format!(
                "the executions' names differ only in the time: {}. Two CVs that come at once get \
                 the same name, and Step Functions takes a name only once: put a UUID into it",
                all.join(", ")
            ),
            look: anywhere(".name(", rules),
        };
    }
    Finding::Passed(names(executions))
}

/// Wherever a participant may have written that.
fn anywhere(text: &str, rules: &Rules<'_>) -> Vec<Look> {
    let look = |file: &String| Look {
        file: file.clone(),
        text: text.to_owned(),
    };
    rules.stack.course.edited.iter().map(look).collect()
}

/// An execution that the function started for this CV besides, without the key in it: the
/// function's log names it, or there is nobody else who could have started it.
fn unclaimed<'a>(case: Case<'a>, rules: &Rules<'_>) -> Option<&'a str> {
    let mut all = case.surroundings.unclaimed_executions.iter();
    let log = log(case);
    let found = all.find(|name| rules.is_alone || log.contains(name.as_str()));
    found.map(String::as_str)
}

fn log(case: Case<'_>) -> String {
    let lines = case.evidence.invocations.iter().flat_map(|it| &it.lines);
    lines.map(String::as_str).collect::<Vec<_>>().join("\n")
}

fn arrived(case: Case<'_>) -> String {
    let uploads = count(case.evidence.uploads.len(), "upload");
    match case.evidence.arrivals() - case.evidence.uploads.len() {
        0 => uploads,
        events => format!("{uploads} and {}", count(events, "event")),
    }
}

/// See [`Kind::ExecutionInput`](crate::course::task::Kind::ExecutionInput).
pub fn execution_input(case: Case<'_>, expected: &BTreeMap<String, String>) -> Finding {
    for execution in &case.evidence.executions {
        let text = shortened(&execution.input);
        let Ok(input) = serde_json::from_str::<Value>(&execution.input) else {
            return Finding::failed(format!("the input is not JSON: {text}"));
        };
        if !input.is_object() {
            let what = match &input {
                Value::String(_) => "a JSON text within a JSON text, so to_string() came twice",
                Value::Array(_) => "a list",
                _ => "a single value",
            };
            return Finding::failed(format!(
                "the execution's input is no JSON object, but {what}. Input: {text}"
            ));
        }
        for (field, template) in expected {
            let wanted = filled(template, &case.probe.values);
            let problem = match input.get(field) {
                Some(Value::String(given)) if *given == wanted => continue,
                None => format!("has no {field:?}"),
                Some(Value::String(given)) if decoded(given) == wanted => {
                    format!(
                        "has the {field} still URL-encoded, as S3 sends it: {given:?}. Decode it"
                    )
                }
                Some(Value::String(given)) if decoded(&wanted) == *given => {
                    format!("has the {field} decoded twice: {given:?}. It should be {wanted:?}")
                }
                Some(given) => format!("has {field} = {given}, but it should be {wanted:?}"),
            };
            return Finding::failed(format!("the execution's input {problem}. Input: {text}"));
        }
    }
    Finding::Passed(
        case.evidence
            .executions
            .first()
            .map(|it| shortened(&it.input))
            .unwrap_or_default(),
    )
}

/// See [`Kind::NoExecution`](crate::course::task::Kind::NoExecution).
pub fn no_execution(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    match case.evidence.executions.first() {
        Some(execution) => Finding::failed(format!(
            "{} started the execution {} for a file that it must refuse",
            rules.function, execution.name
        )),
        None if !is_settled(case, rules, false) => {
            Finding::Pending(format!("{} to end", rules.function))
        }
        None => Finding::Passed("none was started".to_owned()),
    }
}

/// See [`Kind::RefusalLogged`](crate::course::task::Kind::RefusalLogged).
pub fn refusal_logged(case: Case<'_>, rules: &Rules<'_>, text: &str, not: &[String]) -> Finding {
    let wanted = text.to_lowercase();
    let lines = || case.evidence.invocations.iter().flat_map(|it| &it.lines);
    let says =
        |line: &String| line.to_lowercase().contains(&wanted) && line.contains(&case.probe.nonce);
    if !lines().any(says) {
        return Finding::failed(format!(
            "the log of {} has no line with {text:?} and the key",
            rules.function
        ));
    }
    // An event of several records logs of others, too: only what stands in an invocation for
    // this CV alone tells.
    let alone = |it: &&crate::evidence::Invocation| {
        !it.lines.iter().any(|line| rules.others(case.probe, line))
    };
    let mut own = case.evidence.invocations.iter().filter(alone);
    let own = own.find_map(|it| {
        not.iter()
            .find(|text| it.lines.iter().any(|l| l.contains(*text)))
    });
    match own {
        Some(text) => Finding::failed(format!(
            "the log of {} says {text:?} of a file that it refuses, though no execution starts: \
             log it after the check of the extension",
            rules.function
        )),
        None => Finding::Passed("refused, and logged with the key".to_owned()),
    }
}

/// See [`Kind::ErrorReturned`](crate::course::task::Kind::ErrorReturned).
pub fn error_returned(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    match case.evidence.events.first() {
        None => Finding::Pending(format!("{} to be invoked", rules.function)),
        Some(event) => match &event.error {
            Some(error) => Finding::Passed(shortened(error)),
            None if !case.evidence.executions.is_empty() => Finding::Skipped(
                "a limit of inputs (262,144 bytes), which the endpoint does not have".to_owned(),
            ),
            None => Finding::failed(format!(
                "{} was given a key for which Step Functions refuses the execution (its input \
                 would be over 262,144 bytes), and ended without an error: hand the error of the \
                 call on with ?, or Lambda does not try again, and nobody learns of it",
                rules.function
            )),
        },
    }
}

/// For how long one execution too many may hide from AWS's lists.
const PATIENCE_FOR_MORE: Duration = Duration::from_secs(2);

/// Whether all invocations have ended, and the lists of executions are as old
/// as they need to be: less where all that is expected is there.
fn is_settled(case: Case<'_>, rules: &Rules<'_>, all_there: bool) -> bool {
    let patience = match all_there {
        true => rules.patience.min(PATIENCE_FOR_MORE),
        false => rules.patience,
    };
    case.evidence.settled.is_some_and(|age| age >= patience)
}
