//! Reads typed values out of nodes; what is not read is an error.
//!
//! Like the CLI, which coerces with `ajv`, it takes `"12"` for a number, `12`
//! for a text, and one value for a list of one.

use std::rc::Rc;

use serde_json::Value as Json;

use crate::error::{Error, Place};
use crate::node::{Entry, Node, Value};
use crate::resolve::join;
use crate::scalar;

/// A value and the path of the property that holds it.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub node: Rc<Node>,
    pub property: String,
}

impl Field {
    pub fn error(&self, problem: impl Into<String>, advice: impl Into<String>) -> Error {
        Error::new(&self.node.place, &self.property, problem, advice)
    }

    fn wrong_type(&self, wanted: &str) -> Error {
        let found = match &self.node.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::String(value) => format!("{value:?}"),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        };
        self.error(
            format!("this is {found}, not {wanted}"),
            format!("Write {wanted}"),
        )
    }

    pub fn text(&self) -> Result<String, Error> {
        scalar::to_text(&self.node.value).ok_or_else(|| self.wrong_type("a text"))
    }

    /// One of `choices`, exactly.
    pub fn choice(&self, choices: &[&str]) -> Result<String, Error> {
        match &self.node.value {
            Value::String(text) if choices.contains(&text.as_str()) => Ok(text.clone()),
            _ => Err(match choices {
                [only] => self.wrong_type(only),
                _ => self.wrong_type(&format!("one of {}", choices.join(", "))),
            }),
        }
    }

    pub fn boolean(&self) -> Result<bool, Error> {
        match &self.node.value {
            Value::Bool(value) => Ok(*value),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            _ => Err(self.wrong_type("true or false")),
        }
    }

    /// A whole number from `min` to `max`.
    pub fn integer(&self, min: i64, max: i64) -> Result<i64, Error> {
        let number = match &self.node.value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number
            .filter(|number| (min..=max).contains(number))
            .ok_or_else(|| self.wrong_type(&format!("a whole number from {min} to {max}")))
    }

    /// The items of a list; a single value counts as a list of one.
    pub fn list(&self) -> Vec<Field> {
        match &self.node.value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| Field {
                    node: Rc::clone(item),
                    property: join(&self.property, index),
                })
                .collect(),
            _ => vec![self.clone()],
        }
    }

    pub fn object(&self) -> Result<Object, Error> {
        match &self.node.value {
            Value::Map(entries) => Ok(Object {
                field: self.clone(),
                entries: entries.clone(),
                known: Vec::new(),
            }),
            _ => Err(self.wrong_type("a mapping")),
        }
    }

    /// A mapping, as it is.
    pub fn mapping(&self) -> Result<Json, Error> {
        self.object().map(|_| self.node.to_json())
    }

    /// A text, or a call of an intrinsic function of CloudFormation.
    pub fn text_or_function(&self) -> Result<Json, Error> {
        match &self.node.value {
            Value::Map(entries) if is_function(entries) => Ok(self.node.to_json()),
            Value::Map(_) | Value::List(_) | Value::Null => {
                Err(self.wrong_type("a text or a CloudFormation function"))
            }
            _ => self.text().map(Json::String),
        }
    }
}

/// Whether a mapping is `{"Ref": ...}` or `{"Fn::...": ...}`.
pub(crate) fn is_function(entries: &[Entry]) -> bool {
    matches!(entries, [entry] if entry.key == "Ref" || entry.key.starts_with("Fn::"))
}

/// A mapping whose properties are taken one by one.
pub(crate) struct Object {
    pub field: Field,
    entries: Vec<Entry>,
    known: Vec<&'static str>,
}

impl Object {
    /// Takes the property `key`; `None` if it is missing or null.
    pub fn take(&mut self, key: &'static str) -> Option<Field> {
        self.known.push(key);
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        let entry = self.entries.remove(index);
        (!entry.value.is_null()).then(|| Field {
            property: join(&self.field.property, key),
            node: entry.value,
        })
    }

    pub fn require(&mut self, key: &'static str) -> Result<Field, Error> {
        self.take(key).ok_or_else(|| {
            // A key that is nearly right is the better explanation.
            match self.entries.iter().find(|entry| similar(&entry.key, key)) {
                Some(entry) => self.unknown(entry),
                None => self
                    .field
                    .error(format!("{key} is missing"), format!("Add {key}")),
            }
        })
    }

    /// Takes the property `key` through `read`.
    pub fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Field) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.take(key).as_ref().map(read).transpose()
    }

    /// All that was not taken, whatever its keys: with the place of each key.
    pub fn rest(&mut self) -> Vec<(String, Place, Field)> {
        std::mem::take(&mut self.entries)
            .into_iter()
            .map(|entry| {
                let field = Field {
                    property: join(&self.field.property, &entry.key),
                    node: entry.value,
                };
                (entry.key, entry.place, field)
            })
            .collect()
    }

    /// Refuses a property that the CLI takes and this crate does not: there is nothing to
    /// mend.
    pub fn unserved(&self, names: &[&str]) -> Result<(), Error> {
        let mut entries = self.entries.iter();
        match entries.find(|it| names.contains(&it.key.as_str()) && !it.value.is_null()) {
            None => Ok(()),
            Some(entry) => Err(Error::new(
                &entry.place,
                join(&self.field.property, &entry.key),
                format!(
                    "AWS takes the property {}; this sandbox does not",
                    entry.key
                ),
                "",
            )),
        }
    }

    /// Refuses a property that was not taken.
    pub fn finish(self) -> Result<(), Error> {
        match self.entries.first() {
            Some(entry) => Err(self.unknown(entry)),
            None => Ok(()),
        }
    }

    fn unknown(&self, entry: &Entry) -> Error {
        let key = &entry.key;
        let advice = match self.known.iter().find(|known| similar(key, known)) {
            Some(meant) => format!("Perhaps {meant} is meant"),
            None => {
                let mut known = self.known.clone();
                known.sort_unstable();
                format!("Remove it; supported are {}", known.join(", "))
            }
        };
        Error::new(
            &entry.place,
            join(&self.field.property, key),
            format!("the property {key} is not supported here"),
            advice,
        )
    }
}

/// Whether one key is likely a slip for the other.
fn similar(key: &str, known: &str) -> bool {
    let distance = strsim::osa_distance(&key.to_lowercase(), &known.to_lowercase());
    distance <= known.len().min(6) / 3
}
