//! Choice states in both languages.

use serde_json::{Value, json};

use crate::machine::{Ran, run};

fn choose(language: &str, rule: Value, input: &Value) -> Ran {
    let mut rule = rule;
    rule["Next"] = "Yes".into();
    let machine = json!({
        "QueryLanguage": language,
        "StartAt": "C",
        "States": {
            "C": { "Type": "Choice", "Choices": [rule], "Default": "No" },
            "Yes": { "Type": "Pass", "End": true },
            "No": { "Type": "Fail", "Error": "No" },
        },
    });
    run(&machine, input, &[])
}

#[test]
fn operators() {
    let input = json!({
        "n": 5, "f": 5.0, "t": "beta", "yes": true, "null": null, "day": "2027-01-15T08:00:00Z",
        "other": "alpha", "later": "2027-01-15T09:00:00+00:30", "list": [],
    });
    for (rule, expected) in [
        (json!({ "Variable": "$.n", "NumericEquals": 5 }), true),
        (
            json!({ "Variable": "$.n", "NumericEqualsPath": "$.f" }),
            true,
        ),
        (json!({ "Variable": "$.n", "NumericLessThan": 5 }), false),
        (
            json!({ "Variable": "$.n", "NumericLessThanEquals": 5 }),
            true,
        ),
        (
            json!({ "Variable": "$.n", "NumericGreaterThan": 4.5 }),
            true,
        ),
        (json!({ "Variable": "$.t", "NumericGreaterThan": 1 }), false),
        (json!({ "Variable": "$.t", "StringEquals": "beta" }), true),
        (
            json!({ "Variable": "$.t", "StringGreaterThanPath": "$.other" }),
            true,
        ),
        (
            json!({ "Variable": "$.t", "StringLessThan": "alpha" }),
            false,
        ),
        (json!({ "Variable": "$.t", "StringMatches": "b*a" }), true),
        (json!({ "Variable": "$.n", "StringMatches": "*" }), false),
        (json!({ "Variable": "$.yes", "BooleanEquals": true }), true),
        (
            json!({ "Variable": "$.yes", "BooleanEqualsPath": "$.yes" }),
            true,
        ),
        (
            json!({ "Variable": "$.day", "TimestampLessThan": "2028-01-01T00:00:00Z" }),
            true,
        ),
        (
            json!({ "Variable": "$.day", "TimestampLessThanPath": "$.later" }),
            true,
        ),
        (
            json!({ "Variable": "$.day", "TimestampGreaterThanEquals": "2027-01-15T08:00:00Z" }),
            true,
        ),
        (
            json!({ "Variable": "$.t", "TimestampEquals": "2027-01-15T08:00:00Z" }),
            false,
        ),
        (json!({ "Variable": "$.null", "IsNull": true }), true),
        (json!({ "Variable": "$.n", "IsNull": false }), true),
        (json!({ "Variable": "$.n", "IsNumeric": true }), true),
        (json!({ "Variable": "$.t", "IsString": false }), false),
        (json!({ "Variable": "$.yes", "IsBoolean": true }), true),
        (json!({ "Variable": "$.day", "IsTimestamp": true }), true),
        (json!({ "Variable": "$.t", "IsTimestamp": true }), false),
        (json!({ "Variable": "$.x", "IsPresent": false }), true),
        (json!({ "Variable": "$.null", "IsPresent": true }), true),
        (
            json!({ "Variable": "$$.Execution.Name", "StringEquals": "one" }),
            true,
        ),
        (
            json!({ "And": [
                { "Variable": "$.x", "IsPresent": true },
                // Not asked for any more.
                { "Variable": "$.x", "NumericEquals": 1 },
            ] }),
            false,
        ),
        (
            json!({ "Or": [
                { "Variable": "$.n", "NumericEquals": 1 },
                { "Not": { "Variable": "$.n", "NumericEquals": 1 } },
            ] }),
            true,
        ),
    ] {
        let ran = choose("JSONPath", rule.clone(), &input);
        let chosen = ran.events.iter().any(|it| it["type"] == "PassStateEntered");
        assert_eq!(chosen, expected, "{rule}: {:?}", ran.outcome);
    }
}

#[test]
fn a_variable_that_is_not_there() {
    let ran = choose(
        "JSONPath",
        json!({ "Variable": "$.x", "IsString": true }),
        &json!({}),
    );
    assert_eq!(
        ran.failure(),
        (
            "States.Runtime",
            "An error occurred while executing the state 'C' (entered at the event id #2). Invalid \
             path '$.x': The choice state's condition path references an invalid value."
        )
    );
}

#[test]
fn no_rule_holds() {
    let machine = json!({
        "StartAt": "C",
        "States": {
            "C": { "Type": "Choice", "Choices": [
                { "Variable": "$.n", "NumericEquals": 1, "Next": "Yes" },
            ] },
            "Yes": { "Type": "Succeed" },
        },
    });
    let ran = run(&machine, &json!({ "n": 2 }), &[]);
    assert_eq!(
        ran.failure(),
        (
            "States.Runtime",
            "An error occurred while executing the state 'C' (entered at the event id #2). Failed \
             to transition out of the state. The state does not point to a next state."
        )
    );
}

#[test]
fn conditions_of_jsonata() {
    let input = json!({ "n": 5 });
    let rule = json!({
        "Condition": "{% $states.input.n > 4 %}",
        "Output": { "was": "{% $states.input.n %}" },
        "Assign": { "seen": "{% $states.input.n %}" },
    });
    let ran = choose("JSONata", rule, &input);
    assert_eq!(*ran.output(), json!({ "was": 5 }));
    let exited = &ran.events[2]["stateExitedEventDetails"];
    assert_eq!(exited["assignedVariables"], json!({ "seen": "5" }));
    let ran = choose("JSONata", json!({ "Condition": "{% 1 %}" }), &input);
    let (error, cause) = ran.failure();
    assert_eq!(error, "States.QueryEvaluationError");
    assert!(
        cause.ends_with(
            "The JSONata expression '1' specified for the field 'Choices[0]/Condition' returned an \
             unexpected result type. Expected 'boolean', but was 'number' for value: 1"
        ),
        "{cause}"
    );
}
