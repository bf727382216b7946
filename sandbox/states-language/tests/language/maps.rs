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

fn distributed(kind: &str, state: Value, fields: Value) -> Value {
    let mut map = map(fields);
    map["ItemProcessor"] = processor(Some("DISTRIBUTED"), state);
    map["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = kind.into();
    map
}

/// Express executions of a Map run have five minutes, standard ones have not.
#[test]
fn express_executions_of_a_map_run() {
    let wait = json!({ "Type": "Wait", "Seconds": 301 });
    let input = json!([1]);
    let standard = distributed("STANDARD", wait.clone(), json!({}));
    assert_eq!(run(&one(standard), &input, &[]).took.as_secs(), 301);
    let express = distributed("EXPRESS", wait, json!({}));
    let ran = run(&one(express), &input, &[]);
    assert_eq!(ran.failure().0, "States.ExceedToleratedFailureThreshold");
    assert_eq!(ran.took.as_secs(), 300);
}

/// `WriterConfig.Transformation`: with metadata, the outputs, or the outputs' items; what
/// failed is shown with its metadata.
#[test]
fn results_of_a_map_run() {
    let choice = json!({ "StartAt": "C", "ProcessorConfig": {
        "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "States": {
        "C": { "Type": "Choice", "Default": "Ok", "Choices": [
            { "Variable": "$", "IsString": true, "Next": "No" } ] },
        "Ok": { "Type": "Wait", "Seconds": 5, "End": true },
        "No": { "Type": "Fail", "Error": "Mine", "Cause": "why" },
    } });
    let results = |writer: Value| {
        let mut state = map(json!({ "ToleratedFailureCount": 1, "ResultWriter": writer }));
        state["ItemProcessor"] = choice.clone();
        run(&one(state), &json!([[1, 2], "bad", 3]), &[])
    };
    let failed = |value: &Value| {
        assert_eq!(value["Status"], "FAILED");
        assert_eq!(value["Error"], "Mine");
        assert_eq!(value["Input"], "\"bad\"");
    };
    let ran = results(json!({ "WriterConfig": { "Transformation": "COMPACT" } }));
    let output = ran.output();
    assert_eq!((&output[0], &output[2]), (&json!([1, 2]), &json!(3)));
    failed(&output[1]);

    let ran = results(json!({ "WriterConfig": { "Transformation": "FLATTEN" } }));
    let output = ran.output();
    assert_eq!(output[1], json!(2));
    assert_eq!(output[3], json!(3));
    failed(&output[2]);

    let ran = results(json!({ "WriterConfig": { "Transformation": "NONE" } }));
    let output = ran.output();
    assert_eq!(output[0]["Status"], "SUCCEEDED");
    assert_eq!(output[0]["Output"], "[1,2]");
    assert_ne!(output[0]["StartDate"], output[0]["StopDate"]);
    failed(&output[1]);

    // The same in the files that are written.
    let ran = results(json!({
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": { "Bucket": "results", "Prefix": "p" },
        "WriterConfig": { "Transformation": "FLATTEN", "OutputType": "JSONL" },
    }));
    assert_eq!(ran.asked[0]["Body"], "1\n2\n3\n");
    assert!(
        ran.asked[0]["Key"]
            .as_str()
            .unwrap()
            .ends_with("/SUCCEEDED_0.jsonl")
    );
    let body = ran.asked[1]["Body"].as_str().unwrap();
    failed(&serde_json::from_str(body).unwrap());
    assert!(
        ran.asked[2]["Key"]
            .as_str()
            .unwrap()
            .ends_with("/manifest.json")
    );
}

/// What an ItemSelector cannot make of an item ends the iterations that run.
#[test]
fn a_selector_that_fails_midway() {
    let mut state = map(json!({ "ItemSelector": { "x.$": "$$.Map.Item.Value.a" } }));
    state["ItemProcessor"] = processor(None, json!({ "Type": "Wait", "Seconds": 5 }));
    let ran = run(&one(state), &json!([{ "a": 1 }, {}]), &[]);
    assert_eq!(ran.failure().0, "States.Runtime");
    let types: Vec<&str> = ran.types().iter().map(|it| it.0).collect();
    assert!(types.contains(&"MapIterationAborted"), "{types:?}");
}
