//! Which events an execution leaves, in which order, and from which each follows.
//! The rules are those of AWS's recordings.

use serde_json::{Value, json};
use states_language::Kind;

use crate::machine::{Answer, FUNCTION, one, one_of_jsonata, run, run_as};

fn inner(states: Value) -> Value {
    let start = states.as_object().unwrap().keys().next().unwrap().clone();
    json!({ "StartAt": start, "States": states })
}

const PASS: fn() -> Value = || inner(json!({ "P": { "Type": "Pass", "End": true } }));
const FAIL: fn() -> Value = || inner(json!({ "F": { "Type": "Fail", "Error": "Own" } }));

#[test]
fn of_a_line_of_states() {
    let machine = json!({
        "StartAt": "A",
        "States": {
            "A": { "Type": "Pass", "Next": "B" },
            "B": { "Type": "Succeed" },
        },
    });
    let ran = run(&machine, &json!({ "n": 1 }), &[]);
    assert_eq!(
        ran.types(),
        [
            ("ExecutionStarted", 0),
            ("PassStateEntered", 0),
            ("PassStateExited", 2),
            ("SucceedStateEntered", 3),
            ("SucceedStateExited", 4),
            ("ExecutionSucceeded", 5),
        ]
    );
    assert_eq!(
        ran.events[1]["stateEnteredEventDetails"],
        json!({ "name": "A", "input": "{\"n\":1}", "inputDetails": { "truncated": false } })
    );
    assert_eq!(
        ran.events[0]["executionStartedEventDetails"]["roleArn"],
        "arn:aws:iam::123456789012:role/machine"
    );
    let ids: Vec<u64> = ran
        .events
        .iter()
        .map(|it| it["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn of_tasks() {
    let task = |resource: &str| one(json!({ "Type": "Task", "Resource": resource }));
    let failed = [Answer::Fails("Own", "because")];
    for (machine, answers, expected) in [
        (
            task(FUNCTION),
            [].as_slice(),
            [
                ("LambdaFunctionScheduled", 2),
                ("LambdaFunctionStarted", 3),
                ("LambdaFunctionSucceeded", 4),
                ("TaskStateExited", 5),
                ("ExecutionSucceeded", 6),
            ]
            .as_slice(),
        ),
        (
            task("arn:aws:states:::sns:publish"),
            &failed,
            &[
                ("TaskScheduled", 2),
                ("TaskStarted", 3),
                ("TaskFailed", 4),
                ("ExecutionFailed", 5),
            ],
        ),
    ] {
        assert_eq!(run(&machine, &json!({}), answers).types()[2..], *expected);
    }
    let ran = run(
        &task("arn:aws:states:::sns:publish"),
        &json!({ "a": 1 }),
        &[],
    );
    assert_eq!(
        ran.events[2]["taskScheduledEventDetails"],
        json!({
            "resourceType": "sns", "resource": "publish", "region": "eu-west-1",
            "parameters": "{\"a\":1}",
        })
    );
}

/// A failed expression follows from what was before the state.
#[test]
fn of_failed_expressions() {
    let ran = run(
        &one_of_jsonata(json!({ "Type": "Pass", "Output": "{% $x %}" })),
        &json!({}),
        &[],
    );
    assert_eq!(
        ran.types()[1..],
        [
            ("PassStateEntered", 0),
            ("EvaluationFailed", 0),
            ("ExecutionFailed", 3)
        ]
    );
    assert_eq!(
        ran.events[2]["evaluationFailedEventDetails"]["location"],
        "Output"
    );
    let wait = json!({ "Type": "Wait", "Timestamp": "{% 'today' %}" });
    let ran = run(&one_of_jsonata(wait), &json!({}), &[]);
    assert_eq!(
        ran.types()[1..],
        [
            ("WaitStateEntered", 0),
            ("EvaluationFailed", 2),
            ("ExecutionFailed", 3)
        ]
    );
}

#[test]
fn of_parallel_branches() {
    let ran = run(
        &one(
            json!({ "Type": "Parallel", "Branches": [PASS(), inner(json!({
        "Q": { "Type": "Pass", "End": true },
    }))] }),
        ),
        &json!({}),
        &[],
    );
    assert_eq!(
        ran.types()[1..],
        [
            ("ParallelStateEntered", 0),
            ("ParallelStateStarted", 2),
            ("PassStateEntered", 3),
            ("PassStateExited", 4),
            ("PassStateEntered", 3),
            ("PassStateExited", 6),
            ("ParallelStateSucceeded", 7),
            ("ParallelStateExited", 7),
            ("ExecutionSucceeded", 9),
        ]
    );
    assert_eq!(*ran.output(), json!([{}, {}]));
    let state = json!({
        "Type": "Parallel", "Branches": [FAIL()],
        "Retry": [{ "ErrorEquals": ["Own"], "MaxAttempts": 1 }],
    });
    let ran = run(&one(state), &json!({}), &[]);
    assert_eq!(
        ran.types()[2..],
        [
            ("ParallelStateStarted", 2),
            ("FailStateEntered", 3),
            ("ParallelStateStarted", 4),
            ("FailStateEntered", 5),
            ("ParallelStateFailed", 6),
            ("ExecutionFailed", 7),
        ]
    );
}

/// The first failure ends what goes on beside it.
#[test]
fn of_what_a_failure_ends() {
    let waits = inner(json!({ "W": { "Type": "Wait", "Seconds": 60, "End": true } }));
    let fails = inner(json!({
        "V": { "Type": "Wait", "Seconds": 1, "Next": "F" },
        "F": { "Type": "Fail", "Error": "Own" },
    }));
    let ran = run(
        &one(json!({ "Type": "Parallel", "Branches": [waits, fails] })),
        &json!({}),
        &[],
    );
    assert_eq!(
        ran.types()[3..],
        [
            ("WaitStateEntered", 3),
            ("WaitStateEntered", 3),
            ("WaitStateExited", 5),
            ("FailStateEntered", 6),
            ("WaitStateAborted", 4),
            ("ParallelStateFailed", 7),
            ("ExecutionFailed", 9),
        ]
    );
    assert_eq!(ran.took.as_secs(), 1);
}

#[test]
fn of_iterations() {
    let state = |processor: Value| {
        json!({
            "Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor,
        })
    };
    let ran = run(&one(state(PASS())), &json!([1, 2]), &[]);
    assert_eq!(
        ran.types()[1..],
        [
            ("MapStateEntered", 0),
            ("MapStateStarted", 2),
            ("MapIterationStarted", 3),
            ("PassStateEntered", 4),
            ("PassStateExited", 5),
            ("MapIterationSucceeded", 6),
            // It takes the place of the one before.
            ("MapIterationStarted", 6),
            ("PassStateEntered", 8),
            ("PassStateExited", 9),
            ("MapIterationSucceeded", 10),
            ("MapStateSucceeded", 11),
            ("MapStateExited", 11),
            ("ExecutionSucceeded", 13),
        ]
    );
    assert_eq!(
        ran.events[2]["mapStateStartedEventDetails"],
        json!({ "length": 2 })
    );
    let ran = run(&one(state(FAIL())), &json!([1, 2]), &[]);
    assert_eq!(
        ran.types()[3..],
        [
            ("MapIterationStarted", 3),
            ("FailStateEntered", 4),
            ("MapIterationFailed", 5),
            ("MapStateFailed", 5),
            ("ExecutionFailed", 7),
        ]
    );
    let ran = run(&one(state(PASS())), &json!([]), &[]);
    assert_eq!(
        ran.types()[2..],
        [
            ("MapStateStarted", 2),
            ("MapStateSucceeded", 3),
            ("MapStateExited", 3),
            ("ExecutionSucceeded", 5),
        ]
    );
}

#[test]
fn of_map_runs() {
    let mut processor = PASS();
    processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let map = json!({ "Type": "Map", "Label": "Each", "ItemProcessor": processor, "End": true });
    let ran = run(&one(map.clone()), &json!([1]), &[]);
    assert_eq!(
        ran.types()[2..],
        [
            ("MapStateStarted", 2),
            ("MapRunStarted", 3),
            ("MapRunSucceeded", 4),
            ("MapStateSucceeded", 5),
            ("MapStateExited", 5),
            ("ExecutionSucceeded", 7),
        ]
    );
    let arn = ran.events[3]["mapRunStartedEventDetails"]["mapRunArn"]
        .as_str()
        .unwrap();
    assert!(
        arn.starts_with("arn:aws:states:eu-west-1:123456789012:mapRun:machine/Each:"),
        "{arn}"
    );
    // Where another state goes before, leaving follows from the Map run's start.
    let machine = json!({
        "StartAt": "Before",
        "States": { "Before": { "Type": "Pass", "Next": "M" }, "M": map },
    });
    let ran = run(&machine, &json!([1]), &[]);
    assert_eq!(
        ran.types()[6..9],
        [
            ("MapRunSucceeded", 6),
            ("MapStateSucceeded", 7),
            ("MapStateExited", 6),
        ]
    );
}

#[test]
fn has_an_end() {
    let machine = json!({
        "StartAt": "A",
        "States": {
            "A": { "Type": "Pass", "Next": "B" },
            "B": { "Type": "Choice", "Choices": [
                { "Variable": "$.never", "IsPresent": true, "Next": "C" },
            ], "Default": "A" },
            "C": { "Type": "Succeed" },
        },
    });
    let ran = run(&machine, &json!({}), &[]);
    assert_eq!(
        ran.failure(),
        (
            "States.Runtime",
            "The execution reached the maximum number of history events (25000)."
        )
    );
    assert_eq!(ran.types().len(), 25_000);
    assert_eq!(ran.types().last().unwrap(), &("ExecutionFailed", 24_999));
}

/// An express execution keeps its input and output, and its history in logs only; this
/// one is given a history all the same.
#[test]
fn of_express_executions() {
    let state = json!({ "Type": "Pass", "Result": 1 });
    let ran = run_as(Kind::Express, &one(state), &json!({}), &[]);
    assert_eq!(*ran.output(), json!(1));
}
