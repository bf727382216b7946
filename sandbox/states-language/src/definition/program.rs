//! Reads states that lead to each other: of the machine, a branch or an item
//! processor.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::reader::{Node, Reader};
use super::{Program, QueryLanguage, State, StateIndex, Work, state};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::setting::LONGEST_SECONDS;

/// The longest name of a state, in characters.
const LONGEST_NAME: usize = 80;

/// Reads a whole state machine: its states, and `TimeoutSeconds`.
pub(super) fn read_machine(
    reader: &mut Reader,
    fields: &Map<String, Value>,
) -> Option<(Program, Option<Duration>)> {
    let node = Node {
        fields,
        place: String::new(),
    };
    let known = [
        "Comment",
        "QueryLanguage",
        "StartAt",
        "TimeoutSeconds",
        "Version",
        "States",
    ];
    reader.only(&node, &known);
    reader.text(&node, "Comment");
    reader.one_of(&node, "Version", &["1.0"]);
    if let Some(language) = query_language(reader, &node) {
        reader.language = language;
    }
    let timeout = reader.integer(&node, "TimeoutSeconds", (0, LONGEST_SECONDS as u64));
    let program = read(reader, &node, true)?;
    Some((program, timeout.map(Duration::from_secs)))
}

/// `QueryLanguage`; whatever it is but `JSONPath`, AWS goes on as with `JSONata`.
pub(super) fn query_language(reader: &mut Reader, node: &Node<'_>) -> Option<QueryLanguage> {
    let value = node.get("QueryLanguage")?;
    reader.one_of(node, "QueryLanguage", &["JSONPath", "JSONata"]);
    Some(if value == "JSONPath" {
        QueryLanguage::JsonPath
    } else {
        QueryLanguage::Jsonata
    })
}

/// The transitions of a program while it is read.
pub(super) struct Transitions<'a> {
    places: HashMap<&'a str, StateIndex>,
    /// From the state that is read.
    from: StateIndex,
    edges: Vec<(StateIndex, StateIndex)>,
}

impl Transitions<'_> {
    /// The state that a field names.
    pub fn target(
        &mut self,
        reader: &mut Reader,
        node: &Node<'_>,
        field: &str,
    ) -> Option<StateIndex> {
        let name = reader.text(node, field)?;
        let target = self.find(reader, name, &node.at(field))?;
        self.edges.push((self.from, target));
        Some(target)
    }

    fn find(&self, reader: &mut Reader, name: &str, place: &str) -> Option<StateIndex> {
        let found = self.places.get(name).copied();
        if found.is_none() {
            // AWS says 'Next' whatever the field is called.
            let message = format!("Missing 'Next' target: {name}");
            reader.report(Code::MissingTransitionTarget, place, message);
        }
        found
    }

    /// Which states can be reached from the first one.
    fn reached(&self, start: Option<StateIndex>) -> Vec<bool> {
        let mut reached = vec![false; self.places.len()];
        let mut pending: Vec<StateIndex> = start.into_iter().collect();
        while let Some(state) = pending.pop() {
            if !std::mem::replace(&mut reached[state], true) {
                let edges = self.edges.iter().filter(|(from, _)| *from == state);
                pending.extend(edges.map(|(_, to)| *to));
            }
        }
        reached
    }
}

/// Reads `StartAt` and `States`.
pub(super) fn read(reader: &mut Reader, node: &Node<'_>, whole: bool) -> Option<Program> {
    if !reader.require(node, &["States", "StartAt"]) {
        return None;
    }
    let declared = reader.object_field(node, "States")?;
    if declared.fields.is_empty() {
        reader.reject(&declared.place, "Value cannot be empty");
        return None;
    }
    let names = declared.fields.keys().enumerate();
    let mut transitions = Transitions {
        places: names.map(|(at, name)| (name.as_str(), at)).collect(),
        from: 0,
        edges: Vec::new(),
    };
    let start = reader
        .text(node, "StartAt")
        .and_then(|name| transitions.find(reader, name, &node.at("StartAt")));
    let mut states = Vec::with_capacity(declared.fields.len());
    for (at, (name, value)) in declared.fields.iter().enumerate() {
        transitions.from = at;
        let place = declared.at(name);
        check_name(reader, name, &place);
        let enclosing = std::mem::replace(&mut reader.state, (name.clone(), place.clone()));
        if let Some(node) = reader.object(value, place) {
            states.extend(state::read(reader, &node, name, &mut transitions));
        }
        reader.state = enclosing;
    }
    let complete = states.len() == declared.fields.len();
    let ends = |state: &State| {
        matches!(state.work, Work::Succeed | Work::Fail(_))
            || state.next.is_none() && !matches!(state.work, Work::Choice(_))
    };
    if whole && complete && !states.iter().any(ends) {
        reader.findings.push(Diagnostic {
            severity: Severity::Error,
            code: Code::MissingEndState,
            location: None,
            message: "Workflow has no terminal state".to_owned(),
        });
        return None;
    }
    let reached = transitions.reached(start);
    for (name, _) in declared.fields.keys().zip(reached).filter(|(_, it)| !it) {
        reader.report(
            Code::MissingTransitionTarget,
            &declared.at(name),
            format!("State \"{name}\" is not reachable."),
        );
    }
    complete.then_some(Program {
        start: start?,
        states,
    })
}

fn check_name(reader: &mut Reader, name: &str, place: &str) {
    if name.chars().count() > LONGEST_NAME {
        let message = format!(
            "Invalid State name: {name} exceeds the {LONGEST_NAME}-character limit allowed by the \
             service"
        );
        reader.report(Code::InvalidStateName, place, message);
    }
    if !reader.names.insert(name.to_owned()) {
        let message = format!("Duplicate State name: {name}");
        reader.report(Code::DuplicateStateName, place, message);
    }
}
