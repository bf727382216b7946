//! Patterns for lines whose fields stand apart by spaces: `[ip, ..., status = 4*]`.

use super::expression::{self, Expression, Test, quoted};

/// The fields of a line: `head`, and `tail` at its end after any number of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields {
    head: Vec<Field>,
    tail: Option<Vec<Field>>,
}

/// What a field has to be; `None` is anything.
type Field = Option<Expression<()>>;

impl Fields {
    /// Reads what stands between the brackets.
    pub fn read(text: &str) -> Option<Self> {
        let mut head = Vec::new();
        let mut tail: Option<Vec<Field>> = None;
        for field in split(text)? {
            if field == "..." {
                if tail.is_some() {
                    return None;
                }
                tail = Some(Vec::new());
            } else {
                tail.as_mut().unwrap_or(&mut head).push(read_field(field)?);
            }
        }
        Some(Self { head, tail })
    }

    /// Whether a line has these fields.
    pub fn matches(&self, line: &str) -> bool {
        let values = values(line);
        let expected = self.head.len() + self.tail.as_ref().map_or(0, Vec::len);
        let enough = match self.tail {
            Some(_) => values.len() >= expected,
            None => values.len() == expected,
        };
        let tail = self.tail.iter().flatten().rev().zip(values.iter().rev());
        enough
            && self
                .head
                .iter()
                .zip(&values)
                .chain(tail)
                .all(|(field, value)| is(field, value))
    }
}

fn is(field: &Field, value: &str) -> bool {
    field.as_ref().is_none_or(|expression| {
        expression.holds(&|(), test: &Test| match value.parse::<f64>() {
            Ok(number) if number.is_finite() => test.passes_number(number, value),
            _ => test.passes_text(value),
        })
    })
}

/// Reads `name`, or conditions on it, each of which repeats the name.
fn read_field(text: &str) -> Option<Field> {
    let (name, rest) = name_of(text)?;
    if rest.trim().is_empty() {
        return Some(None);
    }
    expression::read(text, &|text| {
        let (given, rest) = name_of(text)?;
        (given == name).then_some(((), rest))
    })
    .map(Some)
}

fn name_of(text: &str) -> Option<(&str, &str)> {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !valid(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// The parts between commas that are not in quotes.
fn split(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(c) = text.get(at..)?.chars().next() {
        if c == '"' {
            let (_, rest) = quoted(text.get(at..)?)?;
            at = text.len() - rest.len();
            continue;
        }
        if c == ',' {
            parts.push(text.get(start..at)?.trim());
            start = at + 1;
        }
        at += c.len_utf8();
    }
    parts.push(text.get(start..)?.trim());
    Some(parts)
}

/// A line's fields; what is in quotes or brackets is one.
fn values(line: &str) -> Vec<&str> {
    let mut values = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let enclosed = close.and_then(|close| rest.get(1..)?.split_once(close));
        let (value, after) = match enclosed {
            Some(found) => found,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        values.push(value);
        rest = after.trim_start();
    }
    values
}
