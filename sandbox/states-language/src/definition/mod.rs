//! A state machine: parsed into types, and checked before anything runs.

pub(crate) mod choice;
pub(crate) mod error_handling;
mod expressions;
mod fields;
pub(crate) mod map;
mod program;
mod reader;
mod resource;
mod sdk;
mod state;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::path::Path;
use crate::payload::Payload;
use crate::setting::{Number, Text};
use crate::template::Template;
use choice::Choice;
use error_handling::ErrorHandling;
use map::MapState;
use reader::Reader;
pub(crate) use resource::{Family, Resource};

/// A definition that CreateStateMachine would accept.
#[derive(Debug, Clone, PartialEq)]
pub struct StateMachine {
    pub(crate) program: Program,
    pub(crate) timeout: Option<Duration>,
    pub(crate) kind: Kind,
    references: BTreeMap<String, BTreeSet<String>>,
}

/// The two kinds of state machines ("Choosing workflow type" in the developer guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// With a history; waits for jobs and tokens.
    #[default]
    Standard,
    /// Without a history; for five minutes at most.
    Express,
}

/// The expressions of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueryLanguage {
    JsonPath,
    Jsonata,
}

/// States that lead to each other: of the machine, a branch, or an item processor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Program {
    pub start: StateIndex,
    pub states: Vec<State>,
}

/// A state's place within its program.
pub(crate) type StateIndex = usize;

/// One state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub name: Arc<str>,
    pub work: Work,
    /// Nothing where the program ends.
    pub next: Option<StateIndex>,
    pub flow: Flow,
}

/// What a state does, by its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Work {
    Pass { result: Option<Payload> },
    Task(Box<TaskState>),
    Choice(Choice),
    Wait(Wait),
    Succeed,
    Fail(Fail),
    Parallel(Box<ParallelState>),
    Map(Box<MapState>),
}

/// How data gets into a state and out of it: the fields that most types share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Flow {
    JsonPath(Box<JsonPathFlow>),
    Jsonata(Box<JsonataFlow>),
}

/// "Manage input and output with paths" in the developer guide.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonPathFlow {
    /// `None`: `null`, so an empty object.
    pub input_path: Option<Path>,
    pub parameters: Option<Template>,
    pub result_selector: Option<Template>,
    /// `None`: `null`, the result is dropped.
    pub result_path: Option<Path>,
    /// `None`: `null`, so an empty object.
    pub output_path: Option<Path>,
    pub assign: Assign,
}

/// "Transforming data with JSONata" in the developer guide.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonataFlow {
    pub arguments: Option<Template>,
    pub output: Option<Template>,
    pub assign: Assign,
}

/// The variables that a state sets.
pub(crate) type Assign = Vec<(String, Template)>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TaskState {
    pub resource: Resource,
    pub timeout: Option<Number>,
    pub heartbeat: Option<Number>,
    /// `Credentials.RoleArn`.
    pub role: Option<Template>,
    pub errors: ErrorHandling,
}

/// The four forms of a Wait.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wait {
    Seconds(Number),
    Timestamp(Text),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fail {
    pub error: Option<Text>,
    pub cause: Option<Text>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParallelState {
    pub branches: Vec<Program>,
    pub errors: ErrorHandling,
}

impl StateMachine {
    /// Parses and checks the definition of a standard state machine.
    ///
    /// # Errors
    /// All findings, each with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        Self::parse_as(text, Kind::Standard)
    }

    /// Parses and checks a definition for a kind of state machine.
    ///
    /// # Errors
    /// All findings, each with its place.
    pub fn parse_as(text: &str, kind: Kind) -> Result<Self, Vec<Diagnostic>> {
        let (machine, findings) = read(text, kind);
        let fails = |finding: &Diagnostic| finding.severity == Severity::Error;
        match machine {
            Some(machine) if !findings.iter().any(fails) => Ok(machine),
            _ => Err(findings),
        }
    }

    /// What ValidateStateMachineDefinition says of a definition: errors, and
    /// warnings about what is accepted.
    pub fn validate(text: &str, kind: Kind) -> Vec<Diagnostic> {
        read(text, kind).1
    }

    /// The variables that each state refers to, as DescribeStateMachine answers
    /// them in `variableReferences`.
    pub fn variable_references(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.references
    }
}

fn read(text: &str, kind: Kind) -> (Option<StateMachine>, Vec<Diagnostic>) {
    let failed = |code, location, message: String| {
        let finding = Diagnostic {
            severity: Severity::Error,
            code,
            location,
            message,
        };
        (None, vec![finding])
    };
    let not_an_object = "Definition must be a valid JSON object";
    if text.trim().is_empty() {
        return failed(Code::SchemaValidationFailed, None, not_an_object.to_owned());
    }
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let (message, place) = crate::json_error::describe(text, &error);
            return failed(Code::InvalidJsonDescription, Some(place), message);
        }
    };
    let Some(fields) = value.as_object() else {
        return failed(Code::SchemaValidationFailed, None, not_an_object.to_owned());
    };
    let mut reader = Reader::new(kind);
    let machine = program::read_machine(&mut reader, fields);
    let references = std::mem::take(&mut reader.references);
    let machine = machine.map(|(program, timeout)| StateMachine {
        program,
        timeout,
        kind,
        references,
    });
    (machine, reader.findings)
}
