//! What each intrinsic function does.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value};

use super::Function;
use crate::hash;
use crate::text::{java_text, json_text};

/// An argument that its function cannot take; the text that the cause ends in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct FunctionError(pub String);

/// Takes what AWS takes: without padding, and with stray bits at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    NO_PAD.with_decode_allow_trailing_bits(true),
);

/// The longest text that `Base64Encode`, `Base64Decode` and `Hash` take, in
/// characters (developer guide, "Intrinsic functions").
const MAX_TEXT: usize = 10_000;
/// The most items that `ArrayRange` makes.
const MAX_RANGE: i64 = 1000;

pub(super) fn apply(function: Function, arguments: Vec<Value>) -> Result<Value, FunctionError> {
    let mut arguments = arguments.into_iter();
    // The parser has counted them: what is missing is an optional one.
    let mut next = || arguments.next().unwrap_or(Value::Null);
    Ok(match function {
        Function::Array => arguments.collect(),
        Function::ArrayContains => {
            let items = array(function, next())?;
            let wanted = next();
            items.iter().any(|item| same(item, &wanted)).into()
        }
        Function::ArrayGetItem => {
            let mut items = array(function, next())?;
            let index = truncated(function, &next())?;
            if items.is_empty() && index >= 0 {
                return Ok(Value::Null);
            }
            match usize::try_from(index)
                .ok()
                .filter(|index| *index < items.len())
            {
                Some(index) => items.swap_remove(index),
                None => return refuse(function, format!("the index {index} is out of bounds")),
            }
        }
        Function::ArrayLength => array(function, next())?.len().into(),
        Function::ArrayPartition => {
            let items = array(function, next())?;
            let size = truncated(function, &next())?;
            match usize::try_from(size) {
                Ok(size) if size > 0 => items.chunks(size).map(<[Value]>::to_vec).collect(),
                _ => return refuse(function, "the chunk size must be a positive number"),
            }
        }
        Function::ArrayRange => range(
            truncated(function, &next())?,
            truncated(function, &next())?,
            truncated(function, &next())?,
        )?,
        Function::ArrayUnique => {
            let mut unique: Vec<Value> = Vec::new();
            for item in array(function, next())? {
                if !unique.iter().any(|known| same(known, &item)) {
                    unique.push(item);
                }
            }
            unique.into()
        }
        Function::Base64Decode => {
            let text = short_text(function, next())?;
            match LENIENT.decode(text.trim_end_matches('=')) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
                Err(_) => return refuse(function, "the argument is not Base64"),
            }
        }
        Function::Base64Encode => STANDARD.encode(short_text(function, next())?).into(),
        Function::Format => format(&text(function, next())?, arguments)?.into(),
        Function::Hash => {
            let data = match next() {
                Value::String(text) => text,
                other => json_text(&other),
            };
            if data.chars().count() > MAX_TEXT {
                return refuse(
                    function,
                    format!("the data is longer than {MAX_TEXT} characters"),
                );
            }
            match hash::hex(&text(function, next())?, data.as_bytes()) {
                Some(digest) => digest.into(),
                None => {
                    return refuse(
                        function,
                        "the algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512",
                    );
                }
            }
        }
        Function::JsonMerge => {
            let (mut left, right) = (object(function, next())?, object(function, next())?);
            if next() != Value::Bool(false) {
                return refuse(function, "deep merging is not supported: pass false");
            }
            left.extend(right);
            left.into()
        }
        Function::JsonToString => json_text(&next()).into(),
        Function::MathAdd => {
            let (a, b) = (rounded(function, &next())?, rounded(function, &next())?);
            match a.checked_add(b) {
                Some(sum) => sum.into(),
                None => return refuse(function, "the sum is too large"),
            }
        }
        Function::MathRandom => {
            let (start, end) = (truncated(function, &next())?, truncated(function, &next())?);
            let seed = next();
            if start >= end {
                return refuse(function, "the start must be less than the end");
            }
            match seed {
                Value::Null => rand::rng().random_range(start..end).into(),
                seed => {
                    let seed = truncated(function, &seed)?.cast_unsigned();
                    StdRng::seed_from_u64(seed).random_range(start..end).into()
                }
            }
        }
        Function::StringSplit => {
            let (text, separators) = (text(function, next())?, text(function, next())?);
            split(&text, &separators)
        }
        Function::StringToJson => {
            let text = text(function, next())?;
            if text.trim().is_empty() {
                Value::Null
            } else {
                match serde_json::from_str(&text) {
                    Ok(value) => value,
                    Err(_) => return refuse(function, "the argument is not a valid JSON text"),
                }
            }
        }
        Function::Uuid => uuid::Uuid::new_v4().to_string().into(),
    })
}

fn refuse<T>(function: Function, problem: impl Into<String>) -> Result<T, FunctionError> {
    Err(FunctionError(format!(
        "Invalid arguments in States.{}, caused by: {}",
        if function == Function::Uuid {
            "UUID".to_owned()
        } else {
            format!("{function:?}")
        },
        problem.into()
    )))
}

fn array(function: Function, value: Value) -> Result<Vec<Value>, FunctionError> {
    match value {
        Value::Array(items) => Ok(items),
        other => refuse(
            function,
            format!("expected an array but found {}", json_text(&other)),
        ),
    }
}

fn object(function: Function, value: Value) -> Result<Map<String, Value>, FunctionError> {
    match value {
        Value::Object(members) => Ok(members),
        other => refuse(
            function,
            format!("expected an object but found {}", json_text(&other)),
        ),
    }
}

fn text(function: Function, value: Value) -> Result<String, FunctionError> {
    match value {
        Value::String(text) => Ok(text),
        other => refuse(
            function,
            format!("expected a string but found {}", json_text(&other)),
        ),
    }
}

fn short_text(function: Function, value: Value) -> Result<String, FunctionError> {
    let text = text(function, value)?;
    if text.chars().count() > MAX_TEXT {
        return refuse(
            function,
            format!("the string is longer than {MAX_TEXT} characters"),
        );
    }
    Ok(text)
}

/// A number as a whole one, without its fraction.
fn truncated(function: Function, value: &Value) -> Result<i64, FunctionError> {
    if let Some(whole) = value.as_i64() {
        return Ok(whole);
    }
    match value.as_f64() {
        // i64's bounds as f64: beyond them the conversion would saturate.
        Some(number) if number.abs() < 9.2e18 => Ok(number as i64),
        _ => refuse(
            function,
            format!("expected a number but found {}", json_text(value)),
        ),
    }
}

/// A number as a whole one; halves go up, as the recordings of `MathAdd` show
/// (2.5 to 3, -2.5 to -2).
fn rounded(function: Function, value: &Value) -> Result<i64, FunctionError> {
    if let Some(whole) = value.as_i64() {
        return Ok(whole);
    }
    match value.as_f64() {
        // i64's bounds as f64: beyond them the conversion would saturate.
        Some(number) if number.abs() < 9.2e18 => Ok((number + 0.5).floor() as i64),
        _ => refuse(
            function,
            format!("expected an integer but found {}", json_text(value)),
        ),
    }
}

/// Equality by value: 1 and 1.0 are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn range(start: i64, end: i64, step: i64) -> Result<Value, FunctionError> {
    if step == 0 {
        return refuse(Function::ArrayRange, "the step must not be 0");
    }
    let length = end
        .checked_sub(start)
        .and_then(|distance| distance.checked_div(step))
        .map_or(i64::MAX, |steps| steps.saturating_add(1));
    // Going the wrong way, the range is empty.
    let empty = (end < start && step > 0) || (end > start && step < 0);
    if empty {
        return Ok(Value::Array(Vec::new()));
    }
    if length > MAX_RANGE {
        return refuse(
            Function::ArrayRange,
            format!("the range holds more than {MAX_RANGE} items"),
        );
    }
    Ok((0..length).map(|n| Value::from(start + n * step)).collect())
}

/// Cut at each of the separators' characters; empty parts are dropped.
fn split(text: &str, separators: &str) -> Value {
    if separators.is_empty() {
        return Value::Array(vec![text.into()]);
    }
    text.split(|c| separators.contains(c))
        .filter(|part| !part.is_empty())
        .map(Value::from)
        .collect()
}

/// `{}` takes the next argument; `\{` and `\}` are braces.
fn format(
    template: &str,
    mut arguments: impl Iterator<Item = Value>,
) -> Result<String, FunctionError> {
    let mut text = String::with_capacity(template.len());
    let mut characters = template.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(escaped @ ('{' | '}' | '\\' | '\'')) => text.push(escaped),
                Some(other) => {
                    text.push('\\');
                    text.push(other);
                }
                None => text.push('\\'),
            },
            '{' if characters.next_if_eq(&'}').is_none() => {
                return Err(FunctionError(
                    "Invalid template in States.Format: matching '}' not found for '{'.".to_owned(),
                ));
            }
            '{' => match arguments.next() {
                Some(Value::String(argument)) => text.push_str(&argument),
                Some(argument) => text.push_str(&java_text(&argument)),
                None => return Err(wrong_count()),
            },
            other => text.push(other),
        }
    }
    match arguments.next() {
        None => Ok(text),
        Some(_) => Err(wrong_count()),
    }
}

fn wrong_count() -> FunctionError {
    FunctionError(
        "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}."
            .to_owned(),
    )
}
