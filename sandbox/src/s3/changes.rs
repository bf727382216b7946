//! Changes of objects: made in the store, and told to whoever listens, in one step.

use std::sync::Arc;

use crate::account::Account;
use crate::activity::{What, cause, led_by_now};
use crate::error::ServiceError;

use super::event_record::{Change, Origin};
use super::notification::notify;
use super::object::Object;
use super::versions::{NULL, Removed, read_id, written};

/// What became of a key.
pub struct Outcome {
    /// The version that was removed, or the delete marker that was made.
    pub version: Option<String>,
    /// The delete marker that was removed or made.
    pub marker: Option<String>,
}

/// Writes an object, if `check` lets it go over what is there; `event` says how, such as
/// `ObjectCreated:Put`.
///
/// # Errors
///
/// `NoSuchBucket`, and what `check` says.
pub fn put(
    account: &Arc<Account>,
    origin: &Origin,
    event: &'static str,
    (bucket, key): (&str, &str),
    object: Object,
    check: impl FnOnce(Option<&Object>) -> Result<(), ServiceError>,
) -> Result<Arc<Object>, ServiceError> {
    let (object, sequencer) = account.s3.put_object(bucket, key, object, check)?;
    let told = account.feed.tell(What::ObjectCreated {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        size: object.content.length(),
    });
    let change = Change {
        event,
        bucket,
        key,
        object: Some(&object),
        version: object.version.as_deref(),
        sequencer: &sequencer,
    };
    led_by_now(Some(told), || notify(account, origin, &change));
    Ok(object)
}

/// Removes an object, or one version of it, if `check` agrees with what there is now. To remove
/// what is not there is no error.
///
/// # Errors
///
/// `NoSuchBucket`, `NoSuchVersion`, and what `check` says.
pub fn remove(
    account: &Arc<Account>,
    origin: &Origin,
    (bucket, key): (&str, &str),
    version: Option<&str>,
    check: impl FnOnce(Option<&Object>) -> Result<(), ServiceError>,
) -> Result<Outcome, ServiceError> {
    let id = version.map(read_id).transpose()?;
    let (removed, is_gone, sequencer) = account.s3.delete_object(bucket, key, id, check)?;
    let told = is_gone.then(|| {
        account.feed.tell(What::ObjectRemoved {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    });
    let given = version.map(str::to_owned);
    let (event, version, marker) = match removed {
        Removed::Nothing => (None, given, None),
        Removed::Object => (Some("ObjectRemoved:Delete"), given, None),
        Removed::Marker => (Some("ObjectRemoved:Delete"), given.clone(), given),
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
            version: version.as_deref().filter(|it| *it != NULL),
            sequencer: &sequencer,
        };
        led_by_now(told.or_else(cause), || notify(account, origin, &change));
    }
    Ok(Outcome { version, marker })
}
