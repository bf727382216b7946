//! `sns:publish`.

use serde_json::{Value, json};
use states_language::TaskFailure;

use super::Caller;
use super::answer::{SNS, with_metadata};
use crate::error::ServiceError;
use crate::sns;

/// Publishes a message: one that is no text is sent as JSON.
pub fn publish(caller: &Caller, input: &Value) -> Result<Value, TaskFailure> {
    let id = message_id(caller, input).map_err(|error| SNS.failure(&error))?;
    let members = json!({ "MessageId": id });
    Ok(with_metadata(members, 200, &[("Content-Type", "text/xml")]))
}

/// Publishes a message and says its id.
///
/// # Errors
///
/// SNS's own.
pub fn message_id(caller: &Caller, input: &Value) -> Result<String, ServiceError> {
    let topic = ["TopicArn", "TargetArn"];
    let topic = topic.iter().find_map(|name| input[*name].as_str());
    let topic = topic.unwrap_or_default();
    caller.authorize("SNS:Publish", topic, "AuthorizationError")?;
    let message = match &input["Message"] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    sns::publish(&caller.account, topic, &message)
}
