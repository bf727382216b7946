//! What clients ask of SQS: AWS JSON 1.0, with the codes of the query protocol of old in a header
//! ("x-amzn-query-error"), by which SDKs name errors.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Receiving, Sending, attributes, authorize, name_in_url, queue_url, receive, send};
use crate::account::Account;
use crate::error::{ServiceError, unserved};
use crate::iam::Principal;
use crate::services::{Protocol, Service};

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["sqs"],
    is_global: false,
    protocol: Protocol::Json {
        target: "AmazonSQS",
        former: &[
            (
                "QueueDoesNotExist",
                "AWS.SimpleQueueService.NonExistentQueue",
            ),
            ("QueueNameExists", "QueueAlreadyExists"),
            (
                "UnsupportedOperation",
                "AWS.SimpleQueueService.UnsupportedOperation",
            ),
        ],
        call: |account, caller, request| {
            Box::pin(
                async move { call(account, &caller, &request.operation, &request.input).await },
            )
        },
    },
};

/// Members that AWS takes and the sandbox does not.
const UNSERVED: [&str; 4] = [
    "MessageDeduplicationId",
    "MessageGroupId",
    "MessageSystemAttributes",
    "ReceiveRequestAttemptId",
];

/// Answers one operation.
///
/// # Errors
///
/// AWS's own.
pub async fn call(
    account: &Arc<Account>,
    caller: &Principal,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    if let Some(name) = UNSERVED.iter().find(|it| !input[**it].is_null()) {
        let what = unserved(format_args!("the parameter {name} of {operation}"));
        return Err(ServiceError::bad_request("UnsupportedOperation", what));
    }
    match operation {
        "CreateQueue" => {
            let name = text(input, "QueueName")?;
            authorize(account, caller, operation, name)?;
            account.sqs.create(name, &members(input, "Attributes"))?;
            return Ok(json!({ "QueueUrl": queue_url(account, name) }));
        }
        "GetQueueUrl" => {
            let name = text(input, "QueueName")?;
            authorize(account, caller, operation, name)?;
            attributes(account, name)?;
            return Ok(json!({ "QueueUrl": queue_url(account, name) }));
        }
        "ListQueues" => {
            authorize(account, caller, operation, "*")?;
            let begin = input["QueueNamePrefix"].as_str().unwrap_or_default();
            let names = account.sqs.names(begin);
            let urls: Vec<String> = names.iter().map(|it| queue_url(account, it)).collect();
            return Ok(match urls.is_empty() {
                true => json!({}),
                false => json!({ "QueueUrls": urls }),
            });
        }
        _ => {}
    }
    let known = [
        "DeleteQueue",
        "SendMessage",
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibility",
        "PurgeQueue",
        "GetQueueAttributes",
        "SetQueueAttributes",
    ];
    if !known.contains(&operation) {
        return Err(ServiceError::unknown_operation("SQS", operation));
    }
    let name = name_in_url(text(input, "QueueUrl")?)?;
    authorize(account, caller, operation, name)?;
    of_queue(account, caller, operation, name, input).await
}

/// Answers an operation on a queue.
async fn of_queue(
    account: &Arc<Account>,
    caller: &Principal,
    operation: &str,
    name: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let sqs = &account.sqs;
    match operation {
        "DeleteQueue" => sqs.delete(name)?,
        "SendMessage" => {
            let sending = Sending {
                delay: number(input, "DelaySeconds", 0, 900)?,
                attributes: members(input, "MessageAttributes"),
            };
            let sum = (!sending.attributes.is_empty())
                .then(|| super::queue::md5_of_attributes(&sending.attributes));
            let body = input["MessageBody"].as_str().unwrap_or_default();
            let (id, md5) = send(account, caller, name, body, sending)?;
            let mut answer = json!({ "MessageId": id, "MD5OfMessageBody": md5 });
            if let Some(sum) = sum {
                answer["MD5OfMessageAttributes"] = sum.into();
            }
            return Ok(answer);
        }
        "ReceiveMessage" => {
            let mut system = texts(input, "AttributeNames");
            system.extend(texts(input, "MessageSystemAttributeNames"));
            let receiving = Receiving {
                most: number(input, "MaxNumberOfMessages", 1, 10)?,
                hidden: number(input, "VisibilityTimeout", 0, 43_200)?,
                wait: number(input, "WaitTimeSeconds", 0, 20)?,
                system,
                own: texts(input, "MessageAttributeNames"),
            };
            let messages = receive(account, name, &receiving).await?;
            return Ok(match messages.is_empty() {
                true => json!({}),
                false => json!({ "Messages": messages }),
            });
        }
        "DeleteMessage" => {
            let receipt = text(input, "ReceiptHandle")?;
            check_receipt(receipt)?;
            sqs.with(name, |queue| queue.delete(receipt))?;
        }
        "ChangeMessageVisibility" => {
            let receipt = text(input, "ReceiptHandle")?;
            check_receipt(receipt)?;
            let seconds = number(input, "VisibilityTimeout", 0, 43_200)?;
            let seconds = seconds.ok_or_else(|| missing("VisibilityTimeout"))?;
            let now = crate::time::now_millis();
            if !sqs.with(name, |queue| queue.hide(receipt, seconds, now))? {
                return Err(ServiceError::bad_request(
                    "InvalidParameterValue",
                    format!(
                        "Value {receipt} for parameter ReceiptHandle is invalid. Reason: Message \
                         does not exist or is not available for visibility timeout change."
                    ),
                ));
            }
            sqs.sent.notify_waiters();
        }
        "PurgeQueue" => sqs.with(name, super::queue::Queue::purge)?,
        "SetQueueAttributes" => sqs.set(name, &members(input, "Attributes"))?,
        // GetQueueAttributes
        _ => {
            let mut all = attributes(account, name)?;
            let wanted = texts(input, "AttributeNames");
            if let Some(unknown) = wanted.iter().find(|it| *it != "All" && !is_attribute(it)) {
                let text = format!("Unknown Attribute {unknown}.");
                return Err(ServiceError::bad_request("InvalidAttributeName", text));
            }
            all.retain(|name, _| wanted.iter().any(|it| it == "All" || it == name));
            return Ok(match all.is_empty() {
                true => json!({}),
                false => json!({ "Attributes": all }),
            });
        }
    }
    Ok(json!({}))
}

/// All names that `GetQueueAttributes` takes.
fn is_attribute(name: &str) -> bool {
    [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ContentBasedDeduplication",
        "CreatedTimestamp",
        "DeduplicationScope",
        "DelaySeconds",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "LastModifiedTimestamp",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "Policy",
        "QueueArn",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
    ]
    .contains(&name)
}

/// One that no queue has handed out.
fn check_receipt(receipt: &str) -> Result<(), ServiceError> {
    match uuid::Uuid::parse_str(receipt) {
        Ok(_) => Ok(()),
        Err(_) => Err(ServiceError::bad_request(
            "ReceiptHandleIsInvalid",
            format!("The input receipt handle \"{receipt}\" is not a valid receipt handle."),
        )),
    }
}

fn text<'a>(input: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    input[name].as_str().ok_or_else(|| missing(name))
}

fn missing(name: &str) -> ServiceError {
    ServiceError::bad_request(
        "MissingParameter",
        format!("The request must contain the parameter {name}."),
    )
}

fn texts(input: &Value, name: &str) -> Vec<String> {
    let items = input[name].as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn members(input: &Value, name: &str) -> Map<String, Value> {
    input[name].as_object().cloned().unwrap_or_default()
}

fn number(input: &Value, name: &str, least: i64, most: i64) -> Result<Option<i64>, ServiceError> {
    match input[name].as_i64() {
        Some(number) if !(least..=most).contains(&number) => Err(ServiceError::bad_request(
            "InvalidParameterValue",
            format!(
                "Value {number} for parameter {name} is invalid. Reason: Must be between {least} \
                 and {most}, if provided."
            ),
        )),
        given => Ok(given),
    }
}
