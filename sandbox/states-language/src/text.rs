//! JSON values as the texts that events and causes show.

use serde_json::Value;

/// Compact JSON text.
pub(crate) fn json_text(value: &Value) -> String {
    // `Display` of a Value is its compact JSON and cannot fail.
    value.to_string()
}
