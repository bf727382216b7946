//! Map states, inline and distributed.

use serde_json::{Value, json};
use states_language::StateMachine;

use crate::machine::{Answer, FUNCTION, one, one_of_jsonata, run};

fn processor(mode: Option<&str>, state: Value) -> Value {
    let mut state = state;
    state["End"] = true.into();
    let mut processor = json!({ "StartAt": "I", "States": { "I": state } });
    match mode {
        Some("DISTRIBUTED") => {
            processor["ProcessorConfig"] =
                json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
        }
        Some(mode) => processor["ProcessorConfig"] = json!({ "Mode": mode }),
        None => {}
    }
    processor
}

fn map(fields: Value) -> Value {
    let mut state = json!({ "Type": "Map" });
    state
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    state
}

#[test]
fn items_and_selectors() {
    let input = json!({ "list": ["a", "b"], "fixed": 7 });
    let pass = || json!({ "Type": "Pass" });
    let selector = json!({
        "at.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "fixed.$": "$.fixed",
    });
    let selected = json!([
        { "at": 0, "value": "a", "fixed": 7 },
        { "at": 1, "value": "b", "fixed": 7 },
    ]);
    for mode in [None, Some("INLINE"), Some("DISTRIBUTED")] {
        for (fields, expected) in [
            (json!({ "ItemsPath": "$.list" }), json!(["a", "b"])),
            (
                json!({ "ItemsPath": "$.list", "ItemSelector": selector }),
                selected.clone(),
            ),
            // What it was called first.
            (
                json!({ "ItemsPath": "$.list", "Parameters": selector }),
                selected.clone(),
            ),
            (json!({ "InputPath": "$.list", "ResultPath": "$.out" }), {
                let mut output = input.clone();
                output["out"] = json!(["a", "b"]);
                output
            }),
        ] {
            let mut state = map(fields.clone());
            state["ItemProcessor"] = processor(mode, pass());
            let ran = run(&one(state), &input, &[]);
            assert_eq!(*ran.output(), expected, "{mode:?} {fields}");
        }
    }
}

#[test]
fn no_list() {
    for (fields, input, expected) in [
        (
            json!({ "ItemsPath": "$.a" }),
            json!({ "a": 1 }),
            "Reference path \"$.a\" must point to array.",
        ),
        (
            json!({}),
            json!({}),
            "Reference path \"$\" must point to array.",
        ),
        (
            json!({ "ItemsPath": "$$.Execution.Input" }),
            json!({}),
            "Reference path \"$.Execution.Input\" must point to array.",
        ),
    ] {
        let mut state = map(fields);
        state["ItemProcessor"] = processor(None, json!({ "Type": "Pass" }));
        let ran = run(&one(state), &input, &[]);
        let (error, cause) = ran.failure();
        assert_eq!(error, "States.Runtime");
        assert!(cause.ends_with(expected), "{cause}");
    }
    for (fields, expected) in [
        (json!({}), "Map state input must be an array but was: {}"),
        (
            json!({ "Items": "{% 'x' %}" }),
            "The JSONata expression ''x'' specified for the field 'Items' returned an unexpected \
             result type. Expected 'array', but was 'string' for value: \"x\"",
        ),
    ] {
        let mut state = map(fields);
        state["ItemProcessor"] = processor(None, json!({ "Type": "Pass" }));
        let ran = run(&one_of_jsonata(state), &json!({}), &[]);
        let (error, cause) = ran.failure();
        assert_eq!(error, "States.QueryEvaluationError");
        assert!(cause.ends_with(expected), "{cause}");
    }
}

#[test]
fn concurrency() {
    let wait = || processor(None, json!({ "Type": "Wait", "Seconds": 10 }));
    for (fields, input, seconds) in [
        (
            json!({ "MaxConcurrency": 1 }),
            json!({ "list": [1, 2, 3] }),
            30,
        ),
        (
            json!({ "MaxConcurrency": 2 }),
            json!({ "list": [1, 2, 3] }),
            20,
        ),
        (
            json!({ "MaxConcurrency": 0 }),
            json!({ "list": [1, 2, 3] }),
            10,
        ),
        (
            json!({ "MaxConcurrencyPath": "$.n" }),
            json!({ "list": [1, 2, 3], "n": 1 }),
            30,
        ),
        // Inline, there are 40 at once at most.
        (json!({}), json!({ "list": vec![0; 41] }), 20),
    ] {
        let mut state = map(fields.clone());
        state["ItemsPath"] = "$.list".into();
        state["ItemProcessor"] = wait();
        let ran = run(&one(state), &input, &[]);
        assert_eq!(ran.took.as_secs(), seconds, "{fields}");
    }
}

#[test]
fn tolerated_failures() {
    let task = json!({ "Type": "Task", "Resource": FUNCTION });
    let failed = Answer::Fails("Own", "because");
    let good = Answer::Gives(json!(1));
    for (fields, expected) in [
        (json!({}), None),
        (
            json!({ "ToleratedFailureCount": 1 }),
            Some(json!([1, 1, 1])),
        ),
        (
            json!({ "ToleratedFailurePercentage": 25 }),
            Some(json!([1, 1, 1])),
        ),
        (json!({ "ToleratedFailurePercentage": 24 }), None),
        // Either limit is enough.
        (
            json!({ "ToleratedFailureCount": 0, "ToleratedFailurePercentage": 25 }),
            None,
        ),
        (
            json!({ "ToleratedFailureCount": 1, "ToleratedFailurePercentage": 24 }),
            None,
        ),
    ] {
        let mut state = map(fields.clone());
        state["MaxConcurrency"] = 1.into();
        state["ItemProcessor"] = processor(Some("DISTRIBUTED"), task.clone());
        let answers = [good.clone(), failed.clone(), good.clone(), good.clone()];
        let ran = run(&one(state), &json!([1, 2, 3, 4]), &answers);
        match expected {
            Some(expected) => assert_eq!(*ran.output(), expected, "{fields}"),
            None => assert_eq!(
                ran.failure(),
                (
                    "States.ExceedToleratedFailureThreshold",
                    "The specified tolerated failure threshold was exceeded"
                )
            ),
        }
    }
}

#[test]
fn readers_and_batches() {
    let state = |reader: Value, fields: Value| {
        let mut state = map(fields);
        state["ItemReader"] = reader;
        state["ItemProcessor"] = processor(Some("DISTRIBUTED"), json!({ "Type": "Pass" }));
        one(state)
    };
    let json_reader = |config: Value| {
        let mut config = config;
        config["InputType"] = "JSON".into();
        json!({
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": config,
            "Parameters": { "Bucket": "b", "Key.$": "$.key" },
        })
    };
    let file = |body: &str| [Answer::Gives(json!({ "Body": body }))];
    let ran = run(
        &state(json_reader(json!({})), json!({})),
        &json!({ "key": "k" }),
        &file("[1,2,3]"),
    );
    assert_eq!(*ran.output(), json!([1, 2, 3]));
    assert_eq!(ran.asked, [json!({ "Bucket": "b", "Key": "k" })]);
    let most = json_reader(json!({ "MaxItems": 2 }));
    let ran = run(
        &state(most, json!({})),
        &json!({ "key": "k" }),
        &file("[1,2,3]"),
    );
    assert_eq!(*ran.output(), json!([1, 2]));
    let batches = json!({ "ItemBatcher": {
        "MaxItemsPerBatch": 2, "BatchInput": { "of.$": "$.key" },
    } });
    let ran = run(
        &state(json_reader(json!({})), batches),
        &json!({ "key": "k" }),
        &file("[1,2,3]"),
    );
    assert_eq!(
        *ran.output(),
        json!([
            { "BatchInput": { "of": "k" }, "Items": [1, 2] },
            { "BatchInput": { "of": "k" }, "Items": [3] },
        ])
    );
    let ran = run(
        &state(json_reader(json!({})), json!({})),
        &json!({ "key": "k" }),
        &file("{}"),
    );
    assert_eq!(
        ran.failure(),
        (
            "States.ItemReaderFailed",
            "Attempting to map over non-iterable node."
        )
    );
    assert_eq!(ran.events[4]["type"], "MapRunFailed");
    let list = json!({
        "Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": { "Bucket": "b" },
    });
    let contents = [Answer::Gives(json!({ "Contents": [{ "Key": "a" }] }))];
    let ran = run(&state(list, json!({})), &json!({}), &contents);
    assert_eq!(*ran.output(), json!([{ "Key": "a" }]));
}

/// Variables of the states around do not reach into a Map run.
#[test]
fn map_runs_are_executions_of_their_own() {
    let machine = json!({
        "StartAt": "Set",
        "States": {
            "Set": { "Type": "Pass", "Assign": { "x": 1 }, "Next": "M" },
            "M": {
                "Type": "Map", "Label": "Each", "End": true,
                "ItemProcessor": processor(Some("DISTRIBUTED"), json!({
                    "Type": "Pass",
                    "Parameters": { "machine.$": "$$.StateMachine.Name", "in.$": "$$.Execution.Input" },
                })),
            },
        },
    });
    let ran = run(&machine, &json!([5]), &[]);
    assert_eq!(
        *ran.output(),
        json!([{ "machine": "machine/Each", "in": 5 }])
    );
}

/// An inline Map knows nothing of readers.
#[test]
fn what_an_inline_map_may_not_say() {
    for field in [
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "Label",
        "ToleratedFailureCount",
    ] {
        let mut state = map(json!({ field: {} }));
        state["ItemProcessor"] = processor(None, json!({ "Type": "Pass" }));
        let findings = StateMachine::parse(&one(state).to_string()).unwrap_err();
        let expected = format!("Field '{field}' is not supported");
        assert!(
            findings.iter().any(|it| it.message == expected),
            "{findings:?}"
        );
    }
}
