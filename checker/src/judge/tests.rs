mod course;

use std::sync::LazyLock;
use std::time::Duration;

use super::*;
use crate::course::inputs::Generator;
use crate::course::probe::probes;
use crate::course::score::tests::scoring;
use crate::evidence::{
    Event, Execution, Found, Invocation, InvocationReport, Step, StepKind, Trigger,
};

const KEY: &str = "Zoë N cvtest00.TXT";

fn task() -> Task {
    toml::from_str(
        r#"
        id = "1"
        title = "Start"
        minutes = 1
        [[probe]]
        name = "a CV"
        key = "Zoë N {nonce}.TXT"
        checks = ["up", "invoked", "ok", "started", "input", "log", "done", "state"]
        [[probe]]
        name = "Word"
        key = "{nonce}.docx"
        checks = ["none", "refused"]
        [check.up]
        expect = "object-uploaded"
        [check.invoked]
        expect = "function-invoked"
        needs = "up"
        [check.ok]
        expect = "function-succeeded"
        needs = "invoked"
        [check.started]
        expect = "execution-started"
        needs = "ok"
        [check.input]
        expect = { execution-input = { input = { key = "{key}", extension = "{extension}" } } }
        needs = "started"
        [check.log]
        expect = { log-entry = { text = "Starting SF execution" } }
        needs = "started"
        [check.done]
        expect = "execution-succeeded"
        needs = "started"
        [check.state]
        expect = { went-through = { states = ["Example"] } }
        needs = "done"
        [check.none]
        expect = "no-execution"
        [check.refused]
        expect = { refusal-logged = { text = "Refused", not = ["Starting"] } }
        needs = "none"
        "#,
    )
    .unwrap()
}

/// The probes of a task, with nonces that are known.
fn known(task: &Task) -> Vec<Probe> {
    let mut probes = probes(task, &Generator::Cv(scoring()), "cvtest", &mut rand::rng());
    for (at, probe) in probes.iter_mut().enumerate() {
        let nonce = format!("cvtest{at:02}");
        probe.key = probe.key.replace(&probe.nonce, &nonce);
        probe.values.insert("key".to_owned(), probe.key.clone());
        probe.nonce = nonce;
    }
    probes
}

fn rules() -> Rules<'static> {
    static TASK: LazyLock<(Task, Vec<Probe>)> = LazyLock::new(|| (task(), known(&task())));
    Rules {
        is_alone: false,
        now: 0,
        task: &TASK.0,
        probes: &TASK.1,
        root: Path::new("/nowhere"),
        stack: stack(),
        function: "scan-file",
        causes: &[],
        without: &[],
        patience: Duration::ZERO,
        patience_for_lines: Duration::from_millis(500),
    }
}

fn stack() -> &'static Stack {
    static STACK: LazyLock<Stack> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut stack = Stack::compile(root, "alice", None).unwrap();
        "scan".clone_into(&mut stack.workflow);
        "in".clone_into(&mut stack.input_bucket);
        stack
    });
    &STACK
}

/// States, one after the other.
fn went(states: &[&str]) -> Vec<Step> {
    let kinds = states.iter().flat_map(|name| {
        let output = "{}".to_owned();
        [
            StepKind::Entered((*name).to_owned()),
            StepKind::Exited((*name).to_owned(), output),
        ]
    });
    let numbered = (1..).zip(kinds);
    let step = |(id, kind)| Step {
        id,
        previous: id - 1,
        kind,
    };
    numbered.map(step).collect()
}

fn invocation(lines: &[&str]) -> Invocation {
    Invocation {
        request_id: "6f0c1d2e-1111".into(),
        lines: lines.iter().map(|it| (*it).to_owned()).collect(),
        report: Some(InvocationReport {
            duration_ms: 34.2,
            status: None,
        }),
    }
}

fn execution() -> Execution {
    Execution {
        arn: "arn".into(),
        name: "name-1".into(),
        input: serde_json::json!({ "key": KEY, "extension": "txt" }).to_string(),
        status: "SUCCEEDED".into(),
        output: Some("{}".into()),
        error: None,
        history: went(&["Example"]),
    }
}

fn event(records: usize) -> Event {
    Event {
        records,
        error: None,
    }
}

fn good() -> Evidence {
    Evidence {
        uploads: vec![Ok(())],
        invocations: vec![invocation(&["Starting SF execution", "Started name-1"])],
        executions: vec![execution()],
        settled: Some(Duration::ZERO),
        ended: Some(Duration::ZERO),
        ..Evidence::default()
    }
}

/// What each check of the first probe came to, and the detail of the one that failed.
fn outcome(evidence: &Evidence, surroundings: &Surroundings) -> (String, String) {
    let task = task();
    let probe = &known(&task)[0];
    assert_eq!(probe.key, KEY);
    let case = Case {
        probe,
        evidence,
        surroundings,
    };
    let result = judge(&task, case, &rules(), Duration::from_secs(20));
    let letters = result.checks.iter().map(|check| match check.verdict {
        Verdict::Passed => 'p',
        Verdict::Failed => 'F',
        Verdict::Skipped => 's',
        Verdict::Error => 'e',
    });
    let failed = result
        .checks
        .iter()
        .find(|check| matches!(check.verdict, Verdict::Failed | Verdict::Error));
    (
        letters.collect(),
        failed.map(|check| check.detail.clone()).unwrap_or_default(),
    )
}

#[test]
fn each_break_of_the_chain_fails_one_check() {
    let none = Surroundings::default();
    let with = |change: &dyn Fn(&mut Evidence)| {
        let mut evidence = good();
        change(&mut evidence);
        evidence
    };
    let cases: Vec<(Evidence, Surroundings, &str, &str)> = vec![
        (good(), none.clone(), "pppppppp", ""),
        (
            with(&|it| it.uploads = vec![Err("NoSuchBucket".into())]),
            none.clone(),
            "Fsssssss",
            "NoSuchBucket",
        ),
        (
            Evidence {
                uploads: vec![Ok(())],
                ..Evidence::default()
            },
            none.clone(),
            "pFssssss",
            "waited 20 s for an invocation",
        ),
        (
            Evidence {
                uploads: vec![Ok(())],
                ..Evidence::default()
            },
            Surroundings {
                trigger: Some(Trigger::Missing),
                ..none.clone()
            },
            "pFssssss",
            "the s3 event under events in its function.yml is missing",
        ),
        (
            Evidence {
                uploads: vec![Ok(())],
                ..Evidence::default()
            },
            Surroundings {
                strangers: vec![invocation(&["hello"])],
                ..none.clone()
            },
            "pFssssss",
            "no log line holds the key",
        ),
        (
            with(&|it| it.invocations[0].report = None),
            none.clone(),
            "ppFsssss",
            "waited 20 s for scan-file to end (request 6f0c1d2e)",
        ),
        (
            with(&|it| it.executions.clear()),
            none.clone(),
            "pppFssss",
            "scan-file ran (request 6f0c1d2e) without an error, but no execution of scan carries",
        ),
        (
            with(&|it| it.executions.clear()),
            Surroundings {
                unclaimed_executions: vec!["other".into()],
                ..none.clone()
            },
            "pppFssss",
            "1 executions started since the upload with another input",
        ),
        (
            with(&|it| it.executions.push(execution())),
            none.clone(),
            "pppFssss",
            "started 2 executions for one upload",
        ),
        (
            with(&|it| {
                it.executions[0].input =
                    r#"{"key":"Zo%C3%AB+N+cvtest00.TXT","extension":"txt"}"#.into()
            }),
            none.clone(),
            "ppppFppp",
            "still URL-encoded",
        ),
        (
            with(&|it| it.executions[0].input = serde_json::json!({ "key": KEY }).to_string()),
            none.clone(),
            "ppppFppp",
            "has no \"extension\"",
        ),
        (
            with(&|it| it.executions[0].input = "[]".into()),
            none.clone(),
            "ppppFppp",
            "no JSON object, but a list",
        ),
        (
            with(&|it| {
                let input = it.executions[0].input.clone();
                it.executions[0].input = serde_json::json!(input).to_string();
            }),
            none.clone(),
            "ppppFppp",
            "a JSON text within a JSON text",
        ),
        // The function's log names an execution that does not hold the key.
        (
            with(&|it| it.invocations[0].lines.push("Started other".into())),
            Surroundings {
                unclaimed_executions: vec!["other".into()],
                ..none.clone()
            },
            "pppFssss",
            "also started the execution other",
        ),
        // It is somebody else's.
        (
            good(),
            Surroundings {
                unclaimed_executions: vec!["other".into()],
                ..none.clone()
            },
            "pppppppp",
            "",
        ),
        (
            with(&|it| it.events = vec![event(3)]),
            none.clone(),
            "pFssssss",
            "each record is an object",
        ),
        (
            with(&|it| {
                it.events = vec![event(3)];
                it.invocations.push(it.invocations[0].clone());
            }),
            none.clone(),
            "pppFssss",
            "no execution of scan came of one event of 3 records for the record of this CV",
        ),
        (
            good(),
            Surroundings {
                is_express: true,
                ..none.clone()
            },
            "pppFssss",
            "is of the type EXPRESS",
        ),
        (
            Evidence {
                uploads: vec![Ok(())],
                ..Evidence::default()
            },
            Surroundings {
                trigger: Some(Trigger::Excludes("its event is x".into())),
                ..none.clone()
            },
            "pFssssss",
            "does not tell scan-file of every new object: its event is x",
        ),
        (
            with(&|it| it.invocations[0].lines.truncate(0)),
            none.clone(),
            "pppppFpp",
            "no line with \"Starting SF execution\"",
        ),
        (
            with(&|it| it.invocations[0].lines.truncate(1)),
            none.clone(),
            "pppppFpp",
            "does not name the execution that it started, name-1",
        ),
        (
            with(&|it| {
                it.executions[0].status = "FAILED".into();
                it.executions[0].error = Some("Boom".into());
            }),
            none.clone(),
            "ppppppFs",
            "ended FAILED in the state Example: Boom",
        ),
        (
            with(&|it| {
                it.executions[0].status = "FAILED".into();
                it.executions[0].error = Some(
                    "Lambda.TooManyRequestsException: Rate Exceeded. (Service: Lambda)".into(),
                );
            }),
            none.clone(),
            "ppppppes",
            "AWS had no room for this execution",
        ),
        // S3 told of the upload twice.
        (
            with(&|it| {
                it.executions.push(execution());
                it.invocations.push(it.invocations[0].clone());
            }),
            none.clone(),
            "pppppppp",
            "",
        ),
        (
            with(&|it| it.executions[0].status = "RUNNING".into()),
            none.clone(),
            "ppppppFs",
            "waited 20 s for the execution name-1 to end",
        ),
        (
            with(&|it| it.executions[0].history = went(&["Other"])),
            none.clone(),
            "pppppppF",
            "did not go through the state \"Example\"",
        ),
    ];
    for (evidence, surroundings, letters, detail) in cases {
        let (found, text) = outcome(&evidence, &surroundings);
        assert_eq!(found, letters, "{detail}: {text}");
        assert!(text.contains(detail), "{detail}: {text}");
    }
}

#[test]
fn waits_only_for_what_can_still_come() {
    let task = task();
    let probe = &known(&task)[0];
    let surroundings = Surroundings::default();
    let waits = |evidence: &Evidence| {
        let case = Case {
            probe,
            evidence,
            surroundings: &surroundings,
        };
        waits_for(&task, case, &rules()).is_some()
    };
    assert!(!waits(&good()));
    assert!(waits(&Evidence::default()));
    assert!(waits(&Evidence {
        settled: None,
        ..good()
    }));
    let mut failed = good();
    failed.uploads = vec![Err("no".into())];
    failed.invocations.clear();
    assert!(!waits(&failed));
    let mut running = good();
    running.executions[0].status = "RUNNING".into();
    assert!(waits(&running));
}

#[test]
fn a_word_document_is_refused() {
    let task = task();
    let probe = &known(&task)[1];
    let surroundings = Surroundings::default();
    let verdicts = |evidence: &Evidence| {
        let case = Case {
            probe,
            evidence,
            surroundings: &surroundings,
        };
        let result = judge(&task, case, &rules(), Duration::ZERO);
        result
            .checks
            .iter()
            .map(|check| check.verdict)
            .collect::<Vec<_>>()
    };
    let refused = Evidence {
        uploads: vec![Ok(())],
        invocations: vec![invocation(&["WARN REFUSED: cvtest01.docx"])],
        settled: Some(Duration::ZERO),
        ended: Some(Duration::ZERO),
        ..Evidence::default()
    };
    assert_eq!(verdicts(&refused), [Verdict::Passed, Verdict::Passed]);
    let silent = Evidence {
        invocations: vec![invocation(&["cvtest01.docx"])],
        ..refused.clone()
    };
    assert_eq!(verdicts(&silent), [Verdict::Passed, Verdict::Failed]);
    let hasty = Evidence {
        invocations: vec![invocation(&["Starting", "REFUSED: cvtest01.docx"])],
        ..refused.clone()
    };
    assert_eq!(verdicts(&hasty), [Verdict::Passed, Verdict::Failed]);
    let started = Evidence {
        executions: vec![execution()],
        ..refused
    };
    assert_eq!(verdicts(&started), [Verdict::Failed, Verdict::Skipped]);
}
