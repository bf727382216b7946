//! Task 1 as a participant finds it, and as it is when it is done.

use std::fs::{File, read_to_string};
use std::time::UNIX_EPOCH;

use checker::course::regions::Side;

use crate::project::Project;

#[test]
fn the_solution_passes() {
    Project::solution().report().passed();
}

/// It runs, and just starts nothing.
#[test]
fn the_start_fails_at_the_todo() {
    let project = Project::start();
    let report = project.report();
    report.failed(
        &[0, 3, 4, 5],
        "execution-started",
        &[
            "scan-file ran (request",
            "without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key",
        ],
    );
    let text = read_to_string(project.root().join("handler/src/scan_file/mod.rs")).unwrap();
    let line = text
        .lines()
        .position(|line| line.contains("// TODO: Start the workflow here"))
        .unwrap();
    assert_eq!(
        report.look(),
        format!(
            "handler/src/scan_file/mod.rs:{} // TODO: Start the workflow here",
            line + 1
        )
    );
}

/// Cargo goes by the time of a file's last change. The checker does not: what it
/// judges is what stands in the files.
#[test]
fn an_old_time_of_change_misleads_nobody() {
    const SCAN_FILE: &str = "handler/src/scan_file/mod.rs";
    let project = Project::solution();
    project.report().passed();
    project.replace(SCAN_FILE, "Starting SF execution", "Starting it");
    let file = File::options()
        .write(true)
        .open(project.root().join(SCAN_FILE))
        .unwrap();
    file.set_modified(UNIX_EPOCH).unwrap();
    project
        .report()
        .failed(&[0, 3, 4, 5], "log-entry", &["Starting SF execution"]);
}

/// Every task's solution passes, and its start fails at checks of its own.
#[test]
fn all_tasks() {
    for (task, first) in [
        ("2", "execution-succeeded"),
        ("3a", "in-parallel"),
        ("3b", "in-parallel"),
        ("4", "score-state"),
        ("5", "matched-path"),
    ] {
        let project = Project::of(task, Side::Solution);
        project.report().passed();
        drop(project);
        let project = Project::of(task, Side::Start);
        let (check, _) = project.report().first_failure().unwrap();
        assert_eq!(check, first, "task {task}");
    }
}
