//! Task 1 as a participant finds it, and as it is when it is done.

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
        &[0, 1, 2],
        "execution-started",
        &[
            "scan-file ran (request",
            "without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key",
        ],
    );
    let text =
        std::fs::read_to_string(project.root().join("handler/src/scan_file/mod.rs")).unwrap();
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
