//! Objects: written, read, copied, removed.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, Delete, MetadataDirective, ObjectIdentifier,
};

use crate::{BUCKET, Server, code, get, put};

#[tokio::test]
async fn objects() {
    let server = Server::start().await;
    let client = server.client();
    for key in [
        "cv.txt",
        "Zoë Nowak - CV (1)+2.txt",
        "a//b/../c",
        "100% ?&=#.txt",
        "日本.pdf",
        "/x/",
    ] {
        let etag = put(&client, key, "hello").await;
        assert_eq!(etag, "\"5d41402abc4b2a76b9719d911017c592\"");
        assert_eq!(get(&client, key).await, b"hello", "{key}");
    }
    client
        .put_object()
        .bucket(BUCKET)
        .key("cv.txt")
        .content_type("text/plain")
        .content_encoding("gzip")
        .metadata("author", "alice")
        .tagging("level=1")
        .body(ByteStream::from_static(b"0123456789"))
        .send()
        .await
        .unwrap();
    let head = client
        .head_object()
        .bucket(BUCKET)
        .key("cv.txt")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_length, Some(10));
    assert_eq!(head.content_type.as_deref(), Some("text/plain"));
    assert_eq!(head.content_encoding.as_deref(), Some("gzip"));
    assert_eq!(head.metadata.unwrap()["author"], "alice");
    assert_eq!(head.checksum_crc32.as_deref(), Some("poTHxg=="));
    let part = client
        .get_object()
        .bucket(BUCKET)
        .key("cv.txt")
        .range("bytes=-3")
        .send()
        .await
        .unwrap();
    assert_eq!(part.content_range.as_deref(), Some("bytes 7-9/10"));
    assert_eq!(part.tag_count, Some(1));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), b"789");
    let beyond = client
        .get_object()
        .bucket(BUCKET)
        .key("cv.txt")
        .range("bytes=10-");
    assert_eq!(code!(beyond.send().await), "InvalidRange");
    assert_eq!(
        code!(client.get_object().bucket(BUCKET).key("none").send().await),
        "NoSuchKey"
    );
    assert!(
        client
            .head_object()
            .bucket(BUCKET)
            .key("none")
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_not_found()
    );
    let long = "k".repeat(1025);
    assert_eq!(
        code!(client.get_object().bucket(BUCKET).key(long).send().await),
        "KeyTooLongError"
    );
}

#[tokio::test]
async fn conditions() {
    let server = Server::start().await;
    let client = server.client();
    let etag = put(&client, "cv.txt", "hello").await;
    let read = || client.get_object().bucket(BUCKET).key("cv.txt");
    let unchanged = read().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(unchanged.raw_response().unwrap().status().as_u16(), 304);
    assert_eq!(
        code!(read().if_match("\"00\"").send().await),
        "PreconditionFailed"
    );
    assert!(read().if_match(&etag).send().await.is_ok());
    let write = || client.put_object().bucket(BUCKET).key("cv.txt");
    assert_eq!(
        code!(write().if_none_match("*").send().await),
        "PreconditionFailed"
    );
    assert!(write().if_match(&etag).send().await.is_ok());
    assert_eq!(
        code!(write().if_match(&etag).send().await),
        "PreconditionFailed"
    );
    assert_eq!(get(&client, "cv.txt").await, b"");
}

#[tokio::test]
async fn checksums() {
    let server = Server::start().await;
    let client = server.client();
    let file = tempfile::NamedTempFile::new().unwrap();
    let body: Vec<u8> = (0..300_000_u32).map(|at| at.to_le_bytes()[0]).collect();
    std::fs::write(file.path(), &body).unwrap();
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        // In a trailer, since the SDK reads a file only once.
        client
            .put_object()
            .bucket(BUCKET)
            .key("file")
            .checksum_algorithm(algorithm.clone())
            .body(ByteStream::from_path(file.path()).await.unwrap())
            .send()
            .await
            .unwrap();
        // The SDK checks the checksum that comes back.
        assert_eq!(get(&client, "file").await, body, "{algorithm}");
    }
    let wrong = client
        .put_object()
        .bucket(BUCKET)
        .key("wrong")
        .checksum_crc32("AAAAAA==");
    let error = wrong
        .body(ByteStream::from_static(b"hello"))
        .send()
        .await
        .unwrap_err();
    let error = error.into_service_error();
    assert_eq!(error.meta().code(), Some("BadDigest"));
    let text = "The CRC32 you specified did not match the calculated checksum.";
    assert_eq!(error.meta().message(), Some(text));
    assert_eq!(
        code!(client.get_object().bucket(BUCKET).key("wrong").send().await),
        "NoSuchKey"
    );
}

#[tokio::test]
async fn copies() {
    let server = Server::start().await;
    let client = server.client();
    let key = "Zoë +.txt";
    client
        .put_object()
        .bucket(BUCKET)
        .key(key)
        .metadata("a", "1")
        .send()
        .await
        .unwrap();
    let source = format!("{BUCKET}/Zo%C3%AB%20%2B.txt");
    let copy = |key: &str| {
        client
            .copy_object()
            .bucket(BUCKET)
            .key(key)
            .copy_source(&source)
    };
    copy("kept").send().await.unwrap();
    copy("new")
        .metadata_directive(MetadataDirective::Replace)
        .metadata("b", "2")
        .send()
        .await
        .unwrap();
    for (key, name) in [("kept", "a"), ("new", "b")] {
        let head = client
            .head_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
        assert_eq!(
            head.metadata.unwrap().into_keys().collect::<Vec<_>>(),
            [name]
        );
    }
    assert_eq!(code!(copy(key).send().await), "InvalidRequest");
    let missing = client
        .copy_object()
        .bucket(BUCKET)
        .key("x")
        .copy_source(format!("{BUCKET}/none"));
    assert_eq!(code!(missing.send().await), "NoSuchKey");
}

#[tokio::test]
async fn deletes() {
    let server = Server::start().await;
    let client = server.client();
    put(&client, "a", "").await;
    put(&client, "b <&> ë", "").await;
    let keys = ["a", "b <&> ë", "never there"];
    let objects = keys.map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let list = Delete::builder()
        .set_objects(Some(objects.to_vec()))
        .build()
        .unwrap();
    let answer = client
        .delete_objects()
        .bucket(BUCKET)
        .delete(list)
        .send()
        .await
        .unwrap();
    assert_eq!((answer.deleted().len(), answer.errors().len()), (3, 0));
    assert_eq!(
        client
            .list_objects_v2()
            .bucket(BUCKET)
            .send()
            .await
            .unwrap()
            .key_count,
        Some(0)
    );
    client
        .delete_object()
        .bucket(BUCKET)
        .key("never there")
        .send()
        .await
        .unwrap();
}
