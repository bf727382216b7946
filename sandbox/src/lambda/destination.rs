//! Destinations of asynchronous invocations: a topic or a function that is told how it ended
//! ("Capturing records of Lambda asynchronous invocations" in the Lambda Developer Guide).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::error::{ServiceError, unserved};
use crate::iam::Principal;
use crate::time::{iso, now_millis};
use crate::{sns, sqs};

use super::event_invoke::{EventInvoke, GivenUp};
use super::function::Function;
use super::invoke::{Completed, Invocation, enqueue};

/// What a destination is.
enum Destination<'a> {
    Queue(&'a str),
    Topic(&'a str),
    Function(&'a str),
}

fn read(arn: &str) -> Result<Destination<'_>, String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "sqs", ..] => Ok(Destination::Queue(arn)),
        ["arn", _, "sns", ..] => Ok(Destination::Topic(arn)),
        ["arn", _, "lambda", _, _, resource] if resource.starts_with("function:") => {
            Ok(Destination::Function(arn))
        }
        ["arn", _, service @ ("events" | "s3"), ..] => Err(unserved(format_args!(
            "a destination of {service} in DestinationConfig"
        ))),
        _ => Err(format!(
            "The provided destination config DestinationConfig({arn}) is invalid."
        )),
    }
}

impl Destination<'_> {
    /// Asks whether the function's role may tell it.
    fn allowed(&self, account: &Account, role: &Principal) -> Result<(), ServiceError> {
        let (action, arn) = match self {
            Self::Queue(arn) => {
                return match sqs::name_in_arn(account, arn) {
                    Some(name) => sqs::authorize(account, role, "SendMessage", name),
                    None => Err(sqs::missing()),
                };
            }
            Self::Topic(arn) => ("sns:Publish", arn),
            Self::Function(arn) => ("lambda:InvokeFunction", arn),
        };
        account.authorize(role, action, arn, "AccessDeniedException")
    }
}

fn role_of(account: &Account, function: &Function) -> Result<Principal, ServiceError> {
    let config = &function.config;
    account
        .iam
        .principal_of_role(&config.role_arn, "lambda.amazonaws.com", &config.name)
}

/// Checks the destinations of a function when they are set: Lambda asks whether its role may
/// tell them.
///
/// # Errors
///
/// `InvalidParameterValueException`; what the sandbox does not have, by name.
pub fn check(
    account: &Account,
    function: &Function,
    settings: &EventInvoke,
) -> Result<(), ServiceError> {
    let invalid = |text: String| ServiceError::bad_request("InvalidParameterValueException", text);
    for arn in settings.on_success.iter().chain(&settings.on_failure) {
        let destination = read(arn).map_err(invalid)?;
        let call = match destination {
            Destination::Queue(_) => "SendMessage",
            Destination::Topic(_) => "Publish",
            Destination::Function(_) => "Invoke",
        };
        let role = role_of(account, function)?;
        destination.allowed(account, &role).map_err(|_| {
            invalid(format!(
                "The function's execution role does not have permissions to call {call} on {arn}"
            ))
        })?;
    }
    Ok(())
}

/// Checks where a function's events go that were given up, when it is made: Lambda asks whether
/// its role may send them there.
///
/// # Errors
///
/// `InvalidParameterValueException`.
pub fn check_dead_letter(
    account: &Account,
    role: &Principal,
    arn: Option<&str>,
) -> Result<(), ServiceError> {
    let invalid = |text: &str| ServiceError::bad_request("InvalidParameterValueException", text);
    let Some(arn) = arn else { return Ok(()) };
    let (target, refusal) = match read(arn) {
        Ok(target @ Destination::Queue(_)) => (
            target,
            "The provided execution role does not have permissions to call SendMessage on SQS",
        ),
        Ok(target @ Destination::Topic(_)) => (
            target,
            "The provided execution role does not have permissions to call Publish on SNS",
        ),
        _ => {
            return Err(invalid(
                "The provided target ARN for the dead letter config is invalid: it has to be a \
                 queue or a topic.",
            ));
        }
    };
    target.allowed(account, role).map_err(|_| invalid(refusal))
}

/// How an asynchronous invocation ended.
pub struct End<'a> {
    /// How often it was tried.
    pub tries: usize,
    /// Why it was given up, if it was.
    pub given_up: Option<GivenUp>,
    /// What came of the last try, if it ran.
    pub completed: Option<&'a Completed>,
}

/// A destination and the function's role, if that may tell it by now.
fn reachable<'a>(
    account: &Account,
    function: &Function,
    arn: &'a str,
) -> Option<(Destination<'a>, Principal)> {
    let (destination, role) = (read(arn).ok()?, role_of(account, function).ok()?);
    destination.allowed(account, &role).ok()?;
    Some((destination, role))
}

/// Tells the destination of an end, where there is one and the role still may.
pub fn tell(account: &Arc<Account>, function: &Function, invocation: &Invocation, end: &End<'_>) {
    if end.given_up.is_some()
        && let Some(arn) = &function.config.dead_letter
    {
        bury(account, function, invocation, end, arn);
    }
    let settings = function.event_invoke().unwrap_or_default();
    let arn = match end.given_up {
        None => settings.on_success,
        Some(_) => settings.on_failure,
    };
    let Some(arn) = arn else { return };
    let Some((destination, role)) = reachable(account, function, &arn) else {
        return;
    };
    let record = record(function, invocation, end).to_string();
    match destination {
        // A queue or topic that is gone is told nothing.
        Destination::Queue(arn) => {
            let name = sqs::name_in_arn(account, arn).unwrap_or_default();
            drop(sqs::send(
                account,
                &role,
                name,
                &record,
                sqs::Sending::default(),
            ));
        }
        Destination::Topic(arn) => drop(sns::publish(account, arn, &record)),
        Destination::Function(arn) => enqueue(account, arn, Invocation::new(record.into())),
    }
}

/// Sends an event that was given up to the function's dead-letter queue or topic ("Adding a
/// dead-letter queue" in the Lambda Developer Guide).
fn bury(account: &Account, function: &Function, invocation: &Invocation, end: &End<'_>, arn: &str) {
    let Some((target, role)) = reachable(account, function, arn) else {
        return;
    };
    let text = String::from_utf8_lossy(&invocation.payload);
    match target {
        Destination::Queue(arn) => {
            let failure = end.completed.and_then(|it| it.result.as_ref().err());
            let message = failure.map(|it| it.text()).unwrap_or_default();
            let attribute =
                |kind: &str, value: &str| json!({ "DataType": kind, "StringValue": value });
            let sending = sqs::Sending {
                delay: None,
                attributes: Map::from_iter([
                    ("ErrorCode".to_owned(), attribute("Number", "200")),
                    ("ErrorMessage".to_owned(), attribute("String", &message)),
                    (
                        "RequestID".to_owned(),
                        attribute("String", &invocation.request_id),
                    ),
                ]),
            };
            let name = sqs::name_in_arn(account, arn).unwrap_or_default();
            drop(sqs::send(account, &role, name, &text, sending));
        }
        Destination::Topic(arn) => drop(sns::publish(account, arn, &text)),
        // It was refused when the function was made.
        Destination::Function(_) => {}
    }
}

fn record(function: &Function, invocation: &Invocation, end: &End<'_>) -> Value {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or(Value::Null);
    let mut record = json!({
        "version": "1.0",
        "timestamp": iso(now_millis()),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": format!("{}:{}", function.arn, function.version),
            "condition": end.given_up.map_or("Success", GivenUp::condition),
            "approximateInvokeCount": end.tries,
        },
        "requestPayload": parsed(&invocation.payload),
    });
    let Some(completed) = end.completed else {
        return record;
    };
    record["responseContext"] = json!({
        "statusCode": 200,
        "executedVersion": function.version,
    });
    record["responsePayload"] = match &completed.result {
        Ok(body) => parsed(body),
        Err(failure) => {
            record["responseContext"]["functionError"] = "Unhandled".into();
            parsed(failure.payload(&invocation.request_id).as_bytes())
        }
    };
    record
}
