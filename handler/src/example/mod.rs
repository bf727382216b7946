//! `example`: the single step of the first workflow. It returns its input with a greeting.

use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use serde_json::{Map, Value};

use crate::BUILD_ID;

/// Returns `input` with the field `greeting` added.
///
/// # Errors
///
/// None: it is fallible so that it looks like its siblings.
pub fn handle(mut input: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let key = input.get("key").and_then(Value::as_str);
    info!(key, build = BUILD_ID, "Example step");
    input.insert("greeting".to_owned(), "Hello from the workflow".into());
    Ok(input)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_input_comes_back_with_a_greeting() {
        let input = json!({"key": "a.txt", "extension": "txt"});

        let output = handle(input.as_object().cloned().unwrap()).unwrap();

        assert_eq!(
            Value::Object(output),
            json!({"key": "a.txt", "extension": "txt", "greeting": "Hello from the workflow"})
        );
    }
}
