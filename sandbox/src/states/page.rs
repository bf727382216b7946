//! Pages of lists: how many, and after what.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::error::ServiceError;

/// Which page a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many items at most.
    pub size: usize,
    /// What the page before ended with.
    pub after: Option<String>,
}

impl Page {
    /// Reads `maxResults` (100 where it is missing or 0) and `nextToken`.
    ///
    /// # Errors
    ///
    /// `ValidationException` for a size over `most`, `InvalidToken` for a token
    /// that no page ended with.
    pub fn of(input: &Value, most: usize) -> Result<Self, ServiceError> {
        let size = match input["maxResults"]
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
        {
            None | Some(0) => 100,
            Some(size) if size <= most => size,
            Some(size) => {
                return Err(ServiceError::bad_request(
                    "ValidationException",
                    format!(
                        "1 validation error detected: Value '{size}' at 'maxResults' failed to \
                         satisfy constraint: Member must have value less than or equal to {most}"
                    ),
                ));
            }
        };
        let after = match input["nextToken"].as_str() {
            None => None,
            Some(token) => Some(
                BASE64_STANDARD
                    .decode(token)
                    .ok()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .ok_or_else(invalid_token)?,
            ),
        };
        Ok(Self { size, after })
    }

    /// The page before ended with this number.
    ///
    /// # Errors
    ///
    /// `InvalidToken`.
    pub fn after_number(&self) -> Result<Option<u64>, ServiceError> {
        self.after
            .as_ref()
            .map(|after| after.parse().map_err(|_| invalid_token()))
            .transpose()
    }
}

/// The token of the page that follows one that ended with `last`.
pub fn next_token(last: &str) -> Value {
    Value::String(BASE64_STANDARD.encode(last))
}

fn invalid_token() -> ServiceError {
    ServiceError::bad_request("InvalidToken", "Invalid Token: 'Invalid token'")
}
