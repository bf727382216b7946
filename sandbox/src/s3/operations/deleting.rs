//! `DeleteObject` and `DeleteObjects`.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;
use crate::arn::s3_arn;

use super::super::auth::authorize;
use super::super::changes::remove;
use super::super::error::malformed_xml;
use super::super::event_record::Origin;
use super::super::object::{Object, check_write};

pub async fn one(
    account: &Arc<Account>,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let origin = Origin::of(&request.extensions)?;
    let DeleteObjectInput {
        bucket,
        key,
        version_id,
        if_match,
        ..
    } = request.input;
    let version = version_id.as_deref();
    let removed = remove(account, &origin, (&bucket, &key), version, |present| {
        check_write(if_match.as_ref(), None, present)
    })?;
    Ok(DeleteObjectOutput {
        delete_marker: removed.marker.map(|_| true),
        version_id: removed.version,
        ..DeleteObjectOutput::default()
    })
}

/// Each key for itself: what fails for one is said of it, and the others go on.
pub async fn many(
    account: &Arc<Account>,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<DeleteObjectsOutput> {
    let origin = Origin::of(&request.extensions)?;
    let DeleteObjectsInput {
        bucket,
        delete: list,
        ..
    } = request.input;
    if list.objects.is_empty() || list.objects.len() > 1000 {
        return Err(malformed_xml().into());
    }
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for ObjectIdentifier {
        key,
        version_id,
        e_tag,
        ..
    } in list.objects
    {
        let resource = s3_arn(&bucket, Some(&key));
        let condition = e_tag.map(ETagCondition::ETag);
        let (action, version) = match &version_id {
            None => ("s3:DeleteObject", None),
            Some(id) => ("s3:DeleteObjectVersion", Some(id.as_str())),
        };
        let check = |present: Option<&Object>| check_write(condition.as_ref(), None, present);
        let result = authorize(account, &origin.principal, action, &resource)
            .and_then(|()| remove(account, &origin, (&bucket, &key), version, check));
        match result {
            Ok(removed) => deleted.push(DeletedObject {
                key: Some(key),
                delete_marker: removed.marker.as_ref().map(|_| true),
                delete_marker_version_id: removed.marker,
                version_id,
            }),
            Err(error) => errors.push(s3s::dto::Error {
                code: Some(error.code.into_owned()),
                message: Some(error.message),
                key: Some(key),
                version_id,
            }),
        }
    }
    let quiet = list.quiet == Some(true);
    Ok(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: (!errors.is_empty()).then_some(errors),
        ..DeleteObjectsOutput::default()
    })
}
