//! `CopyObject` and `UploadPartCopy`.

use std::ops::Range;
use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::time::now_millis;

use super::super::auth::authorize;
use super::super::changes;
use super::super::checksum::{Algorithm, Checksum, set_checksum};
use super::super::error::{
    invalid_argument, invalid_request, no_such_bucket, not_implemented, precondition_failed,
};
use super::super::event_record::Origin;
use super::super::multipart::{Part, check_number};
use super::super::object::{Conditions, Object, Verdict, etag_of, headers_of, md5_of, timestamp};
use super::super::upload::LARGEST;
use super::writing::new_tags;
use super::{caller, check_acl, encryption, existing, multipart_uploads, shown_version};

/// Takes the conditions on the source out of a request.
macro_rules! conditions_of {
    ($input:expr) => {
        Conditions {
            if_match: $input.copy_source_if_match.clone(),
            if_none_match: $input.copy_source_if_none_match.clone(),
            if_modified_since: $input.copy_source_if_modified_since.clone(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.clone(),
        }
    };
}

pub async fn copy_object(
    account: &Arc<Account>,
    mut request: S3Request<CopyObjectInput>,
) -> S3Result<CopyObjectOutput> {
    let origin = Origin::of(&request.extensions)?;
    check_acl(request.input.acl.as_ref().map(ObjectCannedACL::as_str))?;
    let caller = caller(&request)?;
    let conditions = conditions_of!(request.input);
    let (source, source_version) =
        source(account, caller, &request.input.copy_source, &conditions)?;
    if source.content.length() > LARGEST {
        return Err(invalid_request(format!(
            "The specified copy source is larger than the maximum allowable size for a copy \
             source: {LARGEST}"
        ))
        .into());
    }
    let replaces = |directive: Option<&str>, name: &str| match directive {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(_) => Err(invalid_argument(format!("Unknown {name} directive."))),
    };
    let input = &request.input;
    let new_headers = replaces(
        input
            .metadata_directive
            .as_ref()
            .map(MetadataDirective::as_str),
        "metadata",
    )?;
    let new_tagging = replaces(
        input
            .tagging_directive
            .as_ref()
            .map(TaggingDirective::as_str),
        "tagging",
    )?;
    let changes = new_headers
        || input.storage_class.is_some()
        || input.website_redirect_location.is_some()
        || input.server_side_encryption.is_some();
    // An older version is another object, and may be brought back so.
    if !changes && is_itself(input) {
        return Err(invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata, storage class, website redirect location \
             or encryption attributes.",
        )
        .into());
    }
    let tags = if new_tagging {
        new_tags(
            account,
            caller,
            &input.bucket,
            &input.key,
            input.tagging.clone(),
        )?
    } else {
        source.tags.clone()
    };
    let algorithm = match &input.checksum_algorithm {
        Some(name) => Algorithm::named(name.as_str())?,
        None => source.checksum.algorithm,
    };
    let given = headers_of!(request.input)?;
    let mut headers = if new_headers {
        given.clone()
    } else {
        source.headers.clone()
    };
    // These two are never copied: the copy has what the request says.
    headers.storage_class = given.storage_class;
    headers.website_redirect_location = given.website_redirect_location;
    let CopyObjectInput { bucket, key, .. } = request.input;
    let object = copy_of(&source, algorithm);
    let object = Object {
        headers,
        tags,
        ..object
    };
    let (event, place) = ("ObjectCreated:Copy", (bucket.as_str(), key.as_str()));
    let object = changes::put(account, &origin, event, place, object, |_| Ok(()))?;
    let mut result = CopyObjectResult {
        e_tag: Some(object.etag()),
        last_modified: Some(object.modified()),
        checksum_type: Some(object.checksum.kind()),
        ..CopyObjectResult::default()
    };
    set_checksum!(result, object.checksum);
    Ok(CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: source_version,
        version_id: shown_version(account, &bucket, &object)?,
        server_side_encryption: encryption(),
        ..CopyObjectOutput::default()
    })
}

/// The object anew: whole, even where the source was uploaded in parts.
fn copy_of(source: &Object, algorithm: Algorithm) -> Object {
    let mut copy = source.clone();
    copy.modified = now_millis();
    if !source.parts.is_empty() {
        copy.parts = Vec::new();
        copy.etag = etag_of(&md5_of(&source.content));
    }
    if source.checksum.composite || source.checksum.algorithm != algorithm {
        copy.checksum = Checksum::compute(algorithm, &source.content);
    }
    copy
}

fn is_itself(input: &CopyObjectInput) -> bool {
    matches!(
        &input.copy_source,
        CopySource::Bucket { bucket, key, version_id: None }
            if **bucket == *input.bucket && **key == *input.key
    )
}

pub async fn upload_part_copy(
    account: &Arc<Account>,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<UploadPartCopyOutput> {
    let input = &request.input;
    check_number(input.part_number)?;
    let conditions = conditions_of!(input);
    let (source, source_version) =
        source(account, caller(&request)?, &input.copy_source, &conditions)?;
    let content = match input.copy_source_range.as_deref() {
        None => source.content.clone(),
        Some(range) => source
            .content
            .slice(&source_range(range, source.content.length())?),
    };
    if content.length() > LARGEST {
        return Err(ServiceError::bad_request(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
        )
        .into());
    }
    let plan = multipart_uploads::plan(account, &input.bucket, &input.key, &input.upload_id)?;
    let algorithm = plan.map_or(Algorithm::Crc64Nvme, |plan| plan.algorithm);
    let part = Part {
        md5: md5_of(&content),
        checksum: Checksum::compute(algorithm, &content),
        modified: now_millis(),
        content,
    };
    let mut result = CopyPartResult {
        e_tag: Some(ETag::Strong(etag_of(&part.md5))),
        last_modified: Some(timestamp(part.modified)),
        ..CopyPartResult::default()
    };
    if plan.is_some() {
        set_checksum!(result, part.checksum);
    }
    let number = input.part_number;
    multipart_uploads::change(
        account,
        &input.bucket,
        &input.key,
        &input.upload_id,
        |upload| {
            upload.parts.insert(number, part);
            Ok(())
        },
    )?;
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: source_version,
        server_side_encryption: encryption(),
        ..UploadPartCopyOutput::default()
    })
}

/// The object to copy from, if the caller may read it, and how its version is called.
fn source(
    account: &Account,
    caller: &Principal,
    source: &CopySource,
    conditions: &Conditions,
) -> S3Result<(Arc<Object>, Option<String>)> {
    let CopySource::Bucket {
        bucket,
        key,
        version_id,
    } = source
    else {
        return Err(not_implemented("access points").into());
    };
    account
        .s3
        .read(bucket, |_| ())
        .map_err(|_| no_such_bucket())?;
    let action = match version_id {
        None => "s3:GetObject",
        Some(_) => "s3:GetObjectVersion",
    };
    authorize(account, caller, action, &s3_arn(bucket, Some(key)))?;
    let object = existing(account, caller, bucket, key, version_id.as_deref())?;
    match conditions.judge(&object) {
        Verdict::Holds => {
            let version = shown_version(account, bucket, &object)?;
            Ok((object, version))
        }
        // A copy has no answer of its own to what was not modified.
        Verdict::Failed | Verdict::NotModified => Err(precondition_failed().into()),
    }
}

/// The range of a part's source, `bytes=FIRST-LAST`, which must lie in the source.
fn source_range(text: &str, length: u64) -> Result<Range<u64>, ServiceError> {
    let range = text
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)))
        .filter(|(first, last): &(u64, u64)| first <= last)
        .ok_or_else(|| {
            invalid_argument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where \
                 first and last are the zero-based offsets of the first and last bytes to copy",
            )
        })?;
    if range.1 >= length {
        return Err(invalid_argument(format!(
            "Range specified is not valid for source object of size: {length}"
        )));
    }
    Ok(range.0..range.1 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_ranges() {
        assert_eq!(source_range("bytes=0-9", 10), Ok(0..10));
        assert_eq!(source_range("bytes=3-3", 10), Ok(3..4));
        for range in [
            "bytes=0-10",
            "bytes=5-4",
            "bytes=-5",
            "bytes=5-",
            "0-5",
            "bytes=a-b",
            "",
        ] {
            assert_eq!(
                source_range(range, 10).unwrap_err().code,
                "InvalidArgument",
                "{range}"
            );
        }
    }
}
