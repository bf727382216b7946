//! One function for each kind of check.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::finding::Finding;
use super::{Case, Rules, data, path};
use crate::cause;
use crate::evidence::{Execution, Invocation};
use crate::score::filled;
use crate::task::Kind;

/// Judges one check.
pub fn find(kind: &Kind, case: Case<'_>, rules: &Rules<'_>) -> Finding {
    match kind {
        Kind::ObjectUploaded => object_uploaded(case, rules),
        Kind::FunctionInvoked => function_invoked(case, rules),
        Kind::FunctionSucceeded => function_succeeded(case, rules),
        Kind::ExecutionStarted => execution_started(case, rules),
        Kind::ExecutionInput { input } => execution_input(case, input),
        Kind::LogEntry { text } => log_entry(case, rules, text),
        Kind::ExecutionSucceeded => execution_succeeded(case, rules),
        Kind::WentThrough { states, not } => path::went_through(case, states, not),
        Kind::InParallel { state, branches } => path::in_parallel(case, state, branches),
        Kind::StateOutput {
            state,
            field,
            value,
            mistaken,
        } => data::state_output(case, state, field, value, mistaken),
        Kind::FunctionLogged { function } => data::function_logged(case, rules, function),
        Kind::ObjectIn { bucket, content } => data::object_in(case, rules, bucket, *content),
        Kind::NoObjectIn { bucket } => data::no_object_in(case, rules, bucket),
        Kind::NoExecution => no_execution(case, rules),
        Kind::RefusalLogged { text } => refusal_logged(case, rules, text),
    }
}

fn object_uploaded(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    let uploads = &case.evidence.uploads;
    if let Some(error) = uploads.iter().find_map(|it| it.as_ref().err()) {
        return Finding::failed_with(
            format!(
                "S3 refused the upload to {}: {error}",
                rules.stack.input_bucket
            ),
            cause::find(rules.causes, error),
        );
    }
    if uploads.len() < case.probe.spec.uploads {
        return Finding::Pending("S3 to take the upload".to_owned());
    }
    let times = if uploads.len() > 1 { ", twice" } else { "" };
    Finding::Passed(format!(
        "s3://{}/{}{times}",
        rules.stack.input_bucket, case.probe.key
    ))
}

fn function_invoked(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    let invocations = &case.evidence.invocations;
    let function = rules.function;
    if invocations.len() >= case.probe.spec.uploads {
        return Finding::Passed(format!("{function}, {}", requests(invocations)));
    }
    let mut strangers = case.surroundings.strangers.iter();
    if let Some((invocation, failure)) = strangers.find_map(|it| Some((it, it.failure()?))) {
        let cause = cause::find(rules.causes, &invocation.lines.join("\n"));
        return Finding::failed_with(
            format!(
                "{function} was invoked (request {}) but ended before it logged the key: {failure}",
                invocation.short_id()
            ),
            cause,
        );
    }
    if case.surroundings.trigger == Some(false) {
        return Finding::failed(format!(
            "the bucket {} tells {function} of no new object: the s3 event under events in its \
             function.yml is missing",
            rules.stack.input_bucket
        ));
    }
    let ended = case
        .surroundings
        .strangers
        .iter()
        .filter(|it| it.report.is_some())
        .count();
    Finding::Pending(if ended > 0 {
        format!(
            "{function} to log the key: it ran {ended} times since the upload, but no log line \
             holds the key"
        )
    } else {
        format!("an invocation of {function} for this key in its log")
    })
}

fn function_succeeded(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    let invocations = &case.evidence.invocations;
    if let Some((invocation, failure)) = invocations.iter().find_map(|it| Some((it, it.failure()?)))
    {
        let log = invocation.lines.join("\n");
        return Finding::failed_with(
            format!(
                "{} (request {}) failed: {failure}",
                rules.function,
                invocation.short_id()
            ),
            cause::find(rules.causes, &log),
        );
    }
    if let Some(open) = invocations.iter().find(|it| it.report.is_none()) {
        return Finding::Pending(format!(
            "{} to end (request {})",
            rules.function,
            open.short_id()
        ));
    }
    let longest = invocations.iter().filter_map(|it| it.report.as_ref());
    let longest = longest.map(|it| it.duration_ms).fold(0.0, f64::max);
    Finding::Passed(format!("{longest:.0} ms"))
}

fn execution_started(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    let (found, uploads) = (case.evidence.executions.len(), case.probe.spec.uploads);
    // S3 tells of each upload at least once, and of some twice.
    let most = case.evidence.invocations.len().max(uploads);
    let function = rules.function;
    if found > most {
        // The log of an invocation may come later than its execution.
        if rules.patience > Duration::ZERO && !is_settled(case, rules, false) {
            return Finding::Pending(format!("the log of {function} to be complete"));
        }
        let uploads = if uploads == 1 {
            "one upload"
        } else {
            "two uploads"
        };
        return Finding::failed(format!(
            "{function} started {found} executions for {uploads}: call StartExecution once per \
             object"
        ));
    }
    // A further execution may still come while the function runs.
    if !is_settled(case, rules, found >= uploads) {
        return Finding::Pending(format!(
            "an execution of {} that carries the key",
            rules.stack.workflow
        ));
    }
    if found >= uploads {
        return Finding::Passed(names(&case.evidence.executions));
    }
    let log: Vec<&str> = case
        .evidence
        .invocations
        .iter()
        .flat_map(|it| &it.lines)
        .map(String::as_str)
        .collect();
    let known = cause::find(rules.causes, &log.join("\n"));
    let ran = format!(
        "{function} ran ({}) without an error",
        requests(&case.evidence.invocations)
    );
    let detail = if found > 0 {
        format!(
            "{ran}, but {uploads} uploads of the key started {found} execution: each upload needs \
             a name of its own"
        )
    } else if case.surroundings.unclaimed_executions > 0 {
        format!(
            "{ran}, but no execution carries the key; {} executions started since the upload with \
             another input",
            case.surroundings.unclaimed_executions
        )
    } else {
        format!(
            "{ran}, but no execution of {} carries the key",
            rules.stack.workflow
        )
    };
    Finding::failed_with(detail, known)
}

fn execution_input(case: Case<'_>, expected: &BTreeMap<String, String>) -> Finding {
    for execution in &case.evidence.executions {
        let Ok(input) = serde_json::from_str::<Value>(&execution.input) else {
            return Finding::failed(format!(
                "the input is not JSON: {}",
                shortened(&execution.input)
            ));
        };
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
                Some(given) => format!("has {field} = {given}, but it should be {wanted:?}"),
            };
            return Finding::failed(format!(
                "the execution's input {problem}. Input: {}",
                shortened(&execution.input)
            ));
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

fn log_entry(case: Case<'_>, rules: &Rules<'_>, text: &str) -> Finding {
    let function = rules.function;
    for invocation in &case.evidence.invocations {
        if !invocation.lines.iter().any(|line| line.contains(text)) {
            return Finding::failed_with(
                format!(
                    "the log of {function} (request {}) has no line with {text:?}",
                    invocation.short_id()
                ),
                cause::find(rules.causes, &invocation.lines.join("\n")),
            );
        }
    }
    let lines = || case.evidence.invocations.iter().flat_map(|it| &it.lines);
    let unnamed = case
        .evidence
        .executions
        .iter()
        .find(|execution| !lines().any(|line| line.contains(&execution.name)));
    match unnamed {
        Some(execution) => Finding::failed(format!(
            "the log of {function} does not name the execution that it started, {}",
            execution.name
        )),
        None => Finding::Passed(format!("{text:?} and the execution's name")),
    }
}

fn execution_succeeded(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    for execution in &case.evidence.executions {
        match execution.status.as_str() {
            "SUCCEEDED" => {}
            "RUNNING" => {
                let state = execution.last_state();
                let state = state.map(|it| format!(", which is in the state {it},"));
                return Finding::Pending(format!(
                    "the execution {}{} to end",
                    execution.name,
                    state.unwrap_or_default()
                ));
            }
            _ if let Some(error) = without_room(execution) => {
                return Finding::Unclear(format!(
                    "AWS had no room for this execution, which says nothing of your work: {}. Run \
                     the checker again when fewer others do, or ask for a higher quota",
                    shortened(error)
                ));
            }
            status => {
                let place = execution
                    .last_state()
                    .map(|it| format!(" in the state {it}"))
                    .unwrap_or_default();
                let why = execution.error.as_ref();
                let why = why
                    .map(|it| format!(": {}", shortened(it)))
                    .unwrap_or_default();
                return Finding::failed_with(
                    format!("the execution ended {status}{place}{why}"),
                    cause::find_in_execution(rules.causes, execution.error.as_deref()),
                );
            }
        }
    }
    Finding::Passed("SUCCEEDED".to_owned())
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

/// The error of an execution that failed because AWS had no room for it.
fn without_room(execution: &Execution) -> Option<&str> {
    let error = execution.error.as_deref()?;
    NO_ROOM
        .iter()
        .any(|it| error.starts_with(it))
        .then_some(error)
}

fn no_execution(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    match case.evidence.executions.first() {
        Some(execution) => Finding::failed(format!(
            "{} started the execution {} for a file that it must refuse",
            rules.function, execution.name
        )),
        None if is_settled(case, rules, false) => Finding::Passed("none was started".to_owned()),
        None => Finding::Pending(format!("{} to end", rules.function)),
    }
}

fn refusal_logged(case: Case<'_>, rules: &Rules<'_>, text: &str) -> Finding {
    let wanted = text.to_lowercase();
    let mut lines = case.evidence.invocations.iter().flat_map(|it| &it.lines);
    let says =
        |line: &String| line.to_lowercase().contains(&wanted) && line.contains(&case.probe.nonce);
    match lines.find(|line| says(line)) {
        Some(_) => Finding::Passed("refused, and logged with the key".to_owned()),
        None => Finding::failed(format!(
            "the log of {} has no line with {text:?} and the key",
            rules.function
        )),
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

fn requests(invocations: &[Invocation]) -> String {
    let ids: Vec<&str> = invocations.iter().map(Invocation::short_id).collect();
    match ids.as_slice() {
        [id] => format!("request {id}"),
        ids => format!("requests {}", ids.join(" and ")),
    }
}

fn names(executions: &[Execution]) -> String {
    let names: Vec<&str> = executions.iter().map(|it| it.name.as_str()).collect();
    names.join(", ")
}

/// As S3 encodes keys in events.
fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// A text that fits a report.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let begin: String = text.chars().take(LONGEST).collect();
    format!("{begin}...")
}
