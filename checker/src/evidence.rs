//! What was found out about a probe: facts, without a verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is known of one probe by now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The uploads that S3 has answered: nothing, or what went wrong.
    pub uploads: Vec<Result<(), String>>,
    /// The invocations whose log carries the nonce.
    pub invocations: Vec<Invocation>,
    /// The executions that carry the nonce in input or name.
    pub executions: Vec<Execution>,
    /// How long all uploads have had an invocation that ended, when the
    /// executions were last listed.
    pub settled: Option<Duration>,
    /// How long all executions that are expected have ended.
    pub ended: Option<Duration>,
    /// The objects under the key in other buckets, by the buckets' short names, once all
    /// executions have ended.
    pub objects: BTreeMap<String, Found>,
    /// The functions, besides the one that an upload invokes, whose log carries the nonce.
    pub logged: BTreeSet<String>,
}

/// What a bucket has under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This.
    Object(Vec<u8>),
    /// Nothing.
    Nothing,
    /// The bucket itself is missing.
    NoBucket,
}

/// What is known beyond single probes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    /// Invocations since the first upload whose log carries no probe's nonce.
    pub strangers: Vec<Invocation>,
    /// How many executions started since the first upload that carry no nonce.
    pub unclaimed_executions: usize,
    /// Whether the input bucket tells the function of new objects; unknown
    /// until it was asked.
    pub trigger: Option<bool>,
}

/// One invocation, as its log tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Invocation {
    /// Lambda's id for it.
    pub request_id: String,
    /// What the function logged.
    pub lines: Vec<String>,
    /// What Lambda said when it ended.
    pub report: Option<InvocationReport>,
}

/// Lambda's REPORT line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InvocationReport {
    /// In milliseconds.
    pub duration_ms: f64,
    /// `timeout` or `error`, where Lambda itself saw the invocation fail.
    pub status: Option<String>,
}

/// One execution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Execution {
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The input as it was given.
    pub input: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED`.
    pub status: String,
    /// The error and cause, where it failed.
    pub error: Option<String>,
    /// What happened, in order, as far as it matters.
    pub history: Vec<Step>,
}

/// An event of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// From 1.
    pub id: i64,
    /// The event that it follows from; 0 for none.
    pub previous: i64,
    /// What it is.
    pub kind: StepKind,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// A state was entered.
    Entered(String),
    /// A state was left, with its output as JSON text.
    Exited(String, String),
    /// A Parallel state has begun its branches.
    BranchesStarted,
    /// Anything else.
    Other,
}

impl Execution {
    /// The states that it left again, in order.
    pub fn states(&self) -> Vec<&str> {
        let left = self.history.iter().filter_map(|step| match &step.kind {
            StepKind::Exited(name, _) => Some(name.as_str()),
            _ => None,
        });
        left.collect()
    }

    /// The state that it was in last.
    pub fn last_state(&self) -> Option<&str> {
        self.history.iter().rev().find_map(|step| match &step.kind {
            StepKind::Entered(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

impl Invocation {
    /// What went wrong, where something did: Lambda's word for it, or the
    /// error that the function returned.
    pub fn failure(&self) -> Option<String> {
        // The runtime writes an error that a function returns as one line:
        // ERROR ...: Diagnostic { error_type: ..., error_message: ... }
        let returned = self.line(|line| line.contains("ERROR") && line.contains("Diagnostic {"));
        if let Some(line) = returned {
            let at = line
                .find("error_message: ")
                .map_or(0, |at| at + "error_message: ".len());
            let text = line.get(at..).unwrap_or(line).trim_end_matches(" }");
            let text = text
                .strip_prefix('"')
                .and_then(|it| it.strip_suffix('"'))
                .unwrap_or(text);
            return Some(text.replace("\\\"", "\""));
        }
        // A panic it catches, and goes on: Lambda itself sees no failure.
        let caught =
            self.line(|line| line.contains("ERROR") && line.contains("user handler panicked"));
        let status = self.report.as_ref().and_then(|it| it.status.as_deref());
        let status = caught.map(|_| "panicked").or(status)?;
        let ended = self.line(|line| {
            line.contains("Task timed out")
                || line.contains("Runtime exited")
                || line.contains("Error:")
        });
        // Lambda's line names the request, which is said already.
        let ended = ended.map(|line| {
            let line = line.lines().next().unwrap_or(line);
            line.split_once(" Error: ")
                .map_or(line, |(_, text)| text)
                .to_owned()
        });
        let own = self.panic().or_else(|| self.last_words());
        let parts: Vec<String> = own.into_iter().chain(ended).collect();
        Some(if parts.is_empty() {
            status.to_owned()
        } else {
            parts.join("; ")
        })
    }

    /// What the function said when it panicked: the place and, on the line after
    /// it, the message.
    fn panic(&self) -> Option<String> {
        let at = self
            .lines
            .iter()
            .position(|line| line.contains("panicked at"))?;
        let message = self.lines.get(at + 1).map(|line| format!(" {line}"));
        Some(format!("{}{}", self.lines[at], message.unwrap_or_default()))
    }

    /// The line before Lambda's word that the process exited.
    fn last_words(&self) -> Option<String> {
        let at = self
            .lines
            .iter()
            .position(|line| line.contains("Runtime exited"))?;
        self.lines
            .get(at.checked_sub(1)?)
            .map(|line| line.trim().to_owned())
    }

    /// The last such line: what ended the invocation.
    fn line(&self, is_it: impl Fn(&str) -> bool) -> Option<&str> {
        self.lines
            .iter()
            .rev()
            .map(String::as_str)
            .find(|line| is_it(line))
    }

    /// The build id that the function logged: of the sources that it was built from.
    pub fn build_id(&self) -> Option<&str> {
        self.lines.iter().find_map(|it| build_id_in(it))
    }

    /// The first characters of the request id, for people.
    pub fn short_id(&self) -> &str {
        self.request_id.get(..8).unwrap_or(&self.request_id)
    }
}

/// The build id that a line of a log holds.
pub fn build_id_in(line: &str) -> Option<&str> {
    let (_, quoted) = line.split_once("build=\"")?;
    quoted.split('"').next()
}
