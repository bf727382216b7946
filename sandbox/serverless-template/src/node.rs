//! The tree that a YAML file becomes: JSON values that know their place.

use std::rc::Rc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;

use crate::error::{Error, Place};

/// Deepest nesting of a tree, includes and variables expanded.
const MAX_HEIGHT: usize = 100;

/// Largest tree, aliases and variables expanded: about the bytes of its JSON.
/// CloudFormation itself takes templates up to 1 MB.
const MAX_WEIGHT: usize = 4 * 1024 * 1024;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub place: Place,
    pub value: Value,
    /// Bytes that the value takes once written out, about.
    weight: usize,
    /// Levels of nesting, 1 for a scalar.
    height: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub place: Place,
    pub value: Rc<Node>,
}

impl Node {
    /// A node of `value`, refused where aliases or variables blew it up.
    pub fn new(place: Place, mut value: Value) -> Result<Rc<Self>, Error> {
        let (weight, height) = match &mut value {
            Value::String(text) => (16 + text.len(), 1),
            Value::List(items) => measure(items.iter()),
            Value::Map(entries) => {
                sort_like_javascript(entries);
                let keys: usize = entries.iter().map(|entry| entry.key.len()).sum();
                let (weight, height) = measure(entries.iter().map(|entry| &entry.value));
                (weight.saturating_add(keys), height)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => (16, 1),
        };
        if weight > MAX_WEIGHT {
            return Err(Error::new(
                &place,
                "",
                "aliases and variables expand to more than 4 MiB here",
                "Repeat less",
            ));
        }
        if height > MAX_HEIGHT {
            return Err(too_deep(&place));
        }
        Ok(Rc::new(Self {
            place,
            value,
            weight,
            height,
        }))
    }

    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The value under `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Rc<Node>> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| &entry.value),
            _ => None,
        }
    }

    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(value) => value.clone().into(),
            Value::String(value) => value.as_str().into(),
            Value::List(items) => items.iter().map(|item| item.to_json()).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
        }
    }
}

pub(crate) fn too_deep(place: &Place) -> Error {
    Error::new(
        place,
        "",
        format!("nested more than {MAX_HEIGHT} levels deep"),
        "Nest less",
    )
}

fn measure<'a>(children: impl Iterator<Item = &'a Rc<Node>>) -> (usize, usize) {
    children.fold((16, 1), |(weight, height), child| {
        (
            weight.saturating_add(child.weight),
            height.max(child.height + 1),
        )
    })
}

/// JavaScript, in which the real CLI is written, puts keys that are array
/// indexes first, in ascending order. It shows in the text of a definition.
fn sort_like_javascript(entries: &mut [Entry]) {
    entries.sort_by_key(|entry| array_index(&entry.key).map_or((1, 0), |index| (0, index)));
}

fn array_index(key: &str) -> Option<u32> {
    let index: u32 = key.parse().ok()?;
    (index != u32::MAX && index.to_string() == key).then_some(index)
}

/// Unlike `serde_json::Value`, a node keeps the order of its keys, which the
/// text of a definition shows.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(value) => value.serialize(serializer),
            Value::String(value) => serializer.serialize_str(value),
            Value::List(items) => serializer.collect_seq(items.iter().map(Rc::as_ref)),
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, entry.value.as_ref())?;
                }
                map.end()
            }
        }
    }
}
