//! Who may do what, and how requests come in.

use std::convert::Infallible;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sandbox::account::Account;
use serde_json::json;
use states_language::SystemClock;
use tokio::net::TcpListener;

use crate::{BUCKET, Server, client_at, code, config, get, put};

#[tokio::test]
async fn keys_are_checked() {
    let server = Server::start().await;
    for (id, secret, token, expected) in [
        ("nobody", "test", None, "InvalidAccessKeyId"),
        ("test", "wrong", None, "SignatureDoesNotMatch"),
        ("test", "test", Some("token".to_owned()), "InvalidToken"),
    ] {
        let client = server.client_with(Credentials::new(id, secret, token, None, "test"));
        assert_eq!(code!(client.list_buckets().send().await), expected);
    }
    let answer = server
        .raw("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(
        answer.contains("<Code>AccessDenied</Code><Message>Access Denied</Message>"),
        "{answer}"
    );
    assert!(answer.contains("x-amz-request-id: "), "{answer}");
}

#[tokio::test]
async fn roles_do_what_they_may() {
    let (account, address) = account_with_a_role(json!([
        { "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{BUCKET}/in/*") },
        { "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*" },
    ]))
    .await;
    let administrator = Credentials::new("test", "test", None, None, "test");
    put(&client_at(&address, administrator), "in/cv", "hello").await;
    let client = client_of_the_role(&account, &address);
    assert_eq!(get(&client, "in/cv").await, b"hello");
    let denial = client
        .get_object()
        .bucket(BUCKET)
        .key("out/cv")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        denial.into_service_error().meta().message(),
        Some(
            "User: arn:aws:sts::123456789012:assumed-role/reader/scan-file is not authorized to \
             perform: s3:GetObject on resource: \"arn:aws:s3:::scan-cv-input/out/cv\" because no \
             identity-based policy allows the s3:GetObject action"
        )
    );
    // Who may not list does not learn what is not there.
    assert_eq!(
        code!(client.get_object().bucket(BUCKET).key("in/no").send().await),
        "AccessDenied"
    );
    let copy = |from: &str| {
        client
            .copy_object()
            .bucket(BUCKET)
            .key("copy")
            .copy_source(format!("{BUCKET}/{from}"))
    };
    assert!(copy("in/cv").send().await.is_ok());
    assert_eq!(code!(copy("copy").send().await), "AccessDenied");
    let tagged = client.put_object().bucket(BUCKET).key("x").tagging("a=1");
    assert_eq!(code!(tagged.send().await), "AccessDenied");
    let object = ObjectIdentifier::builder().key("in/cv").build().unwrap();
    let list = Delete::builder().objects(object).build().unwrap();
    let answer = client
        .delete_objects()
        .bucket(BUCKET)
        .delete(list)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.errors()[0].code(), Some("AccessDenied"));
}

/// A client that signs as a session of the role.
pub fn client_of_the_role(account: &Account, address: &str) -> Client {
    let role = sandbox::arn::role_arn("reader");
    let keys = account
        .iam
        .assume(&role, "lambda.amazonaws.com", "scan-file")
        .unwrap();
    let token = Some(keys.session_token);
    let keys = Credentials::new(
        keys.access_key_id,
        keys.secret_access_key,
        token,
        None,
        "test",
    );
    client_at(address, keys)
}

/// S3 of an account whose keys can be had: those of a role do not leave a sandbox.
pub async fn account_with_a_role(statements: serde_json::Value) -> (Arc<Account>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let account = Arc::new(Account::new(
        "eu-west-1",
        &format!("http://{address}"),
        Arc::new(SystemClock),
    ));
    account.s3.create_bucket(BUCKET).unwrap();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole",
    }] });
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    account
        .iam
        .create_role("reader", &trust, &[("policy".to_owned(), policy)])
        .unwrap();
    let s3 = sandbox::s3::service(account.clone());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let s3 = s3.clone();
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let s3 = s3.clone();
                async move { Ok::<_, Infallible>(s3.call(request.map(s3s::Body::from)).await) }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (account, address)
}

#[tokio::test]
async fn presigned_urls_and_virtual_hosts() {
    let server = Server::start().await;
    put(&server.client(), "in/Zoë.txt", "hello").await;
    let (_, port) = server.address.rsplit_once(':').unwrap();
    let credentials = Credentials::new("test", "test", None, None, "test");
    for host in [format!("localhost:{port}"), format!("s3.localhost:{port}")] {
        let config = config(&host, credentials.clone()).build();
        let request = Client::from_conf(config)
            .get_object()
            .bucket(BUCKET)
            .key("in/Zoë.txt");
        let minute = PresigningConfig::expires_in(std::time::Duration::from_secs(60)).unwrap();
        let url = request.presigned(minute).await.unwrap().uri().to_owned();
        let rest = url
            .strip_prefix(&format!("http://{BUCKET}.{host}"))
            .unwrap();
        let ask = |path: &str| {
            format!("GET {path} HTTP/1.1\r\nHost: {BUCKET}.{host}\r\nConnection: close\r\n\r\n")
        };
        let answer = server.raw(&ask(rest)).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"),
            "{answer}"
        );
        let other = rest.replace("in/", "out/");
        let answer = server.raw(&ask(&other)).await;
        assert!(
            answer.contains("<Code>SignatureDoesNotMatch</Code>"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let server = Server::start().await;
    let error = server
        .client()
        .get_bucket_acl()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 501);
    let error = error.into_service_error();
    assert_eq!(error.meta().code(), Some("NotImplemented"));
    assert!(
        error.meta().message().unwrap().contains("GetBucketAcl"),
        "{error:?}"
    );
}
