//! Handlers that do not get as far as to handle an event.

use crate::project::Project;
use crate::report::Report;

const MAIN: &str = "handler/src/main.rs";
const SCAN_FILE: &str = "handler/src/scan_file/mod.rs";
const FUNCTION: &str = "handler/src/scan_file/function.yml";

#[test]
fn does_not_compile() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "aws_sdk_sfn::Client::new(aws)",
        "aws_sdk_sfn::Client::new(was)",
    );
    let output = project.verify("alice");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("cannot find value `was` in this scope"),
        "{errors}"
    );
    assert!(
        errors.contains("--> handler/src/scan_file/mod.rs:"),
        "{errors}"
    );
    assert!(
        errors.ends_with(
            "error: the handler does not compile: see cargo's messages above. Mend them, then run \
             the checker again.\n"
        ),
        "{errors}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn panics_when_it_starts() {
    broken_start(
        "panic!(\"no configuration\");",
        &["panicked at handler/src/main.rs:", "no configuration"],
    );
}

#[test]
fn exits_when_it_starts() {
    broken_start(
        "std::process::exit(3);",
        &["Runtime exited with error: exit status 3"],
    );
}

#[test]
fn hangs_when_it_starts() {
    broken_start("loop { std::thread::park(); }", &["Task timed out after"]);
}

/// The environment is checked at start: the variable is named.
#[test]
fn an_environment_variable_is_missing() {
    let project = Project::solution();
    project.replace(FUNCTION, "  STATE_MACHINE_ARN: !Ref ScanCvWorkflow\n", "");
    let report = project.report();
    report.failed(
        &[0, 1, 2, 3, 4, 5],
        "function-invoked",
        &["STATE_MACHINE_ARN", "function.yml"],
    );
    assert!(report.look().contains("function.yml:"), "{}", report.look());
}

#[test]
fn many_log_lines_are_no_mistake() {
    flood("for _ in 0..5_000").report().passed();
}

/// It ends at the function's timeout, and does not fill the memory.
#[test]
fn floods_its_log() {
    let project = flood("loop");
    project.replace(
        FUNCTION,
        "handler: scan-file",
        "handler: scan-file\ntimeout: 2",
    );
    let report = project.report();
    report.failed(
        &[0, 3, 4, 5],
        "function-succeeded",
        &["Task timed out after 2.00 seconds", "floods its log"],
    );
    assert!(
        report
            .look()
            .ends_with("loop { println!(\"and on it goes\"); }"),
        "{}",
        report.look()
    );
}

fn flood(repeat: &str) -> Project {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "        info!(\"Starting SF execution\");",
        &format!("        {repeat} {{ println!(\"and on it goes\"); }}\n        info!(\"Starting SF execution\");"),
    );
    project
}

fn broken(statement: &str) -> Project {
    let project = Project::solution();
    project.replace(
        MAIN,
        "    tracing::init_default_subscriber();\n",
        &format!("    tracing::init_default_subscriber();\n    if true {{ {statement} }}\n"),
    );
    project
}

fn broken_start(statement: &str, words: &[&str]) {
    let report: Report = broken(statement).report();
    let words: Vec<&str> = ["was invoked", "ended before it logged the key"]
        .into_iter()
        .chain(words.iter().copied())
        .collect();
    report.failed(&[0, 1, 2, 3, 4, 5], "function-invoked", &words);
}
