//! Choice states: which rule holds.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::failure::Failure;
use super::flow::{Exit, Visit, assigned, filled};
use super::state;
use super::thread::Thread;
use crate::definition::choice::{
    Choice, Compared, Comparison, Condition, Operand, Quality, Relation, Rule, Test,
};
use crate::definition::{Flow, StateIndex};
use crate::environment::{Environment, Fault};
use crate::path::Path;
use crate::setting::unexpected_type;
use crate::timestamp;

/// Finds the first rule that holds, and where it leads.
pub(crate) fn run(
    visit: &Visit<'_>,
    thread: &Thread,
    work: &Choice,
) -> Result<(Exit, StateIndex), Failure> {
    let failed = |fault| visit.failed(thread, fault);
    let context = visit.context(None, None, thread.item.as_ref());
    let input = visit.input(thread, &context).map_err(failed)?;
    let environment = Environment::new(input.value(), &thread.scope, &context);
    let rule = find(&work.rules, &environment).map_err(failed)?;
    let Some(rule) = rule else {
        let exit = state::as_it_is(visit, thread)?;
        return match work.default {
            Some(next) => Ok((exit, next)),
            None => Err(failed(Fault::runtime(
                "Failed to transition out of the state. The state does not point to a next state."
                    .to_owned(),
            ))),
        };
    };
    let exit = || -> Result<Exit, Fault> {
        let assigned = assigned(&rule.assign, &environment)?;
        let output = match (&rule.output, &visit.state.flow) {
            (Some(template), _) => filled(template, &environment)?,
            (None, Flow::Jsonata(_)) => input.clone(),
            // `OutputPath` holds for every rule.
            (None, Flow::JsonPath(flow)) => visit.placed(thread, &context, flow, input.clone())?,
        };
        Ok(Exit { output, assigned })
    };
    Ok((exit().map_err(failed)?, rule.next))
}

fn find<'r>(rules: &'r [Rule], environment: &Environment<'_>) -> Result<Option<&'r Rule>, Fault> {
    for rule in rules {
        let holds = match &rule.condition {
            Condition::Constant(value) => *value,
            Condition::Test(test) => test.holds(environment)?,
            Condition::Jsonata(field) => match field.evaluate(environment)? {
                Value::Bool(value) => value,
                other => return Err(unexpected_type(field, "boolean", &other)),
            },
        };
        environment.check_budget()?;
        if holds {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

impl Test {
    fn holds(&self, environment: &Environment<'_>) -> Result<bool, Fault> {
        Ok(match self {
            Self::And(tests) => {
                for test in tests {
                    if !test.holds(environment)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Or(tests) => {
                for test in tests {
                    if test.holds(environment)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(test) => !test.holds(environment)?,
            Self::Is(path, Quality::Present, wanted) => environment.look(path).is_some() == *wanted,
            Self::Is(path, quality, wanted) => {
                is(*quality, &*variable(path, environment)?) == *wanted
            }
            Self::Compare(path, comparison) => {
                let left = variable(path, environment)?;
                comparison.holds(&left, environment)?
            }
        })
    }
}

/// The value that a rule asks about: only `IsPresent` may ask about none.
fn variable<'v>(path: &Path, environment: &'v Environment<'_>) -> Result<Cow<'v, Value>, Fault> {
    environment.look(path).ok_or_else(|| {
        if let Err(spent) = environment.check_budget() {
            return spent;
        }
        Fault::runtime(format!(
            "Invalid path '{}': The choice state's condition path references an invalid value.",
            path.text()
        ))
    })
}

fn is(quality: Quality, value: &Value) -> bool {
    match quality {
        Quality::Present => true,
        Quality::Null => value.is_null(),
        Quality::Numeric => value.is_number(),
        Quality::Text => value.is_string(),
        Quality::Boolean => value.is_boolean(),
        Quality::Timestamp => value
            .as_str()
            .is_some_and(|it| timestamp::parse(it).is_some()),
    }
}

impl Comparison {
    fn holds(&self, left: &Value, environment: &Environment<'_>) -> Result<bool, Fault> {
        let right = match &self.with {
            Operand::Literal(value) => Cow::Borrowed(value),
            Operand::Path(path) => variable(path, environment)?,
        };
        if self.relation == Relation::Matches {
            return Ok(match (left, &*right) {
                (Value::String(text), Value::String(pattern)) => matches(pattern, text),
                _ => false,
            });
        }
        // Values of the wrong type are in no relation.
        let Some(ordering) = order(self.of, left, &right) else {
            return Ok(false);
        };
        Ok(match self.relation {
            Relation::Equals | Relation::Matches => ordering == Ordering::Equal,
            Relation::LessThan => ordering == Ordering::Less,
            Relation::GreaterThan => ordering == Ordering::Greater,
            Relation::LessThanEquals => ordering != Ordering::Greater,
            Relation::GreaterThanEquals => ordering != Ordering::Less,
        })
    }
}

fn order(of: Compared, left: &Value, right: &Value) -> Option<Ordering> {
    match of {
        Compared::Text => Some(left.as_str()?.cmp(right.as_str()?)),
        Compared::Number => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        Compared::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
        Compared::Timestamp => {
            Some(timestamp::parse(left.as_str()?)?.cmp(&timestamp::parse(right.as_str()?)?))
        }
    }
}

/// `StringMatches`: `*` stands for any characters, `\*` for itself, `\\` for a
/// backslash.
fn matches(pattern: &str, text: &str) -> bool {
    // The literal parts between the stars.
    let mut parts = vec![String::new()];
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        let part = parts.last_mut();
        match (c, part) {
            ('*', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(characters.next()),
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    let (first, rest) = match parts.split_first() {
        Some(split) => split,
        None => return text.is_empty(),
    };
    let Some(mut remaining) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return remaining.is_empty();
    };
    for part in middle {
        match remaining.find(part.as_str()) {
            Some(at) => remaining = &remaining[at + part.len()..],
            None => return false,
        }
    }
    remaining.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("a*c", "abbc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("*.txt", "cv.txt", true),
            ("*.txt", "cv.txt.pdf", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            (r"a\\c", r"a\c", true),
            ("ż*ź", "żółź", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
