//! JSONata states.

use serde_json::{Value, json};

use crate::machine::{Answer, FUNCTION, one_of_jsonata, run};

fn output(expression: &str, input: &Value) -> Value {
    let text = format!("{{% {expression} %}}");
    let ran = run(
        &one_of_jsonata(json!({ "Type": "Pass", "Output": text })),
        input,
        &[],
    );
    match ran.outcome {
        states_language::Outcome::Succeeded { output } => output,
        other => panic!("{expression}: {other:?}"),
    }
}

#[test]
fn arguments_output_and_assign() {
    let machine = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task", "Resource": FUNCTION,
                "Arguments": { "n": "{% $states.input.n + 1 %}", "fixed": "text" },
                "Assign": { "got": "{% $states.result.score %}" },
                "Output": { "of": "{% $states.context.State.Name %}", "raw": "{% $states.result %}" },
                "Next": "Show",
            },
            "Show": { "Type": "Pass", "Output": "{% $got * 2 %}", "End": true },
        },
    });
    let ran = run(
        &machine,
        &json!({ "n": 1 }),
        &[Answer::Gives(json!({ "score": 55 }))],
    );
    assert_eq!(ran.asked, [json!({ "n": 2, "fixed": "text" })]);
    assert_eq!(*ran.output(), json!(110));
}

/// Without an `Output`, a task's result is the output, and the input of other states.
#[test]
fn without_output() {
    let task = json!({ "Type": "Task", "Resource": FUNCTION });
    let ran = run(
        &one_of_jsonata(task),
        &json!({}),
        &[Answer::Gives(json!(3))],
    );
    assert_eq!(*ran.output(), json!(3));
    let ran = run(&one_of_jsonata(json!({ "Type": "Pass" })), &json!([1]), &[]);
    assert_eq!(*ran.output(), json!([1]));
}

#[test]
fn functions_of_step_functions() {
    let input = json!({ "list": [1, 2, 3], "text": "{\"a\":[1]}" });
    for (expression, expected) in [
        ("$partition($states.input.list, 2)", json!([[1, 2], [3]])),
        ("$partition([], 2)", json!([])),
        ("$range(0, 9, 3)", json!([0, 3, 6, 9])),
        ("$range(3, 1, -1)", json!([3, 2, 1])),
        ("$range(3, 1, 1)", json!([])),
        (
            "$hash('abc', 'MD5')",
            json!("900150983cd24fb0d6963f7d28e17f72"),
        ),
        ("$parse($states.input.text)", json!({ "a": [1] })),
        ("$length($uuid())", json!(36)),
        ("$random(7) = $random(7)", json!(true)),
        ("$random() < 1", json!(true)),
        // Numbers stay whole where they are.
        ("$sum($states.input.list) / 2", json!(3)),
        ("1 / 4", json!(0.25)),
        ("{ 'a': null }", json!({ "a": null })),
    ] {
        assert_eq!(output(expression, &input), expected, "{expression}");
    }
}

#[test]
fn what_fails() {
    for (expression, expected) in [
        ("$none", "returned nothing (undefined)."),
        ("$states.input.none", "returned nothing (undefined)."),
        (
            "$none()",
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        (
            "$eval('1')",
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        (
            "$range(0, 1, 0)",
            "threw an error during evaluation. T0410: ",
        ),
        (
            "$hash('abc', 'CRC')",
            "threw an error during evaluation. T0410: ",
        ),
        ("$parse('{')", "threw an error during evaluation. D3001: "),
        ("1 + 'a'", "threw an error during evaluation. T2002: "),
        (
            "function($x) { $x }",
            "returned something that is not JSON.",
        ),
    ] {
        let text = format!("{{% {expression} %}}");
        let state = json!({ "Type": "Pass", "Output": { "list": [1, text] } });
        let ran = run(&one_of_jsonata(state), &json!({}), &[]);
        let (error, cause) = ran.failure();
        assert_eq!(error, "States.QueryEvaluationError");
        let expected = format!(
            "The JSONata expression '{expression}' specified for the field 'Output/list[1]' {expected}"
        );
        assert!(cause.contains(&expected), "{cause}");
    }
}

/// An expression without an end of its own is ended.
#[test]
fn endless_expressions() {
    for expression in [
        "( $f := function($n) { $f($n + 1) + 1 }; $f(0) )",
        "$count([1..100000000])",
    ] {
        let text = format!("{{% {expression} %}}");
        let ran = run(
            &one_of_jsonata(json!({ "Type": "Pass", "Output": text })),
            &json!({}),
            &[],
        );
        assert_eq!(ran.failure().0, "States.QueryEvaluationError");
    }
}

/// A state of a JSONPath machine may speak JSONata, and see its variables.
#[test]
fn both_languages_in_one_machine() {
    let machine = json!({
        "StartAt": "Path",
        "States": {
            "Path": { "Type": "Pass", "Assign": { "n.$": "$.n" }, "Next": "Ata" },
            "Ata": {
                "Type": "Pass", "QueryLanguage": "JSONata",
                "Assign": { "m": "{% $n * 2 %}" }, "Output": "{% $n %}", "Next": "PathAgain",
            },
            "PathAgain": {
                "Type": "Pass", "Parameters": { "in.$": "$", "m.$": "$m" }, "End": true,
            },
        },
    });
    assert_eq!(
        *run(&machine, &json!({ "n": 4 }), &[]).output(),
        json!({ "in": 4, "m": 8 })
    );
}
