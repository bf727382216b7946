//! [`Path`] to value.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::{Function, Path, Segment, Selector, WriteError, long_form};
use crate::budget::{Budget, Spent};

/// A definite path that leads nowhere, worded as the cause shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("No results for path: {0}")]
    NoResults(String),
    #[error("Index out of bounds when evaluating path {0}")]
    OutOfBounds(String),
    #[error("Missing property in path {0}")]
    MissingProperty(String),
    #[error(
        "Expected to find an object with property ['{name}'] in path {path} but found '{found}'. \
         This is not a json object according to the JsonProvider: \
         'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'."
    )]
    NotAnObject {
        name: String,
        path: String,
        found: &'static str,
    },
    #[error("Filter: {step} can only be applied to arrays. Current context is: {found}")]
    NotAnArray { step: String, found: String },
    #[error("The path selects too many values")]
    TooMany,
}

impl From<Spent> for PathError {
    fn from(_: Spent) -> Self {
        Self::TooMany
    }
}

pub(super) fn evaluate<'v>(
    path: &Path,
    root: &'v Value,
    budget: &Budget,
) -> Result<Cow<'v, Value>, PathError> {
    let (function, segments) = match path.segments.split_last() {
        Some((Segment::Function(function), rest)) => (Some(*function), rest),
        _ => (None, path.segments.as_slice()),
    };
    let found = select(segments, root, root, budget);
    if function.is_none() && !path.is_definite() {
        // What may lead to many places may lead to none.
        let found = match found {
            Err(PathError::TooMany) => return Err(PathError::TooMany),
            found => found.unwrap_or_default(),
        };
        for value in &found {
            budget.take_value(value)?;
        }
        return Ok(Cow::Owned(found.into_iter().cloned().collect()));
    }
    let found = found?;
    match (found.first(), function) {
        (Some(first), None) => Ok(Cow::Borrowed(*first)),
        (Some(first), Some(function)) => Ok(Cow::Owned(apply(function, first))),
        (None, Some(function)) => Ok(Cow::Owned(apply(function, &Value::Array(Vec::new())))),
        (None, None) => Err(PathError::NoResults(long_form(&path.segments))),
    }
}

/// The first value that the segments lead to, if any.
pub(super) fn first<'v>(
    segments: &[Segment],
    start: &'v Value,
    budget: &Budget,
) -> Option<&'v Value> {
    let found = select(segments, start, start, budget).ok()?;
    found.first().copied()
}

fn select<'v>(
    segments: &[Segment],
    root: &'v Value,
    start: &'v Value,
    budget: &Budget,
) -> Result<Vec<&'v Value>, PathError> {
    let mut current = vec![start];
    // Only while a single place is followed is a wrong step an error.
    let mut definite = true;
    for (position, segment) in segments.iter().enumerate() {
        let leaf = position + 1 == segments.len();
        let mut next = Vec::new();
        match segment {
            Segment::Child(selector) => {
                for value in current {
                    if definite {
                        check(selector, value, &segments[..position], leaf)?;
                    }
                    child(selector, root, value, &mut next, budget)?;
                }
                definite &= matches!(selector, Selector::Name(_) | Selector::Index(_));
            }
            Segment::Descent(selector) => {
                definite = false;
                for value in current {
                    descend(selector, root, value, &mut next, budget)?;
                }
            }
            // The parser puts functions at the end only, where they are split off.
            Segment::Function(_) => {}
        }
        current = next;
    }
    Ok(current)
}

/// Why a definite step cannot be taken, if it cannot. A missing leaf is left to
/// the caller: it has no result, and the error names the whole path.
fn check(
    selector: &Selector,
    value: &Value,
    before: &[Segment],
    leaf: bool,
) -> Result<(), PathError> {
    match selector {
        Selector::Name(name) => match value {
            Value::Object(members) if members.contains_key(name) || leaf => Ok(()),
            Value::Object(_) => Err(PathError::MissingProperty(format!(
                "{}['{name}']",
                long_form(before)
            ))),
            other => Err(PathError::NotAnObject {
                name: name.clone(),
                path: long_form(before),
                found: node_class(other),
            }),
        },
        Selector::Index(_) | Selector::Indices(_) | Selector::Slice(..) => {
            if let Value::Array(items) = value {
                return match selector {
                    Selector::Index(index) if at(items, *index).is_none() => Err(
                        PathError::OutOfBounds(format!("{}[{index}]", long_form(before))),
                    ),
                    _ => Ok(()),
                };
            }
            let mut step = String::new();
            super::push_selector(&mut step, selector);
            Err(PathError::NotAnArray {
                step,
                found: value.to_string(),
            })
        }
        Selector::Names(_) | Selector::Wildcard | Selector::Filter(_) => Ok(()),
    }
}

fn node_class(value: &Value) -> &'static str {
    match value {
        Value::Null => "com.fasterxml.jackson.databind.node.NullNode",
        Value::Bool(_) => "com.fasterxml.jackson.databind.node.BooleanNode",
        Value::Number(number) if number.is_f64() => {
            "com.fasterxml.jackson.databind.node.DoubleNode"
        }
        Value::Number(_) => "com.fasterxml.jackson.databind.node.IntNode",
        Value::String(_) => "com.fasterxml.jackson.databind.node.TextNode",
        Value::Array(_) => "com.fasterxml.jackson.databind.node.ArrayNode",
        Value::Object(_) => "com.fasterxml.jackson.databind.node.ObjectNode",
    }
}

fn child<'v>(
    selector: &Selector,
    root: &'v Value,
    value: &'v Value,
    found: &mut Vec<&'v Value>,
    budget: &Budget,
) -> Result<(), Spent> {
    budget.take(1)?;
    match (selector, value) {
        (Selector::Name(name), Value::Object(members)) => found.extend(members.get(name)),
        (Selector::Names(names), Value::Object(members)) => {
            budget.take(names.len())?;
            found.extend(names.iter().filter_map(|name| members.get(name)));
        }
        (Selector::Index(index), Value::Array(items)) => found.extend(at(items, *index)),
        (Selector::Indices(indices), Value::Array(items)) => {
            budget.take(indices.len())?;
            found.extend(indices.iter().filter_map(|index| at(items, *index)));
        }
        (Selector::Slice(start, end), Value::Array(items)) => {
            let start = bound(start.unwrap_or(0), items.len());
            let end = end.map_or(items.len(), |end| bound(end, items.len()));
            budget.take(end.saturating_sub(start))?;
            found.extend(items.get(start..end).into_iter().flatten());
        }
        (Selector::Wildcard, Value::Array(items)) => {
            budget.take(items.len())?;
            found.extend(items);
        }
        (Selector::Wildcard, Value::Object(members)) => {
            budget.take(members.len())?;
            found.extend(members.values());
        }
        (Selector::Filter(filter), Value::Array(items)) => {
            for item in items {
                if filter.accepts(root, item, budget)? {
                    found.push(item);
                }
            }
        }
        (Selector::Filter(filter), Value::Object(_)) if filter.accepts(root, value, budget)? => {
            found.push(value);
        }
        _ => {}
    }
    Ok(())
}

/// The selector applied to a value and to all that it holds, outermost first.
/// JSON text that reaches this crate nests at most 128 deep, but values made
/// by tasks may nest deeper, so the walk keeps its own stack.
fn descend<'v>(
    selector: &Selector,
    root: &'v Value,
    value: &'v Value,
    found: &mut Vec<&'v Value>,
    budget: &Budget,
) -> Result<(), Spent> {
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        child(selector, root, value, found, budget)?;
        match value {
            Value::Array(items) => pending.extend(items.iter().rev()),
            Value::Object(members) => pending.extend(members.values().rev()),
            _ => {}
        }
    }
    Ok(())
}

fn at(items: &[Value], index: i64) -> Option<&Value> {
    let index = if index < 0 {
        index + items.len() as i64
    } else {
        index
    };
    usize::try_from(index)
        .ok()
        .and_then(|index| items.get(index))
}

fn bound(index: i64, length: usize) -> usize {
    let length = length as i64;
    let index = if index < 0 {
        index.saturating_add(length)
    } else {
        index
    };
    index.clamp(0, length) as usize
}

fn apply(function: Function, value: &Value) -> Value {
    let numbers = || {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
    };
    let number = |n: f64| Number::from_f64(n).map_or(Value::Null, Value::Number);
    match function {
        Function::Length => match value {
            Value::Array(items) => items.len().into(),
            Value::Object(members) => members.len().into(),
            Value::String(text) => text.chars().count().into(),
            _ => Value::Null,
        },
        Function::Min => number(numbers().fold(f64::INFINITY, f64::min)),
        Function::Max => number(numbers().fold(f64::NEG_INFINITY, f64::max)),
        Function::Sum => number(numbers().sum()),
        Function::Avg => number(numbers().sum::<f64>() / numbers().count() as f64),
        Function::Keys => match value {
            Value::Object(members) => members.keys().cloned().collect(),
            _ => Value::Null,
        },
    }
}

pub(super) fn write(path: &Path, mut target: Value, value: Value) -> Result<Value, WriteError> {
    if path.segments.is_empty() {
        return Ok(value);
    }
    let mut place = &mut target;
    for segment in &path.segments {
        if place.is_null() && matches!(segment, Segment::Child(Selector::Name(_))) {
            *place = Value::Object(Map::new());
        }
        // Whether the step fits is asked first: a refusal shows the place as it is.
        let index = match (segment, &*place) {
            (Segment::Child(Selector::Name(_)), Value::Object(_)) => 0,
            (Segment::Child(Selector::Index(index)), Value::Array(items)) => {
                let index = usize::try_from(*index)
                    .ok()
                    .filter(|index| *index < items.len());
                index.ok_or_else(|| refuse(segment, place))?
            }
            // Besides names and indices, the parser of definitions lets nothing through.
            _ => return Err(refuse(segment, place)),
        };
        place = match (segment, place) {
            (Segment::Child(Selector::Name(name)), Value::Object(members)) => {
                members.entry(name.as_str()).or_insert(Value::Null)
            }
            (_, place) => &mut place[index],
        };
    }
    *place = value;
    Ok(target)
}

fn refuse(segment: &Segment, input: &Value) -> WriteError {
    let step = match segment {
        Segment::Child(Selector::Name(name)) => name.clone(),
        Segment::Child(Selector::Index(index)) => index.to_string(),
        _ => "*".to_owned(),
    };
    WriteError {
        step,
        input: input.to_string(),
    }
}
