//! Any text in the places of a state that take a path or an intrinsic function.

#![no_main]

mod execute;

use libfuzzer_sys::fuzz_target;
use serde_json::json;

const INPUT: &str = r#"{"a": {"b": [1, 2.5, "three", null, true, {"c": [[4], []]}]}, "t": "x y", "n": -3, "b64": "Zm9v"}"#;

fuzz_target!(|text: &str| {
    let fields = [
        json!({ "InputPath": text }),
        json!({ "OutputPath": text }),
        json!({ "ResultPath": text }),
        json!({ "Parameters": { "x.$": text } }),
        json!({ "Assign": { "x.$": text } }),
    ];
    for mut state in fields {
        state["Type"] = "Pass".into();
        state["End"] = true.into();
        run(state);
    }
    run(json!({
        "Type": "Choice",
        "Choices": [{ "Variable": text, "IsPresent": true, "Next": "End" }],
        "Default": "End",
    }));
    run(json!({
        "Type": "Choice",
        "Choices": [{ "Variable": "$.t", "StringMatches": text, "Next": "End" }],
        "Default": "End",
    }));
});

fn run(state: serde_json::Value) {
    let end = json!({ "Type": "Succeed" });
    let machine = json!({ "StartAt": "It", "States": { "It": state, "End": end } });
    execute::execute(&machine.to_string(), INPUT);
}
