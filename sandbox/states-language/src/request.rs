//! What CreateStateMachine and UpdateStateMachine ask of a request besides the
//! definition.

use serde_json::Value;

/// Why a request is refused: the API's code and text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct RequestError {
    /// Such as `InvalidLoggingConfiguration`.
    pub code: &'static str,
    /// As recorded from AWS.
    pub message: String,
}

/// Checks `versionDescription` and `loggingConfiguration` of a request;
/// `has_log_group` says whether there is a log group of a name.
///
/// # Errors
/// `InvalidLoggingConfiguration`, `ValidationException`.
pub fn check_request(
    request: &Value,
    has_log_group: impl Fn(&str) -> bool,
) -> Result<(), RequestError> {
    if request["versionDescription"].is_string() && request["publish"] != Value::Bool(true) {
        return Err(RequestError {
            code: "ValidationException",
            message: "Version description can only be set when publish is true".to_owned(),
        });
    }
    let logging = &request["loggingConfiguration"];
    let level = logging["level"].as_str().unwrap_or("OFF");
    let destinations = logging["destinations"].as_array();
    if level == "OFF" && destinations.is_none_or(Vec::is_empty) {
        return Ok(());
    }
    let Some([destination]) = destinations.map(Vec::as_slice) else {
        return invalid_logging("Must specify exactly one Log Destination.");
    };
    let arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"].as_str();
    let group = arn
        .and_then(|arn| arn.split_once(":log-group:"))
        .map(|(_, name)| name.trim_end_matches(":*"));
    match group {
        Some(group) if has_log_group(group) => Ok(()),
        _ => invalid_logging("Log Destination not found."),
    }
}

fn invalid_logging(why: &str) -> Result<(), RequestError> {
    Err(RequestError {
        code: "InvalidLoggingConfiguration",
        message: format!("Invalid Logging Configuration: {why}"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals() {
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
            let refused = check_request(&input, |name| name == "/own/group")
                .err()
                .map(|it| it.message);
            assert_eq!(refused.as_deref(), expected, "{input}");
        }
    }
}
