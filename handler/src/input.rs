//@ file task 2 start
//! What the functions of the workflow are given.

use lambda_runtime::Error;
use serde_json::{Map, Value};

/// The key of the CV's object.
///
/// # Errors
///
/// When the input has none.
pub fn key(input: &Map<String, Value>) -> Result<&str, Error> {
    let key = input.get("key").and_then(Value::as_str);
    key.ok_or_else(|| "the input has no \"key\": does the state before pass it on?".into())
}
