//! Uploads in parts.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::{BUCKET, Server, code, get, put};

#[tokio::test]
async fn multipart_uploads() {
    let server = Server::start().await;
    let client = server.client();
    put(&client, "source", "0123456789").await;
    let create = client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("cv")
        .content_type("text/x");
    let id = create.send().await.unwrap().upload_id.unwrap();
    let big = vec![b'x'; 5 << 20];
    let part = client.upload_part().bucket(BUCKET).key("cv").upload_id(&id);
    let first = part
        .part_number(1)
        .body(big.clone().into())
        .send()
        .await
        .unwrap();
    let second = client
        .upload_part_copy()
        .bucket(BUCKET)
        .key("cv")
        .upload_id(&id)
        .part_number(2)
        .copy_source(format!("{BUCKET}/source"))
        .copy_source_range("bytes=3-5")
        .send()
        .await
        .unwrap();
    let listed = client
        .list_parts()
        .bucket(BUCKET)
        .key("cv")
        .upload_id(&id)
        .send()
        .await
        .unwrap();
    let sizes: Vec<_> = listed.parts().iter().filter_map(|it| it.size()).collect();
    assert_eq!(sizes, [5 << 20, 3]);
    let uploads = client
        .list_multipart_uploads()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(uploads.uploads()[0].upload_id(), Some(id.as_str()));
    let named = |number, etag: Option<String>| {
        CompletedPart::builder()
            .part_number(number)
            .set_e_tag(etag)
            .build()
    };
    let complete = |parts: Vec<CompletedPart>| {
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(parts))
            .build();
        let request = client
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("cv")
            .upload_id(&id);
        request.multipart_upload(parts).send()
    };
    let (one, two) = (
        named(1, first.e_tag),
        named(2, second.copy_part_result.unwrap().e_tag),
    );
    assert_eq!(
        code!(complete(vec![two.clone(), one.clone()]).await),
        "InvalidPartOrder"
    );
    assert_eq!(
        code!(complete(vec![named(3, Some("00".to_owned()))]).await),
        "InvalidPart"
    );
    let done = complete(vec![one.clone(), two]).await.unwrap();
    assert!(done.e_tag.unwrap().ends_with("-2\""));
    assert_eq!(code!(complete(vec![one]).await), "NoSuchUpload");
    let body = get(&client, "cv").await;
    assert_eq!((body.len(), &body[5 << 20..]), ((5 << 20) + 3, &b"345"[..]));
    let tail = client
        .get_object()
        .bucket(BUCKET)
        .key("cv")
        .part_number(2)
        .send()
        .await
        .unwrap();
    assert_eq!((tail.parts_count, tail.content_length), (Some(2), Some(3)));
    assert_eq!(tail.content_type.as_deref(), Some("text/x"));
    let other = client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("other")
        .send()
        .await
        .unwrap();
    let id = other.upload_id.unwrap();
    let abort = || {
        client
            .abort_multipart_upload()
            .bucket(BUCKET)
            .key("other")
            .upload_id(&id)
    };
    abort().send().await.unwrap();
    assert_eq!(code!(abort().send().await), "NoSuchUpload");
}
