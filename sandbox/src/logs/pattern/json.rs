//! Patterns for lines that are JSON: `{ $.level = "ERROR" && $.code >= 500 }`.

use serde_json::Value;

use super::expression::{self, Test};

/// Conditions on paths.
pub type Expression = expression::Expression<Path>;

/// A way into a JSON value: `$.users[0].name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

/// Reads what stands between the braces.
pub fn read(text: &str) -> Option<Expression> {
    expression::read(text, &path)
}

/// Whether a line is JSON for which the expression holds.
pub fn matches(expression: &Expression, line: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        return false;
    };
    expression.holds(&|path, test| passes(path.find(&value), test))
}

/// Objects and arrays pass no comparison, not even `!=` ("JSON special
/// considerations" in the User Guide).
fn passes(value: Option<&Value>, test: &Test) -> bool {
    match (value, test) {
        (None, test) => *test == Test::NotExists,
        (Some(Value::Null), test) => *test == Test::Null,
        (Some(Value::Bool(given)), Test::Is(asked)) => given == asked,
        (Some(Value::String(text)), test) => test.passes_text(text),
        (Some(Value::Number(number)), test) => number
            .as_f64()
            .is_some_and(|it| test.passes_number(it, &number.to_string())),
        _ => false,
    }
}

impl Path {
    fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Member(name) => value.as_object()?.get(name),
            Step::Element(index) => value.as_array()?.get(*index),
        })
    }
}

/// Reads a path, and what is left.
fn path(text: &str) -> Option<(Path, &str)> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('.') {
            let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let end = after.find(|c| !valid(c)).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            if name.is_empty() {
                return None;
            }
            steps.push(Step::Member(name.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            steps.push(Step::Element(index.parse().ok()?));
            rest = after;
        } else {
            return (!steps.is_empty()).then_some((Path(steps), rest));
        }
    }
}
