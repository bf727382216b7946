//! Functions as tasks: by their ARN, and through `lambda:invoke`.

use bytes::Bytes;
use serde_json::{Value, json};
use states_language::TaskFailure;

use super::Caller;
use super::answer::{LAMBDA, with_metadata};
use crate::arn::arn;
use crate::error::ServiceError;
use crate::lambda::{self, Invocation};

/// A function's ARN as the resource: the answer is the result.
pub async fn invoke_directly(
    caller: &Caller,
    function: &str,
    payload: &Value,
) -> Result<Value, TaskFailure> {
    run(caller, function, payload).await
}

/// The optimised integration: the answer is in `Payload`.
pub async fn invoke(caller: &Caller, input: &Value) -> Result<Value, TaskFailure> {
    let function = input["FunctionName"].as_str().unwrap_or_default();
    let payload = input.get("Payload").cloned().unwrap_or_else(|| json!({}));
    let headers = [
        ("X-Amz-Executed-Version", "$LATEST"),
        ("Content-Type", "application/json"),
    ];
    if input["InvocationType"] == "Event" {
        enqueue(caller, function, &payload).map_err(|error| LAMBDA.failure(&error))?;
        let members = json!({ "Payload": "", "StatusCode": 202 });
        return Ok(with_metadata(members, 202, &[]));
    }
    let result = run(caller, function, &payload).await?;
    let members = json!({ "ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200 });
    Ok(with_metadata(members, 200, &headers))
}

/// Invokes a function in the background.
///
/// # Errors
///
/// Lambda's own.
pub fn enqueue(caller: &Caller, function: &str, payload: &Value) -> Result<(), ServiceError> {
    let arn = allowed(caller, function)?;
    caller.account.lambda.function(&arn)?;
    let invocation = Invocation::new(Bytes::from(payload.to_string()));
    lambda::enqueue(&caller.account, &arn, invocation);
    Ok(())
}

async fn run(caller: &Caller, name: &str, payload: &Value) -> Result<Value, TaskFailure> {
    let body = invocation(caller, name, payload).await?;
    serde_json::from_slice(&body).map_err(|_| {
        let returned = String::from_utf8_lossy(&body);
        TaskFailure::new(
            "Lambda.Unknown",
            format!(
                "The cause could not be determined because Lambda did not return an error type. \
                 Returned payload: {returned}"
            ),
        )
    })
}

/// Invokes a function and waits for its answer.
///
/// # Errors
///
/// Lambda's own, and the function's.
pub async fn invocation(
    caller: &Caller,
    name: &str,
    payload: &Value,
) -> Result<Bytes, TaskFailure> {
    let refused = |error: ServiceError| LAMBDA.failure(&error);
    let arn = allowed(caller, name).map_err(refused)?;
    let function = caller.account.lambda.function(&arn).map_err(refused)?;
    let invocation = Invocation::new(Bytes::from(payload.to_string()));
    let completed = lambda::invoke(&caller.account, &function, &invocation).await;
    completed.map_err(refused)?.result.map_err(|failure| {
        let payload = failure.payload(&invocation.request_id);
        TaskFailure::new(failure.error_type(), payload)
    })
}

/// The function's ARN, if the role may invoke it.
fn allowed(caller: &Caller, name: &str) -> Result<String, ServiceError> {
    let arn = if name.starts_with("arn:") {
        name.to_owned()
    } else {
        arn(
            "lambda",
            &caller.account.region,
            &format!("function:{name}"),
        )
    };
    caller.authorize("lambda:InvokeFunction", &arn, "AccessDeniedException")?;
    Ok(arn)
}
