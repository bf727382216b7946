//! How data gets into a state and out of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::Run;
use super::failure::{Failure, FailureKind};
use super::thread::Thread;
use crate::context::{Context, MapItem};
use crate::definition::{Assign, Flow, JsonPathFlow, State};
use crate::environment::{Environment, Fault};
use crate::event::{EvaluationFailedDetails, Event};
use crate::path::Path;
use crate::payload::{Payload, is_too_deep};
use crate::template::Template;
use crate::text::json_text;

/// One visit of one state.
pub(crate) struct Visit<'a> {
    pub run: &'a Run<'a>,
    pub state: &'a State,
    /// The input as the state before left it.
    pub raw: Payload,
    pub entered: SystemTime,
    /// The id of the event of entering, and of the event before.
    pub entered_id: u64,
    pub before: u64,
}

/// What a state leaves behind.
pub(crate) struct Exit {
    pub output: Payload,
    pub assigned: Assigned,
}

/// The variables that a state sets: name, value and JSON text.
pub(crate) type Assigned = Vec<(String, Arc<Value>, String)>;

impl<'a> Visit<'a> {
    /// The context object of an attempt.
    pub fn context<'c>(
        &'c self,
        retries: Option<u64>,
        task_token: Option<&'c str>,
        item: Option<&'c MapItem>,
    ) -> Context<'c> {
        Context {
            execution: self.run.context,
            input: &self.run.input,
            started: self.run.started,
            state: &self.state.name,
            entered: self.entered,
            retries,
            task_token,
            item,
            made: OnceLock::new(),
        }
    }

    /// `InputPath`; JSONata states take the input as it is.
    ///
    /// # Errors
    /// The path leads nowhere.
    pub fn input(&self, thread: &Thread, context: &Context<'_>) -> Result<Payload, Fault> {
        let path = match &self.state.flow {
            Flow::Jsonata(_) => return Ok(self.raw.clone()),
            Flow::JsonPath(flow) => &flow.input_path,
        };
        match path {
            None => Ok(Payload::new(Value::Object(Map::new()))),
            Some(path) if path.is_whole() => Ok(self.raw.clone()),
            Some(path) => {
                let environment = Environment::new(self.raw.value(), &thread.scope, context);
                let value = environment.value_at(path)?.into_owned();
                Ok(Payload::new(value))
            }
        }
    }

    /// `Parameters` or `Arguments`: what the state works on.
    ///
    /// # Errors
    /// An expression in it fails.
    pub fn arguments(
        &self,
        thread: &Thread,
        context: &Context<'_>,
        input: &Payload,
    ) -> Result<Payload, Fault> {
        let template = match &self.state.flow {
            Flow::JsonPath(flow) => &flow.parameters,
            Flow::Jsonata(flow) => &flow.arguments,
        };
        match template {
            None => Ok(input.clone()),
            Some(template) => {
                let environment = Environment::new(input.value(), &thread.scope, context);
                filled(template, &environment)
            }
        }
    }

    /// From the result to what the state leaves behind. A result of the state's own
    /// is `$states.result` in JSONata.
    ///
    /// # Errors
    /// An expression fails.
    pub fn exit(
        &self,
        thread: &Thread,
        context: &Context<'_>,
        result: Payload,
        result_is_own: bool,
    ) -> Result<Exit, Fault> {
        match &self.state.flow {
            Flow::JsonPath(flow) => {
                let result = match &flow.result_selector {
                    None => result,
                    Some(template) => {
                        let environment = Environment::new(result.value(), &thread.scope, context);
                        filled(template, &environment)?
                    }
                };
                let environment = Environment::new(result.value(), &thread.scope, context);
                let assigned = assigned(&flow.assign, &environment)?;
                let output = self.placed(thread, context, flow, result)?;
                Ok(Exit { output, assigned })
            }
            Flow::Jsonata(flow) => {
                let environment = Environment::new(self.raw.value(), &thread.scope, context);
                let environment = if result_is_own {
                    environment.with("result", result.value())
                } else {
                    environment
                };
                let assigned = assigned(&flow.assign, &environment)?;
                let output = match &flow.output {
                    None => result.clone(),
                    Some(template) => filled(template, &environment)?,
                };
                Ok(Exit { output, assigned })
            }
        }
    }

    /// `ResultPath` and `OutputPath`.
    ///
    /// # Errors
    /// A path leads nowhere.
    pub fn placed(
        &self,
        thread: &Thread,
        context: &Context<'_>,
        flow: &JsonPathFlow,
        result: Payload,
    ) -> Result<Payload, Fault> {
        let combined = match &flow.result_path {
            None => self.raw.clone(),
            Some(path) if path.is_whole() => result,
            Some(path) => self.combine(path, result)?,
        };
        match &flow.output_path {
            None => Ok(Payload::new(Value::Object(Map::new()))),
            Some(path) if path.is_whole() => Ok(combined),
            Some(path) => {
                let environment = Environment::new(combined.value(), &thread.scope, context);
                let value = environment.value_at(path)?.into_owned();
                Ok(Payload::new(value))
            }
        }
    }

    /// Writes a result into the raw input (`ResultPath`).
    ///
    /// # Errors
    /// The input has no such place.
    pub fn combine(&self, path: &Path, result: Payload) -> Result<Payload, Fault> {
        let combined = path.write(self.raw.value().clone(), result.into_value());
        made(combined.map_err(|error| Fault {
            error: "States.ReferencePathConflict",
            what: error.to_string(),
            location: None,
        })?)
    }

    /// The failure that a fault is; one of JSONata is an event of its own.
    ///
    /// The event follows from the one before the state where nothing has happened
    /// since the state was entered, as recorded.
    pub fn failed(&self, thread: &Thread, fault: Fault) -> Failure {
        let previous = match thread.latest() {
            latest if latest == self.entered_id => self.before,
            latest => latest,
        };
        self.failed_after(thread, previous, fault)
    }

    /// As [`Visit::failed`], after another event.
    pub fn failed_after(&self, thread: &Thread, previous: u64, fault: Fault) -> Failure {
        let failure = self.framed(&fault);
        if fault.error != "States.QueryEvaluationError" {
            return failure;
        }
        let details = EvaluationFailedDetails {
            error: fault.error.to_owned(),
            cause: failure.cause.clone().unwrap_or_default(),
            location: fault.location,
            state: self.state.name.to_string(),
        };
        let event = Event::EvaluationFailed {
            evaluation_failed_event_details: details,
        };
        match thread.record_after(self.run, previous, event) {
            Ok(_) => failure,
            Err(full) => full,
        }
    }

    fn framed(&self, fault: &Fault) -> Failure {
        let kind = match fault.error {
            "States.Runtime" | "States.DataLimitExceeded" => FailureKind::Terminal,
            _ => FailureKind::State,
        };
        let cause = format!(
            "An error occurred while executing the state '{}' (entered at the event id #{}). {}",
            self.state.name, self.entered_id, fault.what
        );
        Failure::new(kind, fault.error, cause)
    }

    /// Refuses data that Step Functions does not pass on.
    ///
    /// # Errors
    /// The output or the variables are too large, or the output nests too deeply: results
    /// of Parallel and Map states are a level deeper each time.
    pub fn check_size(&self, thread: &Thread, exit: &Exit) -> Result<(), Failure> {
        let assigned: usize = exit.assigned.iter().map(|(_, _, text)| text.len()).sum();
        let too_large = exit.output.is_too_large()
            || assigned > LARGEST_ASSIGN
            || assigned > 0 && thread.scope.bytes() + assigned > LARGEST_SCOPE;
        if too_large {
            return Err(Failure::too_large(FailureKind::Terminal, &self.state.name));
        }
        if is_too_deep(exit.output.value()) {
            return Err(self.framed(&too_deep()));
        }
        Ok(())
    }
}

/// The most that one `Assign` sets and that all variables of an execution take, in bytes
/// of JSON text ("Passing data between states with variables" in the developer guide).
const LARGEST_ASSIGN: usize = 256 * 1024;
const LARGEST_SCOPE: usize = 10 * 1024 * 1024;

fn too_deep() -> Fault {
    Fault::runtime("The data nests too deeply.".to_owned())
}

/// A payload of a value that was just made.
fn made(value: Value) -> Result<Payload, Fault> {
    if is_too_deep(&value) {
        return Err(too_deep());
    }
    Ok(Payload::new(value))
}

/// The values of `Assign`, all of which see the variables as they were before.
///
/// # Errors
/// An expression in it fails.
pub(crate) fn assigned(assign: &Assign, environment: &Environment<'_>) -> Result<Assigned, Fault> {
    let mut assigned = Vec::with_capacity(assign.len());
    for (name, template) in assign {
        let value = match template {
            Template::Literal(value) => value.clone(),
            template => made(template.fill(environment)?)?.into_value(),
        };
        let text = json_text(&value);
        assigned.push((name.clone(), Arc::new(value), text));
    }
    Ok(assigned)
}

/// A template that stands alone, such as a catcher's `Output`.
///
/// # Errors
/// An expression in it fails.
pub(crate) fn filled(template: &Template, environment: &Environment<'_>) -> Result<Payload, Fault> {
    made(template.fill(environment)?)
}

/// The texts of variables as events show them.
pub(crate) fn texts(assigned: &Assigned) -> Option<BTreeMap<String, String>> {
    let texts = assigned
        .iter()
        .map(|(name, _, text)| (name.clone(), text.clone()));
    (!assigned.is_empty()).then(|| texts.collect())
}
