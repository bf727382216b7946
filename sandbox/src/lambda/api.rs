//! Lambda's REST API, as far as people and clients of the workshop call it.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::account::Account;
use crate::arn::arn;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::protocol::set;
use crate::services::{Protocol, Service};
use crate::time::{epoch_seconds, iso};

use super::function::Function;
use super::invoke::{Invocation, enqueue, invoke};

/// The largest event of a synchronous invocation, in bytes ("Lambda quotas").
const LARGEST_SYNC: usize = 6 * 1024 * 1024;

/// The largest event of an asynchronous invocation, in bytes ("Lambda quotas").
const LARGEST_ASYNC: usize = 1024 * 1024;

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["lambda"],
    is_global: false,
    protocol: Protocol::Rest {
        path: "/2015-03-31/",
        call: |account, caller, parts, body| {
            Box::pin(async move {
                let Parts {
                    method,
                    uri,
                    headers,
                    ..
                } = parts;
                Ok(call(account, &caller, &method, &uri, &headers, body).await)
            })
        },
    },
};

/// Answers one request.
pub async fn call(
    account: &Arc<Account>,
    caller: &Principal,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Response<Bytes> {
    route(account, caller, method, uri, headers, body)
        .await
        .unwrap_or_else(|error| refuse(&error))
}

/// An error in the shape of Lambda's REST API.
pub fn refuse(error: &ServiceError) -> Response<Bytes> {
    let mut response = answer(
        error.status,
        &json!({ "Type": "User", "message": error.message, "Message": error.message }),
    );
    set(&mut response, "x-amzn-errortype", &error.code);
    response
}

async fn route(
    account: &Arc<Account>,
    caller: &Principal,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response<Bytes>, ServiceError> {
    let path = uri.path().trim_matches('/');
    let segments: Vec<String> = path
        .split('/')
        .map(|it| percent_decode_str(it).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (method, segments.as_slice()) {
        (&Method::GET, ["2015-03-31", "functions"]) => {
            authorize(account, caller, "ListFunctions", "*")?;
            let functions = account.lambda.functions();
            let functions: Vec<Value> = functions
                .iter()
                .map(|function| configuration(function))
                .collect();
            Ok(answer(200, &json!({ "Functions": functions })))
        }
        (&Method::GET, ["2015-03-31", "functions", name]) => {
            let function = find(account, caller, "GetFunction", name)?;
            let mut found = json!({
                "Configuration": configuration(&function),
                "Code": { "RepositoryType": "S3" },
                "Tags": function.config.tags,
            });
            if function.config.reserved_concurrency.is_some() {
                found["Concurrency"] = concurrency(&function);
            }
            Ok(answer(200, &found))
        }
        (&Method::GET, ["2019-09-30", "functions", name, "concurrency"]) => {
            let function = find(account, caller, "GetFunctionConcurrency", name)?;
            Ok(answer(200, &concurrency(&function)))
        }
        (&Method::GET, ["2019-09-25", "functions", name, "event-invoke-config"]) => {
            let function = find(account, caller, "GetFunctionEventInvokeConfig", name)?;
            event_invoke_config(&function).map(|it| answer(200, &it))
        }
        (&Method::GET, ["2015-03-31", "functions", name, "configuration"]) => {
            let function = find(account, caller, "GetFunctionConfiguration", name)?;
            Ok(answer(200, &configuration(&function)))
        }
        (&Method::GET, ["2015-03-31", "functions", name, "policy"]) => {
            let function = find(account, caller, "GetPolicy", name)?;
            let policy = function.policy().document();
            let policy = policy.ok_or_else(|| {
                ServiceError::new(
                    404,
                    "ResourceNotFoundException",
                    "The resource you requested does not exist.",
                )
            })?;
            Ok(answer(
                200,
                &json!({ "Policy": policy.to_string(), "RevisionId": function.revision }),
            ))
        }
        (&Method::GET, ["2015-03-31", "functions", name, "versions"]) => {
            let function = find(account, caller, "ListVersionsByFunction", name)?;
            let versions = account.lambda.versions(&function);
            let versions: Vec<Value> = versions.iter().map(|it| configuration(it)).collect();
            Ok(answer(200, &json!({ "Versions": versions })))
        }
        (&Method::POST, ["2015-03-31", "functions", name, "invocations"]) => {
            let function = find(account, caller, "InvokeFunction", name)?;
            invocation(account, &function, headers, body).await
        }
        _ => Err(ServiceError::unknown_operation(
            "Lambda",
            &format!("{method} {}", uri.path()),
        )),
    }
}

/// Asks IAM first, as AWS does: who may not know of a function does not learn
/// whether it exists.
fn find(
    account: &Account,
    caller: &Principal,
    operation: &str,
    name: &str,
) -> Result<Arc<Function>, ServiceError> {
    let resource = if name.starts_with("arn:") {
        name.to_owned()
    } else {
        arn("lambda", &account.region, &format!("function:{name}"))
    };
    authorize(account, caller, operation, &resource)?;
    account.lambda.function(&resource)
}

fn authorize(
    account: &Account,
    caller: &Principal,
    operation: &str,
    resource: &str,
) -> Result<(), ServiceError> {
    account.authorize(
        caller,
        &format!("lambda:{operation}"),
        resource,
        "AccessDeniedException",
    )
}

async fn invocation(
    account: &Arc<Account>,
    function: &Arc<Function>,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response<Bytes>, ServiceError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text("x-amz-invocation-type").unwrap_or("RequestResponse");
    let (status, largest) = match kind {
        "RequestResponse" => (200, LARGEST_SYNC),
        "Event" => (202, LARGEST_ASYNC),
        "DryRun" => (204, LARGEST_SYNC),
        other => {
            return Err(ServiceError::bad_request(
                "InvalidParameterValueException",
                format!(
                    "1 validation error detected: Value '{other}' at 'invocationType' failed to \
                     satisfy constraint: Member must satisfy enum value set: [Event, \
                     RequestResponse, DryRun]"
                ),
            ));
        }
    };
    if body.len() > largest {
        return Err(ServiceError::new(
            413,
            "RequestTooLargeException",
            format!(
                "{} byte payload is too large for the {kind} invocation type (limit {largest} bytes)",
                body.len()
            ),
        ));
    }
    let payload = if body.is_empty() {
        Bytes::from_static(b"{}")
    } else {
        body
    };
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        return Err(ServiceError::bad_request(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        ));
    }
    let invocation = Invocation::new(payload);
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    set(&mut response, "x-amzn-requestid", &invocation.request_id);
    match kind {
        "Event" => enqueue(account, &function.arn, invocation),
        "DryRun" => {}
        _ => {
            let completed = invoke(account, function, &invocation).await?;
            set(&mut response, "x-amz-executed-version", "$LATEST");
            set(&mut response, "content-type", "application/json");
            if text("x-amz-log-type") == Some("Tail") {
                let tail = BASE64_STANDARD.encode(&completed.log_tail);
                set(&mut response, "x-amz-log-result", &tail);
            }
            *response.body_mut() = match completed.result {
                Ok(body) => body,
                Err(failure) => {
                    set(&mut response, "x-amz-function-error", "Unhandled");
                    failure.payload(&invocation.request_id).into()
                }
            };
        }
    }
    Ok(response)
}

fn concurrency(function: &Function) -> Value {
    match function.config.reserved_concurrency {
        Some(count) => json!({ "ReservedConcurrentExecutions": count }),
        None => json!({}),
    }
}

fn event_invoke_config(function: &Function) -> Result<Value, ServiceError> {
    let arn = format!("{}:{}", function.arn, function.version);
    let settings = function.event_invoke().ok_or_else(|| {
        ServiceError::new(
            404,
            "ResourceNotFoundException",
            format!("The function {arn} doesn't have an EventInvokeConfig"),
        )
    })?;
    let destination = |arn: &Option<String>| match arn {
        Some(arn) => json!({ "Destination": arn }),
        None => json!({}),
    };
    Ok(json!({
        "FunctionArn": arn,
        "LastModified": epoch_seconds(function.modified),
        "MaximumRetryAttempts": settings.maximum_retries,
        "MaximumEventAgeInSeconds": settings.maximum_age_s,
        "DestinationConfig": {
            "OnSuccess": destination(&settings.on_success),
            "OnFailure": destination(&settings.on_failure),
        },
    }))
}

/// The function as GetFunctionConfiguration shows it.
fn configuration(function: &Function) -> Value {
    let config = &function.config;
    json!({
        "FunctionName": config.name,
        "FunctionArn": function.arn,
        "Runtime": config.runtime,
        "Role": config.role_arn,
        "Handler": config.handler,
        "Description": config.description,
        "Timeout": config.timeout_s,
        "MemorySize": config.memory_mb,
        "Version": function.version,
        "CodeSize": config.code.size(),
        "CodeSha256": config.code.sha256(),
        "LastModified": iso(function.modified).replace('Z', "+0000"),
        "RevisionId": function.revision,
        "Environment": { "Variables": config.environment },
        "TracingConfig": { "Mode": config.tracing },
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": { "Size": config.ephemeral_mb },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": function.log_group },
    })
}

fn answer(status: u16, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    set(&mut response, "content-type", "application/json");
    set(
        &mut response,
        "x-amzn-requestid",
        &uuid::Uuid::new_v4().to_string(),
    );
    response
}
