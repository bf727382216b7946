//! `DeleteObject` and `DeleteObjects`.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::ServiceError;

use super::super::auth::authorize;
use super::super::error::malformed_xml;
use super::super::event_record::{Change, Origin};
use super::super::notification::notify;
use super::super::object::check_write;
use super::check_version;

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
    check_version(version_id.as_deref())?;
    delete(account, &origin, &bucket, &key, if_match.as_ref())?;
    Ok(DeleteObjectOutput::default())
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
        let result = check_version(version_id.as_deref())
            .and_then(|()| authorize(account, &origin.principal, "s3:DeleteObject", &resource))
            .and_then(|()| delete(account, &origin, &bucket, &key, condition.as_ref()));
        match result {
            Ok(()) => deleted.push(DeletedObject {
                key: Some(key),
                ..DeletedObject::default()
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

/// To remove what is not there is no error.
fn delete(
    account: &Arc<Account>,
    origin: &Origin,
    bucket: &str,
    key: &str,
    if_match: Option<&ETagCondition>,
) -> Result<(), ServiceError> {
    let removed = account
        .s3
        .delete_object(bucket, key, |present| check_write(if_match, None, present))?;
    if removed {
        let change = Change {
            event: "ObjectRemoved:Delete",
            bucket,
            key,
            object: None,
        };
        notify(account, origin, &change);
    }
    Ok(())
}
