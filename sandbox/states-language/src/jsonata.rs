//! JSONata expressions, with the functions that Step Functions adds.
//!
//! The language itself is a library's; only this file knows which.

mod functions;

use std::fmt;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions};
use jsonata_core::parser::{self, Lexer, Token};
use jsonata_core::value::JValue;
use serde_json::{Number, Value};

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
}

/// What one evaluation may take. AWS has no published bounds; these keep an
/// expression without end from holding a thread.
const LONGEST_MS: u64 = 5_000;
const DEEPEST_CALLS: usize = 1_000;
const LONGEST_SEQUENCE: usize = 1_000_000;
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
            tree,
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
    ) -> Result<Value, JsonataError> {
        let mut context = Context::new();
        for name in &self.variables {
            if let Some(value) = bound(name) {
                context.bind(name.clone(), to_jsonata(&value));
            }
        }
        let options = EvaluatorOptions {
            timeout_ms: Some(LONGEST_MS),
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
            other => from_jsonata(&other, 0).ok_or(JsonataError::NotJson),
        }
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

fn from_jsonata(value: &JValue, depth: usize) -> Option<Value> {
    if depth > DEEPEST_RESULT {
        return None;
    }
    Some(match value {
        JValue::Null => Value::Null,
        JValue::Bool(value) => Value::Bool(*value),
        JValue::Number(value) => Value::Number(number(*value)?),
        JValue::String(text) => Value::String(text.to_string()),
        JValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| from_jsonata(item, depth + 1))
                .collect::<Option<_>>()?,
        ),
        JValue::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| Some((name.clone(), from_jsonata(member, depth + 1)?)))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
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
