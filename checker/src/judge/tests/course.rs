//! The checks of the course beyond its first task: ways, branches, outputs, objects.

use super::*;

/// The checks of one kind, on one execution whose CV says this.
fn find_in(text: &str, evidence: &Evidence, expect: &str) -> Result<String, String> {
    let task = task();
    let mut probe = known(&task)[0].clone();
    // Of a PDF only the words are compared.
    probe.spec.format = expect.contains("\"text\"").then(|| "pdf".to_owned());
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
        expect: crate::course::task::Kind,
    }
    let check: Check = toml::from_str(&format!("expect = {expect}")).unwrap();
    match kinds::find(&check.expect, case, &rules()) {
        Finding::Passed(detail) => Ok(detail),
        Finding::Failed { detail, .. } => Err(detail),
        Finding::Pending(what) => Err(format!("pending: {what}")),
        Finding::Skipped(what) => Err(format!("skipped: {what}")),
        Finding::Unclear(why) => Err(format!("unclear: {why}")),
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

#[test]
fn what_states_called() {
    let step = |id, previous, kind| Step { id, previous, kind };
    let called = |resource: &str| {
        let kind = StepKind::Called(resource.to_owned(), r#"{"Payload":{}}"#.to_owned());
        with_history(vec![
            step(1, 0, StepKind::Entered("A".to_owned())),
            step(2, 1, kind),
            step(3, 2, StepKind::Answered(r#"{"n": 1}"#.to_owned())),
            step(
                4,
                3,
                StepKind::Exited("A".to_owned(), r#"{"n": 2}"#.to_owned()),
            ),
        ])
    };
    let function = |key: &str| {
        let name = &stack().service.functions;
        let name = name.iter().find(|it| it.key == key).unwrap().name.clone();
        called(&format!(
            "arn:aws:lambda:eu-west-1:123456789012:function:{name}"
        ))
    };
    let expect = |what: &str| format!("{{ states-called = {{ calls = {{ A = \"{what}\" }} }} }}");
    let copy = function("copy-file");
    assert_eq!(
        find_in("", &copy, &expect("copy-file")).unwrap(),
        "A: copy-file"
    );
    let found = find_in("", &copy, &expect("extract-text")).unwrap_err();
    assert_eq!(
        found,
        "the state A called copy-file, but it should call extract-text"
    );
    let native = called("aws-sdk:s3:copyObject");
    assert!(find_in("", &native, &expect("aws-sdk:s3:copyObject")).is_ok());
    assert!(find_in("", &copy, &expect("aws-sdk:s3:copyObject")).is_err());
    let found = find_in("", &with_history(went(&["A"])), &expect("copy-file")).unwrap_err();
    assert!(found.contains("the state A called nothing"), "{found}");

    // The function's own answer counts where the manifest says so, and the output at the end.
    let output = |more: &str| {
        let expect = "{ state-output = { state = \"A\", field = \"n\", value = \"2\"";
        find_in("", &copy, &format!("{expect}{more} }} }}"))
    };
    assert!(output("").is_ok());
    let found = output(", from = \"A\"").unwrap_err();
    assert!(
        found.contains("answered in the state A with n = 1"),
        "{found}"
    );
    let found = output(", last = true").unwrap_err();
    assert!(found.contains("a state after it throws it away"), "{found}");
    let found = output(", list = true").unwrap_err();
    assert!(found.contains("no list"), "{found}");
}

#[test]
fn what_a_catch_hides_is_told() {
    let step = |id, previous, kind| Step { id, previous, kind };
    let evidence = with_history(vec![
        step(1, 0, StepKind::Entered("A".to_owned())),
        step(2, 1, StepKind::Failed("Boom: not authorized".to_owned())),
        step(3, 2, StepKind::Exited("A".to_owned(), "{}".to_owned())),
    ]);
    let expect = "{ went-through = { states = [\"B\"] } }";
    let found = find_in("", &evidence, expect).unwrap_err();
    assert!(
        found.ends_with("On the way the state A failed: Boom: not authorized"),
        "{found}"
    );
}

#[test]
fn copies_under_other_keys_do_not_belong_there() {
    let mut evidence = good();
    evidence.objects.insert("matched".into(), Found::Nothing);
    let expect = "{ no-object-in = { bucket = \"matched\" } }";
    assert!(find_in("", &evidence, expect).is_ok());
    let bucket = rules().stack.bucket("matched");
    evidence.strays = vec![(bucket, "copy of cvtest00".to_owned())];
    let found = find_in("", &evidence, expect).unwrap_err();
    assert!(
        found.contains("copy of cvtest00, which does not belong there"),
        "{found}"
    );
}
