//! Who may do what, and how requests come in.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use serde_json::json;

use crate::{BUCKET, Server, code, get, put};

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
    let server = Server::start().await;
    put(&server.client(), "in/cv", "hello").await;
    let client = server.client_as_role(json!([
        { "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{BUCKET}/in/*") },
        { "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*" },
    ]));
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

#[tokio::test]
async fn presigned_urls_and_virtual_hosts() {
    let server = Server::start().await;
    put(&server.client(), "in/Zoë.txt", "hello").await;
    let (_, port) = server.address.rsplit_once(':').unwrap();
    let credentials = Credentials::new("test", "test", None, None, "test");
    for host in [format!("localhost:{port}"), format!("s3.localhost:{port}")] {
        let config = server.config(&host, credentials.clone()).build();
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
