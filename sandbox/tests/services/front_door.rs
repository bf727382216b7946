//! Who may come in: uploaded code runs here, so web pages and strangers may not.

use std::time::{Duration, SystemTime};

use crate::client::{Request, raw};
use crate::server::Server;

fn identity() -> Request {
    Request::query("sts", "Action=GetCallerIdentity&Version=2011-06-15")
}

fn machines() -> Request {
    Request::json("states", "AWSStepFunctions.ListStateMachines", "{}")
}

fn functions() -> Request {
    Request::new("lambda", "GET", "/2015-03-31/functions/", "")
}

#[tokio::test]
async fn web_pages_may_not() {
    let server = Server::with(&[]).await;
    let address = server.address();
    assert_eq!(identity().send(&address).await.status, 200);
    for (name, value) in [
        ("host", "example.com"),
        ("host", "127.0.0.1.example.com"),
        ("origin", "https://example.com"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        // The signature is no help, and S3 and the Runtime API are no exceptions.
        for request in [
            identity(),
            machines(),
            functions(),
            Request::new("s3", "GET", "/", ""),
            Request::new(
                "s3",
                "GET",
                "/_runtime/x/2018-06-01/runtime/invocation/next",
                "",
            ),
        ] {
            let answer = request.with(name, value).send(&address).await;
            assert_eq!(answer.status, 403, "{name}: {value}: {}", answer.text());
        }
    }
    let port = address.rsplit(':').next().unwrap();
    let local = identity()
        .with("host", format!("localhost:{port}"))
        .with("origin", "http://localhost:3000");
    assert_eq!(local.send(&address).await.status, 200);
    let none = raw(&address, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await;
    assert_eq!(none.status, 403);
}

#[tokio::test]
async fn a_signature_in_the_address_is_for_s3_only() {
    let server = Server::with(&[]).await;
    let path = "/?Action=GetCallerIdentity&X-Amz-Signature=00&X-Amz-Credential=test%2F20260101%2Feu-west-1%2Fsts%2Faws4_request";
    let answer = Request::query("sts", "").with("host", server.address());
    assert_eq!(
        answer.send(&server.address()).await.status,
        400,
        "an action is missing"
    );
    let answer = Request::new("sts", "POST", path, "")
        .with("content-type", "application/x-www-form-urlencoded")
        .send_unsigned(&server.address())
        .await;
    assert_eq!(answer.status, 403, "{}", answer.text());
}

/// Each protocol has its own words.
#[tokio::test]
async fn wrong_keys() {
    let server = Server::with(&[]).await;
    let address = server.address();
    let long_ago = SystemTime::now() - Duration::from_secs(16 * 60);
    for (request, unknown, mismatch, missing) in [
        (
            identity(),
            (403, "InvalidClientTokenId"),
            (403, "SignatureDoesNotMatch"),
            (403, "MissingAuthenticationToken"),
        ),
        (
            machines(),
            (400, "UnrecognizedClientException"),
            (400, "InvalidSignatureException"),
            (400, "MissingAuthenticationTokenException"),
        ),
        (
            functions(),
            (403, "UnrecognizedClientException"),
            (403, "InvalidSignatureException"),
            (403, "MissingAuthenticationTokenException"),
        ),
    ] {
        let cases = [
            (
                request
                    .clone()
                    .signed_by("AKIAUNKNOWN", "test")
                    .send(&address)
                    .await,
                unknown,
            ),
            (
                request
                    .clone()
                    .signed_by("test", "wrong")
                    .send(&address)
                    .await,
                mismatch,
            ),
            (
                request.clone().signed_at(long_ago).send(&address).await,
                mismatch,
            ),
            (request.send_unsigned(&address).await, missing),
        ];
        for (answer, (status, code)) in cases {
            let said = format!(
                "{} {}",
                answer.header("x-amzn-errortype").unwrap_or_default(),
                answer.text()
            );
            assert_eq!(answer.status, status, "{said}");
            assert!(said.contains(code), "{code} is not in {said}");
        }
    }
}

/// Unknown operations are named in the error of their protocol.
#[tokio::test]
async fn unknown_operations() {
    let server = Server::with(&[]).await;
    for (request, code, operation) in [
        (
            Request::json("states", "AWSStepFunctions.MakeCoffee", "{}"),
            "UnknownOperationException",
            "MakeCoffee",
        ),
        (
            Request::json("logs", "Logs_20140328.MakeCoffee", "{}"),
            "UnknownOperationException",
            "MakeCoffee",
        ),
        (
            Request::query("sns", "Action=MakeCoffee&Version=2010-03-31"),
            "InvalidAction",
            "MakeCoffee",
        ),
        (
            Request::query("iam", "Action=MakeCoffee&Version=2010-05-08"),
            "InvalidAction",
            "MakeCoffee",
        ),
        (
            Request::query("cloudformation", "Action=MakeCoffee&Version=2010-05-15"),
            "InvalidAction",
            "MakeCoffee",
        ),
        (
            Request::json(
                "ecr",
                "AmazonEC2ContainerRegistry_V20150921.MakeCoffee",
                "{}",
            ),
            "UnknownOperationException",
            "MakeCoffee",
        ),
        (
            Request::new("lambda", "GET", "/2015-03-31/coffee", ""),
            "UnknownOperationException",
            "/2015-03-31/coffee",
        ),
        // Of services that the sandbox does not have.
        (
            Request::json("dynamodb", "DynamoDB_20120810.ListTables", "{}"),
            "\"__type\":\"UnknownOperationException\"",
            "dynamodb",
        ),
        (
            Request::query("ec2", "Action=DescribeInstances&Version=2016-11-15"),
            "<Code>UnknownOperationException</Code>",
            "ec2",
        ),
        (
            Request::new("apigateway", "GET", "/restapis", ""),
            "UnknownOperationException",
            "apigateway",
        ),
    ] {
        let answer = request.send(&server.address()).await;
        let said = format!(
            "{} {}",
            answer.header("x-amzn-errortype").unwrap_or_default(),
            answer.text()
        );
        assert!(
            answer.status >= 400 && said.contains(code) && said.contains(operation),
            "{said}"
        );
    }
}

/// Whatever comes, the next one is answered.
#[tokio::test]
async fn garbage() {
    let server = Server::with(&[]).await;
    let address = server.address();
    let huge = format!(
        "GET / HTTP/1.1\r\nhost: {address}\r\nx: {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nhost: {address}\r\n{}\r\n",
        "x: y\r\n".repeat(500)
    );
    let large = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nx-amz-target: AWSStepFunctions.X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        1u64 << 40
    );
    for bytes in [
        b"\0\0\0\0\r\n\r\n".as_slice(),
        b"GET\r\n\r\n",
        huge.as_bytes(),
        many.as_bytes(),
    ] {
        let answer = raw(&address, bytes).await;
        assert!(
            answer.status == 0 || (400..500).contains(&answer.status),
            "{answer:?}"
        );
    }
    let deep = "[".repeat(100_000);
    for body in ["", "null", "[]", "{", "\u{0}", &deep] {
        let answer = Request::json("states", "AWSStepFunctions.StartExecution", body)
            .send(&address)
            .await;
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    let _ = tokio::time::timeout(Duration::from_millis(50), raw(&address, large.as_bytes())).await;
    assert_eq!(identity().send(&address).await.status, 200);
}
