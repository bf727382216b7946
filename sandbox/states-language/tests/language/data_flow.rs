//! InputPath to OutputPath, variables, intrinsic functions.

use serde_json::{Value, json};

use crate::machine::{Answer, FUNCTION, one, run};

fn pass(fields: Value) -> Value {
    let mut state = json!({ "Type": "Pass" });
    state
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    one(state)
}

#[test]
fn from_input_to_output() {
    let input = json!({ "a": { "b": 1 }, "list": [1, 2, 3] });
    for (fields, expected) in [
        (json!({}), input.clone()),
        (json!({ "InputPath": "$.a" }), json!({ "b": 1 })),
        (json!({ "InputPath": null }), json!({})),
        (json!({ "OutputPath": "$.a.b" }), json!(1)),
        (json!({ "OutputPath": null }), json!({})),
        (json!({ "Result": 7 }), json!(7)),
        (json!({ "Result": 7, "ResultPath": null }), input.clone()),
        (
            json!({ "Result": 7, "ResultPath": "$.a.c" }),
            json!({ "a": { "b": 1, "c": 7 }, "list": [1, 2, 3] }),
        ),
        // The raw input is what a result goes into, not what InputPath takes of it.
        (
            json!({ "InputPath": "$.a", "ResultPath": "$.copy" }),
            json!({ "a": { "b": 1 }, "list": [1, 2, 3], "copy": { "b": 1 } }),
        ),
        (
            json!({ "Parameters": { "x.$": "$.list[1:]", "y": ["$.a", { "z.$": "$.a.b" }] } }),
            json!({ "x": [2, 3], "y": ["$.a", { "z": 1 }] }),
        ),
        (
            json!({ "Result": { "x.$": "$.a" } }),
            json!({ "x.$": "$.a" }),
        ),
        (
            json!({ "Parameters": { "id.$": "$$.Execution.Name", "at.$": "$$.State.EnteredTime" } }),
            json!({ "id": "one", "at": "2027-01-15T08:00:00.000Z" }),
        ),
        // Past the end of a list there is null.
        (
            json!({ "Parameters": { "x.$": "$.list[9]" } }),
            json!({ "x": null }),
        ),
    ] {
        let ran = run(&pass(fields.clone()), &input, &[]);
        assert_eq!(*ran.output(), expected, "{fields}");
    }
}

#[test]
fn paths_that_lead_nowhere() {
    let input = json!({ "a": 1 });
    for (fields, expected) in [
        (
            json!({ "InputPath": "$.x" }),
            "Invalid path '$.x' : No results for path: $['x']",
        ),
        (
            json!({ "OutputPath": "$.x.y" }),
            "Invalid path '$.x.y' : Missing property in path $['x']",
        ),
        (
            json!({ "Parameters": { "n.$": "$.x" } }),
            "The JSONPath '$.x' specified for the field 'n.$' could not be found in the input \
             '{\"a\":1}'",
        ),
        (
            json!({ "Parameters": { "n.$": "States.Format('{}', $.x)" } }),
            "The function 'States.Format('{}', $.x)' had the following error: The JsonPath \
             argument for the field '$.x' could not be found in the input '{\"a\":1}'",
        ),
        (
            json!({ "Parameters": { "n.$": "States.MathAdd('a', 1)" } }),
            "There was an error while evaluating the intrinsic function: States.MathAdd('a', 1). \
             Invalid arguments in States.MathAdd, caused by: expected an integer but found \"a\"",
        ),
    ] {
        let ran = run(&pass(fields), &input, &[]);
        let cause = format!(
            "An error occurred while executing the state 'S' (entered at the event id #2). {expected}"
        );
        assert_eq!(ran.failure(), ("States.Runtime", cause.as_str()));
    }
}

#[test]
fn a_place_that_cannot_be_written() {
    let ran = run(
        &pass(json!({ "ResultPath": "$.a.b" })),
        &json!({ "a": 1 }),
        &[],
    );
    let (error, cause) = ran.failure();
    assert_eq!(error, "States.ReferencePathConflict");
    assert!(
        cause.ends_with("Unable to apply step \"b\" to input 1"),
        "{cause}"
    );
}

#[test]
fn a_tasks_result() {
    let state = json!({
        "Type": "Task", "Resource": FUNCTION,
        "InputPath": "$.in",
        "Parameters": { "n.$": "$.n", "fixed": true },
        "ResultSelector": { "score.$": "$.score" },
        "ResultPath": "$.result",
        "OutputPath": "$.result.score",
    });
    let result = Answer::Gives(json!({ "score": 110, "rest": "dropped" }));
    let ran = run(&one(state), &json!({ "in": { "n": 1 } }), &[result]);
    assert_eq!(ran.asked, [json!({ "n": 1, "fixed": true })]);
    assert_eq!(*ran.output(), json!(110));
}

#[test]
fn variables() {
    let machine = json!({
        "StartAt": "Set",
        "States": {
            "Set": {
                "Type": "Pass", "Result": { "n": 1 },
                "Assign": { "n.$": "$.n", "fixed": [1], "copy.$": "$" },
                "Next": "Swap",
            },
            // All of an Assign sees the variables as they were before.
            "Swap": {
                "Type": "Pass",
                "Assign": { "n": 2, "old.$": "$n" },
                "Next": "Both",
            },
            "Both": {
                "Type": "Parallel",
                "Branches": [{
                    "StartAt": "In",
                    "States": { "In": { "Type": "Pass", "Assign": { "inner.$": "$n" }, "Next": "Show" },
                        "Show": { "Type": "Pass", "Parameters": { "x.$": "$inner" }, "End": true } },
                }],
                "ResultPath": "$.inner",
                "Next": "Show2",
            },
            "Show2": {
                "Type": "Pass",
                "Parameters": {
                    "n.$": "$n", "old.$": "$old", "copy.$": "$copy.n", "inner.$": "$.inner[0].x",
                    "format.$": "States.Format('{}-{}', $n, $fixed[0])",
                },
                "End": true,
            },
        },
    });
    let ran = run(&machine, &json!({}), &[]);
    assert_eq!(
        *ran.output(),
        json!({ "n": 2, "old": 1, "copy": 1, "inner": 2, "format": "2-1" })
    );
    let assigned = &ran.events[2]["stateExitedEventDetails"]["assignedVariables"];
    assert_eq!(
        *assigned,
        json!({ "copy": "{\"n\":1}", "fixed": "[1]", "n": "1" })
    );
}

/// A branch's variables end with it.
#[test]
fn inner_variables_are_not_seen_outside() {
    let machine = json!({
        "StartAt": "Both",
        "States": {
            "Both": {
                "Type": "Parallel",
                "Branches": [{
                    "StartAt": "In",
                    "States": { "In": { "Type": "Pass", "Assign": { "inner": 1 }, "End": true } },
                }],
                "Next": "Show",
            },
            "Show": { "Type": "Pass", "Parameters": { "x.$": "$inner" }, "End": true },
        },
    });
    let (error, cause) = {
        let ran = run(&machine, &json!({}), &[]);
        let (error, cause) = ran.failure();
        (error.to_owned(), cause.to_owned())
    };
    assert_eq!(error, "States.Runtime");
    assert!(
        cause.contains("The JSONPath '$inner' specified for the field 'x.$'"),
        "{cause}"
    );
}

#[test]
fn what_is_too_large() {
    let text = "x".repeat(256 * 1024 - 2);
    assert_eq!(
        *run(&pass(json!({ "Result": text })), &json!({}), &[]).output(),
        json!(text)
    );
    let ran = run(
        &pass(json!({ "Result": format!("{text}x") })),
        &json!({}),
        &[],
    );
    assert_eq!(
        ran.failure(),
        (
            "States.DataLimitExceeded",
            "The state/task 'S' returned a result with a size exceeding the maximum number of \
             bytes service limit."
        )
    );
}

#[test]
fn intrinsic_functions() {
    let input = json!({ "n": 3, "list": [1, 2, 2], "o": { "a": 1 }, "t": "a,b;c", "none": [] });
    for (call, expected) in [
        (
            "States.Array($.n, 'x', null, true, -1.5)",
            json!([3, "x", null, true, -1.5]),
        ),
        ("States.Array()", json!([])),
        ("States.ArrayContains($.list, 2)", json!(true)),
        ("States.ArrayContains($.list, '2')", json!(false)),
        ("States.ArrayGetItem($.list, 0)", json!(1)),
        ("States.ArrayGetItem($.none, 0)", Value::Null),
        ("States.ArrayLength($.list)", json!(3)),
        ("States.ArrayPartition($.list, 2)", json!([[1, 2], [2]])),
        ("States.ArrayPartition($.list, 2.6)", json!([[1, 2], [2]])),
        ("States.ArrayRange(9, 1, -4)", json!([9, 5, 1])),
        ("States.ArrayRange(1, 9, -1)", json!([])),
        ("States.ArrayUnique($.list)", json!([1, 2])),
        ("States.Base64Decode('w7M=')", json!("ó")),
        ("States.Base64Decode('w7M')", json!("ó")),
        ("States.Base64Encode('ó')", json!("w7M=")),
        (
            "States.Format('{} is {}, \\{\\}', $.n, $.o)",
            json!("3 is {a=1}, {}"),
        ),
        ("States.Format('it\\'s')", json!("it's")),
        (
            "States.Hash('abc', 'SHA-1')",
            json!("a9993e364706816aba3e25717850c26c9cd0d89d"),
        ),
        (
            "States.JsonMerge($.o, States.StringToJson('{\"b\":2}'), false)",
            json!({ "a": 1, "b": 2 }),
        ),
        ("States.JsonToString($.o)", json!("{\"a\":1}")),
        ("States.MathAdd($.n, 4)", json!(7)),
        ("States.MathAdd(2.5, -0.4)", json!(3)),
        ("States.MathRandom(5, 6)", json!(5)),
        ("States.StringSplit($.t, ',;')", json!(["a", "b", "c"])),
        ("States.StringToJson('')", Value::Null),
        ("States.StringToJson('[1.5]')", json!([1.5])),
    ] {
        let ran = run(&pass(json!({ "Parameters": { "v.$": call } })), &input, &[]);
        assert_eq!(ran.output()["v"], expected, "{call}");
    }
    let uuid = run(
        &pass(json!({ "Parameters": { "v.$": "States.UUID()" } })),
        &input,
        &[],
    );
    assert_eq!(uuid.output()["v"].as_str().unwrap().len(), 36);
    let seeded = |seed: u32| {
        let call = format!("States.MathRandom(0, 1000000, {seed})");
        let ran = run(&pass(json!({ "Parameters": { "v.$": call } })), &input, &[]);
        ran.output()["v"].as_i64().unwrap()
    };
    assert_eq!(seeded(7), seeded(7));
}

#[test]
fn what_intrinsic_functions_refuse() {
    for (call, expected) in [
        (
            "States.ArrayGetItem($, 0)",
            "Invalid arguments in States.ArrayGetItem",
        ),
        (
            "States.ArrayGetItem(States.Array(1), 5)",
            "Invalid arguments in States.ArrayGetItem",
        ),
        (
            "States.ArrayPartition(States.Array(1), 0)",
            "Invalid arguments in States.ArrayPartition",
        ),
        (
            "States.ArrayPartition(States.Array(1), 0.6)",
            "Invalid arguments in States.ArrayPartition",
        ),
        (
            "States.ArrayRange(1, 9, 0)",
            "Invalid arguments in States.ArrayRange",
        ),
        (
            "States.ArrayRange(0, 1000, 1)",
            "Invalid arguments in States.ArrayRange",
        ),
        (
            "States.Hash('x', 'CRC')",
            "Invalid arguments in States.Hash",
        ),
        (
            "States.JsonMerge($, $, true)",
            "Invalid arguments in States.JsonMerge",
        ),
        (
            "States.MathRandom(2, 1)",
            "Invalid arguments in States.MathRandom",
        ),
        (
            "States.StringToJson('{')",
            "Invalid arguments in States.StringToJson",
        ),
        (
            "States.Format('{}')",
            "Invalid arguments in States.Format: number of arguments do not match the occurrences \
             of {}.",
        ),
        (
            "States.Format('{} {', 1)",
            "Invalid template in States.Format: matching '}' not found for '{'.",
        ),
    ] {
        let ran = run(
            &pass(json!({ "Parameters": { "v.$": call } })),
            &json!({}),
            &[],
        );
        let (error, cause) = ran.failure();
        assert_eq!(error, "States.Runtime");
        assert!(cause.contains(expected), "{call}: {cause}");
    }
}
