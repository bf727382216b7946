//! A whole workshop, rehearsed: a participant goes from task to task with uncommitted work at
//! each change, then the instructor resets and restores, here and on the remote.

use std::fmt::Write as _;
use std::process::Output;

use crate::courses::SCAN_CV;
use crate::project::ORDER;
use crate::report::Report;
use crate::repository::Repository;

const NOTES: &str = "notes.txt";

/// `checker verify` on a clone.
fn verify(repository: &Repository, more: &[&str]) -> Output {
    repository.building(&[&["verify", "--user", "alice"], more].concat())
}

#[test]
fn from_the_first_task_to_the_last_and_back() {
    let instructor = Repository::of_course(&SCAN_CV, "rehearsal");
    let participant = instructor.cloned();
    assert_eq!(participant.built().len(), 6);

    // What main passes is nobody's progress.
    Report::read(&verify(&participant, &["--task", "1", "--json"])).passed();
    let overview = participant.said(&["tasks"]);
    assert!(!overview.contains("passed"), "{overview}");
    assert!(
        overview.ends_with("Go on: cargo checker start 1\n"),
        "{overview}"
    );

    // Whoever judges by rules of their own is told of it, passed or not.
    let rules = "tasks/1-start-the-workflow/task.toml";
    let original = participant.read(rules).unwrap();
    participant.write(rules, &format!("{original}\n# Mine.\n"));
    participant.write("checker/src/mine.rs", "");
    let output = verify(&participant, &["--task", "1"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains(&format!(
            "Note: what judges is not as it was when this branch was begun: {rules}, \
             checker/src/mine.rs differ. git status and git diff show how.\n"
        )),
        "{said}"
    );
    participant.write(rules, &original);
    std::fs::remove_file(participant.root().join("checker/src/mine.rs")).unwrap();

    let mut committed = Vec::new();
    for task in ORDER {
        participant.said(&["start", task]);
        assert_eq!(
            participant.git(&["status", "--porcelain"]),
            "",
            "task {task}"
        );
        let page = participant.said(&["show"]);
        assert!(page.starts_with(&format!("Task {task}: ")), "{page}");
        // The start fails, and the failed check has hints.
        let failed = verify(&participant, &["--json"]);
        Report::read(&failed).first_failure().unwrap();
        let hint = participant.said(&["hint"]);
        assert!(
            hint.contains("\n  1. ") && !hint.contains("\n  2. "),
            "{hint}"
        );
        let hint = participant.said(&["hint"]);
        assert!(hint.contains("\n  2. "), "{hint}");
        // The reference passes.
        let refused = participant.refused(&["solution"]);
        assert!(refused.contains("has not passed yet"), "{refused}");
        let patch = participant.said(&["solution", "--give-up"]);
        participant.write("../patch", &patch);
        participant.git(&["apply", "../patch"]);
        Report::read(&verify(&participant, &["--json"])).passed();
        assert_eq!(participant.said(&["solution"]), "");
        // Some work is committed, and some scribbles never are.
        if ["2", "4"].contains(&task) {
            participant.commit("My solution");
            committed.push(task);
        }
        participant.write(NOTES, &format!("what I learnt in task {task}\n"));
    }
    let overview = participant.said(&["tasks"]);
    assert_eq!(overview.matches("passed, 2 hints").count(), 6, "{overview}");
    assert!(
        overview.contains("> 5 ") && overview.ends_with("All passed.\n"),
        "{overview}"
    );

    // Nothing was lost on the way.
    for task in ORDER {
        participant.said(&["start", task]);
        let backups = participant.backups();
        let mine = format!("task/{task}/");
        let mut mine = backups.iter().filter(|it| it.starts_with(&mine));
        participant.said(&["branches", "restore", mine.next_back().unwrap()]);
        assert_eq!(
            participant.read(NOTES).unwrap(),
            format!("what I learnt in task {task}\n")
        );
        assert_eq!(participant.said(&["solution"]), "", "task {task}");
    }

    // The instructor looks after it, first here and then on the remote.
    participant.git(&["push", "--quiet", "origin", "task/1", "task/2", "task/4"]);
    let theirs = participant.git(&["rev-parse", "task/2"]);
    let mut expected = String::from("  branch   here     origin\n");
    for task in ORDER {
        let here = if committed.contains(&task) {
            "ahead 1"
        } else {
            "in sync"
        };
        let there = match task {
            "1" | "2" | "4" => here,
            _ => "missing",
        };
        let _ = writeln!(expected, "  {:<7}  {here}  {there}", format!("task/{task}"));
    }
    let status = participant.said(&["branches", "status"]);
    assert_eq!(status.split_once("\n\n").unwrap().1, expected);
    participant.said(&["branches", "reset", "--all", "--yes"]);
    let status = participant.said(&["branches", "status"]);
    assert_eq!(status.matches("ahead 1").count(), 2, "{status}");
    participant.said(&["branches", "reset", "--all", "--yes", "--remote", "origin"]);
    let status = participant.said(&["branches", "status"]);
    assert_eq!(status.matches("in sync").count(), 12, "{status}");
    assert_eq!(participant.read(NOTES), None);
    let backups = participant.backups();
    let mut of_five = backups.iter().filter(|it| it.starts_with("task/5/"));
    participant.said(&["branches", "restore", of_five.next_back().unwrap()]);
    assert_eq!(
        participant.read(NOTES).unwrap(),
        "what I learnt in task 5\n"
    );
    let of_two = backups.iter().find(|it| {
        let tip = participant.git(&["rev-parse", &format!("refs/backups/{it}")]);
        it.starts_with("task/2/") && tip == theirs
    });
    participant.said(&["branches", "restore", of_two.unwrap()]);
    assert_eq!(participant.git(&["rev-parse", "task/2"]), theirs);
}
