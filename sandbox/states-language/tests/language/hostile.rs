//! Whatever a definition or an input holds, nothing panics, overflows the stack or runs
//! without end.

use std::sync::Arc;
use std::time::SystemTime;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use states_language::{DrivenClock, Execution, ExecutionContext, History, Kind, StateMachine};

use crate::machine::{Script, one, one_of_jsonata, run};

/// Parses, and runs what is accepted.
fn survives(definition: &str, input: &str) {
    for kind in [Kind::Standard, Kind::Express] {
        let findings = StateMachine::validate(definition, kind);
        for finding in &findings {
            let _ = finding.to_string();
        }
    }
    let Ok(program) = StateMachine::parse(definition) else {
        return;
    };
    let clock = DrivenClock::new(SystemTime::UNIX_EPOCH);
    let execution = Execution {
        program: Arc::new(program),
        context: ExecutionContext::named("m", "e", "eu-west-1", "123456789012"),
        input: input.to_owned(),
        tasks: Arc::new(Script::default()),
        clock: Arc::new(clock.clone()),
        history: History::new(),
    };
    // Whatever becomes of it, it ends.
    clock.run(execution.run()).unwrap();
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|it| json!(it)),
        ".{0,12}".prop_map(Value::from),
        path().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Names that the language knows, and others.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "Type",
        "Next",
        "End",
        "StartAt",
        "States",
        "Choices",
        "Variable",
        "Condition",
        "Default",
        "Seconds",
        "SecondsPath",
        "Timestamp",
        "Branches",
        "ItemProcessor",
        "Iterator",
        "Items",
        "ItemsPath",
        "ItemSelector",
        "Parameters",
        "Arguments",
        "Output",
        "Assign",
        "ResultPath",
        "OutputPath",
        "InputPath",
        "Retry",
        "Catch",
        "ErrorEquals",
        "Result",
        "a",
        "b.$",
        "x",
    ];
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        ".{0,6}"
    ]
}

/// Paths, calls and expressions, right and wrong.
fn path() -> impl Strategy<Value = String> {
    let parts = [
        "$",
        "$$",
        "$x",
        ".a",
        "..",
        "['a']",
        "[0]",
        "[-1]",
        "[*]",
        "[1:]",
        "[?(",
        "@",
        ".b",
        ")]",
        " == ",
        "1",
        "'q",
        "States.",
        "Format",
        "MathAdd",
        "(",
        ")",
        ", ",
        "{}",
        "{%",
        "%}",
        "+",
        "function($n){",
        "}",
        ":=",
        "~>",
        "..",
        "\\",
        "żó",
    ];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 1..12).prop_map(|it| it.concat())
}

/// A state that has a good chance of being accepted.
fn state() -> impl Strategy<Value = Value> {
    let kinds = [
        "Pass", "Wait", "Choice", "Map", "Parallel", "Task", "Succeed", "Fail",
    ];
    let fields = prop::collection::vec((name(), json_value()), 0..4);
    (prop::sample::select(kinds.to_vec()), fields).prop_map(|(kind, fields)| {
        let mut state: Map<String, Value> = fields.into_iter().collect();
        state.insert("Type".to_owned(), kind.into());
        if kind != "Choice" && kind != "Succeed" && kind != "Fail" {
            state.insert("End".to_owned(), true.into());
            state.remove("Next");
        }
        match kind {
            "Wait" => {
                state.entry("Seconds").or_insert(1.into());
            }
            "Task" => {
                state.insert("Resource".to_owned(), "arn:aws:states:::sns:publish".into());
            }
            _ => {}
        }
        Value::Object(state)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_text(definition in any::<String>(), input in any::<String>()) {
        survives(&definition, &input);
    }

    #[test]
    fn arbitrary_bytes(definition in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&String::from_utf8_lossy(&definition), "{}");
    }

    #[test]
    fn arbitrary_json(definition in json_value(), input in json_value()) {
        survives(&definition.to_string(), &input.to_string());
    }

    #[test]
    fn arbitrary_states(state in state(), input in json_value()) {
        survives(&one(state.clone()).to_string(), &input.to_string());
        survives(&one_of_jsonata(state).to_string(), &input.to_string());
    }

    #[test]
    fn arbitrary_paths(path in path(), input in json_value()) {
        for field in ["InputPath", "OutputPath", "ResultPath"] {
            survives(&one(json!({ "Type": "Pass", field: path })).to_string(), &input.to_string());
        }
        let parameters = json!({ "Type": "Pass", "Parameters": { "a.$": path } });
        survives(&one(parameters).to_string(), &input.to_string());
        let output = json!({ "Type": "Pass", "Output": format!("{{% {path} %}}") });
        survives(&one_of_jsonata(output).to_string(), &input.to_string());
    }
}

#[test]
fn deep_nesting() {
    for text in [
        "[".repeat(100_000),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        "{\"a\":".repeat(100_000),
        format!(
            "{{\"StartAt\":\"A\",\"States\":{}",
            "{\"A\":".repeat(100_000)
        ),
    ] {
        survives(&text, "{}");
        survives(&one(json!({ "Type": "Pass" })).to_string(), &text);
    }
    for nested in ["States.Array(", "$[?(@", "((((", "{% (", "[[[["] {
        let text = nested.repeat(20_000);
        survives(
            &one(json!({ "Type": "Pass", "Parameters": { "a.$": text } })).to_string(),
            "{}",
        );
        let expression = format!("{{% {text} %}}");
        survives(
            &one_of_jsonata(json!({ "Type": "Pass", "Output": expression })).to_string(),
            "{}",
        );
    }
}

/// A machine that wraps its data again and again is stopped before it nests too deep.
#[test]
fn data_that_nests_deeper_with_each_state() {
    let machine = json!({
        "StartAt": "Wrap",
        "States": {
            "Wrap": { "Type": "Pass", "Parameters": { "in.$": "$" }, "Next": "Again" },
            "Again": { "Type": "Choice", "Choices": [
                { "Variable": "$.never", "IsPresent": true, "Next": "Done" },
            ], "Default": "Wrap" },
            "Done": { "Type": "Succeed" },
        },
    });
    let ran = run(&machine, &json!({}), &[]);
    let (error, cause) = ran.failure();
    assert_eq!(error, "States.Runtime");
    assert!(cause.ends_with("The data nests too deeply."), "{cause}");
}

/// A variable that doubles with each state is stopped at what a state may pass on.
#[test]
fn data_that_doubles_with_each_state() {
    let machine = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Begin",
        "States": {
            "Begin": { "Type": "Pass", "Assign": { "x": "ab" }, "Next": "Double" },
            "Double": { "Type": "Pass", "Assign": { "x": "{% $x & $x %}" }, "Next": "Again" },
            "Again": { "Type": "Choice", "Choices": [
                { "Condition": "{% false %}", "Next": "Done" },
            ], "Default": "Double" },
            "Done": { "Type": "Succeed" },
        },
    });
    assert_eq!(
        run(&machine, &json!({}), &[]).failure().0,
        "States.DataLimitExceeded"
    );
}

/// A result of a Parallel state is a level deeper than what went in.
#[test]
fn results_that_grow_deeper() {
    let pass = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let machine = json!({
        "StartAt": "Deeper",
        "States": {
            "Deeper": { "Type": "Parallel", "Branches": [pass], "Next": "Again" },
            "Again": {
                "Type": "Choice",
                "Choices": [{ "Variable": "$.never", "IsPresent": true, "Next": "Done" }],
                "Default": "Deeper",
            },
            "Done": { "Type": "Succeed" },
        },
    });
    let ran = run(&machine, &json!([1]), &[]);
    let (error, cause) = ran.failure();
    assert_eq!(error, "States.Runtime");
    assert!(cause.ends_with("The data nests too deeply."), "{cause}");
}
