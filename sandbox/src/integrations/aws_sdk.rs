//! `aws-sdk:` integrations: any call of a service's API, with the API's names.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use states_language::TaskFailure;

use super::answer::sdk_failure;
use super::{Caller, lambda, sns, sqs};
use crate::error::ServiceError;
use crate::{s3, states, textract};

/// Calls `service:operation`.
pub async fn call(caller: &Caller, call: &str, input: Value) -> Result<Value, TaskFailure> {
    let (service, operation) = call.split_once(':').unwrap_or((call, ""));
    let name = match service {
        "sfn" => "Sfn",
        "cloudwatchlogs" => "CloudWatchLogs",
        "s3" => "S3",
        "sns" => "Sns",
        "sqs" => "Sqs",
        "lambda" => "Lambda",
        "textract" => "Textract",
        _ => return Err(super::unsupported(&format!("aws-sdk:{call}"))),
    };
    let (account, role) = (&caller.account, &caller.role);
    let answer = match service {
        "sfn" => {
            let input = with_members(texts(input, &["Input", "Output"]), &lower_first);
            let api = upper_first(operation);
            // Boxed: what it starts may come back here.
            let answer = Box::pin(states::call(account, role, &api, &input)).await;
            answer.map(|it| dates(renamed(it, &upper_first)))
        }
        "cloudwatchlogs" => {
            let input = with_members(input, &lower_first);
            let answer = account
                .logs
                .call(account, role, &upper_first(operation), &input);
            answer.map(|it| renamed(it, &upper_first))
        }
        "textract" => {
            let answer = textract::call(account, role, &upper_first(operation), &input).await;
            answer.map(single_precision)
        }
        "s3" => s3::direct::call(account, role, operation, &input).await,
        "sns" if operation == "publish" => {
            let id = sns::message_id(caller, &input);
            id.map(|id| json!({ "MessageId": id }))
        }
        "sqs" => sqs::call(caller, &upper_first(operation), &input).await,
        "lambda" if operation == "invoke" => return invoke(caller, &input).await,
        _ => Err(ServiceError::unknown_operation(name, operation)),
    };
    answer.map_err(|error| sdk_failure(name, &error))
}

/// `aws-sdk:lambda:invoke`: the function's answer stays a text, and its failure is no
/// failure of the call.
async fn invoke(caller: &Caller, input: &Value) -> Result<Value, TaskFailure> {
    let function = input["FunctionName"].as_str().unwrap_or_default();
    let payload = match &input["Payload"] {
        Value::Null => json!({}),
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
        other => other.clone(),
    };
    if input["InvocationType"] == "Event" {
        lambda::enqueue(caller, function, &payload).map_err(|it| sdk_failure("Lambda", &it))?;
        return Ok(json!({ "StatusCode": 202 }));
    }
    let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
    match lambda::invocation(caller, function, &payload).await {
        Ok(body) => Ok(json!({
            "ExecutedVersion": "$LATEST",
            "Payload": text(&body),
            "StatusCode": 200,
        })),
        Err(failure)
            if failure
                .error
                .as_deref()
                .is_some_and(|it| it.starts_with("Lambda.")) =>
        {
            Err(failure)
        }
        Err(failure) => Ok(json!({
            "ExecutedVersion": "$LATEST",
            "FunctionError": "Unhandled",
            "Payload": failure.cause,
            "StatusCode": 200,
        })),
    }
}

/// `startDate` to `StartDate`.
pub fn upper_first(name: &str) -> String {
    changed_first(name, |c| c.to_ascii_uppercase())
}

fn lower_first(name: &str) -> String {
    changed_first(name, |c| c.to_ascii_lowercase())
}

fn changed_first(name: &str, change: fn(char) -> char) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => std::iter::once(change(first)).chain(characters).collect(),
        None => String::new(),
    }
}

/// The value with its own members renamed, but not what is within them: that may be
/// anybody's data.
fn with_members(value: Value, rename: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter();
            let renamed = members.map(|(name, member)| (rename(&name), member));
            renamed.collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

/// The value with every member renamed.
fn renamed(value: Value, rename: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (rename(&name), renamed(member, rename)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(|it| renamed(it, rename)).collect(),
        other => other,
    }
}

/// Members that the API takes as texts may be given as values.
fn texts(mut input: Value, names: &[&str]) -> Value {
    for name in names {
        if let Some(member) = input.get_mut(*name).filter(|it| !it.is_string()) {
            *member = member.to_string().into();
        }
    }
    input
}

/// Times as the SDK writes them, in place of seconds.
fn dates(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| {
                let is_time = name.ends_with("Date") || name == "Timestamp";
                let member = match member.as_f64() {
                    Some(seconds) if is_time => {
                        crate::time::iso((seconds * 1000.0).round() as i64).into()
                    }
                    _ => dates(member),
                };
                (name, member)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(dates).collect(),
        other => other,
    }
}

/// Numbers with no more digits than Java writes for the single precision that the API's
/// model gives them.
fn single_precision(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let single = number.as_f64().map(|it| (it as f32).to_string());
            single
                .and_then(|text| text.parse::<f64>().ok())
                .map_or(Value::Null, Value::from)
        }
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (name, single_precision(member)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(single_precision).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_times() {
        let answer = json!({ "startDate": 1.5, "events": [{ "timestamp": 0.0, "id": 1 }] });
        assert_eq!(
            dates(renamed(answer, &upper_first)),
            json!({
                "StartDate": "1970-01-01T00:00:01.500Z",
                "Events": [{ "Timestamp": "1970-01-01T00:00:00.000Z", "Id": 1 }],
            })
        );
        let input = json!({ "StateMachineArn": "a", "Input": { "Key": 1 } });
        assert_eq!(
            with_members(texts(input, &["Input"]), &lower_first),
            json!({ "stateMachineArn": "a", "input": "{\"Key\":1}" })
        );
    }
}
