//! JSON values as the texts that events and causes show.

use serde_json::Value;

/// Compact JSON text.
pub(crate) fn json_text(value: &Value) -> String {
    // `Display` of a Value is its compact JSON and cannot fail.
    value.to_string()
}

/// As `States.Format` writes a value: `{Arg1=1, Arg2=[a, b]}`, the form that
/// Java gives to its collections.
pub(crate) fn java_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(java_text).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, member)| format!("{name}={}", java_text(member)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}

/// The kind of a value, as causes name it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
