//! Which process works on which event.

use std::collections::BTreeSet;

use sandbox::activity::{Activity, What};
use serde_json::Value;

use crate::client::{Answer, invoke, tail};
use crate::server::Server;

/// How many processes a function has at most.
const LIMIT: usize = 10;

#[tokio::test]
async fn a_warm_process_is_used_again() {
    let server = Server::with(&["echo"]).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let answer = invoke("echo", "{}").send(&server.address()).await.json();
        seen.push((
            answer["process"]["process"].clone(),
            answer["process"]["count"].clone(),
        ));
    }
    assert_eq!(seen[0].0, seen[1].0);
    assert_eq!((&seen[0].1, &seen[1].1), (&Value::from(1), &Value::from(2)));
}

#[tokio::test]
async fn a_process_that_failed_by_itself_is_not() {
    let server = Server::with(&["exits"]).await;
    for _ in 0..2 {
        let answer = invoke("exits", "{}").send(&server.address()).await;
        assert_eq!(answer.json()["errorType"], "Runtime.ExitError");
    }
}

/// Under load there are more processes, each with one event at a time, up to the
/// limit; further events wait for their turn.
#[tokio::test]
async fn one_event_at_a_time() {
    let mut server = Server::with(&["waits"]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("go");
    let event = format!("{:?}", path.display().to_string());
    let calls: Vec<_> = (0..LIMIT + 3)
        .map(|_| {
            let (event, address) = (event.clone(), server.address());
            tokio::spawn(async move { invoke("waits", &event).send(&address).await })
        })
        .collect();
    for _ in 0..LIMIT {
        server.until("a process that waits", waiting).await;
    }
    std::fs::write(&path, "").unwrap();
    let mut processes = BTreeSet::new();
    for call in calls {
        let answer: Answer = call.await.unwrap();
        assert_eq!(
            answer.header("x-amz-function-error"),
            None,
            "{}",
            answer.text()
        );
        processes.insert(answer.json()["process"].as_u64().unwrap());
    }
    assert_eq!(processes.len(), LIMIT);
}

fn waiting(activity: &Activity) -> Option<()> {
    matches!(&activity.what, What::Log { message, .. } if message == "waiting").then_some(())
}

/// No process outlives its sandbox, whatever it does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_end_of_the_sandbox_is_theirs() {
    let mut server = Server::with(&["waits", "echo"]).await;
    let idle = invoke("echo", "{}").send(&server.address()).await.json();
    let address = server.address();
    let to = address.clone();
    tokio::spawn(async move {
        invoke("waits", "\"/there/is/no/such/file\"")
            .send(&to)
            .await
    });
    server.until("a process that waits", waiting).await;
    let below = functions_of(&server.address());
    assert!(
        below.contains(&idle["process"]["process"].as_u64().unwrap()),
        "{below:?}"
    );
    server.sandbox.end().await;
    let left = functions_of(&address);
    assert!(left.is_empty(), "{left:?}");
}

/// What a process started ends with it, even if it ends by itself.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn children_end_with_their_process() {
    let server = Server::with(&["leaves-a-child"]).await;
    let answer = invoke("leaves-a-child", "{}").send(&server.address()).await;
    assert_eq!(answer.json()["errorType"], "Runtime.ExitError");
    let begun = std::time::Instant::now();
    // The system takes a moment to end it.
    while !functions_of(&server.address()).is_empty() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
}

/// As on Lambda: what a function does not wait for is undone until its next event.
#[tokio::test]
async fn a_call_that_nobody_waits_for() {
    let mut server = Server::with(&["leaves-a-call", "echo"]).await;
    for _ in 0..2 {
        let answer = invoke("leaves-a-call", "{}").send(&server.address()).await;
        assert_eq!(answer.header("x-amz-function-error"), None);
    }
    let mut order = Vec::new();
    while order.last() != Some(&"echo".to_owned()) {
        let invoked = server.until("an invocation", |activity| match &activity.what {
            What::FunctionInvoked { function, .. } => Some(function.clone()),
            _ => None,
        });
        order.push(invoked.await);
    }
    assert_eq!(order, ["leaves-a-call", "leaves-a-call", "echo"]);
}

/// A process has no processor between two events.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn frozen_between_events() {
    let server = Server::with(&["echo"]).await;
    let mut processes = BTreeSet::new();
    for _ in 0..2 {
        let answer = invoke("echo", "{}").send(&server.address()).await.json();
        let id = answer["process"]["process"].as_u64().unwrap();
        processes.insert(id);
        let begun = std::time::Instant::now();
        // The answer is there before the process asks for the next event.
        while state_of(id) != Some('T') {
            assert!(begun.elapsed() < std::time::Duration::from_secs(10));
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(processes.len(), 1);
    let address = server.address();
    server.sandbox.end().await;
    let left = functions_of(&address);
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(target_os = "linux")]
fn state_of(id: u64) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

#[tokio::test]
async fn an_event_at_a_time() {
    let server = Server::with(&["asks-too-soon"]).await;
    let answer = invoke("asks-too-soon", "{}").send(&server.address()).await;
    assert!(answer.text().contains("403"), "{}", answer.text());
}

/// As on Lambda, which kills what needs more memory than its function has.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_is_a_limit() {
    let server = Server::with(&["needs-memory"]).await;
    let request = invoke("needs-memory", "{}").with("x-amz-log-type", "Tail");
    let answer = request.send(&server.address()).await;
    let message = answer.json()["errorMessage"].to_string();
    assert!(
        message.contains("Runtime exited with error: signal: killed"),
        "{message}"
    );
    let log = tail(&answer);
    assert!(
        log.contains("Max Memory Used: 128 MB") && log.contains("Error Type: Runtime.ExitError"),
        "{log}"
    );
}

/// As on Lambda, which ends a loop after sixteen rounds.
#[tokio::test]
async fn a_function_that_invokes_itself() {
    let mut server = Server::with(&["invokes-itself"]).await;
    let answer = invoke("invokes-itself", "{}").send(&server.address()).await;
    assert_eq!(answer.header("x-amz-function-error"), None);
    let mut rounds = 0;
    let look = |activity: &Activity| match &activity.what {
        What::FunctionInvoked { .. } => Some(None),
        What::FunctionFinished { error, .. } => error.clone().map(Some),
        _ => None,
    };
    let error = loop {
        match server.until("the end of the loop", look).await {
            None => rounds += 1,
            Some(error) => break error,
        }
    };
    assert_eq!(rounds, 16);
    assert!(error.contains("recursive loop"), "{error}");
}

/// The processes that have the sandbox's address in their environment.
#[cfg(target_os = "linux")]
fn functions_of(address: &str) -> Vec<u64> {
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|it| it.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id: &u64| {
            let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains(address)
        })
        .collect()
}
