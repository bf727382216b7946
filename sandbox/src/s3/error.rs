//! S3's errors: the codes and texts of "Error responses" in the S3 API Reference.

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode};

use crate::error::ServiceError;

impl From<ServiceError> for S3Error {
    fn from(error: ServiceError) -> Self {
        let code = S3ErrorCode::from_bytes(error.code.as_bytes())
            .unwrap_or_else(|| S3ErrorCode::Custom(error.code.as_ref().into()));
        let mut answer = Self::with_message(code, error.message);
        if let Ok(status) = StatusCode::from_u16(error.status) {
            answer.set_status_code(status);
        }
        answer
    }
}

pub fn no_such_bucket() -> ServiceError {
    ServiceError::new(404, "NoSuchBucket", "The specified bucket does not exist")
}

pub fn no_such_key() -> ServiceError {
    ServiceError::new(404, "NoSuchKey", "The specified key does not exist.")
}

pub fn no_such_version() -> ServiceError {
    ServiceError::new(
        404,
        "NoSuchVersion",
        "The specified version does not exist.",
    )
}

pub fn no_such_upload() -> ServiceError {
    ServiceError::new(
        404,
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may \
         have been aborted or completed.",
    )
}

pub fn invalid_argument(text: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidArgument", text)
}

pub fn invalid_request(text: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidRequest", text)
}

pub fn malformed_xml() -> ServiceError {
    ServiceError::bad_request(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

pub fn access_denied() -> ServiceError {
    ServiceError::new(403, "AccessDenied", "Access Denied")
}

pub fn precondition_failed() -> ServiceError {
    ServiceError::new(
        412,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
}

pub fn invalid_range() -> ServiceError {
    ServiceError::new(
        416,
        "InvalidRange",
        "The requested range is not satisfiable",
    )
}

pub fn not_implemented(what: &str) -> ServiceError {
    ServiceError::new(
        501,
        "NotImplemented",
        format!("The sandbox's Amazon S3 does not have {what}."),
    )
}

/// The text of a code where the protocol layer gives none, or its own.
pub fn text_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "SignatureDoesNotMatch" => {
            "The request signature we calculated does not match the signature you provided. \
             Check your key and signing method."
        }
        "RequestTimeTooSkewed" => {
            "The difference between the request time and the current time is too large."
        }
        "InvalidBucketName" => "The specified bucket is not valid.",
        "KeyTooLongError" => "Your key is too long",
        "InvalidURI" => "Couldn't parse the specified URI.",
        "MalformedXML" => {
            "The XML you provided was not well-formed or did not validate against our published \
             schema"
        }
        "MissingRequestBodyError" => "Request Body is empty",
        "MissingContentLength" => "You must provide the Content-Length HTTP header.",
        "MaxMessageLengthExceeded" => "Your request was too big.",
        "MethodNotAllowed" => "The specified method is not allowed against this resource.",
        "IncompleteBody" => {
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
        }
        "InternalError" => "We encountered an internal error. Please try again.",
        _ => return None,
    })
}
