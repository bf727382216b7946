use std::sync::LazyLock;
use std::time::Duration;

use super::*;
use crate::evidence::{Execution, Found, Invocation, InvocationReport, Step, StepKind};
use crate::probe::probes;
use crate::score::tests::scoring;

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
        expect = { refusal-logged = { text = "Refused" } }
        needs = "none"
        "#,
    )
    .unwrap()
}

fn rules() -> Rules<'static> {
    Rules {
        root: Path::new("/nowhere"),
        stack: stack(),
        function: "scan-file",
        causes: &[],
        patience: Duration::ZERO,
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
        error: None,
        history: went(&["Example"]),
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
    let probe = &probes(&task, &scoring(), "cvtest")[0];
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
        .find(|check| check.verdict == Verdict::Failed);
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
                trigger: Some(false),
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
                unclaimed_executions: 1,
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
            "has no \"extension\"",
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
    let probe = &probes(&task, &scoring(), "cvtest")[0];
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
    let probe = &probes(&task, &scoring(), "cvtest")[1];
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
    let started = Evidence {
        executions: vec![execution()],
        ..refused
    };
    assert_eq!(verdicts(&started), [Verdict::Failed, Verdict::Skipped]);
}

/// The checks of one kind, on one execution whose CV says this.
fn find_in(text: &str, evidence: &Evidence, expect: &str) -> Result<String, String> {
    let task = task();
    let mut probe = probes(&task, &scoring(), "cvtest")[0].clone();
    probe.lines = vec![text.to_owned()];
    probe.content = text.as_bytes().to_vec();
    probe.values = scoring().values(text);
    let surroundings = Surroundings::default();
    let case = Case {
        probe: &probe,
        evidence,
        surroundings: &surroundings,
    };
    #[derive(serde::Deserialize)]
    struct Check {
        expect: crate::task::Kind,
    }
    let check: Check = toml::from_str(&format!("expect = {expect}")).unwrap();
    match kinds::find(&check.expect, case, &rules()) {
        Finding::Passed(detail) => Ok(detail),
        Finding::Failed { detail, .. } => Err(detail),
        Finding::Pending(what) => Err(format!("pending: {what}")),
        Finding::Skipped(what) => Err(format!("skipped: {what}")),
    }
}

fn with_history(history: Vec<Step>) -> Evidence {
    Evidence {
        executions: vec![Execution {
            history,
            ..execution()
        }],
        ..good()
    }
}

#[test]
fn ways_through_a_workflow() {
    let evidence = with_history(went(&["A", "B", "C"]));
    for (expect, problem) in [
        (r#"{ went-through = { states = ["A", "C"] } }"#, ""),
        (
            r#"{ went-through = { states = ["B", "A"] } }"#,
            "went through the state \"A\" too early",
        ),
        (
            r#"{ went-through = { states = ["D"] } }"#,
            "did not go through the state \"D\". It went through: A, B, C",
        ),
        (
            r#"{ went-through = { states = ["A"], not = ["B"] } }"#,
            "\"B\", which is not for this CV",
        ),
    ] {
        let found = find_in("", &evidence, expect);
        assert!(found.as_ref().err().map_or("", |it| it).contains(problem));
        assert_eq!(found.is_ok(), problem.is_empty(), "{expect}: {found:?}");
    }
}

#[test]
fn branches_and_what_only_looks_like_them() {
    let step = |id, previous, kind| Step { id, previous, kind };
    let entered = |name: &str| StepKind::Entered(name.to_owned());
    let exited = |name: &str| StepKind::Exited(name.to_owned(), "{}".to_owned());
    let expect = r#"{ in-parallel = { state = "P", branches = ["A", "B"] } }"#;
    let beside = vec![
        step(2, 0, entered("P")),
        step(3, 2, StepKind::BranchesStarted),
        step(4, 3, entered("A")),
        step(5, 3, entered("Before")),
        step(6, 4, exited("A")),
        step(7, 5, exited("Before")),
        step(8, 7, entered("B")),
        step(9, 8, exited("B")),
    ];
    assert!(find_in("", &with_history(beside.clone()), expect).is_ok());
    let in_one_branch = vec![
        beside[0].clone(),
        beside[1].clone(),
        step(4, 3, entered("A")),
        step(5, 4, exited("A")),
        step(6, 5, entered("B")),
    ];
    let found = find_in("", &with_history(in_one_branch), expect).unwrap_err();
    assert!(found.ends_with("but B came after A"), "{found}");
    let found = find_in("", &with_history(went(&["A", "B"])), expect).unwrap_err();
    assert!(found.ends_with("but A ran in no branch"), "{found}");
    let mut other = beside.clone();
    other[0].kind = entered("Q");
    let found = find_in("", &with_history(other), expect).unwrap_err();
    assert!(found.ends_with("A ran in a branch of Q"), "{found}");
    // A history that goes round in circles is no reason to do so, too.
    let circle = vec![step(2, 3, entered("A")), step(3, 2, entered("B"))];
    assert!(find_in("", &with_history(circle), expect).is_err());
}

#[test]
fn outputs_objects_and_logs() {
    let output = r#"[{"it": 10.0}, {"cloud": 5, "name": "x"}]"#;
    let evidence = with_history(vec![Step {
        id: 2,
        previous: 0,
        kind: StepKind::Exited("P".into(), output.into()),
    }]);
    let text = "Docker and docker by Google Cloud";
    let output = |field: &str, value: &str| {
        let expect = format!(
            "{{ state-output = {{ state = \"P\", field = \"{field}\", value = \"{value}\", mistaken \
             = [{{ value = \"{{cloud-once}}\", says = \"once\" }}, {{ value = \"5\", says = \"five\" }}] }} }}"
        );
        find_in(text, &evidence, &expect)
    };
    assert_eq!(output("it", "{it}").unwrap(), "it = 10");
    assert_eq!(output("name", "x").unwrap(), "name = \"x\"");
    let wrong = output("cloud", "{cloud}").unwrap_err();
    assert_eq!(
        wrong,
        "the output of P has cloud = 5, but it should be 10. five"
    );
    assert!(output("node", "1").unwrap_err().contains("has no \"node\""));

    let bucket = |found: Option<Found>| {
        let mut evidence = good();
        if let Some(found) = found {
            evidence.objects.insert("matched".into(), found);
        }
        let expect = |kind: &str| format!("{{ {kind} }}");
        let is = |content: &str| {
            let kind = format!("object-in = {{ bucket = \"matched\", content = \"{content}\" }}");
            find_in(text, &evidence, &expect(&kind))
        };
        let not = find_in(
            text,
            &evidence,
            &expect("no-object-in = { bucket = \"matched\" }"),
        );
        (is("text"), is("file"), not)
    };
    let (as_text, as_file, not) = bucket(Some(Found::Object(text.replace(' ', "\n").into_bytes())));
    assert!(as_text.is_ok() && not.is_err());
    assert!(
        as_file
            .unwrap_err()
            .contains("something else than the file")
    );
    let (as_text, as_file, _) = bucket(Some(Found::Object(text.as_bytes().to_vec())));
    assert!(as_text.is_ok() && as_file.is_ok());
    let (as_text, _, not) = bucket(Some(Found::Nothing));
    assert!(as_text.unwrap_err().starts_with("there is no object") && not.is_ok());
    let (as_text, _, not) = bucket(Some(Found::NoBucket));
    assert!(as_text.unwrap_err().contains("under resources") && not.is_ok());
    let (as_text, _, not) = bucket(None);
    assert!(as_text.unwrap_err().starts_with("pending") && not.unwrap_err().starts_with("pending"));

    let logged = |function: &str, evidence: &Evidence| {
        let expect = format!("{{ function-logged = {{ function = \"{function}\" }} }}");
        find_in(text, evidence, &expect)
    };
    let mut evidence = good();
    assert!(
        logged("copy-file", &evidence)
            .unwrap_err()
            .starts_with("pending")
    );
    evidence.ended = Some(Duration::from_secs(1));
    assert!(
        logged("copy-file", &evidence)
            .unwrap_err()
            .contains("no line with the key")
    );
    assert!(
        logged("copy", &evidence)
            .unwrap_err()
            .contains("has no function \"copy\"")
    );
    evidence.logged.insert("copy-file".into());
    assert!(logged("copy-file", &evidence).is_ok());
}
