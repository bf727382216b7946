//! The tags of an object.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;
use crate::error::ServiceError;

use super::super::error::{no_such_key, no_such_version};
use super::super::tags::{self, Tags};
use super::super::versions::read_id;
use super::{caller, existing, shown_version};

pub async fn get(
    account: &Arc<Account>,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<GetObjectTaggingOutput> {
    let input = &request.input;
    let object = existing(
        account,
        caller(&request)?,
        &input.bucket,
        &input.key,
        input.version_id.as_deref(),
    )?;
    Ok(GetObjectTaggingOutput {
        tag_set: tags::to_set(&object.tags),
        version_id: shown_version(account, &input.bucket, &object)?,
    })
}

pub async fn put(
    account: &Arc<Account>,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<PutObjectTaggingOutput> {
    let input = request.input;
    let version_id = set(
        account,
        &input.bucket,
        &input.key,
        input.version_id.as_deref(),
        tags::from_set(input.tagging.tag_set)?,
    )?;
    Ok(PutObjectTaggingOutput { version_id })
}

pub async fn delete(
    account: &Arc<Account>,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<DeleteObjectTaggingOutput> {
    let input = request.input;
    let version = input.version_id.as_deref();
    let version_id = set(account, &input.bucket, &input.key, version, Tags::new())?;
    Ok(DeleteObjectTaggingOutput { version_id })
}

/// The object stays the one it is: neither its ETag nor its time changes. Says which version
/// it is.
fn set(
    account: &Account,
    bucket: &str,
    key: &str,
    version: Option<&str>,
    tags: Tags,
) -> S3Result<Option<String>> {
    let id = version.map(read_id).transpose()?;
    let shown = account.s3.write(bucket, |bucket| {
        let object = bucket.object_mut(key, id);
        let object = object.ok_or_else(|| match version {
            None => no_such_key(),
            Some(_) => no_such_version(),
        })?;
        Arc::make_mut(object).tags = tags;
        let id = object.version.clone();
        Ok::<_, ServiceError>(bucket.shown_version(id.as_deref()))
    })??;
    Ok(shown)
}
