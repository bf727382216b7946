//! `sqs:sendMessage`.

use serde_json::{Value, json};
use states_language::TaskFailure;

use super::Caller;
use super::answer::{SQS, with_metadata};
use crate::error::ServiceError;
use crate::sqs;

/// Sends a message: one that is no text is sent as JSON.
pub async fn send(caller: &Caller, input: &Value) -> Result<Value, TaskFailure> {
    let sent = call(caller, "SendMessage", input).await;
    let sent = sent.map_err(|error| SQS.failure(&error))?;
    let kind = [("Content-Type", "application/x-amz-json-1.0")];
    Ok(with_metadata(sent, 200, &kind))
}

/// Any call of the service.
///
/// # Errors
///
/// SQS's own.
pub async fn call(caller: &Caller, operation: &str, input: &Value) -> Result<Value, ServiceError> {
    let mut input = input.clone();
    if let Some(body) = input.get_mut("MessageBody").filter(|it| !it.is_string()) {
        *body = json!(body.to_string());
    }
    let answer = sqs::call(&caller.account, &caller.role, operation, &input).await;
    answer.map(in_java)
}

/// Members as the SDK names them that Step Functions calls with.
fn in_java(mut answer: Value) -> Value {
    let renamed = [
        ("MD5OfMessageBody", "Md5OfMessageBody"),
        ("MD5OfMessageAttributes", "Md5OfMessageAttributes"),
        ("MD5OfBody", "Md5OfBody"),
    ];
    let rename = |value: &mut Value| {
        for (from, to) in renamed {
            if let Some(it) = value.as_object_mut().and_then(|it| it.remove(from)) {
                value[to] = it;
            }
        }
    };
    rename(&mut answer);
    let messages = answer.get_mut("Messages").and_then(Value::as_array_mut);
    messages.into_iter().flatten().for_each(rename);
    answer
}
