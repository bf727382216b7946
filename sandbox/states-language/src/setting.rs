//! Numbers and texts that a definition either gives or computes.

use serde_json::Value;

use crate::environment::{Environment, Fault};
use crate::template::{Expression, Field};
use crate::text::type_name;

/// A number, such as `Seconds`, `SecondsPath` or `"Seconds": "{% ... %}"`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub rule: &'static Rule,
    pub source: Source<f64>,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source<T> {
    Fixed(T),
    Computed(Field),
}

/// A text, such as `Error`, `ErrorPath` or `"Error": "{% ... %}"`.
pub(crate) type Text = Source<String>;

/// What a number must be, and how causes name it.
#[derive(Debug, PartialEq)]
pub(crate) struct Rule {
    /// The field's name, without `Path`.
    pub field: &'static str,
    pub least: f64,
    pub most: f64,
    pub shape: Shape,
}

/// How causes of a wrong number read, as recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// "The SecondsPath parameter cannot be parsed as a long value"
    Parameter,
    /// "The MaxItemsPath field refers to value "x" which is not a valid integer"
    Integer,
    /// The same with "float", and fractions allowed.
    Float,
}

/// The longest time, in seconds: a bit over three years.
pub(crate) const LONGEST_SECONDS: f64 = 99_999_999.0;

const fn rule(field: &'static str, least: f64, most: f64, shape: Shape) -> Rule {
    Rule {
        field,
        least,
        most,
        shape,
    }
}

pub(crate) static SECONDS: Rule = rule("Seconds", 0.0, LONGEST_SECONDS, Shape::Parameter);
pub(crate) static TIMEOUT: Rule = rule("TimeoutSeconds", 1.0, LONGEST_SECONDS, Shape::Parameter);
pub(crate) static HEARTBEAT: Rule =
    rule("HeartbeatSeconds", 1.0, LONGEST_SECONDS, Shape::Parameter);
pub(crate) static MAX_CONCURRENCY: Rule = rule("MaxConcurrency", 0.0, 10_000.0, Shape::Integer);
pub(crate) static TOLERATED_COUNT: Rule =
    rule("ToleratedFailureCount", 0.0, f64::MAX, Shape::Integer);
pub(crate) static TOLERATED_PERCENTAGE: Rule =
    rule("ToleratedFailurePercentage", 0.0, 100.0, Shape::Float);
pub(crate) static MAX_ITEMS: Rule = rule("MaxItems", 0.0, f64::MAX, Shape::Integer);
pub(crate) static MAX_ITEMS_PER_BATCH: Rule =
    rule("MaxItemsPerBatch", 1.0, f64::MAX, Shape::Integer);
pub(crate) static MAX_INPUT_BYTES_PER_BATCH: Rule =
    rule("MaxInputBytesPerBatch", 1.0, 262_144.0, Shape::Integer);

impl Number {
    /// The number.
    ///
    /// # Errors
    /// The expression fails, or what it gives is no number within bounds.
    pub fn evaluate(&self, environment: &Environment<'_>) -> Result<f64, Fault> {
        let field = match &self.source {
            Source::Fixed(number) => return Ok(*number),
            Source::Computed(field) => field,
        };
        let value = field.evaluate(environment)?;
        match &field.expression {
            Expression::Jsonata(_) => self.of_jsonata(field, &value),
            _ => self.of_path(field, &value),
        }
    }

    fn of_path(&self, field: &Field, value: &Value) -> Result<f64, Fault> {
        let Rule { least, most, .. } = *self.rule;
        let (name, path) = (self.rule.field, field.text());
        let shown = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let number = shown
            .parse::<f64>()
            .ok()
            .filter(|number| self.rule.shape == Shape::Float || number.fract() == 0.0);
        let problem = match (self.rule.shape, number) {
            (_, Some(number)) if (least..=most).contains(&number) => return Ok(number),
            (Shape::Parameter, Some(number)) if number < 0.0 => {
                format!("The {name}Path parameter references a negative value: {path} == {shown}")
            }
            (Shape::Parameter, None) => format!(
                "The {name}Path parameter cannot be parsed as a long value: {path} == {shown}"
            ),
            (Shape::Integer, None) => format!(
                "The {name}Path field refers to value \"{shown}\" which is not a valid integer: \
                 {path}"
            ),
            (Shape::Float, None) => format!(
                "The {name}Path field refers to value \"{shown}\" which is not a valid float: \
                 {path}"
            ),
            (_, Some(_)) => self.out_of_bounds(),
        };
        Err(Fault::runtime(problem))
    }

    fn of_jsonata(&self, field: &Field, value: &Value) -> Result<f64, Fault> {
        let Rule {
            field: name,
            least,
            most,
            ..
        } = *self.rule;
        let Some(number) = value.as_f64() else {
            return Err(unexpected_type(field, "number", value));
        };
        let problem = if self.rule.shape != Shape::Float && number.fract() != 0.0 {
            format!("The {name} field cannot be parsed as an integer: {value}")
        } else if !(least..=most).contains(&number) {
            format!(
                "{} but was: {value}",
                self.out_of_bounds().trim_end_matches('.')
            )
        } else {
            return Ok(number);
        };
        Err(Fault::query(&field.name, problem))
    }

    fn out_of_bounds(&self) -> String {
        let Rule {
            field, least, most, ..
        } = *self.rule;
        if most == f64::MAX {
            format!("{field} must be at least {least}.")
        } else {
            format!("{field} must be between {least} and {most}.")
        }
    }
}

impl Text {
    /// The text.
    ///
    /// # Errors
    /// The expression fails, or what it gives is no text.
    pub fn evaluate(&self, environment: &Environment<'_>) -> Result<String, Fault> {
        let field = match self {
            Self::Fixed(text) => return Ok(text.clone()),
            Self::Computed(field) => field,
        };
        match (field.evaluate(environment)?, &field.expression) {
            (Value::String(text), _) => Ok(text),
            (other, Expression::Jsonata(_)) => Err(unexpected_type(field, "string", &other)),
            (other, _) => Ok(other.to_string()),
        }
    }
}

/// A JSONata expression gave a value of the wrong type.
pub(crate) fn unexpected_type(field: &Field, expected: &str, value: &Value) -> Fault {
    Fault::query(
        &field.name,
        format!(
            "The JSONata expression '{}' specified for the field '{}' returned an unexpected \
             result type. Expected '{expected}', but was '{}' for value: {value}",
            field.text(),
            field.name,
            type_name(value)
        ),
    )
}
