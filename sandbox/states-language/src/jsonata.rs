//! JSONata expressions, with the functions that Step Functions adds.
//!
//! The language itself is a library's; only this file knows which.

mod functions;

use std::fmt;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions};
use jsonata_core::parser::{self, Lexer, Token};
use jsonata_core::value::JValue;
use serde_json::{Map, Number, Value, json};

use crate::budget::{Budget, Spent};

/// A parsed expression.
#[derive(Clone)]
pub(crate) struct Jsonata {
    /// What stands between `{%` and `%}`, without the space around it.
    text: String,
    tree: AstNode,
    /// The variables that it may read, `states` among them.
    variables: Vec<String>,
}

/// Why an expression gives no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonataError {
    /// Nothing is what it gives.
    #[error("returned nothing (undefined).")]
    Undefined,
    /// JSONata's own error, with its code.
    #[error("threw an error during evaluation. {0}")]
    Thrown(String),
    /// A function or a regular expression, or something nested too deep.
    #[error("returned something that is not JSON.")]
    NotJson,
    /// It makes more data than a state may.
    #[error("returned too much data.")]
    TooMuch,
}

impl From<Spent> for JsonataError {
    fn from(_: Spent) -> Self {
        Self::TooMuch
    }
}

/// What one evaluation may take, besides the time that the state has left. AWS has no
/// published bounds; these keep an expression without end from holding a thread.
const DEEPEST_CALLS: usize = 1_000;
const LONGEST_SEQUENCE: usize = 1_000_000;
/// The stack for rewriting a tree as deep as the parser lets it be, in bytes; what is not
/// used of it takes no memory.
const STACK: usize = 64 * 1024 * 1024;
/// How deep the result may nest.
const DEEPEST_RESULT: usize = 500;

impl Jsonata {
    /// Parses what stands between the delimiters.
    ///
    /// # Errors
    /// JSONata's message, without its code, as AWS shows it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let tree = parser::parse(text).map_err(|error| without_code(&error.to_string()))?;
        Ok(Self {
            variables: variables(text),
            text: text.to_owned(),
            tree: if text.contains('&') {
                bounded(tree)?
            } else {
                tree
            },
        })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The variables that the expression may read.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Evaluates; `bound` gives the values of variables.
    ///
    /// # Errors
    /// The expression fails or gives nothing.
    pub fn evaluate<'v>(
        &self,
        bound: impl Fn(&str) -> Option<std::borrow::Cow<'v, Value>>,
        budget: &Budget,
    ) -> Result<Value, JsonataError> {
        budget.timed(|longest| {
            let mut context = Context::new();
            for name in &self.variables {
                if let Some(value) = bound(name) {
                    context.bind(name.clone(), to_jsonata(&value));
                }
            }
            let options = EvaluatorOptions {
                timeout_ms: Some(longest.as_millis() as u64),
                max_stack_depth: Some(DEEPEST_CALLS),
                max_sequence_length: Some(LONGEST_SEQUENCE),
                ..EvaluatorOptions::default()
            };
            let mut evaluator = Evaluator::with_options(context, options);
            functions::register(&mut evaluator).map_err(thrown)?;
            let result = evaluator
                .evaluate(&self.tree, &JValue::Undefined)
                .map_err(thrown)?;
            match result {
                JValue::Undefined => Err(JsonataError::Undefined),
                other => from_jsonata(&other, 0, budget),
            }
        })
    }
}

// The tree says no more than the text.
impl fmt::Debug for Jsonata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{% {} %}}", self.text)
    }
}

impl PartialEq for Jsonata {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Has every part of `a & b` go through [`functions::PART`]: texts that double with each
/// turn of a recursion outgrow the memory long before the time is over.
fn bounded(tree: AstNode) -> Result<AstNode, String> {
    fn rewrite(node: &mut Value) {
        match node {
            Value::Array(nodes) => nodes.iter_mut().for_each(rewrite),
            Value::Object(members) => {
                members.values_mut().for_each(rewrite);
                if members.get("op").is_some_and(|op| op == "Concatenate") {
                    for side in ["lhs", "rhs"] {
                        let part = members[side].take();
                        members[side] = json!({ "Function": {
                            "name": functions::PART, "args": [part], "is_builtin": true,
                        } });
                    }
                }
            }
            _ => {}
        }
    }
    // The parser lets expressions nest deeper than a thread's stack has room for here.
    stacker::grow(STACK, || {
        let mut value = serde_json::to_value(&tree)?;
        rewrite(&mut value);
        serde_json::from_value(value)
    })
    .map_err(|error| error.to_string())
}

fn thrown(error: EvaluatorError) -> JsonataError {
    // AWS does not say what was taken for a function.
    const NO_FUNCTION: &str = "T1006: Attempted to invoke a non-function";
    let message = error.message();
    JsonataError::Thrown(if message.starts_with(NO_FUNCTION) {
        NO_FUNCTION.to_owned()
    } else {
        message.to_owned()
    })
}

/// `S0202: Expected ...` to `Expected ...`.
fn without_code(message: &str) -> String {
    match message.split_once(": ") {
        Some((code, rest)) if code.len() == 5 && code.as_bytes()[1].is_ascii_digit() => {
            rest.to_owned()
        }
        _ => message.to_owned(),
    }
}

/// Every `$name` in the text that is not called like a function: more than the
/// free variables, as those that the expression binds itself are among them.
fn variables(text: &str) -> Vec<String> {
    let mut lexer = Lexer::new(text.to_owned());
    let mut found: Vec<String> = Vec::new();
    let mut latest: Option<String> = None;
    loop {
        // The parser has read the text to its end before.
        let token = lexer.next_token().unwrap_or(Token::Eof);
        if let Some(name) = latest.take()
            && token != Token::LeftParen
            && !name.is_empty()
            && !found.contains(&name)
        {
            found.push(name);
        }
        match token {
            Token::Eof => return found,
            Token::Variable(name) => latest = Some(name.to_string()),
            _ => {}
        }
    }
}

/// Deep values are no danger: whatever gets here has been bounded before.
fn to_jsonata(value: &Value) -> JValue {
    JValue::from(value.clone())
}

/// The values of the evaluator are shared, so a small one can be the text of a huge one:
/// hence the budget.
fn from_jsonata(value: &JValue, depth: usize, budget: &Budget) -> Result<Value, JsonataError> {
    if depth > DEEPEST_RESULT {
        return Err(JsonataError::NotJson);
    }
    budget.take(1)?;
    Ok(match value {
        JValue::Null => Value::Null,
        JValue::Bool(value) => Value::Bool(*value),
        JValue::Number(value) => Value::Number(number(*value).ok_or(JsonataError::NotJson)?),
        JValue::String(text) => {
            budget.take_text(text)?;
            Value::String(text.to_string())
        }
        JValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| from_jsonata(item, depth + 1, budget))
                .collect::<Result<_, _>>()?,
        ),
        JValue::Object(members) => {
            let mut object = Map::new();
            for (name, member) in members.iter() {
                budget.take_text(name)?;
                object.insert(name.clone(), from_jsonata(member, depth + 1, budget)?);
            }
            Value::Object(object)
        }
        _ => return Err(JsonataError::NotJson),
    })
}

/// JSONata has one kind of number; whole ones are written without a point.
fn number(value: f64) -> Option<Number> {
    // Every whole number up to here has a text of its own as a float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        Some(Number::from(value as i64))
    } else {
        Number::from_f64(value)
    }
}
