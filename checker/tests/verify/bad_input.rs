//! What is wrong before anything runs: one clear message, exit code 2, and
//! nothing on standard output.

use std::process::Command;

use crate::project::Project;

/// Runs `checker verify` with these arguments in a project and gives what it says.
fn refusal(project: &Project, arguments: &[&str]) -> String {
    let output = project
        .checker()
        .arg("verify")
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    errors
}

#[test]
fn arguments() {
    let project = Project::solution();
    for (arguments, expected) in [
        (
            ["--user", "Alice"].as_slice(),
            "error: the user name \"Alice\" has a character that bucket names cannot have. Use 1 to \
             20 characters of a-z, 0-9 and -, such as --user alice.\n",
        ),
        (
            &["--user", "a-very-long-user-name-"],
            "error: the user name \"a-very-long-user-name-\" is too long. Use 1 to 20 characters of \
             a-z, 0-9 and -, such as --user alice.\n",
        ),
        (
            &["--user", "alice", "--task", "9"],
            "error: there is no task \"9\". The tasks are: 1, 2, 3a, 3b, 4, 5.\n",
        ),
        (
            &[
                "--user",
                "alice",
                "--target",
                "sandbox",
                "--endpoint-url",
                "http://localhost:1",
            ],
            "error: --endpoint-url is for --target aws: the sandbox target starts a sandbox of its \
             own.\n",
        ),
        (
            &["--user", "alice", "--endpoint-url", "localhost:4566"],
            "error: invalid value 'localhost:4566' for '--endpoint-url <URL>': it has to be a \
             URL such as http://127.0.0.1:4566\n\nFor more information, try '--help'.\n",
        ),
        (
            &[
                "--user",
                "alice",
                "--endpoint-url",
                "http://127.0.0.1:99999",
            ],
            "error: invalid value 'http://127.0.0.1:99999' for '--endpoint-url <URL>': it has to \
             be a URL such as http://127.0.0.1:4566\n\nFor more information, try '--help'.\n",
        ),
        (
            &["--user", "alice", "--region", "eu west"],
            "error: invalid value 'eu west' for '--region <REGION>': it has to be the name of a \
             region, such as eu-west-1\n\nFor more information, try '--help'.\n",
        ),
        (
            &["--user", "alice", "--timeout", "0"],
            "error: invalid value '0' for '--timeout <SECONDS>': 0 is not in 1..=3600\n\nFor more \
             information, try '--help'.\n",
        ),
        (
            &[],
            "error: the following required arguments were not provided:\n  --user <USER>\n\nUsage: \
             checker verify --user <USER>\n\nFor more information, try '--help'.\n",
        ),
    ] {
        assert_eq!(refusal(&project, arguments), expected);
    }
}

#[test]
fn outside_a_project() {
    let folder = tempfile::tempdir().unwrap();
    let mut checker = Command::new(env!("CARGO_BIN_EXE_checker"));
    let output = checker
        .current_dir(&folder)
        .args(["verify", "--task", "1", "--user", "alice"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let path = folder.path().canonicalize().unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "error: there is no serverless.yml in {} or above it. Run the checker inside the \
             workshop's repository.\n",
            path.display()
        )
    );
}

#[test]
fn yaml() {
    for (from, to, expected) in [
        ("provider:\n", "provider: [\n", "error: serverless.yml:"),
        (
            "  memorySize: 128",
            "  memorySise: 128",
            "error: serverless.yml:19:3: provider.memorySise: the property memorySise is not supported here",
        ),
        (
            "file(handler/workflow/workflow.yml)",
            "file(handler/workflow/none.yml)",
            "error: serverless.yml:48:21: ",
        ),
        (
            "${self:custom.inputBucket}\n  iam",
            "${self:custom.inputBuckit}\n  iam",
            "error: serverless.yml:26:13: ",
        ),
    ] {
        let project = Project::solution();
        project.replace("serverless.yml", from, to);
        let errors = refusal(&project, &["--user", "alice"]);
        assert!(errors.starts_with(expected), "{to}: {errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

/// What CloudFormation would refuse, the sandbox refuses too, in its words.
#[test]
fn a_template_that_cannot_be_deployed() {
    for (file, from, to, place, problem) in [
        (
            "handler/workflow/workflow.asl.yml",
            "StartAt: example",
            "StartAt: Exampel",
            "handler/workflow/workflow.asl.yml:",
            "MISSING_TRANSITION_TARGET",
        ),
        (
            "serverless.yml",
            "TopicName:",
            "TopicNam:",
            "serverless.yml:",
            "ScanFailedTopic (AWS::SNS::Topic): Properties validation failed for resource \
             ScanFailedTopic with message:\n#: extraneous key [TopicNam] is not permitted",
        ),
    ] {
        let project = Project::solution();
        project.replace(file, from, to);
        let errors = refusal(&project, &["--user", "alice"]);
        assert!(errors.starts_with(&format!("error: {place}")), "{errors}");
        let deploys = ": the stack scan-cv-alice-dev cannot be deployed: ";
        assert!(errors.contains(deploys), "{errors}");
        assert!(errors.contains(problem), "{errors}");
        assert!(errors.ends_with(". Mend it there.\n"), "{errors}");
    }
}

/// Names that come out too long for AWS are refused with the limit.
#[test]
fn a_workshop_name_that_is_too_long() {
    let project = Project::solution();
    let mut checker = project.checker();
    checker
        .env("WORKSHOP", "w".repeat(50))
        .args(["verify", "--task", "1", "--user", "alice"]);
    let output = checker.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("AWS allows 64"), "{errors}");
}
