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
use super::super::versions::{NULL, Removed, read_id, written};

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
    let removed = delete(account, &origin, &bucket, &key, version, if_match.as_ref())?;
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
        let result = authorize(account, &origin.principal, action, &resource)
            .and_then(|()| delete(account, &origin, &bucket, &key, version, condition.as_ref()));
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

/// What became of a key.
struct Outcome {
    /// The version that was removed, or the delete marker that was made.
    version: Option<String>,
    /// The delete marker that was removed or made.
    marker: Option<String>,
}

/// To remove what is not there is no error.
fn delete(
    account: &Arc<Account>,
    origin: &Origin,
    bucket: &str,
    key: &str,
    version: Option<&str>,
    if_match: Option<&ETagCondition>,
) -> Result<Outcome, ServiceError> {
    let id = version.map(read_id).transpose()?;
    let removed = account.s3.delete_object(bucket, key, id, |present| {
        check_write(if_match, None, present)
    })?;
    let (event, shown, marker) = match removed {
        Removed::Nothing => (None, version.map(str::to_owned), None),
        Removed::Object => (
            Some("ObjectRemoved:Delete"),
            version.map(str::to_owned),
            None,
        ),
        Removed::Marker => (
            Some("ObjectRemoved:Delete"),
            version.map(str::to_owned),
            version.map(str::to_owned),
        ),
        Removed::Covered(marker) => {
            let id = written(marker.id.as_deref());
            let event = "ObjectRemoved:DeleteMarkerCreated";
            (Some(event), Some(id.clone()), Some(id))
        }
    };
    if let Some(event) = event {
        let change = Change {
            event,
            bucket,
            key,
            object: None,
            version: shown.as_deref().filter(|it| *it != NULL),
        };
        notify(account, origin, &change);
    }
    Ok(Outcome {
        version: shown,
        marker,
    })
}
