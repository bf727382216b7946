//! What a plain YAML scalar means: the rules of js-yaml's default schema
//! without timestamps, which is what the Serverless CLI reads with.

use serde_json::Number;

use crate::node::Value;

/// Largest whole number that JavaScript keeps exactly.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The value of a plain scalar, or why JSON cannot say it as JavaScript would.
pub(crate) fn resolve(text: &str) -> Result<Value, &'static str> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text)? {
            Some(number) => Value::Number(number),
            None => Value::String(text.to_owned()),
        },
    })
}

/// How JavaScript writes a scalar as text; `None` for what is not a scalar.
pub(crate) fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// The number that `text` writes in JavaScript's and YAML's common notation.
pub(crate) fn number(text: &str) -> Result<Option<Number>, &'static str> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let radix = |prefix: &str, radix| {
        digits
            .strip_prefix(prefix)
            .filter(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
            .map(|rest| u64::from_str_radix(rest, radix))
    };
    let whole = if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Some(digits.parse())
    } else {
        radix("0b", 2)
            .or_else(|| radix("0o", 8))
            .or_else(|| radix("0x", 16))
    };
    if let Some(whole) = whole {
        return match whole {
            Ok(whole) if whole <= MAX_SAFE_INTEGER => Ok(Some(integer(negative, whole))),
            _ => Err("a whole number above 9007199254740991 loses digits"),
        };
    }
    if matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Err("JSON has no infinity and no NaN");
    }
    // js-yaml knows .5 but not -.5
    if !is_decimal(digits) || (digits.starts_with('.') && digits != text) {
        return Ok(None);
    }
    let Ok(value) = digits.parse::<f64>() else {
        return Ok(None);
    };
    if value.fract() == 0.0 && value <= MAX_SAFE_INTEGER as f64 {
        return Ok(Some(integer(negative, value as u64)));
    }
    if !(1e-6..1e15).contains(&value) {
        return Err("a fraction this large or small has no common spelling");
    }
    Ok(Number::from_f64(if negative { -value } else { value }))
}

fn integer(negative: bool, whole: u64) -> Number {
    // At most 2^53, so it fits.
    let whole = whole as i64;
    Number::from(if negative { -whole } else { whole })
}

/// `1.5`, `1.`, `.5`, `2e3`: digits on either side of a point, then an exponent.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (left, right) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_is_right = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    (!left.is_empty() || !right.is_empty())
        && all_digits(left)
        && all_digits(right)
        && exponent_is_right
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars() {
        let cases = [
            ("", json!(null)),
            ("~", json!(null)),
            ("True", json!(true)),
            ("yes", json!("yes")),
            ("0", json!(0)),
            ("-12", json!(-12)),
            ("+7", json!(7)),
            ("007", json!(7)),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1_000", json!("1_000")),
            ("1.50", json!(1.5)),
            ("2.0", json!(2)),
            (".5", json!(0.5)),
            ("-.5", json!("-.5")),
            ("1.", json!(1)),
            ("2e3", json!(2000)),
            ("-0.25", json!(-0.25)),
            (".", json!(".")),
            ("-", json!("-")),
            ("e3", json!("e3")),
            ("1e", json!("1e")),
            ("2012-10-17", json!("2012-10-17")),
            ("1.2.3", json!("1.2.3")),
        ];
        for (text, expected) in cases {
            let value = match resolve(text).unwrap() {
                Value::Null => json!(null),
                Value::Bool(value) => json!(value),
                Value::Number(value) => json!(value),
                Value::String(value) => json!(value),
                other => panic!("{other:?}"),
            };
            assert_eq!(value, expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_that_json_would_change_are_refused() {
        for text in [
            "9007199254740992",
            "99999999999999999999",
            ".inf",
            "-.Inf",
            ".nan",
            "1.5e300",
            "1e-9",
        ] {
            assert!(resolve(text).is_err(), "{text:?}");
        }
    }
}
