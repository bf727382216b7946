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
    for depth in [100, 300, 500, 900, 2_000] {
        let expression = format!(
            "{{% {}'a'{} %}}",
            "('b' & ".repeat(depth),
            ")".repeat(depth)
        );
        survives(
            &one_of_jsonata(json!({ "Type": "Pass", "Output": expression })).to_string(),
            "{}",
        );
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

/// A definition may ask for the same data as often as it has room to; what that makes is
/// bounded all the same.
#[test]
fn data_asked_for_too_often() {
    let text = json!({ "a": "x".repeat(120_000), "l": vec![1; 30_000], "n": [[1]] });
    let zeros = vec!["0"; 40_000].join(",");
    let many: Map<String, Value> = (0..20_000)
        .map(|n| (format!("{n}.$"), "$".into()))
        .collect();
    let rules: Vec<Value> = (0..2_000)
        .map(|_| json!({ "Variable": "$..*", "IsNull": true, "Next": "Done" }))
        .collect();
    let calls = vec!["$"; 2_000].join(", ");
    for state in [
        json!({ "Type": "Pass", "Parameters": many }),
        json!({ "Type": "Pass", "Parameters": { "x.$": format!("$.n[{zeros}][{zeros}]") } }),
        json!({ "Type": "Pass", "InputPath": format!("$.n[{zeros}][{zeros}]") }),
        json!({ "Type": "Pass", "Parameters": {
            "x.$": format!("States.ArrayLength($['{}'])", vec!["a"; 20_000].join("','")),
        } }),
        json!({ "Type": "Pass", "Parameters": { "x.$": format!("States.Array({calls})") } }),
        json!({ "Type": "Pass", "Parameters": { "x.$": "$.l[?($ == $)]" } }),
        json!({ "Type": "Choice", "Choices": rules, "Default": "Done" }),
    ] {
        let mut machine = one(state);
        if machine["States"]["S"]["Type"] == "Choice" {
            machine["States"]["Done"] = json!({ "Type": "Succeed" });
        }
        let ran = run(&machine, &text, &[]);
        assert_eq!(ran.failure().0, "States.DataLimitExceeded");
    }
}

/// Nor does JSONata make more than a state may: what doubles is refused early, and what
/// is shared within the evaluator counts as often as it is written.
#[test]
fn expressions_that_make_too_much() {
    let doubled = "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f('x', 40))";
    let shared = "$reduce([1..60], function($a, $b) { {'l': $a, 'r': $a} }, 1)";
    for (expression, error) in [
        (doubled, "States.QueryEvaluationError"),
        ("$pad('x', 3000000000)", "States.QueryEvaluationError"),
        (shared, "States.DataLimitExceeded"),
    ] {
        let state = json!({ "Type": "Pass", "Output": format!("{{% {expression} %}}") });
        let ran = run(&one_of_jsonata(state), &json!({}), &[]);
        assert_eq!(ran.failure().0, error, "{expression}");
    }
}

/// The expressions of one state share their time.
#[test]
fn expressions_that_take_too_long() {
    let endless = "{% ($f := function($n) { $f($n + 1) }; $f(0)) %}";
    let many: Vec<&str> = vec![endless; 1_000];
    let state = json!({ "Type": "Pass", "Output": { "x": many } });
    let begun = std::time::Instant::now();
    let ran = run(&one_of_jsonata(state), &json!({}), &[]);
    assert_eq!(ran.failure().0, "States.QueryEvaluationError");
    assert!(begun.elapsed().as_secs() < 60);
}

/// Variables have limits of their own: one `Assign`, and all of them together.
#[test]
fn variables_that_grow() {
    let two_large = json!({ "Type": "Pass", "Assign": {
        "a": "{% $pad('', 150000) %}", "b": "{% $pad('', 150000) %}",
    } });
    let ran = run(&one_of_jsonata(two_large), &json!({}), &[]);
    assert_eq!(ran.failure().0, "States.DataLimitExceeded");

    let mut states = Map::new();
    for n in 0..50 {
        let mut assign = Map::new();
        assign.insert(format!("v{n}"), "{% $pad('', 250000) %}".into());
        let next = format!("S{}", n + 1);
        let state = json!({ "Type": "Pass", "Assign": assign, "Next": next });
        states.insert(format!("S{n}"), state);
    }
    states.insert("S50".to_owned(), json!({ "Type": "Succeed" }));
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "S0", "States": states });
    let ran = run(&machine, &json!({}), &[]);
    assert_eq!(ran.failure().0, "States.DataLimitExceeded");
    // Forty-one of a bit less than 256 KiB fit into 10 MiB.
    let entered = ran
        .types()
        .iter()
        .filter(|it| it.0 == "PassStateEntered")
        .count();
    assert_eq!(entered, 42);
}
