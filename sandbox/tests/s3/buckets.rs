//! Buckets, and what they list.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

use crate::{BUCKET, Server, code, put};

#[tokio::test]
async fn buckets() {
    let server = Server::start().await;
    let client = server.client();
    let configuration = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuWest1)
        .build();
    let create = |name: &str| {
        client
            .create_bucket()
            .bucket(name)
            .create_bucket_configuration(configuration.clone())
    };
    create("second-bucket").send().await.unwrap();
    assert_eq!(
        code!(create("second-bucket").send().await),
        "BucketAlreadyOwnedByYou"
    );
    assert_eq!(
        code!(client.create_bucket().bucket("third-bucket").send().await),
        "IllegalLocationConstraintException"
    );
    let all = client.list_buckets().send().await.unwrap();
    let names: Vec<_> = all.buckets().iter().filter_map(|it| it.name()).collect();
    assert_eq!(names, [BUCKET, "second-bucket"]);
    put(&client, "cv", "").await;
    assert_eq!(
        code!(client.delete_bucket().bucket(BUCKET).send().await),
        "BucketNotEmpty"
    );
    client
        .delete_bucket()
        .bucket("second-bucket")
        .send()
        .await
        .unwrap();
    assert_eq!(
        code!(
            client
                .list_objects_v2()
                .bucket("second-bucket")
                .send()
                .await
        ),
        "NoSuchBucket"
    );
    let head = client
        .head_bucket()
        .bucket("second-bucket")
        .send()
        .await
        .unwrap_err();
    assert!(head.into_service_error().is_not_found());
}

#[tokio::test]
async fn listings() {
    let server = Server::start().await;
    let client = server.client();
    for key in ["a/1", "a/2", "b", "c/ë +", "d"] {
        put(&client, key, "").await;
    }
    let mut pages = client
        .list_objects_v2()
        .bucket(BUCKET)
        .delimiter("/")
        .into_paginator()
        .page_size(2)
        .send();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert_eq!(page.key_count, Some(2));
        let keys = page
            .contents()
            .iter()
            .filter_map(|it| it.key())
            .map(str::to_owned);
        seen.extend(keys);
        seen.extend(
            page.common_prefixes()
                .iter()
                .filter_map(|it| it.prefix())
                .map(str::to_owned),
        );
    }
    assert_eq!(seen, ["b", "a/", "d", "c/"]);
    let first = client
        .list_objects()
        .bucket(BUCKET)
        .delimiter("/")
        .max_keys(1)
        .send()
        .await
        .unwrap();
    assert_eq!(first.next_marker(), Some("a/"));
    let encoded = client
        .list_objects_v2()
        .bucket(BUCKET)
        .encoding_type(aws_sdk_s3::types::EncodingType::Url)
        .prefix("c/")
        .send()
        .await
        .unwrap();
    assert_eq!(encoded.contents()[0].key(), Some("c/%C3%AB+%2B"));
    let after = client
        .list_objects_v2()
        .bucket(BUCKET)
        .start_after("b")
        .send()
        .await
        .unwrap();
    assert_eq!(after.key_count, Some(2));
    let token = client
        .list_objects_v2()
        .bucket(BUCKET)
        .continuation_token("?");
    assert_eq!(code!(token.send().await), "InvalidArgument");
}
