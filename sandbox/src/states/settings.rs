//! What CreateStateMachine and UpdateStateMachine ask of a request besides the
//! definition. The settings have no effect here, but wrong ones are refused.

use serde_json::Value;

use crate::account::Account;
use crate::error::ServiceError;

/// Checks `loggingConfiguration` and `versionDescription`.
///
/// # Errors
///
/// `InvalidLoggingConfiguration`, `ValidationException`; the texts are recorded ones.
pub fn check(account: &Account, input: &Value) -> Result<(), ServiceError> {
    if input["versionDescription"].is_string() && input["publish"] != Value::Bool(true) {
        return Err(ServiceError::bad_request(
            "ValidationException",
            "Version description can only be set when publish is true",
        ));
    }
    check_logging(account, &input["loggingConfiguration"])
}

fn check_logging(account: &Account, logging: &Value) -> Result<(), ServiceError> {
    let invalid = |why: &str| {
        Err(ServiceError::bad_request(
            "InvalidLoggingConfiguration",
            format!("Invalid Logging Configuration: {why}"),
        ))
    };
    let level = logging["level"].as_str().unwrap_or("OFF");
    let destinations = logging["destinations"].as_array();
    if level == "OFF" && destinations.is_none_or(Vec::is_empty) {
        return Ok(());
    }
    let Some([destination]) = destinations.map(Vec::as_slice) else {
        return invalid("Must specify exactly one Log Destination.");
    };
    let arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"].as_str();
    let group = arn
        .and_then(|arn| arn.split_once(":log-group:"))
        .map(|(_, name)| name.trim_end_matches(":*"));
    match group {
        Some(group) if account.logs.has_group(group) => Ok(()),
        _ => invalid("Log Destination not found."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals() {
        let account = Account::for_tests();
        account.logs.ensure_stream("/own/group", "s");
        let group = |name: &str| {
            let arn = format!("arn:aws:logs:eu-west-1:123456789012:log-group:{name}:*");
            json!({ "cloudWatchLogsLogGroup": { "logGroupArn": arn } })
        };
        let one = "Invalid Logging Configuration: Must specify exactly one Log Destination.";
        for (input, expected) in [
            (json!({}), None),
            (json!({ "loggingConfiguration": { "level": "OFF" } }), None),
            (
                json!({ "loggingConfiguration": { "level": "ALL" } }),
                Some(one),
            ),
            (
                json!({ "loggingConfiguration": {
                    "level": "ALL", "destinations": [group("/own/group"), group("/other")],
                } }),
                Some(one),
            ),
            (
                json!({ "loggingConfiguration": {
                    "level": "ERROR", "destinations": [group("/other")],
                } }),
                Some("Invalid Logging Configuration: Log Destination not found."),
            ),
            (
                json!({ "loggingConfiguration": {
                    "level": "ERROR", "destinations": [group("/own/group")],
                } }),
                None,
            ),
            (
                json!({ "versionDescription": "first" }),
                Some("Version description can only be set when publish is true"),
            ),
            (
                json!({ "versionDescription": "first", "publish": true }),
                None,
            ),
        ] {
            let refused = check(&account, &input).err().map(|it| it.message);
            assert_eq!(refused.as_deref(), expected, "{input}");
        }
    }
}
