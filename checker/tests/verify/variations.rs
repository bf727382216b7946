//! Other right solutions than ours.

use crate::project::Project;

const SCAN_FILE: &str = "handler/src/scan_file/mod.rs";

#[test]
fn another_naming_scheme() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "execution_name(&key);",
        "format!(\"cv.{}\", uuid::Uuid::new_v4());",
    );
    project.report().passed();
}

#[test]
fn extra_log_lines() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "        info!(\"Starting SF execution\");",
        "        println!(\"ERROR? Not at all.\\n\\n{{}}\");\n        info!(\"ok: Starting SF execution now\");\n        eprintln!(\"{key}\");",
    );
    project.report().passed();
}

#[test]
fn extra_fields_in_the_input() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "\"extension\": extension }",
        "\"extension\": extension, \"language\": { \"code\": \"en\" } }",
    );
    project.report().passed();
}

#[test]
fn an_added_pass_state() {
    let project = Project::solution();
    project.replace(
        "handler/workflow/workflow.asl.yml",
        "StartAt: example\nStates:\n",
        "StartAt: First\nStates:\n  First:\n    Type: Pass\n    Next: example\n",
    );
    project.report().passed();
}
