//! Fail states, Retry and Catch.

use std::time::Duration;

use serde_json::{Value, json};

use crate::machine::{Answer, FUNCTION, one, one_of_jsonata, run};

const FAILS: Answer = Answer::Fails("Own", "because");

fn guarded(fields: Value) -> Value {
    let mut task = json!({ "Type": "Task", "Resource": FUNCTION, "End": true });
    task.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let mut states = json!({ "T": task });
    if fields.get("Catch").is_some() {
        states["Caught"] = json!({ "Type": "Pass", "End": true });
    }
    json!({ "StartAt": "T", "States": states })
}

#[test]
fn fail_states() {
    let input = json!({ "e": "Own", "c": "because" });
    for (state, expected) in [
        (json!({ "Error": "E", "Cause": "c" }), ("E", "c")),
        (
            json!({ "ErrorPath": "$.e", "CausePath": "$.c" }),
            ("Own", "because"),
        ),
        (
            json!({ "Error": "E", "CausePath": "States.Format('{}!', $.c)" }),
            ("E", "because!"),
        ),
        (json!({}), ("", "")),
    ] {
        let mut state = state;
        state["Type"] = "Fail".into();
        let machine = json!({ "StartAt": "S", "States": { "S": state } });
        assert_eq!(run(&machine, &input, &[]).failure(), expected);
    }
}

#[test]
fn retries_wait_longer_each_time() {
    let retry = json!({ "Retry": [
        { "ErrorEquals": ["Other"], "MaxAttempts": 9 },
        { "ErrorEquals": ["Own"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 3,
          "MaxDelaySeconds": 10 },
    ] });
    let ran = run(&guarded(retry.clone()), &json!({}), &vec![FAILS; 3]);
    assert_eq!(*ran.output(), json!({}));
    assert_eq!(
        (ran.asked.len(), ran.took),
        (4, Duration::from_secs(2 + 6 + 10))
    );
    let ran = run(&guarded(retry), &json!({}), &vec![FAILS; 4]);
    assert_eq!((ran.failure(), ran.asked.len()), (("Own", "because"), 4));
}

/// Each retrier counts for itself.
#[test]
fn retriers_count_apart() {
    let retry = json!({ "Retry": [
        { "ErrorEquals": ["Other"], "MaxAttempts": 1, "IntervalSeconds": 0 },
        { "ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 0 },
    ] });
    let other = Answer::Fails("Other", "");
    let ran = run(&guarded(retry.clone()), &json!({}), &[FAILS, other.clone()]);
    assert_eq!(ran.asked.len(), 3);
    let ran = run(&guarded(retry), &json!({}), &[FAILS, FAILS, other]);
    assert_eq!((ran.failure().0, ran.asked.len()), ("Own", 2));
}

#[test]
fn catchers_see_the_error() {
    let input = json!({ "cv": 1 });
    let error = json!({ "Error": "Own", "Cause": "because" });
    for (catch, expected) in [
        (json!({ "ErrorEquals": ["Own"] }), error.clone()),
        (
            json!({ "ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.why" }),
            json!({ "cv": 1, "why": error }),
        ),
        (
            json!({ "ErrorEquals": ["States.ALL"], "ResultPath": null }),
            input.clone(),
        ),
    ] {
        let mut catch = catch;
        catch["Next"] = "Caught".into();
        let never = json!({ "ErrorEquals": ["Other"], "Next": "Caught" });
        // What OutputPath says is about the result, not about an error.
        let fields = json!({ "Catch": [never, catch], "OutputPath": "$.no.such.path" });
        let ran = run(&guarded(fields), &input, &[FAILS]);
        assert_eq!(*ran.output(), expected);
    }
}

#[test]
fn catchers_of_jsonata() {
    let mut machine = guarded(json!({ "Catch": [{
        "ErrorEquals": ["Own"],
        "Output": "{% $states.errorOutput.Error & ' of ' & $states.input.cv %}",
        "Assign": { "cause": "{% $states.errorOutput.Cause %}" },
        "Next": "Caught",
    }] }));
    machine["QueryLanguage"] = "JSONata".into();
    let ran = run(&machine, &json!({ "cv": "Zoe" }), &[FAILS]);
    assert_eq!(*ran.output(), json!("Own of Zoe"));
    let exited = ran
        .events
        .iter()
        .find(|it| it["type"] == "TaskStateExited")
        .unwrap();
    assert_eq!(
        exited["stateExitedEventDetails"]["assignedVariables"],
        json!({ "cause": "\"because\"" })
    );
}

/// `States.Runtime` ends the execution even if a catcher names it.
#[test]
fn what_cannot_be_caught() {
    let fields = json!({
        "OutputPath": "$.x",
        "Catch": [{ "ErrorEquals": ["States.Runtime"], "Next": "Caught" }],
        "Retry": [{ "ErrorEquals": ["States.ALL"] }],
    });
    let ran = run(&guarded(fields), &json!({}), &[]);
    assert_eq!((ran.failure().0, ran.asked.len()), ("States.Runtime", 1));
}

/// What fails in JSONata can be caught.
#[test]
fn failed_expressions_can_be_caught() {
    let mut machine = guarded(json!({
        "Output": "{% $none %}",
        "Catch": [{ "ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught" }],
    }));
    machine["QueryLanguage"] = "JSONata".into();
    let ran = run(&machine, &json!({}), &[]);
    assert_eq!(ran.output()["Error"], "States.QueryEvaluationError");
}

#[test]
fn a_result_that_is_too_large_can_be_caught() {
    let catch = json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Caught" }] });
    let large = Answer::Gives(json!("x".repeat(256 * 1024)));
    let ran = run(&guarded(catch), &json!({}), &[large]);
    assert_eq!(ran.output()["Error"], "States.DataLimitExceeded");
    assert!(
        ran.output()["Cause"]
            .as_str()
            .unwrap()
            .contains(&format!("'{FUNCTION}'"))
    );
}

#[test]
fn wrong_values_of_settings() {
    for (state, input, expected) in [
        (
            one(json!({ "Type": "Wait", "SecondsPath": "$.n" })),
            json!({ "n": 1.5 }),
            "The SecondsPath parameter cannot be parsed as a long value: $.n == 1.5",
        ),
        (
            one(json!({ "Type": "Wait", "SecondsPath": "$.n" })),
            json!({ "n": -1 }),
            "The SecondsPath parameter references a negative value: $.n == -1",
        ),
        (
            one(json!({ "Type": "Wait", "TimestampPath": "$.n" })),
            json!({ "n": "today" }),
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset \
             date-time format string: $.n == today",
        ),
        (
            one_of_jsonata(json!({ "Type": "Wait", "Seconds": "{% $states.input.n %}" })),
            json!({ "n": "x" }),
            "The JSONata expression '$states.input.n' specified for the field 'Seconds' returned \
             an unexpected result type. Expected 'number', but was 'string' for value: \"x\"",
        ),
        (
            one_of_jsonata(json!({ "Type": "Wait", "Seconds": "{% 1.5 %}" })),
            json!({}),
            "The Seconds field cannot be parsed as an integer: 1.5",
        ),
        (
            one_of_jsonata(json!({ "Type": "Wait", "Seconds": "{% -1 %}" })),
            json!({}),
            "Seconds must be between 0 and 99999999 but was: -1",
        ),
    ] {
        let ran = run(&state, &input, &[]);
        let (_, cause) = ran.failure();
        assert!(cause.ends_with(expected), "{cause}");
    }
}
