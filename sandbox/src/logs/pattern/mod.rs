//! Filter patterns ("Filter pattern syntax" in the CloudWatch Logs User Guide).
//!
//! Terms, JSON patterns and space-delimited patterns are there. Regular
//! expressions (`%...%`) are not: they are refused, as all that cannot be read,
//! since a pattern that is misread would make a test pass for nothing.

mod expression;
mod fields;
mod json;
mod terms;
#[cfg(test)]
mod tests;

use super::input::{constraint, invalid};
use crate::error::ServiceError;

/// The longest pattern, in characters ("FilterLogEvents").
const LONGEST: usize = 1024;

/// What a log's line has to be like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pattern {
    /// Anything.
    Empty,
    /// `ERROR -"not this" ?maybe`.
    Terms(terms::Terms),
    /// `{ $.level = "ERROR" }`.
    Json(json::Expression),
    /// `[ip, user, ..., status = 4*]`.
    Fields(fields::Fields),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// `InvalidParameterException`.
    pub fn read(text: &str) -> Result<Self, ServiceError> {
        if text.chars().count() > LONGEST {
            let rule = format!("have length less than or equal to {LONGEST}");
            return Err(constraint(&format!("'{text}'"), "filterPattern", &rule));
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Empty);
        }
        if let Some(rest) = text.strip_prefix('{') {
            let inner = rest.strip_suffix('}').ok_or_else(|| unclosed('{', '}'))?;
            return json::read(inner).map(Self::Json).ok_or_else(unreadable);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let inner = rest.strip_suffix(']').ok_or_else(|| unclosed('[', ']'))?;
            return fields::Fields::read(inner)
                .map(Self::Fields)
                .ok_or_else(unreadable);
        }
        terms::Terms::read(text).map(Self::Terms)
    }

    /// Whether a line is like that.
    pub fn matches(&self, line: &str) -> bool {
        match self {
            Self::Empty => true,
            Self::Terms(terms) => terms.matches(line),
            Self::Json(expression) => json::matches(expression, line),
            Self::Fields(fields) => fields.matches(line),
        }
    }
}

fn unreadable() -> ServiceError {
    invalid("Invalid filter pattern")
}

fn unclosed(open: char, close: char) -> ServiceError {
    invalid(format!(
        "If a filter pattern starts with '{open}' it must end with '{close}'"
    ))
}
