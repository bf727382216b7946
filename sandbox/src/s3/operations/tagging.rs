//! The tags of an object.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;

use super::super::error::no_such_key;
use super::super::tags::{self, Tags};
use super::{caller, check_version, existing};

pub async fn get(
    account: &Arc<Account>,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<GetObjectTaggingOutput> {
    let input = &request.input;
    check_version(input.version_id.as_deref())?;
    let object = existing(account, caller(&request)?, &input.bucket, &input.key)?;
    Ok(GetObjectTaggingOutput {
        tag_set: tags::to_set(&object.tags),
        version_id: None,
    })
}

pub async fn put(
    account: &Arc<Account>,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<PutObjectTaggingOutput> {
    let input = request.input;
    check_version(input.version_id.as_deref())?;
    set(
        account,
        &input.bucket,
        &input.key,
        tags::from_set(input.tagging.tag_set)?,
    )?;
    Ok(PutObjectTaggingOutput::default())
}

pub async fn delete(
    account: &Arc<Account>,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<DeleteObjectTaggingOutput> {
    let input = request.input;
    check_version(input.version_id.as_deref())?;
    set(account, &input.bucket, &input.key, Tags::new())?;
    Ok(DeleteObjectTaggingOutput::default())
}

/// The object stays the one it is: neither its ETag nor its time changes.
fn set(account: &Account, bucket: &str, key: &str, tags: Tags) -> S3Result<()> {
    account.s3.write(bucket, |bucket| {
        let object = bucket.objects.get_mut(key).ok_or_else(no_such_key)?;
        Arc::make_mut(object).tags = tags;
        Ok::<_, crate::error::ServiceError>(())
    })??;
    Ok(())
}
