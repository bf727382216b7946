//! Whether a bucket keeps versions, and which it has.

use std::sync::Arc;

use s3s::dto::{
    BucketVersioningStatus, ChecksumAlgorithm, CommonPrefix, DeleteMarkerEntry,
    GetBucketVersioningInput, GetBucketVersioningOutput, ListObjectVersionsInput,
    ListObjectVersionsOutput, MFADelete, ObjectVersion, ObjectVersionStorageClass,
    PutBucketVersioningInput, PutBucketVersioningOutput,
};
use s3s::{S3Request, S3Result};

use crate::account::Account;

use super::super::error::{malformed_xml, not_implemented};
use super::super::listing::{Entry, Page, Query};
use super::super::object::{Object, timestamp};
use super::super::versions::{Version, Versioning, read_id, written};
use super::listings::{encoder, limit, owner};

pub async fn get(
    account: &Arc<Account>,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<GetBucketVersioningOutput> {
    let kept = account.s3.read(&request.input.bucket, |it| it.versioning)?;
    let status = match kept {
        // Which is written as nothing.
        Versioning::Never => None,
        Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    Ok(GetBucketVersioningOutput {
        status: status.map(BucketVersioningStatus::from_static),
        ..GetBucketVersioningOutput::default()
    })
}

pub async fn put(
    account: &Arc<Account>,
    request: S3Request<PutBucketVersioningInput>,
) -> S3Result<PutBucketVersioningOutput> {
    let given = request.input.versioning_configuration;
    let is_on = |it: &MFADelete| it.as_str() == MFADelete::ENABLED;
    if given.mfa_delete.as_ref().is_some_and(is_on) {
        return Err(not_implemented("MFA delete").into());
    }
    let versioning = match given.status.as_ref().map(BucketVersioningStatus::as_str) {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        _ => return Err(malformed_xml().into()),
    };
    account
        .s3
        .write(&request.input.bucket, |it| it.versioning = versioning)?;
    Ok(PutBucketVersioningOutput::default())
}

pub async fn list(
    account: &Arc<Account>,
    request: S3Request<ListObjectVersionsInput>,
) -> S3Result<ListObjectVersionsOutput> {
    let input = request.input;
    let max_keys = limit(input.max_keys, "maxKeys")?;
    let write = encoder(input.encoding_type.as_ref())?;
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    let given = input.version_id_marker.as_deref();
    let version_marker = given.filter(|it| !it.is_empty()).map(read_id);
    let version_marker = version_marker.transpose()?;
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        after: key_marker,
        limit: max_keys.unsigned_abs() as usize,
    };
    let mut output = account.s3.read(&input.bucket, |bucket| {
        // Of the key that the page before ended with, what comes after its last version.
        let mut passed = false;
        let items = bucket.versions().filter(|(key, (version, _))| {
            if *key != key_marker {
                return *key > key_marker;
            }
            let was_passed = passed;
            passed |= version_marker.is_some_and(|marker| version.id() == marker);
            was_passed
        });
        let page = Page::fill(items, &query);
        let mut output = ListObjectVersionsOutput {
            is_truncated: Some(page.truncated),
            next_key_marker: page.next().map(write),
            ..ListObjectVersionsOutput::default()
        };
        let (mut versions, mut markers, mut prefixes) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = None;
        for entry in &page.entries {
            last = None;
            match entry {
                Entry::Prefix(prefix) => prefixes.push(CommonPrefix {
                    prefix: Some(write(prefix)),
                }),
                Entry::Item(key, (version, is_latest)) => {
                    let id = written(version.id());
                    last = Some(id.clone());
                    match version {
                        Version::Object(object) => {
                            versions.push(entry_of(write(key), id, object, *is_latest));
                        }
                        Version::Marker(marker) => markers.push(DeleteMarkerEntry {
                            is_latest: Some(*is_latest),
                            key: Some(write(key)),
                            last_modified: Some(timestamp(marker.modified)),
                            owner: Some(owner()),
                            version_id: Some(id),
                        }),
                    }
                }
            }
        }
        output.next_version_id_marker = last.filter(|_| page.truncated);
        output.versions = Some(versions);
        output.delete_markers = Some(markers);
        output.common_prefixes = Some(prefixes);
        output
    })?;
    output.key_marker = Some(write(key_marker));
    output.version_id_marker = Some(input.version_id_marker.unwrap_or_default());
    output.prefix = Some(write(input.prefix.as_deref().unwrap_or_default()));
    output.delimiter = input.delimiter.as_deref().map(write);
    output.max_keys = Some(max_keys);
    output.encoding_type = input.encoding_type;
    output.name = Some(input.bucket);
    Ok(output)
}

fn entry_of(key: String, version_id: String, object: &Object, is_latest: bool) -> ObjectVersion {
    let class = object.headers.storage_class.clone();
    ObjectVersion {
        key: Some(key),
        version_id: Some(version_id),
        is_latest: Some(is_latest),
        e_tag: Some(object.etag()),
        last_modified: Some(object.modified()),
        size: i64::try_from(object.content.length()).ok(),
        storage_class: Some(class.map_or_else(
            || ObjectVersionStorageClass::from_static(ObjectVersionStorageClass::STANDARD),
            ObjectVersionStorageClass::from,
        )),
        checksum_algorithm: Some(vec![ChecksumAlgorithm::from_static(
            object.checksum.algorithm.name(),
        )]),
        checksum_type: Some(object.checksum.kind()),
        owner: Some(owner()),
        ..ObjectVersion::default()
    }
}
