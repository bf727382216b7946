//! One function for each kind of check.

use super::finding::Finding;
use super::outcome::with_way;
use super::words::{object, requests};
use super::{Case, Rules, calls, data, outcome, path, start};
use crate::course::cause;
use crate::course::task::Kind;
use crate::evidence::{Invocation, Trigger};

/// Judges one check.
pub fn find(kind: &Kind, case: Case<'_>, rules: &Rules<'_>) -> Finding {
    match kind {
        Kind::ObjectUploaded => object_uploaded(case, rules),
        Kind::FunctionInvoked => function_invoked(case, rules),
        Kind::FunctionSucceeded => function_succeeded(case, rules),
        Kind::ExecutionStarted => start::execution_started(case, rules),
        Kind::ExecutionInput { input } => start::execution_input(case, input),
        Kind::LogEntry { text } => log_entry(case, rules, text),
        Kind::ExecutionSucceeded => outcome::execution_succeeded(case, rules),
        Kind::WentThrough { states, not } => {
            with_way(case, rules, path::went_through(case, states, not))
        }
        Kind::InParallel { state, branches } => {
            with_way(case, rules, path::in_parallel(case, state, branches))
        }
        Kind::StatesCalled { calls: wanted } => {
            with_way(case, rules, calls::states_called(case, rules, wanted))
        }
        Kind::StateOutput(expected) => {
            with_way(case, rules, data::state_output(case, rules, expected))
        }
        Kind::FunctionLogged { function } => {
            with_way(case, rules, data::function_logged(case, rules, function))
        }
        Kind::ObjectIn { bucket, content } => {
            with_way(case, rules, data::object_in(case, rules, bucket, *content))
        }
        Kind::NoObjectIn { bucket } => data::no_object_in(case, rules, bucket),
        Kind::NoExecution => start::no_execution(case, rules),
        Kind::RefusalLogged { text, not } => start::refusal_logged(case, rules, text, not),
        Kind::ErrorReturned => start::error_returned(case, rules),
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
            cause::find(rules.causes, rules.function, error).as_ref(),
        );
    }
    if uploads.len() < case.probe.spec.uploads().count() {
        return Finding::Pending("S3 to take the upload".to_owned());
    }
    let times = match uploads.len() {
        0 | 1 => String::new(),
        2 => ", twice".to_owned(),
        many => format!(", {many} times"),
    };
    let object = object(&rules.stack.input_bucket, &case.probe.key);
    Finding::Passed(object + &times)
}

fn function_invoked(case: Case<'_>, rules: &Rules<'_>) -> Finding {
    let invocations = &case.evidence.invocations;
    let function = rules.function;
    let arrivals = case.evidence.arrivals();
    if arrivals > 0 && invocations.len() >= arrivals {
        return Finding::Passed(format!("{function}, {}", requests(invocations)));
    }
    let mut strangers = case.surroundings.strangers.iter();
    if let Some((invocation, failure)) = strangers.find_map(|it| Some((it, it.failure()?))) {
        let cause = cause::find(rules.causes, function, &invocation.lines.join("\n"));
        return Finding::failed_with(
            format!(
                "{function} was invoked (request {}) but ended before it logged the key: {failure}",
                invocation.short_id()
            ),
            cause.as_ref(),
        );
    }
    let bucket = &rules.stack.input_bucket;
    match &case.surroundings.trigger {
        Some(Trigger::Missing) => {
            return Finding::failed(format!(
                "the bucket {bucket} tells {function} of no new object: the s3 event under events \
                 in its function.yml is missing"
            ));
        }
        Some(Trigger::Excludes(why)) => {
            return Finding::failed(format!(
                "the bucket {bucket} does not tell {function} of every new object: {why}. Mend the \
                 s3 event under events in its function.yml: s3:ObjectCreated:*, without rules"
            ));
        }
        Some(Trigger::Told) | None => {}
    }
    let shared = case.evidence.events.iter().find(|it| it.records > 1);
    if let Some(event) = shared.filter(|_| invocations.len() >= case.evidence.uploads.len()) {
        return Finding::Pending(format!(
            "{function} to log this key when it is one of an event of {} records: each record is an \
             object, and wants the same to be done",
            event.records
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
    // An event with others may fail for the sake of another record than that of a refused file.
    let checks = case.probe.spec.checks.iter();
    let mut kinds = checks.filter_map(|it| Some(&rules.task.checks.get(it)?.expect));
    let is_refused = kinds.any(|it| matches!(it, Kind::NoExecution));
    let counts = |it: &&Invocation| {
        let mut lines = it.lines.iter();
        !is_refused || !lines.any(|line| rules.others(case.probe, line))
    };
    let invocations: Vec<&Invocation> = case.evidence.invocations.iter().filter(counts).collect();
    // Where all that it should have begun is there, a line that looks like an error is none.
    let lacks_one = !is_refused && case.evidence.executions.len() < case.evidence.arrivals();
    let failure = |it: &&Invocation| {
        let seems = || it.seems_returned().filter(|_| lacks_one);
        it.failure().or_else(seems)
    };
    if let Some((invocation, failure)) = invocations.iter().find_map(|it| Some((it, failure(it)?)))
    {
        let log = invocation.lines.join("\n");
        return Finding::failed_with(
            format!(
                "{} (request {}) failed: {failure}",
                rules.function,
                invocation.short_id()
            ),
            cause::find(rules.causes, rules.function, &log).as_ref(),
        );
    }
    if let Some(open) = invocations.iter().find(|it| it.report.is_none()) {
        return Finding::Pending(format!(
            "{} to end (request {})",
            rules.function,
            open.short_id()
        ));
    }
    let mut events = case.evidence.events.iter().filter(|_| !is_refused);
    if let Some((event, error)) = events.find_map(|it| Some((it, it.error.as_ref()?))) {
        return Finding::failed_with(
            format!(
                "{}, invoked with an event of {} records, failed: {error}",
                rules.function, event.records
            ),
            cause::find(rules.causes, rules.function, error).as_ref(),
        );
    }
    let longest = invocations.iter().filter_map(|it| it.report.as_ref());
    let longest = longest.map(|it| it.duration_ms).fold(0.0, f64::max);
    Finding::Passed(format!("{longest:.0} ms"))
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
                cause::find(rules.causes, function, &invocation.lines.join("\n")).as_ref(),
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
