//! What lists objects, uploads and parts.

use std::ops::Bound;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;
use crate::error::ServiceError;

use super::super::bucket::Bucket;
use super::super::checksum::set_checksum;
use super::super::encoding::encode_key;
use super::super::error::invalid_argument;
use super::super::event_record::OWNER;
use super::super::listing::{Entry, Page, Query};
use super::super::object::{Object, etag_of, timestamp};
use super::multipart_uploads::{algorithm, kind, look};

/// A page holds at most so many entries, whatever the caller asks for.
const MOST: i32 = 1000;

pub async fn objects(
    account: &Arc<Account>,
    request: S3Request<ListObjectsInput>,
) -> S3Result<ListObjectsOutput> {
    let input = request.input;
    let max_keys = limit(input.max_keys, "maxKeys")?;
    let write = encoder(input.encoding_type.as_ref())?;
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        after: input.marker.as_deref().unwrap_or_default(),
        limit: max_keys.unsigned_abs() as usize,
    };
    let list = account.s3.read(&input.bucket, |bucket| {
        List::of(bucket, &query, write, true)
    })?;
    // Without a delimiter, the last key itself says where to go on.
    let next_marker = list.next.filter(|_| input.delimiter.is_some());
    Ok(ListObjectsOutput {
        is_truncated: Some(list.truncated),
        next_marker: next_marker.as_deref().map(write),
        contents: Some(list.contents),
        common_prefixes: Some(list.common_prefixes),
        name: Some(input.bucket),
        marker: Some(write(input.marker.as_deref().unwrap_or_default())),
        prefix: Some(write(input.prefix.as_deref().unwrap_or_default())),
        delimiter: input.delimiter.as_deref().map(write),
        max_keys: Some(max_keys),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

pub async fn objects_v2(
    account: &Arc<Account>,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<ListObjectsV2Output> {
    let input = request.input;
    let max_keys = limit(input.max_keys, "maxKeys")?;
    let write = encoder(input.encoding_type.as_ref())?;
    let after = match &input.continuation_token {
        Some(token) => read_token(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        after: &after,
        limit: max_keys.unsigned_abs() as usize,
    };
    let with_owner = input.fetch_owner == Some(true);
    let list = account.s3.read(&input.bucket, |bucket| {
        List::of(bucket, &query, write, with_owner)
    })?;
    let count = list.contents.len() + list.common_prefixes.len();
    Ok(ListObjectsV2Output {
        is_truncated: Some(list.truncated),
        key_count: i32::try_from(count).ok(),
        next_continuation_token: list.next.map(|next| STANDARD.encode(next)),
        contents: Some(list.contents),
        common_prefixes: Some(list.common_prefixes),
        name: Some(input.bucket),
        continuation_token: input.continuation_token,
        start_after: input.start_after.as_deref().map(write),
        prefix: Some(write(input.prefix.as_deref().unwrap_or_default())),
        delimiter: input.delimiter.as_deref().map(write),
        max_keys: Some(max_keys),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

/// A page of objects in the form of a response.
struct List {
    contents: Vec<s3s::dto::Object>,
    common_prefixes: Vec<CommonPrefix>,
    truncated: bool,
    next: Option<String>,
}

impl List {
    fn of(bucket: &Bucket, query: &Query<'_>, write: fn(&str) -> String, with_owner: bool) -> Self {
        let start = if query.after < query.prefix {
            Bound::Included(query.prefix)
        } else {
            Bound::Excluded(query.after)
        };
        let items = bucket
            .objects
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(query.prefix))
            .map(|(key, object)| (key.as_str(), object));
        let page = Page::fill(items, query);
        let mut list = Self {
            contents: Vec::new(),
            common_prefixes: Vec::new(),
            truncated: page.truncated,
            next: page.next().map(str::to_owned),
        };
        for entry in &page.entries {
            match entry {
                Entry::Item(key, object) => {
                    list.contents.push(entry_of(write(key), object, with_owner));
                }
                Entry::Prefix(prefix) => {
                    list.common_prefixes.push(CommonPrefix {
                        prefix: Some(write(prefix)),
                    });
                }
            }
        }
        list
    }
}

fn entry_of(key: String, object: &Object, with_owner: bool) -> s3s::dto::Object {
    let class = object
        .headers
        .storage_class
        .as_deref()
        .unwrap_or(StorageClass::STANDARD);
    s3s::dto::Object {
        key: Some(key),
        e_tag: Some(object.etag()),
        last_modified: Some(object.modified()),
        size: i64::try_from(object.content.length()).ok(),
        storage_class: Some(ObjectStorageClass::from(class.to_owned())),
        checksum_algorithm: Some(vec![ChecksumAlgorithm::from_static(
            object.checksum.algorithm.name(),
        )]),
        checksum_type: Some(object.checksum.kind()),
        owner: with_owner.then(owner),
        ..s3s::dto::Object::default()
    }
}

pub(super) fn owner() -> Owner {
    Owner {
        id: Some(OWNER.to_owned()),
        ..Owner::default()
    }
}

pub async fn uploads(
    account: &Arc<Account>,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<ListMultipartUploadsOutput> {
    let input = request.input;
    let max_uploads = limit(input.max_uploads, "max-uploads")?;
    let write = encoder(input.encoding_type.as_ref())?;
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    // It says nothing without a key.
    let id_marker = input
        .upload_id_marker
        .as_deref()
        .filter(|_| !key_marker.is_empty());
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        after: key_marker,
        limit: max_uploads.unsigned_abs() as usize,
    };
    let mut output = account.s3.read(&input.bucket, |bucket| {
        let items = bucket.uploads.iter().filter(|((key, id), _)| {
            key.as_str() > key_marker
                || (key == key_marker && id_marker.is_some_and(|marker| id.as_str() > marker))
        });
        let page = Page::fill(
            items.map(|((key, id), upload)| (key.as_str(), (id, upload))),
            &query,
        );
        let (mut uploads, mut common_prefixes) = (Vec::new(), Vec::new());
        let mut last_id = None;
        for entry in &page.entries {
            last_id = None;
            match entry {
                Entry::Prefix(prefix) => {
                    common_prefixes.push(CommonPrefix {
                        prefix: Some(write(prefix)),
                    });
                }
                Entry::Item(key, (id, upload)) => {
                    last_id = Some((*id).clone());
                    uploads.push(MultipartUpload {
                        key: Some(write(key)),
                        upload_id: Some((*id).clone()),
                        initiated: Some(timestamp(upload.initiated)),
                        owner: Some(owner()),
                        initiator: Some(initiator()),
                        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
                        checksum_algorithm: upload.checksum.as_ref().map(algorithm),
                        checksum_type: upload.checksum.as_ref().map(kind),
                    });
                }
            }
        }
        ListMultipartUploadsOutput {
            is_truncated: Some(page.truncated),
            next_key_marker: page.next().map(write),
            next_upload_id_marker: last_id.filter(|_| page.truncated),
            uploads: Some(uploads),
            common_prefixes: Some(common_prefixes),
            ..ListMultipartUploadsOutput::default()
        }
    })?;
    output.key_marker = Some(write(key_marker));
    output.upload_id_marker = Some(input.upload_id_marker.clone().unwrap_or_default());
    output.prefix = input.prefix.as_deref().map(write);
    output.delimiter = input.delimiter.as_deref().map(write);
    output.max_uploads = Some(max_uploads);
    output.encoding_type = input.encoding_type;
    output.bucket = Some(input.bucket);
    Ok(output)
}

fn initiator() -> Initiator {
    Initiator {
        id: Some(OWNER.to_owned()),
        ..Initiator::default()
    }
}

pub async fn parts(
    account: &Arc<Account>,
    request: S3Request<ListPartsInput>,
) -> S3Result<ListPartsOutput> {
    let input = request.input;
    let max_parts = limit(input.max_parts, "max-parts")?;
    let marker = input.part_number_marker.unwrap_or_default();
    let mut output = look(
        account,
        &input.bucket,
        &input.key,
        &input.upload_id,
        |upload| {
            let later = || {
                upload
                    .parts
                    .range((Bound::Excluded(marker), Bound::Unbounded))
            };
            let parts: Vec<_> = later()
                .take(max_parts.unsigned_abs() as usize)
                .map(|(number, part)| {
                    let mut entry = Part {
                        part_number: Some(*number),
                        e_tag: Some(ETag::Strong(etag_of(&part.md5))),
                        last_modified: Some(timestamp(part.modified)),
                        size: i64::try_from(part.content.length()).ok(),
                        ..Part::default()
                    };
                    if upload.checksum.is_some() {
                        set_checksum!(entry, part.checksum);
                    }
                    entry
                })
                .collect();
            let truncated = !parts.is_empty() && later().count() > parts.len();
            ListPartsOutput {
                is_truncated: Some(truncated),
                next_part_number_marker: parts.last().and_then(|part| part.part_number),
                parts: Some(parts),
                checksum_algorithm: upload.checksum.as_ref().map(algorithm),
                checksum_type: upload.checksum.as_ref().map(kind),
                ..ListPartsOutput::default()
            }
        },
    )?;
    output.part_number_marker = Some(marker);
    output.max_parts = Some(max_parts);
    output.owner = Some(owner());
    output.initiator = Some(initiator());
    output.storage_class = Some(StorageClass::from_static(StorageClass::STANDARD));
    output.bucket = Some(input.bucket);
    output.key = Some(input.key);
    output.upload_id = Some(input.upload_id);
    Ok(output)
}

pub(super) fn limit(asked: Option<i32>, name: &str) -> Result<i32, ServiceError> {
    match asked {
        None => Ok(MOST),
        Some(asked) if asked < 0 => Err(invalid_argument(format!(
            "Argument {name} must be an integer between 0 and 2147483647"
        ))),
        Some(asked) => Ok(asked.min(MOST)),
    }
}

/// How keys are written: XML cannot hold every character that they can.
pub(super) fn encoder(encoding: Option<&EncodingType>) -> Result<fn(&str) -> String, ServiceError> {
    match encoding.map(EncodingType::as_str) {
        None => Ok(str::to_owned),
        Some(EncodingType::URL) => Ok(encode_key),
        Some(_) => Err(invalid_argument(
            "Invalid Encoding Method specified in Request",
        )),
    }
}

fn read_token(token: &str) -> Result<String, ServiceError> {
    let bytes = STANDARD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|key| !key.is_empty())
        .ok_or_else(|| invalid_argument("The continuation token provided is incorrect"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        assert_eq!(limit(None, "maxKeys"), Ok(1000));
        assert_eq!(limit(Some(5000), "maxKeys"), Ok(1000));
        assert_eq!(limit(Some(0), "maxKeys"), Ok(0));
        assert_eq!(
            limit(Some(-1), "maxKeys").unwrap_err().code,
            "InvalidArgument"
        );
    }

    #[test]
    fn tokens() {
        assert_eq!(read_token(&STANDARD.encode("Zoë")).as_deref(), Ok("Zoë"));
        for token in ["", "?", "/w=="] {
            assert_eq!(
                read_token(token).unwrap_err().code,
                "InvalidArgument",
                "{token}"
            );
        }
    }
}
