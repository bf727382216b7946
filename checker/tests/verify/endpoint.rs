//! `--target aws` and `--endpoint-url`: whatever speaks AWS's APIs, with the
//! caller's own credentials.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::project::Project;
use crate::report::Report;

/// `checker sandbox` with alice's stack.
struct Served {
    child: Child,
    endpoint: String,
    output: BufReader<std::process::ChildStdout>,
}

impl Served {
    fn start(project: &Project) -> Self {
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
            .unwrap();
        let endpoint = endpoint.trim_end_matches('.').to_owned();
        Self {
            child,
            endpoint,
            output,
        }
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
fn signed_in(mut command: Command) -> Command {
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

fn verify_at(project: &Project, endpoint: &str) -> Output {
    let mut checker = signed_in(project.checker());
    checker.args([
        "verify",
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
        "--user",
        "bob",
        "--endpoint-url",
        &served.endpoint,
        "--json",
    ]);
    let output = checker.output().unwrap();
    Report::read(&output).failed(
        &[0, 1, 2, 3],
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
    // Two of the five uploads have the same key: four objects.
    assert_eq!((count("object "), count("removed ")), (5, 4), "{printed}");
    assert_eq!((count("started "), count("ended ")), (4, 4), "{printed}");
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
        errors.starts_with(&format!("error: cannot upload a CV at http://{free}: ")),
        "{errors}"
    );
    assert!(
        errors.ends_with(
            "Check --endpoint-url, and that something answers there, such as checker sandbox.\n"
        ),
        "{errors}"
    );
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
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "error: cannot read the function's log at {endpoint}: the answer is not AWS's, \
             something else may listen there.\n"
        )
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
        .args(["verify", "--user", "alice", "--target", "aws"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.starts_with("error: no AWS credentials were found ("),
        "{errors}"
    );
    assert!(
        errors.ends_with(
            "Sign in with the AWS CLI, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY.\n"
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
        .args(["verify", "--user", "alice", "--json"])
        .output()
        .unwrap();
    Report::read(&output).passed();
}
