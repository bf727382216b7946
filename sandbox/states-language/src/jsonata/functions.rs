//! The functions that Step Functions adds to JSONata ("JSONata functions
//! provided by Step Functions" in the developer guide), and the one it takes away.

use jsonata_core::evaluator::{Evaluator, EvaluatorError};
use jsonata_core::value::JValue;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::hash;

/// The function that the parts of a concatenation go through; no expression can name it.
pub(super) const PART: &str = "part of &";
/// The longest text that is made longer, in bytes: far more than a state may pass on.
const LONGEST_TEXT: usize = 4 * 1024 * 1024;

/// The most items that `$range` makes, as with `States.ArrayRange`.
const LONGEST_RANGE: usize = 1_000;

/// Makes the functions known to an evaluator.
pub(super) fn register(evaluator: &mut Evaluator) -> Result<(), EvaluatorError> {
    evaluator.register_fn("partition", partition)?;
    evaluator.register_fn("range", range)?;
    evaluator.register_fn("hash", hashed)?;
    evaluator.register_fn("uuid", |_: &[JValue]| {
        Ok(JValue::from(uuid::Uuid::new_v4().to_string()))
    })?;
    evaluator.register_fn("parse", parse)?;
    evaluator.register_fn(PART, part)?;
    evaluator.register_fn_override("pad", pad)?;
    evaluator.register_fn_override("random", random)?;
    evaluator.register_fn_override("eval", |_: &[JValue]| {
        refuse("T1006", "Attempted to invoke a non-function")
    })
}

fn refuse<T>(code: &str, problem: impl std::fmt::Display) -> Result<T, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(format!(
        "{code}: {problem}"
    )))
}

fn wrong_argument<T>(place: usize, function: &str) -> Result<T, EvaluatorError> {
    refuse(
        "T0410",
        format!("Argument {place} of function \"{function}\" does not match function signature"),
    )
}

fn number(arguments: &[JValue], place: usize, function: &str) -> Result<f64, EvaluatorError> {
    match arguments.get(place - 1).and_then(JValue::as_f64) {
        Some(number) if number.is_finite() => Ok(number),
        _ => wrong_argument(place, function),
    }
}

fn too_long<T>() -> Result<T, EvaluatorError> {
    refuse(
        "D1012",
        format!("A text is longer than {LONGEST_TEXT} bytes"),
    )
}

/// A part of a concatenation, as it is.
fn part(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    match arguments.first() {
        Some(JValue::String(text)) if text.len() > LONGEST_TEXT => too_long(),
        Some(value) => Ok(value.clone()),
        None => Ok(JValue::Undefined),
    }
}

/// `$pad(text, width, filler)`: to the right for a positive width, else to the left. The
/// library's own would pad to any width.
fn pad(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let text = match arguments.first() {
        Some(JValue::Undefined) | None => return Ok(JValue::Undefined),
        Some(JValue::String(text)) => text,
        Some(_) => return wrong_argument(1, "pad"),
    };
    let width = number(arguments, 2, "pad")?;
    let filler = match arguments.get(2) {
        Some(JValue::Undefined) | None => " ",
        Some(JValue::String(filler)) if filler.is_empty() => " ",
        Some(JValue::String(filler)) => filler,
        Some(_) => return wrong_argument(3, "pad"),
    };
    if width.abs() > LONGEST_TEXT as f64 {
        return too_long();
    }
    let missing = (width.abs() as usize).saturating_sub(text.chars().count());
    let padding: String = filler.chars().cycle().take(missing).collect();
    Ok(JValue::from(if width < 0.0 {
        format!("{padding}{text}")
    } else {
        format!("{text}{padding}")
    }))
}

/// `$partition(array, size)`
fn partition(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let items = match arguments.first() {
        Some(JValue::Undefined) | None => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) => items.as_slice(),
        // A single value is a list of one, as everywhere in JSONata.
        Some(single) => std::slice::from_ref(single),
    };
    let size = number(arguments, 2, "partition")?;
    if size < 1.0 {
        return wrong_argument(2, "partition");
    }
    let parts = items.chunks(size as usize);
    Ok(JValue::array(
        parts.map(|part| JValue::array(part.to_vec())).collect(),
    ))
}

/// `$range(first, last, step)`, the last included.
fn range(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let [first, last, step] = [1, 2, 3].map(|place| number(arguments, place, "range"));
    let (first, last, step) = (first?, last?, step?);
    if step == 0.0 {
        return wrong_argument(3, "range");
    }
    let steps = ((last - first) / step).floor();
    if steps < 0.0 {
        return Ok(JValue::array(Vec::new()));
    }
    if steps >= LONGEST_RANGE as f64 {
        return refuse(
            "D2014",
            format!("The range has more than {LONGEST_RANGE} items"),
        );
    }
    let items = 0..=steps as usize;
    Ok(JValue::array(
        items
            .map(|n| JValue::from_f64(first + n as f64 * step))
            .collect(),
    ))
}

/// `$hash(text, algorithm)`
fn hashed(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let text = match arguments.first() {
        Some(JValue::Undefined) | None => return Ok(JValue::Undefined),
        Some(JValue::String(text)) => text,
        Some(_) => return wrong_argument(1, "hash"),
    };
    let algorithm = match arguments.get(1) {
        Some(JValue::String(name)) => name,
        _ => return wrong_argument(2, "hash"),
    };
    match hash::hex(algorithm, text.as_bytes()) {
        Some(digits) => Ok(JValue::from(digits)),
        None => wrong_argument(2, "hash"),
    }
}

/// `$random()`, or `$random(seed)` for the same number each time.
fn random(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let value: f64 = match arguments.first() {
        None | Some(JValue::Undefined) => rand::rng().random(),
        Some(_) => {
            let seed = number(arguments, 1, "random")?;
            StdRng::seed_from_u64(seed.to_bits()).random()
        }
    };
    Ok(JValue::from_f64(value))
}

/// `$parse(text)`: JSON text to its value.
fn parse(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    match arguments.first() {
        Some(JValue::Undefined) | None => Ok(JValue::Undefined),
        Some(JValue::String(text)) => match JValue::from_json_str(text) {
            Ok(value) => Ok(value),
            Err(error) => refuse(
                "D3001",
                format!("Unable to parse the string as JSON: {error}"),
            ),
        },
        Some(_) => wrong_argument(1, "parse"),
    }
}
