//! What participants get wrong: each mistake fails at the right check, with a
//! text that names the cause.

use checker::course::regions::Side;

use crate::project::Project;

const SCAN_FILE: &str = "handler/src/scan_file/mod.rs";
const FUNCTION: &str = "handler/src/scan_file/function.yml";

#[test]
fn key_not_decoded() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "decode_key(&record.s3.object.key.unwrap_or_default())?",
        "record.s3.object.key.unwrap_or_default()",
    );
    let report = project.report();
    report.failed(&[0, 3, 4, 5], "execution-input", &["URL-encoded"]);
    assert!(
        report.look().starts_with("handler/src/scan_file/mod.rs:"),
        "{}",
        report.look()
    );
}

#[test]
fn constant_execution_name() {
    let project = Project::solution();
    project.replace(SCAN_FILE, "execution_name(&key);", "\"scan\".to_owned();");
    // The probes run side by side, and one upload gets the name: with it its probe
    // passes, unless that is the one with two uploads.
    let report = project.report();
    let failed = report.failed_probes("a name of its own");
    // The same name with the same input is no error to Step Functions while the first
    // execution runs, but starts no second one.
    let known = ["function-succeeded", "execution-started"];
    assert!(failed.len() >= 2, "{report:#?}");
    for (_, check) in failed {
        assert!(known.contains(&check.as_str()), "{report:#?}");
    }
}

#[test]
fn invalid_execution_name() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "execution_name(&key);",
        "format!(\"my CV {}\", uuid::Uuid::new_v4());",
    );
    project.report().failed(
        &[0, 3, 4, 5],
        "function-succeeded",
        &["InvalidName", "execution_name(&key)"],
    );
}

#[test]
fn execution_name_too_long() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "execution_name(&key);",
        "execution_name(&key).repeat(2);",
    );
    project.report().failed(
        &[0, 3, 4, 5],
        "function-succeeded",
        &[
            "Member must have length less than or equal to 80",
            "80 characters at most",
        ],
    );
}

#[test]
fn wrong_state_machine_arn() {
    let project = Project::solution();
    project.replace(
        FUNCTION,
        "!Ref ScanCvWorkflow",
        "!Sub arn:aws:states:${AWS::Region}:${AWS::AccountId}:stateMachine:Another",
    );
    let report = project.report();
    report.failed(
        &[0, 3, 4, 5],
        "function-succeeded",
        &[
            "stateMachine:Another",
            "another state machine than scan-cv-alice-ScanCvWorkflow",
        ],
    );
    assert!(report.look().contains("function.yml:"), "{}", report.look());
}

#[test]
fn input_without_the_extension() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "\"key\": key, \"extension\": extension",
        "\"key\": key",
    );
    project
        .report()
        .failed(&[0, 3, 4, 5], "execution-input", &["has no \"extension\""]);
}

#[test]
fn input_without_the_key() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "\"key\": key, \"extension\": extension",
        "\"extension\": extension",
    );
    // An execution is known by its name, which is made from the key, unless the key was too
    // long to be in it: one that nobody's name or input names is told of as such.
    let (check, said) = project.report().first_failure().unwrap();
    assert_eq!(check, "execution-started");
    assert!(said.contains("whose input does not hold the key"), "{said}");
}

#[test]
fn a_workflow_that_goes_round_in_circles() {
    let project = Project::solution();
    project.replace(
        "handler/workflow/workflow.asl.yml",
        "    End: true",
        "    Next: Again\n  Again:\n    Type: Pass\n    Next: AndAgain\n  AndAgain:\n    Type: \
         Choice\n    Choices:\n      - Variable: $.never\n        IsPresent: true\n        Next: \
         Done\n    Default: Again\n  Done:\n    Type: Succeed",
    );
    project.report().failed(
        &[0, 3, 4, 5],
        "execution-succeeded",
        &["The execution reached the maximum number of history events (25000)."],
    );
}

#[test]
fn workflow_may_not_invoke() {
    let project = Project::of("2", Side::Solution);
    project.replace(
        "handler/workflow/workflow.iam.yml",
        "lambda:InvokeFunction",
        "lambda:GetFunction",
    );
    let report = project.report();
    report.failed(
        &[0, 1, 2, 3],
        "execution-succeeded",
        &[
            "Lambda.AWSLambdaException",
            "The workflow's role lacks a permission",
        ],
    );
    assert!(
        report
            .look()
            .starts_with("handler/workflow/workflow.iam.yml:"),
        "{}",
        report.look()
    );
}

#[test]
fn execution_started_twice() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "    for record in event.records {",
        "    for record in event.records.into_iter().flat_map(|it| [it.clone(), it]) {",
    );
    project
        .report()
        .failed(&[0, 3, 4, 5], "execution-started", &["once per object"]);
}

#[test]
fn log_line_missing() {
    let project = Project::solution();
    project.replace(SCAN_FILE, "        info!(\"Starting SF execution\");\n", "");
    project.report().failed(
        &[0, 3, 4, 5],
        "log-entry",
        &["no line with \"Starting SF execution\""],
    );
}

#[test]
fn execution_name_not_logged() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "info!(name, arn = execution.execution_arn, \"Started SF execution\")",
        "drop(execution)",
    );
    project
        .report()
        .failed(&[0, 3, 4, 5], "log-entry", &["does not name the execution"]);
}

#[test]
fn error_returned() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "        info!(\"Starting SF execution\");",
        "        return Err(\"no more time today\".into());",
    );
    project
        .report()
        .failed(&[0, 3, 4, 5], "function-succeeded", &["no more time today"]);
}

#[test]
fn panics() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "        info!(\"Starting SF execution\");",
        "        panic!(\"out of ideas\");",
    );
    project.report().failed(
        &[0, 3, 4, 5],
        "function-succeeded",
        &["panicked", "out of ideas"],
    );
}

#[test]
fn hangs_past_the_timeout() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "        info!(\"Starting SF execution\");",
        "        std::future::pending::<()>().await;",
    );
    project.replace(
        FUNCTION,
        "handler: scan-file",
        "handler: scan-file\ntimeout: 1",
    );
    project.report().failed(
        &[0, 3, 4, 5],
        "function-succeeded",
        &["Task timed out after 1.00 seconds"],
    );
}

#[test]
fn permission_missing() {
    let project = Project::solution();
    project.replace(
        "serverless.yml",
        "Action: states:StartExecution",
        "Action: states:ListExecutions",
    );
    let report = project.report();
    report.failed(
        &[0, 3, 4, 5],
        "function-succeeded",
        &[
            "AccessDeniedException",
            "is not authorized to perform: states:StartExecution on resource",
            "allow states:StartExecution",
        ],
    );
    assert!(
        report.look().starts_with("serverless.yml:"),
        "{}",
        report.look()
    );
}

#[test]
fn trigger_missing() {
    let project = Project::solution();
    project.replace(
        FUNCTION,
        "events:\n  - s3:\n      bucket: inputBucket\n      event: s3:ObjectCreated:*\n",
        "",
    );
    let report = project.report();
    report.failed(
        &[0, 1, 2, 3, 4, 5],
        "function-invoked",
        &["tells scan-file of no new object", "s3 event"],
    );
    assert!(
        report
            .look()
            .starts_with("handler/src/scan_file/function.yml"),
        "{}",
        report.look()
    );
}

#[test]
fn word_documents_not_refused() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "REFUSED.contains(&extension.as_str())",
        "REFUSED.contains(&\"exe\")",
    );
    project
        .report()
        .failed(&[1, 2], "no-execution", &["for a file that it must refuse"]);
}

#[test]
fn refusal_not_logged() {
    let project = Project::solution();
    project.replace(
        SCAN_FILE,
        "            warn!(key, \"Refused: .{extension} files cannot be scanned\");\n",
        "",
    );
    project.replace(SCAN_FILE, "tracing::{info, warn}", "tracing::info");
    project
        .report()
        .failed(&[1, 2], "refusal-logged", &["no line with \"Refused\""]);
}
