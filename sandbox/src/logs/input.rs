//! The members of a request, checked as the service's model has them.

use serde_json::Value;

use crate::error::ServiceError;

/// The only retentions there are, in days ("PutRetentionPolicy").
const RETENTIONS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// An `InvalidParameterException`.
pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterException", message)
}

/// The error for a value that breaks a rule of the service's model.
pub(super) fn constraint(value: &str, member: &str, rule: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: \
         Member must {rule}"
    ))
}

/// A text that may be missing.
///
/// # Errors
///
/// `SerializationException` when it is something else.
pub(super) fn text<'a>(input: &'a Value, member: &str) -> Result<Option<&'a str>, ServiceError> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong_type(member, "a string")),
    }
}

/// A number that may be missing.
///
/// # Errors
///
/// `SerializationException` when it is something else.
pub(super) fn number(input: &Value, member: &str) -> Result<Option<i64>, ServiceError> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(given) => given
            .as_i64()
            .map(Some)
            .ok_or_else(|| wrong_type(member, "a whole number")),
    }
}

/// A point in time, in milliseconds since 1970, that may be missing.
///
/// # Errors
///
/// `InvalidParameterException` for one before 1970.
pub(super) fn time(input: &Value, member: &str) -> Result<Option<i64>, ServiceError> {
    match number(input, member)? {
        Some(time) if time < 0 => {
            let rule = "have value greater than or equal to 0";
            Err(constraint(&format!("'{time}'"), member, rule))
        }
        time => Ok(time),
    }
}

/// Yes or no; no where nothing is said.
///
/// # Errors
///
/// `SerializationException` when it is something else.
pub(super) fn flag(input: &Value, member: &str) -> Result<bool, ServiceError> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(given)) => Ok(*given),
        Some(_) => Err(wrong_type(member, "true or false")),
    }
}

/// A text that has to be there.
///
/// # Errors
///
/// `InvalidParameterException` when it is not.
pub(super) fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, ServiceError> {
    text(input, member)?.ok_or_else(|| missing(member))
}

/// The error for a member that has to be there.
pub(super) fn missing(member: &str) -> ServiceError {
    constraint("null", member, "not be null")
}

/// A list, empty where it is missing.
///
/// # Errors
///
/// `SerializationException` when it is something else.
pub(super) fn list<'a>(input: &'a Value, member: &str) -> Result<&'a [Value], ServiceError> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(wrong_type(member, "a list")),
    }
}

/// How many items a page may have: 1 to `most`, which it is where nothing is said.
///
/// # Errors
///
/// `InvalidParameterException`.
pub(super) fn limit(input: &Value, most: usize) -> Result<usize, ServiceError> {
    let Some(given) = number(input, "limit")? else {
        return Ok(most);
    };
    let value = format!("'{given}'");
    match usize::try_from(given) {
        Ok(given) if given > most => Err(constraint(
            &value,
            "limit",
            &format!("have value less than or equal to {most}"),
        )),
        Ok(given) if given > 0 => Ok(given),
        _ => Err(constraint(
            &value,
            "limit",
            "have value greater than or equal to 1",
        )),
    }
}

/// The name of a log group.
///
/// # Errors
///
/// `InvalidParameterException`.
pub(super) fn group_name(input: &Value) -> Result<&str, ServiceError> {
    let name = required(input, "logGroupName")?;
    check_group_name(name)?;
    Ok(name)
}

/// The name of a log stream.
///
/// # Errors
///
/// `InvalidParameterException`.
pub(super) fn stream_name(input: &Value) -> Result<&str, ServiceError> {
    let name = required(input, "logStreamName")?;
    check_length("logStreamName", name)?;
    if name.contains([':', '*']) {
        let rule = "satisfy regular expression pattern: [^:*]*";
        return Err(constraint(&format!("'{name}'"), "logStreamName", rule));
    }
    Ok(name)
}

/// The log group that `logGroupName` or `logGroupIdentifier` (a name or an ARN) names.
///
/// # Errors
///
/// `InvalidParameterException`, also when none or both are given.
pub(super) fn group_name_or_identifier(input: &Value) -> Result<&str, ServiceError> {
    let name = match (
        text(input, "logGroupName")?,
        text(input, "logGroupIdentifier")?,
    ) {
        (Some(_), Some(_)) => {
            return Err(invalid(
                "LogGroup name and LogGroup identifier are mutually exclusive parameters.",
            ));
        }
        (None, None) => return Err(missing("logGroupName")),
        (Some(name), None) => name,
        (None, Some(identifier)) => of_identifier(identifier),
    };
    check_group_name(name)?;
    Ok(name)
}

/// The group's name in an ARN; what is no ARN is a name.
fn of_identifier(identifier: &str) -> &str {
    match identifier.split_once(":log-group:") {
        Some((prefix, name)) if prefix.starts_with("arn:") => {
            name.strip_suffix(":*").unwrap_or(name)
        }
        _ => identifier,
    }
}

/// Checks the name of a log group.
///
/// # Errors
///
/// `InvalidParameterException`.
pub(super) fn check_group_name(name: &str) -> Result<(), ServiceError> {
    check_length("logGroupName", name)?;
    if name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || ".-_/#".contains(c))
    {
        return Ok(());
    }
    let rule = r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+";
    Err(constraint(&format!("'{name}'"), "logGroupName", rule))
}

fn check_length(member: &str, name: &str) -> Result<(), ServiceError> {
    let rule = match name.chars().count() {
        0 => "have length greater than or equal to 1",
        1..=512 => return Ok(()),
        _ => "have length less than or equal to 512",
    };
    Err(constraint(&format!("'{name}'"), member, rule))
}

/// Checks how many days a group keeps its events.
///
/// # Errors
///
/// `InvalidParameterException` for a number that AWS does not offer.
pub(super) fn check_retention(days: i64) -> Result<u32, ServiceError> {
    RETENTIONS
        .into_iter()
        .find(|offered| i64::from(*offered) == days)
        .ok_or_else(|| {
            let rule = format!("satisfy enum value set: {RETENTIONS:?}");
            constraint(&format!("'{days}'"), "retentionInDays", &rule)
        })
}

fn wrong_type(member: &str, expected: &str) -> ServiceError {
    ServiceError::bad_request(
        "SerializationException",
        format!("{member} is not {expected}."),
    )
}
