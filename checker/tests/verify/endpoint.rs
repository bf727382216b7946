//! `--target aws` and `--endpoint-url`: whatever speaks AWS's APIs, with the
//! caller's own credentials.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::project::Project;
use crate::report::Report;

/// `checker sandbox` with alice's stack.
pub struct Served {
    child: Child,
    /// Where it answers.
    pub endpoint: String,
    output: Box<dyn BufRead + Send>,
}

impl Served {
    /// Starts it, and waits until the stack is there.
    pub fn start(project: &Project) -> Self {
        let mut checker = project.checker();
        checker
            .args(["sandbox", "--port", "0", "--user", "alice"])
            .stdout(Stdio::piped());
        let mut child = checker.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("The sandbox answers at ") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "it ended");
        }
        let endpoint = line
            .split_whitespace()
            .find(|it| it.starts_with("http"))
            .unwrap()
            .to_owned();
        Self {
            child,
            endpoint,
            output: Box::new(output),
        }
    }

    /// The lines that it prints from now on.
    #[cfg(target_os = "linux")]
    fn lines(&mut self) -> std::sync::mpsc::Receiver<String> {
        let (sender, lines) = std::sync::mpsc::channel();
        let output = std::mem::replace(&mut self.output, Box::new(std::io::empty()));
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        lines
    }

    /// Ends it by Ctrl-C, and gives the exit code and all that it printed.
    #[cfg(target_os = "linux")]
    fn end(mut self) -> (Option<i32>, String) {
        crate::interrupt::interrupt(&self.child);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command with the sandbox's credentials.
pub fn signed_in(mut command: Command) -> Command {
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

fn verify_at(project: &Project, endpoint: &str) -> Output {
    let mut checker = signed_in(project.checker());
    checker.args([
        "verify",
        "--task",
        "1",
        "--user",
        "alice",
        "--json",
        "--endpoint-url",
        endpoint,
    ]);
    checker.output().unwrap()
}

/// The checker sees a sandbox as it sees AWS, and leaves nothing behind in it but
/// what is no one's to remove: logs, and executions that have ended.
#[cfg(target_os = "linux")]
#[test]
fn another_sandbox() {
    let project = Project::solution();
    let served = Served::start(&project);
    Report::read(&verify_at(&project, &served.endpoint)).passed();
    // Deployed under another name: what is asked for is not there.
    let mut checker = signed_in(project.checker());
    checker.args([
        "verify",
        "--task",
        "1",
        "--user",
        "bob",
        "--endpoint-url",
        &served.endpoint,
        "--json",
    ]);
    let output = checker.output().unwrap();
    Report::read(&output).failed(
        &[0, 1, 2, 3, 4, 5],
        "object-uploaded",
        &["NoSuchBucket", "npx sls deploy"],
    );
    let (code, printed) = served.end();
    assert_eq!(code, Some(0));
    let count = |word: &str| {
        printed
            .lines()
            .filter(|line| line.starts_with(word))
            .count()
    };
    // Two of the seven uploads have the same key: six objects, two of which are refused.
    assert_eq!((count("object "), count("removed ")), (7, 6), "{printed}");
    // One execution for each upload that is not refused, and for two records of an event.
    assert_eq!((count("started "), count("ended ")), (7, 7), "{printed}");
}

/// What was deployed is older than the working tree: the report says so.
#[cfg(target_os = "linux")]
#[test]
fn an_old_deployment() {
    let project = Project::solution();
    let served = Served::start(&project);
    project.replace(
        "handler/src/scan_file/mod.rs",
        "Starting SF execution",
        "Starting it",
    );
    let mut checker = signed_in(project.checker());
    checker.args([
        "verify",
        "--task",
        "1",
        "--user",
        "alice",
        "--endpoint-url",
        &served.endpoint,
    ]);
    let output = checker.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("scan-file was deployed from other sources than those in handler/"),
        "{text}"
    );
}

/// Who kills a sandbox gives it no time to end its functions: they end by
/// themselves, because nobody gives them work any more.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_sandbox() {
    let project = Project::solution();
    let mut served = Served::start(&project);
    Report::read(&verify_at(&project, &served.endpoint)).passed();
    let endpoint = served.endpoint.clone();
    let functions = || crate::interrupt::processes_of(&endpoint);
    assert!(!functions().is_empty());
    served.child.kill().unwrap();
    served.child.wait().unwrap();
    let begun = Instant::now();
    while !functions().is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{:?}",
            functions()
        );
        std::thread::yield_now();
    }
}

#[test]
fn nothing_listens() {
    let project = Project::solution();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = verify_at(&project, &format!("http://{free}"));
    assert_eq!(output.status.code(), Some(3));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.starts_with(&format!("error: cannot sign in at http://{free}: ")),
        "{errors}"
    );
    assert!(
        errors.contains(
            " Check --endpoint-url, and that something answers there, such as cargo checker \
             sandbox."
        ),
        "{errors}"
    );
}

/// A class could not tell from the report that nothing of it ran on AWS.
#[test]
fn another_endpoint_is_not_taken_for_aws() {
    let project = Project::solution();
    let mut checker = signed_in(project.checker());
    checker
        .env("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
        .args([
            "verify", "--task", "1", "--user", "alice", "--target", "aws",
        ]);
    let output = checker.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: AWS_ENDPOINT_URL_S3 is set, so this would not run on AWS. Unset it, or give its \
         value as --endpoint-url.\n"
    );

    let file = project.root().join("target/aws-config");
    for config in [
        "[default]\nendpoint_url = http://127.0.0.1:1\n",
        "[default]\nservices = mine\n[services mine]\nsfn =\n  endpoint_url = http://127.0.0.1:1\n",
    ] {
        std::fs::write(&file, config).unwrap();
        let mut checker = signed_in(project.checker());
        checker.env("AWS_CONFIG_FILE", &file).args([
            "verify", "--task", "1", "--user", "alice", "--target", "aws",
        ]);
        let output = checker.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{config}");
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "error: your AWS config file names the endpoint http://127.0.0.1:1, so this would \
             not run on AWS. Choose another one with --profile, or give the endpoint as \
             --endpoint-url.\n"
        );
    }
}

/// Whoever breaks a run off leaves nothing of it behind either: neither objects, nor
/// executions, not even those that start after the interrupt.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_broken_off() {
    let project = Project::solution();
    let held = project.root().join("target/held");
    let _ = std::fs::remove_file(&held);
    // The function goes on only when it is told to.
    project.replace(
        "handler/src/scan_file/mod.rs",
        "        info!(\"Starting SF execution\");",
        &format!(
            "        while !std::path::Path::new({held:?}).exists() {{\n            \
             tokio::time::sleep(std::time::Duration::from_millis(5)).await;\n        }}\n        \
             info!(\"Starting SF execution\");"
        ),
    );
    project.replace(
        "handler/workflow/workflow.asl.yml",
        "    End: true",
        "    Next: Wait\n  Wait:\n    Type: Wait\n    Seconds: 600\n    End: true",
    );
    let mut served = Served::start(&project);
    let mut checker = signed_in(project.checker());
    checker
        .args([
            "verify",
            "--task",
            "1",
            "--user",
            "alice",
            "--endpoint-url",
            &served.endpoint,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = checker.spawn().unwrap();
    let lines = served.lines();
    let mut printed: Vec<String> = Vec::new();
    let mut until = |begin: &str, end: &str, times: usize| {
        let is_one = |line: &&String| line.starts_with(begin) && line.ends_with(end);
        while printed.iter().filter(is_one).count() < times {
            printed.push(lines.recv_timeout(Duration::from_secs(60)).unwrap());
        }
    };
    until("invoked ", "", 7);
    crate::interrupt::interrupt(&child);
    until("removed ", "", 4);
    std::fs::write(&held, "").unwrap();
    until("started ", "", 4);
    until("ended ", "The checker ended before the execution did.", 4);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert_eq!(errors, "error: interrupted: there is no verdict\n");
}

#[test]
fn something_else_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n<garbage>",
            );
        }
    });
    let output = verify_at(&Project::solution(), &endpoint);
    assert_eq!(output.status.code(), Some(3));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.starts_with(&format!(
            "error: cannot upload a CV at {endpoint}: the answer is not AWS's, \
             something else may listen there. Check --endpoint-url"
        )),
        "{errors}"
    );
}

#[test]
fn no_credentials() {
    let project = Project::solution();
    let home = tempfile::tempdir().unwrap();
    let mut checker = project.checker();
    checker
        .env("HOME", home.path())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let output = checker
        .args([
            "verify", "--task", "1", "--user", "alice", "--target", "aws",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.starts_with("error: no AWS credentials were found. Name a profile"),
        "{errors}"
    );
    assert!(
        errors.contains(
            "Name a profile that is signed in with --profile, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY; "
        ),
        "{errors}"
    );
}

/// The sandbox target looks at none of the user's AWS settings.
#[test]
fn the_sandbox_needs_no_credentials() {
    let project = Project::solution();
    let mut checker = project.checker();
    checker
        .env("AWS_PROFILE", "there-is-none")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .env("AWS_ACCESS_KEY_ID", "AKIAREALACCOUNT12345")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    let output = checker
        .args(["verify", "--task", "1", "--user", "alice", "--json"])
        .output()
        .unwrap();
    Report::read(&output).passed();
}
