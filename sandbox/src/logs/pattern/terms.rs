//! Patterns for lines without a structure: words and phrases.

use super::unreadable;
use crate::error::ServiceError;
use crate::logs::input::invalid;

/// Texts that a line contains or not, in the case they are written in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    required: Vec<String>,
    excluded: Vec<String>,
    optional: Vec<String>,
}

impl Terms {
    /// Reads `word "a phrase" -excluded ?optional`.
    pub fn read(text: &str) -> Result<Self, ServiceError> {
        let mut terms = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            // A minus may stand apart from its term: `- "this"`.
            let list = if let Some(after) = rest.strip_prefix('-') {
                rest = after.trim_start();
                &mut terms.excluded
            } else if let Some(after) = rest.strip_prefix('?') {
                rest = after.trim_start();
                &mut terms.optional
            } else {
                &mut terms.required
            };
            let (term, after) = if rest.starts_with('"') {
                phrase(rest)?
            } else {
                word(rest)?
            };
            list.push(term);
            rest = after.trim_start();
        }
        Ok(terms)
    }

    /// Whether a line has all required terms and no excluded one. Where there is
    /// neither, one of the optional is enough; else AWS ignores those.
    pub fn matches(&self, line: &str) -> bool {
        let contained = |term: &String| line.contains(term.as_str());
        if self.required.is_empty() && self.excluded.is_empty() {
            return self.optional.iter().any(contained);
        }
        self.required.iter().all(contained) && !self.excluded.iter().any(contained)
    }
}

/// A word of letters, digits and underscores; all else needs quotes.
fn word(text: &str) -> Result<(String, &str), ServiceError> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if word.starts_with('%') || word.is_empty() {
        return Err(unreadable());
    }
    if word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok((word.to_owned(), rest));
    }
    Err(invalid(format!("Invalid character(s) in term '{word}'")))
}

/// A text in quotes, and what follows.
fn phrase(text: &str) -> Result<(String, &str), ServiceError> {
    let (phrase, rest) = super::expression::quoted(text).ok_or_else(unreadable)?;
    if phrase.is_empty() {
        return Err(invalid("Invalid character(s) in term '\"\"'"));
    }
    if rest.starts_with(|c: char| !c.is_whitespace()) {
        return Err(unreadable());
    }
    Ok((phrase, rest))
}
