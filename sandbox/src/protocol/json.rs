//! AWS JSON 1.0 and 1.1: the operation in `X-Amz-Target`, the rest in the body.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};

use crate::error::ServiceError;

/// What a JSON request asks: the operation's name and its input.
#[derive(Debug)]
pub struct Request {
    /// Such as `StartExecution`.
    pub operation: String,
    /// The body, an object.
    pub input: Value,
}

/// Reads a request to the service with that prefix: `X-Amz-Target: PREFIX.StartExecution` and a
/// JSON body.
///
/// # Errors
///
/// `UnknownOperationException` without a target of this service's, `SerializationException` when
/// the body is not a JSON object, as AWS's JSON services answer.
pub fn read(headers: &HeaderMap, prefix: &str, body: &Bytes) -> Result<Request, ServiceError> {
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .and_then(|target| target.strip_prefix(prefix)?.strip_prefix('.'))
        .map(str::to_owned)
        .ok_or_else(|| ServiceError::bad_request("UnknownOperationException", ""))?;
    let input = if body.is_empty() {
        Ok(json!({}))
    } else {
        serde_json::from_slice(body)
    };
    match input {
        Ok(input @ Value::Object(_)) => Ok(Request { operation, input }),
        _ => Err(ServiceError::bad_request("SerializationException", "")),
    }
}

/// Writes an answer with the media type that the request came with.
pub fn write(
    result: Result<Value, ServiceError>,
    headers: &HeaderMap,
    request_id: &str,
) -> Response<Bytes> {
    let (status, body) = match result {
        Ok(value) => (200, value),
        // Whatever is the caller's fault has one status in this protocol; the
        // error's type tells what it is.
        Err(error) => (
            if error.status < 500 {
                400
            } else {
                error.status
            },
            json!({ "__type": error.code, "message": error.message }),
        ),
    };
    let media_type = match headers.get("content-type") {
        Some(given) if given.as_bytes().starts_with(b"application/x-amz-json-1.1") => {
            "application/x-amz-json-1.1"
        }
        _ => "application/x-amz-json-1.0",
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    super::set(&mut response, "content-type", media_type);
    super::set(&mut response, "x-amzn-requestid", request_id);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_protocols_status() {
        for (status, expected) in [(400, 400), (403, 400), (404, 400), (500, 500), (503, 503)] {
            let error = ServiceError::new(status, "AccessDeniedException", "no");
            let response = write(Err(error), &HeaderMap::new(), "1");
            assert_eq!(response.status().as_u16(), expected, "{status}");
            assert_eq!(
                response.body().as_ref(),
                br#"{"__type":"AccessDeniedException","message":"no"}"#
            );
        }
    }
}
