//! The one error type of all services: what AWS puts on the wire.

use std::borrow::Cow;

/// An answer that is an error: an HTTP status, AWS's error code and its text.
///
/// Each protocol (`protocol::json`, `protocol::query`, `lambda::api`, S3's XML)
/// writes it in its own shape; the three facts are the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// The HTTP status, such as 400.
    pub status: u16,
    /// The code as AWS spells it, such as `ExecutionDoesNotExist`.
    pub code: Cow<'static, str>,
    /// The text for a person.
    pub message: String,
}

impl ServiceError {
    /// An error with its status, code and text.
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    /// An error of the caller's making: HTTP status 400.
    pub fn bad_request(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// An operation of AWS's that the sandbox does not have.
    pub fn unknown_operation(service: &str, operation: &str) -> Self {
        Self::bad_request(
            "UnknownOperationException",
            format!("The sandbox does not have the operation {operation} of {service}."),
        )
    }
}

/// Says of something that AWS has that this sandbox has not. It is nobody's mistake, so the
/// words speak of no mending.
pub fn unserved(what: impl std::fmt::Display) -> String {
    format!("AWS takes {what}{UNSERVED}")
}

/// Whether a text is one of [`unserved`], also within what another service put around it:
/// reasons travel as texts, as they do through CloudFormation.
pub fn is_unserved(text: &str) -> bool {
    text.contains(UNSERVED)
}

const UNSERVED: &str = "; this sandbox does not.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unserved_is_known_by_its_words() {
        let text = unserved("the property Layers of AWS::Lambda::Function");
        assert_eq!(
            text,
            "AWS takes the property Layers of AWS::Lambda::Function; this sandbox does not."
        );
        assert!(is_unserved(&format!("F (AWS::Lambda::Function): {text}")));
        assert!(!is_unserved("The sandbox is closing."));
    }
}
