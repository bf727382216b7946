//! Filters of a path: `[?(@.size > 3 && @.name)]`.

use serde_json::{Number, Value};

use super::eval;
use super::parse::{Cursor, PathSyntaxError, segments};
use super::{Root, Segment};
use crate::budget::{Budget, Spent};

/// A condition on an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    Or(Box<Filter>, Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    /// `@.name`: it is there.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Literal(Value),
    /// `@...`, from the item, or `$...`, from the root.
    Path(Root, Vec<Segment>, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// A filter has no more terms in a row: they nest to the left.
const MAX_TERMS: usize = 32;

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Filter, PathSyntaxError> {
    chain(cursor, "||", Filter::Or, |cursor| {
        chain(cursor, "&&", Filter::And, term)
    })
}

/// Parts with an operator between them.
fn chain(
    cursor: &mut Cursor<'_>,
    operator: &str,
    join: fn(Box<Filter>, Box<Filter>) -> Filter,
    part: fn(&mut Cursor<'_>) -> Result<Filter, PathSyntaxError>,
) -> Result<Filter, PathSyntaxError> {
    let mut left = part(cursor)?;
    for _ in 0..MAX_TERMS {
        cursor.skip_space();
        if !cursor.take(operator) {
            return Ok(left);
        }
        left = join(Box::new(left), Box::new(part(cursor)?));
    }
    Err(cursor.error("the filter is too long"))
}

fn term(cursor: &mut Cursor<'_>) -> Result<Filter, PathSyntaxError> {
    cursor.nested(|cursor| {
        cursor.skip_space();
        if cursor.take("!") {
            return Ok(Filter::Not(Box::new(term(cursor)?)));
        }
        if cursor.take("(") {
            let inner = parse(cursor)?;
            cursor.skip_space();
            return if cursor.take(")") {
                Ok(inner)
            } else {
                Err(cursor.error("')' is missing"))
            };
        }
        let left = operand(cursor)?;
        cursor.skip_space();
        match comparison(cursor) {
            None => Ok(Filter::Exists(left)),
            Some(comparison) => {
                cursor.skip_space();
                Ok(Filter::Compare(left, comparison, operand(cursor)?))
            }
        }
    })
}

fn comparison(cursor: &mut Cursor<'_>) -> Option<Comparison> {
    const ALL: [(&str, Comparison); 9] = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
        ("in ", Comparison::In),
        ("IN ", Comparison::In),
        ("nin ", Comparison::NotIn),
    ];
    ALL.iter()
        .find(|(token, _)| cursor.take(token))
        .map(|(_, comparison)| *comparison)
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, PathSyntaxError> {
    match cursor.peek() {
        Some('@') => {
            cursor.take("@");
            Ok(Operand::Path(Root::Data, segments(cursor)?, true))
        }
        Some('$') => {
            cursor.take("$");
            Ok(Operand::Path(Root::Data, segments(cursor)?, false))
        }
        Some('\'' | '"') => cursor
            .quoted()
            .map(|text| Operand::Literal(Value::String(text))),
        Some('[') => {
            cursor.take("[");
            let mut items = Vec::new();
            loop {
                cursor.skip_space();
                if cursor.take("]") {
                    return Ok(Operand::Literal(Value::Array(items)));
                }
                match cursor.nested(operand)? {
                    Operand::Literal(item) => items.push(item),
                    Operand::Path(..) => return Err(cursor.error("a literal is missing")),
                }
                cursor.skip_space();
                cursor.take(",");
            }
        }
        _ => literal(cursor),
    }
}

fn literal(cursor: &mut Cursor<'_>) -> Result<Operand, PathSyntaxError> {
    let word = cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let value = match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        number => match number.parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => return Err(cursor.error("a path or a literal is missing")),
        },
    };
    Ok(Operand::Literal(value))
}

impl Filter {
    /// # Errors
    /// The budget does not suffice.
    pub(super) fn accepts(
        &self,
        root: &Value,
        item: &Value,
        budget: &Budget,
    ) -> Result<bool, Spent> {
        budget.take(1)?;
        Ok(match self {
            Self::Or(a, b) => a.accepts(root, item, budget)? || b.accepts(root, item, budget)?,
            Self::And(a, b) => a.accepts(root, item, budget)? && b.accepts(root, item, budget)?,
            Self::Not(inner) => !inner.accepts(root, item, budget)?,
            Self::Exists(operand) => match operand {
                Operand::Literal(value) => *value != Value::Bool(false),
                Operand::Path(..) => operand.value(root, item, budget).is_some(),
            },
            Self::Compare(left, comparison, right) => {
                let left = left.value(root, item, budget);
                let right = right.value(root, item, budget);
                // A comparison looks at both as far as they are alike.
                match comparison {
                    Comparison::In | Comparison::NotIn => right,
                    _ => left,
                }
                .map_or(Ok(()), |value| budget.take_value(value))?;
                comparison.holds(left, right)
            }
        })
    }
}

impl Operand {
    fn value<'v>(&'v self, root: &'v Value, item: &'v Value, budget: &Budget) -> Option<&'v Value> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Path(_, segments, from_item) => {
                let start = if *from_item { item } else { root };
                eval::first(segments, start, budget)
            }
        }
    }
}

impl Comparison {
    fn holds(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let ordering = match (left, right) {
            (Some(Value::Number(a)), Some(Value::Number(b))) => a
                .as_f64()
                .and_then(|a| b.as_f64().and_then(|b| a.partial_cmp(&b))),
            (Some(Value::String(a)), Some(Value::String(b))) => Some(a.cmp(b)),
            _ => None,
        };
        let equal = match ordering {
            Some(ordering) => ordering.is_eq(),
            None => left.is_some() && left == right,
        };
        let within = |list: Option<&Value>| {
            list.and_then(Value::as_array)
                .is_some_and(|list| left.is_some_and(|v| list.contains(v)))
        };
        match self {
            Self::Equal => equal,
            Self::NotEqual => !equal,
            Self::Less => ordering.is_some_and(|o| o.is_lt()),
            Self::LessOrEqual => ordering.is_some_and(|o| o.is_le()),
            Self::Greater => ordering.is_some_and(|o| o.is_gt()),
            Self::GreaterOrEqual => ordering.is_some_and(|o| o.is_ge()),
            Self::In => within(right),
            Self::NotIn => !within(right),
        }
    }
}
