//! Step Functions' dialect of JSONPath: `$` is the data at hand, `$$` the
//! context object, `$name` a variable.
//!
//! AWS evaluates paths with a well-known Java library whose error texts show
//! through in the causes of failed executions; [`PathError`] words them alike.

mod eval;
mod filter;
mod parse;

use std::borrow::Cow;

use serde_json::Value;

use crate::budget::Budget;
pub(crate) use eval::PathError;
pub(crate) use parse::{Cursor, PathSyntaxError};

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    /// As the definition has it.
    text: String,
    root: Root,
    segments: Vec<Segment>,
}

/// What the path starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Root {
    /// `$`
    Data,
    /// `$$`
    Context,
    /// `$name`
    Variable(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    /// `.name`, `[...]`
    Child(Selector),
    /// `..name`, `..[...]`
    Descent(Selector),
    /// `.length()` and its kin, at the end of a path.
    Function(Function),
}

#[derive(Debug, Clone, PartialEq)]
enum Selector {
    Name(String),
    Names(Vec<String>),
    Index(i64),
    Indices(Vec<i64>),
    /// `[start:end]`
    Slice(Option<i64>, Option<i64>),
    Wildcard,
    /// `[?(...)]`
    Filter(filter::Filter),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Length,
    Min,
    Max,
    Sum,
    Avg,
    Keys,
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// [`PathSyntaxError`] says what is wrong and where.
    pub(crate) fn parse(text: &str) -> Result<Self, PathSyntaxError> {
        parse::parse(text)
    }

    /// `$`
    pub(crate) fn whole() -> Self {
        Self {
            text: "$".to_owned(),
            root: Root::Data,
            segments: Vec::new(),
        }
    }

    /// Parses a path that may be followed by something else: an argument of a call.
    ///
    /// # Errors
    /// As [`Path::parse`].
    pub(crate) fn parse_at(cursor: &mut Cursor<'_>) -> Result<Self, PathSyntaxError> {
        parse::parse_at(cursor)
    }

    /// True if the path can only ever name one place: it then gives that
    /// place's value, and otherwise a list.
    pub(crate) fn is_definite(&self) -> bool {
        self.segments.iter().all(|segment| match segment {
            Segment::Child(Selector::Name(_) | Selector::Index(_)) | Segment::Function(_) => true,
            Segment::Child(_) | Segment::Descent(_) => false,
        })
    }

    /// True for a Reference Path: one that can be written to, so made of names
    /// and indices only.
    pub(crate) fn is_reference(&self) -> bool {
        self.root == Root::Data
            && self.segments.iter().all(|segment| {
                matches!(
                    segment,
                    Segment::Child(Selector::Name(_) | Selector::Index(_))
                )
            })
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// Evaluates the path against the value that its root stands for.
    ///
    /// # Errors
    /// A definite path that leads nowhere, or the budget does not suffice.
    pub(crate) fn evaluate<'v>(
        &self,
        root: &'v Value,
        budget: &Budget,
    ) -> Result<Cow<'v, Value>, PathError> {
        eval::evaluate(self, root, budget)
    }

    /// As the definition has it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// True for `$`.
    pub(crate) fn is_whole(&self) -> bool {
        self.root == Root::Data && self.segments.is_empty()
    }

    /// Writes `value` into `target` at this reference path, making objects on
    /// the way (`ResultPath`).
    ///
    /// # Errors
    /// The place cannot be made: `States.ResultPathMatchFailure`.
    pub(crate) fn write(&self, target: Value, value: Value) -> Result<Value, WriteError> {
        eval::write(self, target, value)
    }
}

/// A reference path that does not fit the data it should be written to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unable to apply step \"{step}\" to input {input}")]
pub(crate) struct WriteError {
    /// The step of the path that does not fit.
    pub step: String,
    /// The data, as JSON text.
    pub input: String,
}

/// The path in the long form that error texts use: `$['a'][0]`.
fn long_form(segments: &[Segment]) -> String {
    let mut text = String::from("$");
    for segment in segments {
        match segment {
            Segment::Child(selector) => push_selector(&mut text, selector),
            Segment::Descent(selector) => {
                text.push_str("..");
                push_selector(&mut text, selector);
            }
            Segment::Function(function) => {
                text.push_str(match function {
                    Function::Length => ".length()",
                    Function::Min => ".min()",
                    Function::Max => ".max()",
                    Function::Sum => ".sum()",
                    Function::Avg => ".avg()",
                    Function::Keys => ".keys()",
                });
            }
        }
    }
    text
}

fn push_selector(text: &mut String, selector: &Selector) {
    let part = match selector {
        Selector::Name(name) => format!("['{name}']"),
        Selector::Names(names) => {
            let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            format!("[{}]", quoted.join(","))
        }
        Selector::Index(index) => format!("[{index}]"),
        Selector::Indices(indices) => {
            let numbers: Vec<String> = indices.iter().map(i64::to_string).collect();
            format!("[{}]", numbers.join(","))
        }
        Selector::Slice(start, end) => format!(
            "[{}:{}]",
            start.map(|n| n.to_string()).unwrap_or_default(),
            end.map(|n| n.to_string()).unwrap_or_default()
        ),
        Selector::Wildcard => "[*]".to_owned(),
        Selector::Filter(_) => "[?]".to_owned(),
    };
    text.push_str(&part);
}

#[cfg(test)]
mod tests;
