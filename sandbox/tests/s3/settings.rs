//! What a bucket is set to.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    PublicAccessBlockConfiguration, Tag, Tagging,
};

use crate::{BUCKET, Server, code};

#[tokio::test]
async fn lifecycle_rules() {
    let server = Server::start().await;
    let client = server.client();
    let get = || {
        client
            .get_bucket_lifecycle_configuration()
            .bucket(BUCKET)
            .send()
    };
    assert_eq!(code!(get().await), "NoSuchLifecycleConfiguration");
    let put = |days: i32| {
        let expiration = LifecycleExpiration::builder().days(days).build();
        let rule = LifecycleRule::builder()
            .id("old")
            .status(ExpirationStatus::Enabled)
            .expiration(expiration)
            .build()
            .unwrap();
        let rules = BucketLifecycleConfiguration::builder()
            .rules(rule)
            .build()
            .unwrap();
        client
            .put_bucket_lifecycle_configuration()
            .bucket(BUCKET)
            .lifecycle_configuration(rules)
            .send()
    };
    assert_eq!(code!(put(0).await), "InvalidArgument");
    put(30).await.unwrap();
    let kept = get().await.unwrap();
    assert_eq!(kept.rules()[0].id(), Some("old"));
    let days = kept.rules()[0].expiration().and_then(|it| it.days());
    assert_eq!(days, Some(30));
    client
        .delete_bucket_lifecycle()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(code!(get().await), "NoSuchLifecycleConfiguration");
}

#[tokio::test]
async fn what_new_buckets_are_like() {
    let server = Server::start().await;
    let client = server.client();
    let get = || client.get_public_access_block().bucket(BUCKET).send();
    let all = get()
        .await
        .unwrap()
        .public_access_block_configuration
        .unwrap();
    assert_eq!(
        (all.block_public_policy, all.block_public_acls),
        (Some(true), Some(true))
    );
    let none = PublicAccessBlockConfiguration::builder().build();
    let put = client.put_public_access_block().bucket(BUCKET);
    put.public_access_block_configuration(none)
        .send()
        .await
        .unwrap();
    let kept = get()
        .await
        .unwrap()
        .public_access_block_configuration
        .unwrap();
    assert_eq!(kept.block_public_policy, Some(false));
    let encryption = client
        .get_bucket_encryption()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let rules = encryption.server_side_encryption_configuration.unwrap();
    let algorithm = rules.rules()[0]
        .apply_server_side_encryption_by_default()
        .unwrap();
    assert_eq!(algorithm.sse_algorithm().as_str(), "AES256");
    let owner = client
        .get_bucket_ownership_controls()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let rules = owner.ownership_controls.unwrap();
    assert_eq!(
        rules.rules()[0].object_ownership().as_str(),
        "BucketOwnerEnforced"
    );
}

#[tokio::test]
async fn tags() {
    let server = Server::start().await;
    let client = server.client();
    let get = || client.get_bucket_tagging().bucket(BUCKET).send();
    assert_eq!(code!(get().await), "NoSuchTagSet");
    let tag = Tag::builder().key("team").value("a").build().unwrap();
    let tags = Tagging::builder().tag_set(tag.clone()).build().unwrap();
    let put = client.put_bucket_tagging().bucket(BUCKET).tagging(tags);
    put.send().await.unwrap();
    assert_eq!(get().await.unwrap().tag_set(), [tag]);
    client
        .delete_bucket_tagging()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(code!(get().await), "NoSuchTagSet");
}
