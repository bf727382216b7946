//! What was found out about a probe: facts, without a verdict.

mod execution;
pub mod executions;
pub mod gather;
mod invocation;
pub mod invocation_lines;
pub mod lambda;
pub mod log_reader;
pub mod objects;

pub use execution::{Call, CallEnd, Execution, Step, StepKind};
pub use invocation::{Invocation, InvocationReport, build_id_in};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is known of one probe by now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The uploads that S3 has answered: nothing, or what went wrong.
    pub uploads: Vec<Result<(), String>>,
    /// The events with a record of it that the function was invoked with by the checker.
    pub events: Vec<Event>,
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
    /// Other objects of the stack whose keys carry the nonce: bucket and key.
    pub strays: Vec<(String, String)>,
    /// The functions, besides the one that an upload invokes, of which an invocation carries the
    /// nonce in its log.
    pub logged: BTreeSet<String>,
    /// What functions logged that failed in an execution, by their keys in `serverless.yml`.
    pub last_words: BTreeMap<String, String>,
}

/// An event that the checker invoked the function with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// How many records it had.
    pub records: usize,
    /// The error that the function returned, as Lambda tells it.
    pub error: Option<String>,
}

impl Evidence {
    /// How often the function was told of the object, as far as that is known: of an event that
    /// ended with an error it may have seen only some records.
    pub fn arrivals(&self) -> usize {
        let events = self.events.iter().filter(|it| it.error.is_none());
        self.uploads.len() + events.count()
    }

    /// Whether the log tells of all invocations that there must have been, to their ends.
    pub fn is_complete(&self) -> bool {
        let all = self.invocations.len() >= self.executions.len();
        self.settled.is_some() && all && self.invocations.iter().all(|it| it.report.is_some())
    }

    /// Whether it could be sent on its way at all.
    pub fn has_arrived(&self) -> bool {
        !self.uploads.is_empty() || !self.events.is_empty()
    }
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

/// Whether the input bucket tells the function of new objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// Of all.
    Told,
    /// Nothing names the function.
    Missing,
    /// Not of those that the test CVs are: what excludes them, for people.
    Excludes(String),
}

/// What is known beyond single probes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    /// Invocations since the first upload whose log carries no probe's nonce.
    pub strangers: Vec<Invocation>,
    /// The executions started since the first upload that carry no nonce: their names.
    pub unclaimed_executions: Vec<String>,
    /// Unknown until it was asked.
    pub trigger: Option<Trigger>,
    /// Whether the state machine is of a type whose executions are not listed.
    pub is_express: bool,
}
