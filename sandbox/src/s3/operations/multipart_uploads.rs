//! Uploads in parts, from their beginning to their end.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};
use uuid::Uuid;

use crate::account::Account;
use crate::error::ServiceError;
use crate::time::now_millis;

use super::super::changes;
use super::super::checksum::{Checksum, checksums_of, set_checksum};
use super::super::encoding::encode_key;
use super::super::error::{invalid_request, malformed_xml, no_such_upload};
use super::super::event_record::Origin;
use super::super::given::Given;
use super::super::multipart::{Part, Plan, Upload, check_number};
use super::super::object::{check_write, etag_of, headers_of};
use super::super::upload::receive;
use super::writing::new_tags;
use super::{caller, check_acl, encryption, shown_version};

pub async fn create(
    account: &Arc<Account>,
    mut request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    check_acl(request.input.acl.as_ref().map(ObjectCannedACL::as_str))?;
    let tagging = request.input.tagging.take();
    let tags = new_tags(
        account,
        caller(&request)?,
        &request.input.bucket,
        &request.input.key,
        tagging,
    )?;
    let headers = headers_of!(request.input)?;
    let CreateMultipartUploadInput {
        bucket,
        key,
        checksum_algorithm,
        checksum_type,
        ..
    } = request.input;
    let plan = Plan::new(
        checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str),
        checksum_type.as_ref().map(ChecksumType::as_str),
    )?;
    let id = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let upload = Upload {
        initiated: now_millis(),
        headers,
        tags,
        checksum: plan,
        parts: BTreeMap::new(),
    };
    account.s3.write(&bucket, |bucket| {
        bucket.uploads.insert((key.clone(), id.clone()), upload)
    })?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(bucket),
        key: Some(key),
        upload_id: Some(id),
        server_side_encryption: encryption(),
        checksum_algorithm: plan.map(|plan| algorithm(&plan)),
        checksum_type: plan.map(|plan| kind(&plan)),
        ..CreateMultipartUploadOutput::default()
    })
}

pub fn algorithm(plan: &Plan) -> ChecksumAlgorithm {
    ChecksumAlgorithm::from_static(plan.algorithm.name())
}

pub fn kind(plan: &Plan) -> ChecksumType {
    ChecksumType::from_static(if plan.composite {
        ChecksumType::COMPOSITE
    } else {
        ChecksumType::FULL_OBJECT
    })
}

pub async fn upload_part(
    account: &Arc<Account>,
    mut request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let body = request.input.body.take();
    let UploadPartInput {
        bucket,
        key,
        upload_id,
        part_number,
        ..
    } = request.input;
    check_number(part_number)?;
    let given = Given::of(&request.headers)?.algorithm();
    change(account, &bucket, &key, &upload_id, |upload| {
        upload.check_algorithm(given)
    })?;
    let received = receive(body, &request.headers, request.trailing_headers.as_ref()).await?;
    let mut part = Part {
        content: received.content,
        md5: received.md5,
        checksum: received.checksum,
        modified: now_millis(),
    };
    if let Some(plan) = plan(account, &bucket, &key, &upload_id)?
        && plan.algorithm != part.checksum.algorithm
    {
        part.checksum = Checksum::compute(plan.algorithm, &part.content);
    }
    let mut output = UploadPartOutput {
        e_tag: Some(ETag::Strong(etag_of(&part.md5))),
        server_side_encryption: encryption(),
        ..UploadPartOutput::default()
    };
    set_checksum!(output, part.checksum);
    change(account, &bucket, &key, &upload_id, |upload| {
        upload.parts.insert(part_number, part);
        Ok(())
    })?;
    Ok(output)
}

pub async fn complete(
    account: &Arc<Account>,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let origin = Origin::of(&request.extensions)?;
    let expected = checksums_of!(request.input);
    let CompleteMultipartUploadInput {
        bucket,
        key,
        upload_id,
        multipart_upload,
        mpu_object_size,
        checksum_type,
        if_match,
        if_none_match,
        ..
    } = request.input;
    let parts = multipart_upload
        .and_then(|it| it.parts)
        .ok_or_else(malformed_xml)?;
    let object = look(account, &bucket, &key, &upload_id, |upload| {
        upload.complete(&parts)
    })??;
    if checksum_type.is_some_and(|kind| kind != object.checksum.kind()) {
        return Err(invalid_request(format!(
            "The upload was created using the {} checksum mode. The complete request must use \
             the same checksum mode.",
            object.checksum.kind().as_str()
        ))
        .into());
    }
    let algorithm = object.checksum.algorithm;
    if algorithm
        .value_in(&expected)
        .is_some_and(|expected| expected != object.checksum.value)
    {
        return Err(algorithm.mismatch().into());
    }
    if let Some(size) = mpu_object_size.and_then(|size| u64::try_from(size).ok())
        && size != object.content.length()
    {
        return Err(invalid_request(format!(
            "The provided 'x-amz-mp-object-size' header value {size} does not match what was \
             computed: {}",
            object.content.length()
        ))
        .into());
    }
    let event = "ObjectCreated:CompleteMultipartUpload";
    let place = (bucket.as_str(), key.as_str());
    let object = changes::put(account, &origin, event, place, object, |present| {
        check_write(if_match.as_ref(), if_none_match.as_ref(), present)
    })?;
    account.s3.write(&bucket, |bucket| {
        bucket.uploads.remove(&(key.clone(), upload_id));
    })?;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!(
            "{}/{bucket}/{}",
            account.endpoint,
            encode_key(&key)
        )),
        e_tag: Some(object.etag()),
        server_side_encryption: encryption(),
        checksum_type: Some(object.checksum.kind()),
        version_id: shown_version(account, &bucket, &object)?,
        bucket: Some(bucket),
        key: Some(key),
        ..CompleteMultipartUploadOutput::default()
    };
    set_checksum!(output, object.checksum);
    Ok(output)
}

pub async fn abort(
    account: &Arc<Account>,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let AbortMultipartUploadInput {
        bucket,
        key,
        upload_id,
        ..
    } = request.input;
    account
        .s3
        .write(&bucket, |bucket| bucket.uploads.remove(&(key, upload_id)))?
        .ok_or_else(no_such_upload)?;
    Ok(AbortMultipartUploadOutput::default())
}

/// What checksum an upload is to have.
pub fn plan(
    account: &Account,
    bucket: &str,
    key: &str,
    id: &str,
) -> Result<Option<Plan>, ServiceError> {
    look(account, bucket, key, id, |upload| upload.checksum)
}

/// Looks at an upload.
///
/// # Errors
///
/// `NoSuchUpload`.
pub fn look<T>(
    account: &Account,
    bucket: &str,
    key: &str,
    id: &str,
    look: impl FnOnce(&Upload) -> T,
) -> Result<T, ServiceError> {
    let place = (key.to_owned(), id.to_owned());
    account
        .s3
        .read(bucket, |bucket| bucket.uploads.get(&place).map(look))?
        .ok_or_else(no_such_upload)
}

/// Changes an upload.
///
/// # Errors
///
/// `NoSuchUpload`, or what `change` says.
pub fn change(
    account: &Account,
    bucket: &str,
    key: &str,
    id: &str,
    change: impl FnOnce(&mut Upload) -> Result<(), ServiceError>,
) -> Result<(), ServiceError> {
    let place = (key.to_owned(), id.to_owned());
    account
        .s3
        .write(bucket, |bucket| bucket.uploads.get_mut(&place).map(change))?
        .ok_or_else(no_such_upload)?
}
