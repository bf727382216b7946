//! A second course, `tests/orders`: what the kit's own course can, it can, too.

use std::path::Path;

use crate::courses::ORDERS;
use crate::report::Report;
use crate::repository::Repository;

#[test]
fn is_checked_and_taught() {
    let repository = Repository::of_course(&ORDERS, "taught");
    let checked = repository.building(&["author", "check"]);
    let said = [&checked.stdout, &checked.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(said[0].contains("\nAll is well, in "), "{said:?}");

    assert_eq!(repository.built(), ["step/1   created", "step/2   created"]);
    for task in ["1", "2"] {
        repository.said(&["start", task]);
        assert_eq!(
            repository.git(&["branch", "--show-current"]),
            format!("step/{task}")
        );
        assert_eq!(repository.git(&["status", "--porcelain"]), "");
        let page = repository.said(&["show"]);
        assert!(page.starts_with(&format!("Task {task}: ")), "{page}");
        let failed = repository.building(&["verify", "--user", "alice", "--json"]);
        Report::read(&failed).first_failure().unwrap();
        let hint = repository.said(&["hint"]);
        assert!(hint.contains("\n  1. "), "{hint}");
        let patch = repository.said(&["solution", "--give-up"]);
        repository.write("../patch", &patch);
        repository.git(&["apply", "../patch"]);
        let passed = repository.building(&["verify", "--user", "alice", "--json"]);
        Report::read(&passed).passed();
        let reset = repository.said(&["reset"]);
        let begin = format!("functions/ and serverless.yml are as task {task} starts.");
        assert!(reset.starts_with(&begin), "{reset}");
    }
    let overview = repository.said(&["tasks"]);
    assert_eq!(overview.matches("passed").count(), 3, "{overview}");
    let status = repository.said(&["branches", "status"]);
    assert_eq!(status.matches("in sync").count(), 2, "{status}");
    let reset = repository.said(&["branches", "reset", "--all", "--yes"]);
    assert!(reset.contains("Nothing has to be done."), "{reset}");
}

/// Not one line of the checker's or the sandbox's own sources knows one of the courses: names of
/// functions, workflows, buckets, variables and folders are the courses' own.
#[test]
fn nobody_else_knows_it() {
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in ["checker/src", "sandbox/src"] {
        look_into(&kit.join(folder), &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
}

const NAMES: [&str; 15] = [
    "scan-file",
    "scan_file",
    "ScanCvWorkflow",
    "InputBucket",
    "STUDENT_NAME",
    "WORKSHOP",
    "\"handler/",
    "chrzaszczyzewoszyce",
    "kubernetes",
    "receive-order",
    "receive_order",
    "OrderWorkflow",
    "InboxBucket",
    "PARTICIPANT",
    "step/",
];

fn look_into(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            look_into(&entry.unwrap().path(), found);
        }
        return;
    }
    let text = std::fs::read_to_string(path).unwrap();
    // Tests may tell of anything.
    let own = text.split("\nmod tests {").next().unwrap_or_default();
    let is_test =
        path.ends_with("tests.rs") || path.parent().is_some_and(|it| it.ends_with("tests"));
    for (number, line) in (1..).zip(own.lines()).filter(|_| !is_test) {
        if NAMES.iter().any(|name| line.contains(name)) {
            found.push(format!("{}:{number}: {line}", path.display()));
        }
    }
}
