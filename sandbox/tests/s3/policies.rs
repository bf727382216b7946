//! Bucket policies: what they allow and deny, besides what a role's own policies do.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::ProvideErrorMetadata;
use serde_json::{Value, json};

use crate::access::{account_with_a_role, client_of_the_role};
use crate::{BUCKET, Server, client_at, code, get, put};

const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

async fn set(client: &Client, statements: Value) {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    let put = client.put_bucket_policy().bucket(BUCKET);
    put.policy(policy.to_string()).send().await.unwrap();
}

fn allow(principal: Value) -> Value {
    json!([{
        "Effect": "Allow", "Principal": principal, "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")],
    }])
}

fn deny(member: &str, value: Value) -> Value {
    let mut statement = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/*"),
    });
    statement
        .as_object_mut()
        .unwrap()
        .retain(|name, _| format!("Not{name}") != member);
    statement[member] = value;
    json!([statement])
}

/// Within an account it is enough that the role's policies or the bucket's allow.
#[tokio::test]
async fn a_bucket_lets_in_whom_it_names() {
    let (account, address) = account_with_a_role(json!([
        { "Effect": "Allow", "Action": "sns:Publish", "Resource": "*" },
    ]))
    .await;
    let administrator = client_at(
        &address,
        Credentials::new("test", "test", None, None, "test"),
    );
    put(&administrator, "cv", "hello").await;
    let role = client_of_the_role(&account, &address);
    let read = || role.get_object().bucket(BUCKET).key("cv").send();
    assert_eq!(code!(read().await), "AccessDenied");
    let session = "arn:aws:sts::123456789012:assumed-role/reader/scan-file";
    for (principal, allowed) in [
        (json!({ "AWS": ROLE }), true),
        (json!({ "AWS": [session] }), true),
        // That leaves it to the role's own policies.
        (json!({ "AWS": "arn:aws:iam::123456789012:root" }), false),
        (json!({ "AWS": "999999999999" }), false),
        (json!({ "Service": "s3.amazonaws.com" }), false),
    ] {
        set(&administrator, allow(principal.clone())).await;
        assert_eq!(read().await.is_ok(), allowed, "{principal}");
    }
    for (key, value, allowed) in [
        ("aws:PrincipalArn", ROLE, true),
        (
            "aws:PrincipalArn",
            "arn:aws:iam::123456789012:role/other",
            false,
        ),
    ] {
        let mut statements = allow(json!("*"));
        statements[0]["Condition"] = json!({ "ArnEquals": { key: value } });
        set(&administrator, statements).await;
        assert_eq!(read().await.is_ok(), allowed, "{value}");
    }
    administrator
        .delete_bucket_policy()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(code!(read().await), "AccessDenied");
}

#[tokio::test]
async fn a_deny_of_the_bucket_wins() {
    let (account, address) = account_with_a_role(json!([
        { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
    ]))
    .await;
    let administrator = client_at(
        &address,
        Credentials::new("test", "test", None, None, "test"),
    );
    put(&administrator, "cv", "hello").await;
    let role = client_of_the_role(&account, &address);
    let read = || role.get_object().bucket(BUCKET).key("cv").send();
    let session = "arn:aws:sts::123456789012:assumed-role/reader/scan-file";
    let root = "arn:aws:iam::123456789012:root";
    for (member, value, allowed) in [
        ("Principal", json!("*"), false),
        ("Principal", json!({ "AWS": ROLE }), false),
        ("Principal", json!({ "AWS": root }), false),
        (
            "NotPrincipal",
            json!({ "AWS": [root, ROLE, session] }),
            true,
        ),
        ("NotPrincipal", json!({ "AWS": root }), false),
        ("NotAction", json!("s3:GetObject"), true),
        (
            "NotResource",
            json!(format!("arn:aws:s3:::{BUCKET}/cv")),
            true,
        ),
        (
            "NotResource",
            json!(format!("arn:aws:s3:::{BUCKET}/other")),
            false,
        ),
        // The endpoint stands for AWS's, which are reached by TLS.
        (
            "Condition",
            json!({ "Bool": { "aws:SecureTransport": "false" } }),
            true,
        ),
        (
            "Condition",
            json!({ "StringNotEquals": { "aws:PrincipalAccount": "1" } }),
            false,
        ),
    ] {
        set(&administrator, deny(member, value.clone())).await;
        assert_eq!(read().await.is_ok(), allowed, "{member} {value}");
    }
    set(&administrator, deny("Principal", json!("*"))).await;
    let denial = read().await.unwrap_err();
    assert_eq!(
        denial.message(),
        Some(
            "User: arn:aws:sts::123456789012:assumed-role/reader/scan-file is not authorized to \
             perform: s3:GetObject on resource: \"arn:aws:s3:::scan-cv-input/cv\" with an explicit \
             deny in a resource-based policy"
        )
    );
    // It holds for the administrator, too, who can take it back.
    let denied = administrator.get_object().bucket(BUCKET).key("cv").send();
    assert_eq!(code!(denied.await), "AccessDenied");
    set(&administrator, deny("Action", json!("s3:*"))).await;
    let delete = administrator.delete_bucket_policy().bucket(BUCKET);
    delete.send().await.unwrap();
    assert_eq!(get(&administrator, "cv").await, b"hello");
}

/// A Deny of the role's own is told apart from one of the bucket.
#[tokio::test]
async fn a_deny_of_the_role_wins() {
    let (account, address) = account_with_a_role(json!([
        { "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*" },
    ]))
    .await;
    let administrator = client_at(
        &address,
        Credentials::new("test", "test", None, None, "test"),
    );
    put(&administrator, "cv", "hello").await;
    set(&administrator, allow(json!({ "AWS": ROLE }))).await;
    let role = client_of_the_role(&account, &address);
    let denial = role
        .get_object()
        .bucket(BUCKET)
        .key("cv")
        .send()
        .await
        .unwrap_err();
    let text = denial.message().unwrap();
    assert!(
        text.ends_with("with an explicit deny in an identity-based policy"),
        "{text}"
    );
}

#[tokio::test]
async fn policies_are_kept_and_checked() {
    let server = Server::start().await;
    let client = server.client();
    let get = || client.get_bucket_policy().bucket(BUCKET).send();
    assert_eq!(code!(get().await), "NoSuchBucketPolicy");
    let text = json!({ "Statement": deny("Principal", json!("*")) }).to_string();
    let put = |text: &str| {
        client
            .put_bucket_policy()
            .bucket(BUCKET)
            .policy(text)
            .send()
    };
    put(&text).await.unwrap();
    assert_eq!(get().await.unwrap().policy(), Some(text.as_str()));
    let public = json!({ "Statement": allow(json!("*")) }).to_string();
    assert_eq!(code!(put(&public).await), "AccessDenied");
    assert_eq!(code!(put("[]").await), "MalformedPolicy");
    assert_eq!(get().await.unwrap().policy(), Some(text.as_str()));
}
