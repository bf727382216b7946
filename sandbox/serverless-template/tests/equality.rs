//! Our templates are those of the real CLI, as `record.mjs` recorded them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use serverless_template::{Options, compile};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn read(path: &Path) -> Json {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn texts(object: &Json) -> BTreeMap<String, String> {
    let entries = object.as_object().into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// `None` if our template is the recorded one, else what differs.
fn difference(options: &Options, recorded: &Path) -> Option<String> {
    let service = match compile(options) {
        Ok(service) => service,
        Err(error) => return Some(error.to_string()),
    };
    let recorded = read(recorded);
    let mut differences = Vec::new();
    compare(
        "create",
        &recorded["create"],
        &service.create_template,
        &mut differences,
    );
    compare(
        "update",
        &recorded["update"],
        &service.template,
        &mut differences,
    );
    (!differences.is_empty()).then(|| differences.join("\n"))
}

fn compare(path: &str, theirs: &Json, ours: &Json, differences: &mut Vec<String>) {
    match (theirs, ours) {
        (Json::Object(left), Json::Object(right)) => {
            let mut keys: Vec<_> = left.keys().chain(right.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let path = format!("{path}.{key}");
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => compare(&path, left, right, differences),
                    (Some(left), None) => differences.push(format!("{path}: only theirs: {left}")),
                    (_, right) => differences.push(format!("{path}: only ours: {right:?}")),
                }
            }
        }
        _ if theirs == ours => {}
        _ => differences.push(format!("{path}:\n  theirs {theirs}\n  ours   {ours}")),
    }
}

#[test]
fn every_case_is_what_the_cli_writes() {
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(tests().join("cases")).unwrap() {
        let root = entry.unwrap().path();
        let settings = root.join("options.json");
        let (env, opts) = if settings.exists() {
            let settings = read(&settings);
            (texts(&settings["env"]), texts(&settings["opts"]))
        } else {
            (
                [("STUDENT_NAME".to_owned(), "alice".to_owned())].into(),
                BTreeMap::new(),
            )
        };
        let recorded = root.join("recorded.json");
        let options = Options {
            root: root.clone(),
            env,
            opts,
        };
        if let Some(difference) = difference(&options, &recorded) {
            failures.push(format!(
                "{}: {difference}",
                root.file_name().unwrap().display()
            ));
        }
        count += 1;
    }
    assert!(count >= 25);
    // Shown when the test passes, too, which what println! prints is not.
    writeln!(
        std::io::stderr(),
        "templates: {} of {count} files are what the Serverless CLI writes",
        count - failures.len()
    )
    .unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn project(user: &str) -> Options {
    let env = [("STUDENT_NAME", user), ("WORKSHOP", "scan-cv")];
    Options {
        root: tests().join("../../.."),
        env: env
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        opts: BTreeMap::new(),
    }
}

#[test]
fn the_project_is_what_the_cli_writes() {
    if let Some(difference) = difference(&project("alice"), &tests().join("project.json")) {
        panic!(
            "{difference}\n\nIf serverless.yml changed, record it again: \
             node sandbox/serverless-template/tests/record.mjs project"
        );
    }
}

#[test]
fn a_resource_in_a_file_of_its_own_is_found_there() {
    let service = compile(&project("alice")).unwrap();
    for (logical_id, file) in [
        ("ScanCvWorkflowRole", "handler/workflow/workflow.iam.yml"),
        ("ScanFailedTopic", "serverless.yml"),
    ] {
        assert_eq!(&*service.places[logical_id].file, file);
    }
}

#[test]
fn the_project_has_room_for_the_longest_user_name() {
    let service = compile(&project(&"a".repeat(20))).unwrap();
    for function in &service.functions {
        assert!(function.name.len() <= 64, "{}", function.name);
    }
}

#[test]
fn the_project_refuses_a_user_name_that_makes_no_bucket_name() {
    let problem = |user: &str| compile(&project(user)).unwrap_err().problem;
    for user in ["Alice", "", "a_b", &"a".repeat(60)] {
        assert!(problem(user).contains("name"), "{user}: {}", problem(user));
    }
}
