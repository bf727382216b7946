//! Which fields the types of states take.

use super::QueryLanguage;
use super::reader::{Node, Reader};

/// The types of states, as AWS lists them.
pub(super) const TYPES: [&str; 8] = [
    "Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait",
];

const EVERY_STATE: [&str; 3] = ["Type", "Comment", "QueryLanguage"];

/// The fields of each type besides those of every state.
fn fields_of(state_type: &str) -> &'static [&'static str] {
    match state_type {
        "Pass" => &[
            "InputPath",
            "OutputPath",
            "Result",
            "ResultPath",
            "Parameters",
            "Output",
            "Assign",
            "Next",
            "End",
        ],
        "Task" => &[
            "InputPath",
            "OutputPath",
            "ResultPath",
            "Parameters",
            "Arguments",
            "Output",
            "Assign",
            "Resource",
            "Credentials",
            "ResultSelector",
            "Retry",
            "Catch",
            "TimeoutSeconds",
            "TimeoutSecondsPath",
            "HeartbeatSeconds",
            "HeartbeatSecondsPath",
            "Next",
            "End",
        ],
        "Wait" => &[
            "InputPath",
            "OutputPath",
            "Output",
            "Assign",
            "Seconds",
            "Timestamp",
            "SecondsPath",
            "TimestampPath",
            "Next",
            "End",
        ],
        "Parallel" => &[
            "InputPath",
            "OutputPath",
            "ResultPath",
            "Parameters",
            "Arguments",
            "Output",
            "Assign",
            "ResultSelector",
            "Retry",
            "Catch",
            "Branches",
            "Next",
            "End",
        ],
        "Map" => &[
            "InputPath",
            "OutputPath",
            "ResultPath",
            "Parameters",
            "Output",
            "Assign",
            "ResultSelector",
            "Retry",
            "Catch",
            "ItemProcessor",
            "Iterator",
            "ItemsPath",
            "Items",
            "ItemSelector",
            "ItemReader",
            "ItemBatcher",
            "ResultWriter",
            "MaxConcurrency",
            "MaxConcurrencyPath",
            "ToleratedFailurePercentage",
            "ToleratedFailurePercentagePath",
            "ToleratedFailureCount",
            "ToleratedFailureCountPath",
            "Label",
            "Next",
            "End",
        ],
        "Choice" => &[
            "InputPath",
            "OutputPath",
            "Output",
            "Assign",
            "Choices",
            "Default",
        ],
        "Succeed" => &["InputPath", "OutputPath", "Output"],
        _ => &["Error", "Cause", "ErrorPath", "CausePath"],
    }
}

const JSONATA_ONLY: [&str; 3] = ["Arguments", "Output", "Items"];

/// Fields whose name does not end in `Path` but which only JSONPath states have.
const JSONPATH_ONLY: [&str; 3] = ["Parameters", "ResultSelector", "Result"];

/// Rejects fields that the type does not have, or not in the state's language.
pub(super) fn check(
    reader: &mut Reader,
    node: &Node<'_>,
    state_type: &str,
    language: QueryLanguage,
) {
    let own = fields_of(state_type);
    for field in node.fields.keys().map(String::as_str) {
        if !own.contains(&field) && !EVERY_STATE.contains(&field) {
            reader.reject(&node.place, format!("Field '{field}' is not supported"));
            continue;
        }
        check_language(reader, node, field, language);
    }
}

/// Rejects a field that only the other language has.
pub(super) fn check_language(
    reader: &mut Reader,
    node: &Node<'_>,
    field: &str,
    language: QueryLanguage,
) {
    let (is_of_other, name, other) = match language {
        QueryLanguage::JsonPath => (JSONATA_ONLY.contains(&field), "JSONPath", "JSONata"),
        QueryLanguage::Jsonata => (
            field.ends_with("Path") || JSONPATH_ONLY.contains(&field),
            "JSONata",
            "JSONPath",
        ),
    };
    if is_of_other {
        reader.reject(
            &node.place,
            format!(
                "The QueryLanguage is set to '{name}', but field '{field}' is only supported for \
                 the '{other}' QueryLanguage"
            ),
        );
    }
}
