//! S3's operations for the other services of the account, which call it without a
//! request over the network: Step Functions' integrations.
//!
//! Parameters and results have the names of the API, as the AWS SDKs write them.

use std::sync::Arc;

use http::{Extensions, HeaderMap, Method, Uri};
use s3s::dto::{
    CopyObjectInput, CopySource, DeleteObjectInput, GetObjectInput, HeadObjectInput,
    ListObjectsV2Input, PutObjectInput, StreamingBlob, Timestamp, TimestampFormat,
};
use s3s::{S3, S3Error, S3Request, S3Result};
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::ServiceError;
use crate::iam::Principal;

use super::auth::authorize;
use super::operations::Operations;

/// Calls one operation, named as the SDKs name it, such as `getObject`.
///
/// # Errors
///
/// S3's own; `UnknownOperationException` for one that cannot be called this way.
pub async fn call(
    account: &Arc<Account>,
    caller: &Principal,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let text = |name: &str| {
        let given = input[name].as_str().filter(|it| !it.is_empty());
        given.map(str::to_owned).ok_or_else(|| missing(name))
    };
    let optional = |name: &str| input[name].as_str().map(str::to_owned);
    let version_id = optional("VersionId");
    let of_version = |plain: &'static str, versioned: &'static str| match version_id {
        None => plain,
        Some(_) => versioned,
    };
    let bucket = text("Bucket")?;
    // That a bucket is not there is said to anybody.
    account.s3.read(&bucket, |_| ())?;
    let allowed =
        |action: &str, key: Option<&str>| authorize(account, caller, action, &s3_arn(&bucket, key));
    let s3 = Operations(account.clone());
    let answer = match operation {
        "getObject" => {
            let key = text("Key")?;
            let action = of_version("s3:GetObject", "s3:GetObjectVersion");
            allowed(action, Some(&key))?;
            let input = GetObjectInput {
                bucket,
                key,
                version_id,
                ..GetObjectInput::default()
            };
            get_object(&s3, request(caller, input)).await
        }
        "headObject" => {
            let key = text("Key")?;
            let action = of_version("s3:GetObject", "s3:GetObjectVersion");
            allowed(action, Some(&key))?;
            let input = HeadObjectInput {
                bucket,
                key,
                version_id,
                ..HeadObjectInput::default()
            };
            s3.head_object(request(caller, input)).await.map(|it| {
                let it = it.output;
                object([
                    ("ContentLength", it.content_length.map(Value::from)),
                    ("ContentType", it.content_type.map(Value::from)),
                    ("ETag", it.e_tag.map(|tag| quoted(tag.value()))),
                    ("LastModified", it.last_modified.as_ref().map(iso)),
                    ("VersionId", it.version_id.map(Value::from)),
                ])
            })
        }
        "putObject" => {
            let key = text("Key")?;
            allowed("s3:PutObject", Some(&key))?;
            // A body that is no text is written as JSON.
            let body = match &input["Body"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let input = PutObjectInput {
                bucket,
                key,
                content_type: optional("ContentType"),
                body: Some(StreamingBlob::from(s3s::Body::from(body))),
                ..PutObjectInput::default()
            };
            s3.put_object(request(caller, input)).await.map(|it| {
                let it = it.output;
                object([
                    ("ETag", it.e_tag.map(|tag| quoted(tag.value()))),
                    ("ServerSideEncryption", Some("AES256".into())),
                    ("VersionId", it.version_id.map(Value::from)),
                ])
            })
        }
        "copyObject" => {
            let key = text("Key")?;
            allowed("s3:PutObject", Some(&key))?;
            // S3 reads a plus sign in it as a space: a key that has one must be encoded.
            let source = text("CopySource")?.replace('+', "%20");
            let source = CopySource::parse(&source)
                .map_err(|_| super::error::invalid_argument("Invalid copy source object key"))?;
            let input = CopyObjectInput::builder()
                .bucket(bucket)
                .key(key)
                .copy_source(source)
                .build()
                .map_err(|error| super::error::invalid_argument(error.to_string()))?;
            s3.copy_object(request(caller, input)).await.map(|it| {
                let it = it.output;
                let copied = it.copy_object_result.unwrap_or_default();
                let result = object([
                    ("ETag", copied.e_tag.map(|tag| quoted(tag.value()))),
                    ("LastModified", copied.last_modified.as_ref().map(iso)),
                ]);
                object([
                    ("CopyObjectResult", Some(result)),
                    (
                        "CopySourceVersionId",
                        it.copy_source_version_id.map(Value::from),
                    ),
                    ("ServerSideEncryption", Some("AES256".into())),
                    ("VersionId", it.version_id.map(Value::from)),
                ])
            })
        }
        "deleteObject" => {
            let key = text("Key")?;
            let action = of_version("s3:DeleteObject", "s3:DeleteObjectVersion");
            allowed(action, Some(&key))?;
            let input = DeleteObjectInput {
                bucket,
                key,
                version_id,
                ..DeleteObjectInput::default()
            };
            s3.delete_object(request(caller, input)).await.map(|it| {
                object([
                    ("DeleteMarker", it.output.delete_marker.map(Value::from)),
                    ("VersionId", it.output.version_id.map(Value::from)),
                ])
            })
        }
        "listObjectsV2" => {
            allowed("s3:ListBucket", None)?;
            let input = ListObjectsV2Input {
                bucket,
                prefix: optional("Prefix"),
                continuation_token: optional("ContinuationToken"),
                ..ListObjectsV2Input::default()
            };
            list_objects(&s3, request(caller, input)).await
        }
        other => return Err(ServiceError::unknown_operation("Amazon S3", other)),
    };
    answer.map_err(plain)
}

async fn get_object(s3: &Operations, request: S3Request<GetObjectInput>) -> S3Result<Value> {
    let it = s3.get_object(request).await?.output;
    let body = match it.body {
        None => Vec::new(),
        Some(blob) => {
            let mut body = s3s::Body::from(blob);
            let bytes = body.store_all_limited(LARGEST_BODY).await;
            bytes.map_err(|_| too_large())?.to_vec()
        }
    };
    Ok(object([
        ("AcceptRanges", it.accept_ranges.map(Value::from)),
        ("Body", Some(String::from_utf8_lossy(&body).into())),
        ("ContentLength", it.content_length.map(Value::from)),
        ("ContentType", it.content_type.map(Value::from)),
        ("ETag", it.e_tag.map(|tag| quoted(tag.value()))),
        ("LastModified", it.last_modified.as_ref().map(iso)),
        ("Metadata", Some(json!(it.metadata.unwrap_or_default()))),
        ("ServerSideEncryption", Some("AES256".into())),
        ("VersionId", it.version_id.map(Value::from)),
    ]))
}

/// How much of an object is read into a value: a Map's file may be larger than what
/// one state passes on.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

fn too_large() -> ServiceError {
    ServiceError::bad_request(
        "EntityTooLarge",
        format!("The sandbox reads no object over {LARGEST_BODY} bytes into a workflow."),
    )
}

async fn list_objects(s3: &Operations, request: S3Request<ListObjectsV2Input>) -> S3Result<Value> {
    let it = s3.list_objects_v2(request).await?.output;
    let contents = it.contents.unwrap_or_default();
    let contents: Vec<Value> = contents
        .into_iter()
        .map(|entry| {
            object([
                ("Etag", entry.e_tag.map(|tag| quoted(tag.value()))),
                ("LastModified", entry.last_modified.as_ref().map(seconds)),
                ("Key", entry.key.map(Value::from)),
                ("Size", entry.size.map(Value::from)),
                ("StorageClass", Some("STANDARD".into())),
            ])
        })
        .collect();
    Ok(object([
        ("Contents", Some(contents.into())),
        ("IsTruncated", it.is_truncated.map(Value::from)),
        ("KeyCount", it.key_count.map(Value::from)),
        ("Name", it.name.map(Value::from)),
        (
            "NextContinuationToken",
            it.next_continuation_token.map(Value::from),
        ),
    ]))
}

fn request<T>(caller: &Principal, input: T) -> S3Request<T> {
    let mut extensions = Extensions::new();
    extensions.insert(caller.clone());
    S3Request {
        input,
        method: Method::GET,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        extensions,
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

/// The members that are there.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let given = members.into_iter();
    Value::Object(
        given
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect::<Map<_, _>>(),
    )
}

fn quoted(tag: &str) -> Value {
    Value::String(format!("\"{tag}\""))
}

fn iso(time: &Timestamp) -> Value {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = time.format(TimestampFormat::DateTime, &mut text);
    String::from_utf8_lossy(&text).into()
}

fn seconds(time: &Timestamp) -> Value {
    let mut text = Vec::new();
    let _ = time.format(TimestampFormat::EpochSeconds, &mut text);
    let text = String::from_utf8_lossy(&text);
    text.parse::<f64>()
        .map_or(Value::Null, |it| json!(it as i64))
}

fn missing(name: &str) -> ServiceError {
    ServiceError::bad_request(
        "InvalidArgument",
        format!("The parameter {name} is required and must not be empty."),
    )
}

fn plain(error: S3Error) -> ServiceError {
    let code = error.code().as_str().to_owned();
    let message = match super::error::text_of(&code) {
        Some(text) => text.to_owned(),
        None => error.message().unwrap_or(&code).to_owned(),
    };
    let status = error.status_code().map_or(400, |it| it.as_u16());
    ServiceError::new(status, code, message)
}
