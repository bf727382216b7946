//! Buckets that keep versions.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketVersioningStatus, Delete, ObjectIdentifier, VersioningConfiguration,
};

use crate::{BUCKET, Server, code};

async fn set(client: &Client, status: BucketVersioningStatus) {
    let configuration = VersioningConfiguration::builder().status(status).build();
    client
        .put_bucket_versioning()
        .bucket(BUCKET)
        .versioning_configuration(configuration)
        .send()
        .await
        .unwrap();
}

/// Writes an object and says its version.
async fn put(client: &Client, body: &'static str) -> Option<String> {
    let put = client.put_object().bucket(BUCKET).key("cv");
    put.body(body.as_bytes().to_vec().into())
        .send()
        .await
        .unwrap()
        .version_id
}

async fn text(client: &Client, version: Option<&str>) -> String {
    let get = client.get_object().bucket(BUCKET).key("cv");
    let answer = get
        .set_version_id(version.map(str::to_owned))
        .send()
        .await
        .unwrap();
    let body = answer.body.collect().await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The versions of the bucket, newest first: their ids, those of delete markers after a dash.
async fn versions(client: &Client) -> (Vec<String>, Vec<String>) {
    let list = client
        .list_object_versions()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let versions = list
        .versions()
        .iter()
        .filter_map(|it| it.version_id.clone());
    let markers = list
        .delete_markers()
        .iter()
        .filter_map(|it| it.version_id.clone());
    (versions.collect(), markers.collect())
}

#[tokio::test]
async fn versions_are_kept() {
    let server = Server::start().await;
    let client = server.client();
    let status = || async {
        let get = client.get_bucket_versioning().bucket(BUCKET);
        get.send().await.unwrap().status
    };
    assert_eq!(status().await, None);
    assert_eq!(put(&client, "one").await, None);
    set(&client, BucketVersioningStatus::Enabled).await;
    assert_eq!(status().await, Some(BucketVersioningStatus::Enabled));
    let second = put(&client, "two").await.unwrap();
    let third = put(&client, "three").await.unwrap();
    assert_eq!(text(&client, None).await, "three");
    assert_eq!(text(&client, Some(&second)).await, "two");
    assert_eq!(text(&client, Some("null")).await, "one");
    let (kept, _) = versions(&client).await;
    assert_eq!(kept, [third.as_str(), second.as_str(), "null"]);
    let head = client
        .head_object()
        .bucket(BUCKET)
        .key("cv")
        .version_id(&second);
    assert_eq!(
        head.send().await.unwrap().version_id(),
        Some(second.as_str())
    );
    // An older version is brought back by a copy.
    let source = format!("{BUCKET}/cv?versionId={second}");
    let copy = client
        .copy_object()
        .bucket(BUCKET)
        .key("cv")
        .copy_source(source);
    let copied = copy.send().await.unwrap();
    assert_eq!(copied.copy_source_version_id(), Some(second.as_str()));
    assert_eq!(text(&client, None).await, "two");
    let unknown = "0".repeat(32);
    let get = |version: &str| {
        client
            .get_object()
            .bucket(BUCKET)
            .key("cv")
            .version_id(version)
            .send()
    };
    assert_eq!(code!(get(&unknown).await), "NoSuchVersion");
    assert_eq!(code!(get("v1").await), "InvalidArgument");
}

#[tokio::test]
async fn a_removal_leaves_a_marker() {
    let server = Server::start().await;
    let client = server.client();
    set(&client, BucketVersioningStatus::Enabled).await;
    let first = put(&client, "one").await.unwrap();
    let removed = client
        .delete_object()
        .bucket(BUCKET)
        .key("cv")
        .send()
        .await
        .unwrap();
    assert_eq!(removed.delete_marker(), Some(true));
    let marker = removed.version_id.unwrap();
    let gone = client
        .get_object()
        .bucket(BUCKET)
        .key("cv")
        .send()
        .await
        .unwrap_err();
    let answer = gone.raw_response().unwrap();
    assert_eq!(answer.status().as_u16(), 404);
    assert_eq!(answer.headers().get("x-amz-delete-marker"), Some("true"));
    let of_marker = client
        .get_object()
        .bucket(BUCKET)
        .key("cv")
        .version_id(&marker);
    assert_eq!(code!(of_marker.send().await), "MethodNotAllowed");
    assert_eq!(
        versions(&client).await,
        (vec![first.clone()], vec![marker.clone()])
    );
    // A bucket with versions is not empty.
    let remove = || client.delete_bucket().bucket(BUCKET).send();
    assert_eq!(code!(remove().await), "BucketNotEmpty");
    let delete = client
        .delete_object()
        .bucket(BUCKET)
        .key("cv")
        .version_id(&marker);
    assert_eq!(delete.send().await.unwrap().delete_marker(), Some(true));
    assert_eq!(text(&client, None).await, "one");
    let object = ObjectIdentifier::builder().key("cv").version_id(&first);
    let list = Delete::builder()
        .objects(object.build().unwrap())
        .build()
        .unwrap();
    let many = client.delete_objects().bucket(BUCKET).delete(list);
    assert_eq!(
        many.send().await.unwrap().deleted()[0].version_id(),
        Some(first.as_str())
    );
    assert!(remove().await.is_ok());
}

#[tokio::test]
async fn a_suspended_bucket_writes_the_version_null() {
    let server = Server::start().await;
    let client = server.client();
    set(&client, BucketVersioningStatus::Enabled).await;
    let first = put(&client, "one").await.unwrap();
    set(&client, BucketVersioningStatus::Suspended).await;
    assert_eq!(put(&client, "two").await.as_deref(), Some("null"));
    assert_eq!(put(&client, "three").await.as_deref(), Some("null"));
    let (kept, markers) = versions(&client).await;
    assert_eq!((kept, markers), (vec!["null".to_owned(), first], vec![]));
}

#[tokio::test]
async fn versions_come_in_pages() {
    let server = Server::start().await;
    let client = server.client();
    set(&client, BucketVersioningStatus::Enabled).await;
    for _ in 0..5 {
        put(&client, "again").await;
    }
    let (all, _) = versions(&client).await;
    let (mut seen, mut key, mut version) = (Vec::new(), None, None);
    loop {
        let list = client.list_object_versions().bucket(BUCKET).max_keys(2);
        let list = list.set_key_marker(key).set_version_id_marker(version);
        let page = list.send().await.unwrap();
        seen.extend(
            page.versions()
                .iter()
                .filter_map(|it| it.version_id.clone()),
        );
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
    assert_eq!(seen, all);
}
