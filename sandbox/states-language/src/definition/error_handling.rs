//! `Retry` and `Catch`: what they say, and how they are read.

use serde_json::Value;

use super::program::Transitions;
use super::reader::{Node, Reader};
use super::{Assign, QueryLanguage, StateIndex};
use crate::path::Path;
use crate::setting::LONGEST_SECONDS;
use crate::template::Template;

/// What a state does when its work fails.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ErrorHandling {
    pub retriers: Vec<Retrier>,
    pub catchers: Vec<Catcher>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retrier {
    pub errors: Vec<String>,
    /// Seconds before the first retry.
    pub interval: f64,
    pub max_attempts: u64,
    /// What the interval is multiplied by with each retry.
    pub backoff_rate: f64,
    /// Seconds at most.
    pub max_delay: f64,
    /// `JitterStrategy` is `FULL`: any time up to the delay.
    pub jitter: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Catcher {
    pub errors: Vec<String>,
    pub next: StateIndex,
    /// `None`: `null`, the error is dropped. JSONPath states only.
    pub result_path: Option<Path>,
    /// JSONata states only.
    pub output: Option<Template>,
    pub assign: Assign,
}

/// The most attempts that `MaxAttempts` allows, and the longest `MaxDelaySeconds`
/// (one year).
const MOST_ATTEMPTS: u64 = 99_999_999;
const LONGEST_DELAY: u64 = 31_622_400;

/// Reads both fields.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
    transitions: &mut Transitions<'_>,
) -> ErrorHandling {
    let mut handling = ErrorHandling::default();
    let retriers = reader.list(node, "Retry").unwrap_or_default();
    let last = retriers.len().saturating_sub(1);
    for (at, (place, value)) in retriers.into_iter().enumerate() {
        if let Some(retrier) = reader.object(value, place) {
            handling
                .retriers
                .extend(read_retrier(reader, &retrier, at == last));
        }
    }
    let catchers = reader.list(node, "Catch").unwrap_or_default();
    let last = catchers.len().saturating_sub(1);
    for (at, (place, value)) in catchers.into_iter().enumerate() {
        if let Some(catcher) = reader.object(value, place) {
            let catcher = read_catcher(reader, &catcher, at == last, language, transitions);
            handling.catchers.extend(catcher);
        }
    }
    handling
}

fn read_retrier(reader: &mut Reader, node: &Node<'_>, is_last: bool) -> Option<Retrier> {
    reader.only(
        node,
        &[
            "Comment",
            "ErrorEquals",
            "IntervalSeconds",
            "MaxAttempts",
            "BackoffRate",
            "MaxDelaySeconds",
            "JitterStrategy",
        ],
    );
    let errors = read_errors(reader, node, is_last);
    let longest = LONGEST_SECONDS as u64;
    let interval = reader.integer(node, "IntervalSeconds", (0, longest));
    let max_attempts = reader.integer(node, "MaxAttempts", (0, MOST_ATTEMPTS));
    let max_delay = reader.integer(node, "MaxDelaySeconds", (1, LONGEST_DELAY));
    let backoff_rate = node.get("BackoffRate").and_then(|value| {
        let place = node.at("BackoffRate");
        reader.bounded(&place, value.as_f64(), "Float", (1.0, f64::MAX))
    });
    let jitter = reader.one_of(node, "JitterStrategy", &["NONE", "FULL"]);
    Some(Retrier {
        errors: errors?,
        interval: interval.unwrap_or(1) as f64,
        max_attempts: max_attempts.unwrap_or(3),
        backoff_rate: backoff_rate.unwrap_or(2.0),
        max_delay: max_delay.map_or(LONGEST_SECONDS, |seconds| seconds as f64),
        jitter: jitter == Some("FULL"),
    })
}

fn read_catcher(
    reader: &mut Reader,
    node: &Node<'_>,
    is_last: bool,
    language: QueryLanguage,
    transitions: &mut Transitions<'_>,
) -> Option<Catcher> {
    let known: &[&str] = match language {
        QueryLanguage::JsonPath => &["Comment", "ErrorEquals", "Next", "ResultPath", "Assign"],
        QueryLanguage::Jsonata => &["Comment", "ErrorEquals", "Next", "Output", "Assign"],
    };
    reader.only(node, known);
    let errors = read_errors(reader, node, is_last);
    let next = reader.require(node, &["Next"]);
    let next = next.then(|| transitions.target(reader, node, "Next"));
    let result_path = reader.reference_path_or_null(node, "ResultPath");
    let output = reader.template(node, "Output", language);
    let assign = reader.assign(node, language);
    Some(Catcher {
        errors: errors?,
        next: next??,
        result_path,
        output,
        assign,
    })
}

/// `ErrorEquals`.
fn read_errors(reader: &mut Reader, node: &Node<'_>, is_last: bool) -> Option<Vec<String>> {
    if !reader.require(node, &["ErrorEquals"]) {
        return None;
    }
    let listed = reader.list(node, "ErrorEquals")?;
    if listed.is_empty() {
        reader.reject(&node.at("ErrorEquals"), "Value cannot be empty");
        return None;
    }
    let mut errors = Vec::with_capacity(listed.len());
    for (place, value) in listed {
        match value {
            Value::String(name) => errors.push(name.clone()),
            _ => reader.reject(&place, "Expected value of type String"),
        }
    }
    let all = errors.iter().any(|name| name == "States.ALL");
    if all && (errors.len() > 1 || !is_last) {
        reader.reject(
            &node.at("ErrorEquals"),
            "States.ALL must appear alone and at end of list",
        );
    }
    Some(errors)
}
