//! Reads fields and collects what is wrong with them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::{Kind, QueryLanguage};
use crate::diagnostic::{Code, Diagnostic, Severity};

/// What reading a definition has found by now.
pub(super) struct Reader {
    pub findings: Vec<Diagnostic>,
    pub kind: Kind,
    /// `QueryLanguage` of the machine, which states inherit.
    pub language: QueryLanguage,
    /// The variables that each state refers to.
    pub references: BTreeMap<String, BTreeSet<String>>,
    /// The names of all states, in whatever branch.
    pub names: HashSet<String>,
    /// The labels of all Map states.
    pub labels: HashSet<String>,
    /// The state that is read: its name and its place.
    pub state: (String, String),
}

/// An object of the definition with its place.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pub fields: &'a Map<String, Value>,
    /// A JSON pointer, empty for the whole.
    pub place: String,
}

impl<'a> Node<'a> {
    /// The place of a field.
    pub fn at(&self, field: &str) -> String {
        format!("{}/{field}", self.place)
    }

    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field)
    }

    pub fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }
}

impl Reader {
    pub fn new(kind: Kind) -> Self {
        Self {
            findings: Vec::new(),
            kind,
            language: QueryLanguage::JsonPath,
            references: BTreeMap::new(),
            names: HashSet::new(),
            labels: HashSet::new(),
            state: Default::default(),
        }
    }

    /// An error of the commonest kind.
    pub fn reject(&mut self, place: &str, message: impl Into<String>) {
        self.report(Code::SchemaValidationFailed, place, message);
    }

    pub fn report(&mut self, code: Code, place: &str, message: impl Into<String>) {
        self.push(Severity::Error, code, place, message.into());
    }

    pub fn warn(&mut self, code: Code, place: &str, message: impl Into<String>) {
        self.push(Severity::Warning, code, place, message.into());
    }

    fn push(&mut self, severity: Severity, code: Code, place: &str, message: String) {
        let place = if place.is_empty() { "/" } else { place };
        self.findings.push(Diagnostic {
            severity,
            code,
            location: Some(place.to_owned()),
            message,
        });
    }

    /// A value that must be an object.
    pub fn object<'a>(&mut self, value: &'a Value, place: String) -> Option<Node<'a>> {
        match value {
            Value::Object(fields) => Some(Node { fields, place }),
            _ => {
                self.reject(&place, "Expected value of type Object");
                None
            }
        }
    }

    /// A field that, if it is there, must be an object.
    pub fn object_field<'a>(&mut self, node: &Node<'a>, field: &str) -> Option<Node<'a>> {
        self.object(node.get(field)?, node.at(field))
    }

    /// A field that, if it is there, must be a list; its items with their places.
    pub fn list<'a>(&mut self, node: &Node<'a>, field: &str) -> Option<Vec<(String, &'a Value)>> {
        let place = node.at(field);
        match node.get(field)? {
            Value::Array(items) => Some(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| (format!("{place}[{at}]"), item))
                    .collect(),
            ),
            _ => {
                self.reject(&place, "Expected value of type Array");
                None
            }
        }
    }

    /// A field that, if it is there, must be a text.
    pub fn text<'a>(&mut self, node: &Node<'a>, field: &str) -> Option<&'a str> {
        match node.get(field)? {
            Value::String(text) => Some(text),
            _ => {
                self.reject(&node.at(field), "Expected value of type String");
                None
            }
        }
    }

    /// A field that, if it is there, must be one of these texts.
    pub fn one_of<'a>(
        &mut self,
        node: &Node<'a>,
        field: &str,
        allowed: &[&str],
    ) -> Option<&'a str> {
        let text = self.text(node, field)?;
        if allowed.contains(&text) {
            return Some(text);
        }
        self.reject(
            &node.at(field),
            format!(
                "Value should be one of the following: [{}]",
                allowed.join(", ")
            ),
        );
        None
    }

    /// A field that, if it is there, must be a whole number within bounds.
    pub fn integer(
        &mut self,
        node: &Node<'_>,
        field: &str,
        (least, most): (u64, u64),
    ) -> Option<u64> {
        let value = node.get(field)?;
        let number = value.as_f64().filter(|number| number.fract() == 0.0);
        self.bounded(
            &node.at(field),
            number,
            "Integer",
            (least as f64, most as f64),
        )
        .map(|number| number as u64)
    }

    /// A number within bounds, or an error that names the type it should have.
    pub fn bounded(
        &mut self,
        place: &str,
        number: Option<f64>,
        expected: &str,
        (least, most): (f64, f64),
    ) -> Option<f64> {
        let problem = match number {
            None => format!("Expected value of type {expected}"),
            Some(number) if number < least => format!("Minimum value is {least}"),
            Some(number) if number > most => format!("Maximum value is {most}"),
            Some(number) => return Some(number),
        };
        self.reject(place, problem);
        None
    }

    /// Fields that must be there; false if one is not.
    pub fn require(&mut self, node: &Node<'_>, fields: &[&str]) -> bool {
        let missing: Vec<&str> = fields
            .iter()
            .copied()
            .filter(|field| !node.has(field))
            .collect();
        if !missing.is_empty() {
            self.reject(
                &node.place,
                format!("These fields are required: [{}]", missing.join(", ")),
            );
        }
        missing.is_empty()
    }

    /// Fields of which there may be only one.
    pub fn exclude(&mut self, node: &Node<'_>, fields: &[&str]) {
        let given = fields.iter().filter(|field| node.has(field)).count();
        if given > 1 {
            self.reject(
                &node.place,
                format!(
                    "There should only be one of the following fields: [{}]",
                    fields.join(", ")
                ),
            );
        }
    }

    /// Fields other than these are errors.
    pub fn only(&mut self, node: &Node<'_>, known: &[&str]) {
        for field in node.fields.keys() {
            if !known.contains(&field.as_str()) {
                self.reject(&node.place, format!("Field '{field}' is not supported"));
            }
        }
    }

    /// The state that is read refers to a variable.
    pub fn refers_to(&mut self, variable: &str) {
        let of_state = self.references.entry(self.state.0.clone()).or_default();
        of_state.insert(variable.to_owned());
    }

    /// A place as causes name it: from the state on, without the slash.
    pub fn within_state<'p>(&self, place: &'p str) -> &'p str {
        place
            .strip_prefix(&self.state.1)
            .unwrap_or(place)
            .trim_start_matches('/')
    }
}
