//! Invoke, as Lambda answers it, and what stands in the log afterwards.

use serde_json::json;

use crate::client::{Request, invoke, tail};
use crate::server::Server;

/// The error type and text, the tail's last line, for a function that fails.
#[tokio::test]
async fn failures_in_awss_words() {
    let server = Server::with(&[
        "fails",
        "exits",
        "aborts",
        "hangs",
        "exits-at-start",
        "cannot-start",
    ])
    .await;
    for (function, error_type, message, report) in [
        ("fails", "TooLate", "it is too late", ""),
        (
            "exits",
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited with error: exit status 4",
            "\tStatus: error\tError Type: Runtime.ExitError",
        ),
        (
            "aborts",
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited with error: signal: aborted",
            "\tStatus: error\tError Type: Runtime.ExitError",
        ),
        (
            "hangs",
            "Sandbox.Timedout",
            "RequestId: ID Error: Task timed out after 1.00 seconds",
            "\tStatus: timeout",
        ),
        (
            "exits-at-start",
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited with error: exit status 3",
            "\tStatus: error\tError Type: Runtime.ExitError",
        ),
        ("cannot-start", "NoSettings", "no settings", ""),
    ] {
        let answer = invoke(function, "{}")
            .with("x-amz-log-type", "Tail")
            .send(&server.address())
            .await;
        assert_eq!(answer.status, 200, "{function}");
        assert_eq!(
            answer.header("x-amz-function-error"),
            Some("Unhandled"),
            "{function}"
        );
        let id = answer.header("x-amzn-requestid").unwrap();
        let expected =
            json!({ "errorType": error_type, "errorMessage": message.replace("ID", id) });
        assert_eq!(answer.json(), expected, "{function}");
        let log = tail(&answer);
        let lines: Vec<&str> = log.lines().collect();
        assert!(
            lines.contains(&format!("START RequestId: {id} Version: $LATEST").as_str()),
            "{log}"
        );
        assert!(
            lines.contains(&format!("END RequestId: {id}").as_str()),
            "{log}"
        );
        let last = lines.last().unwrap();
        assert!(
            last.starts_with(&format!("REPORT RequestId: {id}\tDuration: ")),
            "{log}"
        );
        assert!(last.ends_with(report), "{log}");
    }
}

#[tokio::test]
async fn what_a_function_sees() {
    let server = Server::with(&["echo"]).await;
    let answer = invoke("echo", r#"{"key":"cv.txt"}"#)
        .send(&server.address())
        .await;
    assert_eq!(
        (answer.status, answer.header("x-amz-function-error")),
        (200, None)
    );
    assert_eq!(answer.header("x-amz-executed-version"), Some("$LATEST"));
    let seen = answer.json();
    assert_eq!(seen["event"], json!({ "key": "cv.txt" }));
    let headers = &seen["headers"];
    assert_eq!(
        headers["lambda-runtime-aws-request-id"],
        answer.header("x-amzn-requestid").unwrap()
    );
    assert_eq!(
        headers["lambda-runtime-invoked-function-arn"],
        "arn:aws:lambda:eu-west-1:123456789012:function:echo"
    );
    let trace = headers["lambda-runtime-trace-id"].as_str().unwrap();
    assert!(
        trace.starts_with("Root=1-") && trace.contains(";Parent="),
        "{trace}"
    );
    let deadline: u128 = headers["lambda-runtime-deadline-ms"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    assert!(
        deadline > now - 1000 && deadline < now + 1100,
        "{deadline} at {now}"
    );
    let environment = seen["environment"].as_object().unwrap();
    for (name, value) in [
        ("_HANDLER", "echo"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "echo"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/echo"),
        ("OWN", "yes"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    // Nothing of the user's own: neither settings of AWS nor anything else.
    for name in [
        "HOME",
        "USER",
        "CARGO_MANIFEST_DIR",
        "AWS_PROFILE",
        "AWS_CONFIG_FILE",
    ] {
        assert!(!environment.contains_key(name), "{name}");
    }
    assert!(
        environment["AWS_ACCESS_KEY_ID"]
            .as_str()
            .unwrap()
            .starts_with("ASIA")
    );
}

#[tokio::test]
async fn refusals() {
    let server = Server::with(&["echo"]).await;
    let address = server.address();
    let named = |request: Request| async {
        let answer = request.send(&address).await;
        let code = answer
            .header("x-amzn-errortype")
            .unwrap_or_default()
            .to_owned();
        (
            answer.status,
            code,
            answer.json()["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let (status, code, message) = named(invoke("none", "{}")).await;
    assert_eq!((status, code.as_str()), (404, "ResourceNotFoundException"));
    assert_eq!(
        message,
        "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:none"
    );
    let (status, code, _) = named(invoke("echo", "{")).await;
    assert_eq!(
        (status, code.as_str()),
        (400, "InvalidRequestContentException")
    );
    let (status, code, _) = named(invoke(
        "echo",
        &format!("\"{}\"", "x".repeat(6 * 1024 * 1024)),
    ))
    .await;
    assert_eq!((status, code.as_str()), (413, "RequestTooLargeException"));
    let (status, code, _) =
        named(invoke("echo", "{}").with("x-amz-invocation-type", "Sometimes")).await;
    assert_eq!(
        (status, code.as_str()),
        (400, "InvalidParameterValueException")
    );
    let dry = invoke("echo", "{}")
        .with("x-amz-invocation-type", "DryRun")
        .send(&address)
        .await;
    assert_eq!((dry.status, dry.body.len()), (204, 0));
}

/// The rest of a flood is dropped, and the tail is what AWS gives: four kilobytes.
#[tokio::test]
async fn a_flood() {
    for handler in ["floods", "floods-in-long-lines"] {
        let server = Server::with(&[handler]).await;
        let answer = invoke(handler, "{}")
            .with("x-amz-log-type", "Tail")
            .send(&server.address())
            .await;
        let log = tail(&answer);
        assert!(log.len() <= 4096, "{}", log.len());
        assert!(
            log.contains("over 20000 lines or 2 MB; the rest is dropped"),
            "{log}"
        );
        let last = log.lines().last().unwrap();
        assert!(last.starts_with("REPORT RequestId: "), "{log}");
    }
}

/// An executable that the system cannot run, in Lambda's words.
#[cfg(unix)]
#[tokio::test]
async fn no_executable() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bootstrap");
    std::fs::write(&path, [0x7f, b'E', b'L', b'F', 9, 9, 9, 9]).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    for (path, why) in [
        (path, "exec format error"),
        (folder.path().join("none"), "no such file or directory"),
    ] {
        let server = Server::running(&["echo"], &path).await;
        let answer = invoke("echo", "{}")
            .with("x-amz-log-type", "Tail")
            .send(&server.address())
            .await;
        assert_eq!(answer.json()["errorType"], "Runtime.InvalidEntrypoint");
        let log = tail(&answer);
        let said =
            format!("Error: fork/exec /var/task/bootstrap: {why}\nRuntime.InvalidEntrypoint");
        assert!(log.contains(&said), "{log}");
    }
}
