//! What is wrong with definitions, in AWS's words.

mod states;

use serde_json::{Value, json};

use super::{Kind, StateMachine};
use crate::diagnostic::{Severity, invalid_definition_message};

fn findings(kind: Kind, definition: &Value) -> Vec<String> {
    let found = StateMachine::validate(&definition.to_string(), kind);
    let errors = found.iter().filter(|it| it.severity == Severity::Error);
    errors.map(ToString::to_string).collect()
}

/// A machine of one state `A`.
fn one(state: Value) -> Value {
    let mut state = state;
    let leads = ["Next", "End"].iter().any(|it| state.get(*it).is_some());
    if !leads
        && !["Choice", "Succeed", "Fail"]
            .iter()
            .any(|it| state["Type"] == *it)
    {
        state["End"] = true.into();
    }
    json!({ "StartAt": "A", "States": { "A": state } })
}

fn check(cases: impl IntoIterator<Item = (Value, &'static str)>) {
    for (definition, expected) in cases {
        assert_eq!(
            findings(Kind::Standard, &definition),
            [expected],
            "{definition}"
        );
    }
}

const CALL: &str = "arn:aws:states:::lambda:invoke";

#[test]
fn texts_that_are_no_definition() {
    let place = "[Source: (String)\"not one\"; line: 1, column: 4]";
    for (text, expected) in [
        (
            "not one",
            format!(
                "INVALID_JSON_DESCRIPTION: Unrecognized token 'not': was expecting (JSON String, \
                 Number, Array, Object or token 'null', 'true' or 'false')\n at {place}"
            ),
        ),
        (
            "",
            "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null".to_owned(),
        ),
        (
            "[]",
            "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null".to_owned(),
        ),
    ] {
        let found = StateMachine::parse(text).unwrap_err();
        assert_eq!(found[0].to_string(), expected);
    }
}

#[test]
fn machines() {
    let states = json!({ "A": { "Type": "Succeed" } });
    check([
        (
            json!({}),
            "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /",
        ),
        (
            json!({ "StartAt": "A", "States": {} }),
            "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States",
        ),
        (
            json!({ "StartAt": "A", "States": states, "Colour": 1 }),
            "SCHEMA_VALIDATION_FAILED: Field 'Colour' is not supported at /",
        ),
        (
            json!({ "StartAt": "A", "States": states, "Version": "2.0" }),
            "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [1.0] at /Version",
        ),
        (
            json!({ "StartAt": "A", "States": states, "TimeoutSeconds": -1 }),
            "SCHEMA_VALIDATION_FAILED: Minimum value is 0 at /TimeoutSeconds",
        ),
        (
            json!({ "StartAt": "A", "States": states, "QueryLanguage": "SQL" }),
            "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [JSONPath, JSONata] at \
             /QueryLanguage",
        ),
        (
            json!({ "StartAt": "A", "States": { "A": 1 } }),
            "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States/A",
        ),
        (
            one(json!({ "Colour": 1 })),
            "SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /States/A",
        ),
        (
            one(json!({ "Type": "Sleep" })),
            "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [Choice, Fail, Map, \
             Parallel, Pass, Succeed, Task, Wait] at /States/A/Type",
        ),
    ]);
}

#[test]
fn transitions() {
    check([
        (
            one(json!({ "Type": "Pass", "End": false })),
            "SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: \
             [Next, End] at /States/A",
        ),
        (
            one(json!({ "Type": "Pass", "Next": "A", "End": true })),
            "SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: [Next, \
             End] at /States/A",
        ),
        (
            one(json!({ "Type": "Succeed", "Next": "A" })),
            "SCHEMA_VALIDATION_FAILED: Field 'Next' is not supported at /States/A",
        ),
        (
            one(json!({ "Type": "Pass", "Next": "A" })),
            "MISSING_END_STATE: Workflow has no terminal state at null",
        ),
    ]);
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Next": "C" },
        "B": { "Type": "Pass", "End": true },
    } });
    let found = StateMachine::parse(&definition.to_string()).unwrap_err();
    assert_eq!(
        invalid_definition_message(&found),
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: C at \
         /States/A/Next, MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B'"
    );
    let definition = json!({ "StartAt": "Z", "States": { "A": { "Type": "Succeed" } } });
    assert_eq!(
        findings(Kind::Standard, &definition),
        [
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /StartAt",
            "MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A",
        ]
    );
}

#[test]
fn names() {
    let inner = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } });
    check([(
        one(json!({ "Type": "Parallel", "Branches": [inner] })),
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/Branches[0]/States/A",
    )]);
    let name = "n".repeat(81);
    let definition = json!({ "StartAt": name, "States": { &name: { "Type": "Succeed" } } });
    let found = findings(Kind::Standard, &definition);
    assert!(
        found[0].starts_with("INVALID_STATE_NAME: Invalid State name: n"),
        "{found:?}"
    );
    assert!(found[0].contains("exceeds the 80-character limit allowed by the service"));
}

#[test]
fn paths_and_templates() {
    check([
        (
            one(json!({ "Type": "Pass", "InputPath": "a" })),
            "SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at /States/A/InputPath",
        ),
        (
            one(json!({ "Type": "Pass", "ResultPath": "$.a[*]" })),
            "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path at /States/A/ResultPath",
        ),
        (
            one(json!({ "Type": "Pass", "Parameters": { "l": [{ "a.$": "b" }] } })),
            "SCHEMA_VALIDATION_FAILED: The value for the field 'a.$' must be a valid JSONPath or a \
             valid intrinsic function call at /States/A/Parameters/l[0]/a.$",
        ),
        (
            one(json!({ "Type": "Pass", "Parameters": { "a.$": "States.Fly()" } })),
            "SCHEMA_VALIDATION_FAILED: The value for the field 'a.$' must be a valid JSONPath or a \
             valid intrinsic function call at /States/A/Parameters/a.$",
        ),
        (
            one(json!({ "Type": "Pass", "Assign": { "states": 1 } })),
            "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at \
             /States/A/Assign",
        ),
        (
            one(json!({ "Type": "Pass", "Assign": { "a-b": 1 } })),
            "INVALID_VARIABLE_NAME: Invalid variable name 'a-b': the variable name contains invalid \
             characters. at /States/A/Assign",
        ),
    ]);
}

#[test]
fn both_query_languages() {
    let jsonata = |state: Value| {
        let mut machine = one(state);
        machine["QueryLanguage"] = "JSONata".into();
        machine
    };
    check([
        (
            one(json!({ "Type": "Pass", "Output": 1 })),
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' \
             is only supported for the 'JSONata' QueryLanguage at /States/A",
        ),
        (
            jsonata(json!({ "Type": "Pass", "InputPath": "$" })),
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'InputPath' \
             is only supported for the 'JSONPath' QueryLanguage at /States/A",
        ),
        (
            jsonata(json!({ "Type": "Pass", "QueryLanguage": "JSONPath" })),
            "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' \
             for whole state machine at /States/A",
        ),
        (
            jsonata(json!({ "Type": "Pass", "Output": "{% 1 " })),
            "SCHEMA_VALIDATION_FAILED: JSONata string must start with {% and end with %} at \
             /States/A/Output",
        ),
        (
            jsonata(json!({ "Type": "Pass", "Output": { "v": "{% 'a %}" } })),
            "INVALID_JSONATA_EXPRESSION: String literal must be terminated by a matching quote at \
             /States/A/Output/v",
        ),
    ]);
}
