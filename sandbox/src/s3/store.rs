//! All buckets of the account, behind one lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use time::OffsetDateTime;

use crate::activity::{Activity, Feed};
use crate::error::ServiceError;

use super::bucket::{Bucket, check_name};
use super::content::Content;
use super::error::no_such_bucket;
use super::notification::{NotificationRule, check_rules};
use super::object::Object;

/// The buckets of the account, in memory.
#[derive(Debug)]
pub struct Store {
    region: String,
    feed: Feed,
    buckets: RwLock<BTreeMap<String, Bucket>>,
    sequence: AtomicU64,
}

impl Store {
    /// No buckets, in a region such as `eu-west-1`.
    pub fn new(region: &str, feed: Feed) -> Self {
        Self {
            region: region.to_owned(),
            feed,
            buckets: RwLock::default(),
            sequence: AtomicU64::new(0),
        }
    }

    /// Makes an empty bucket.
    ///
    /// # Errors
    ///
    /// `InvalidBucketName`, or `BucketAlreadyOwnedByYou` outside `us-east-1`.
    pub fn create_bucket(&self, name: &str) -> Result<(), ServiceError> {
        check_name(name)?;
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        if buckets.contains_key(name) {
            // The oldest region answers as it did before there were others.
            if self.region == "us-east-1" {
                return Ok(());
            }
            return Err(ServiceError::new(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            ));
        }
        buckets.insert(name.to_owned(), Bucket::new());
        Ok(())
    }

    /// Removes an empty bucket.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket` or `BucketNotEmpty`.
    pub fn delete_bucket(&self, name: &str) -> Result<(), ServiceError> {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        if !buckets
            .get(name)
            .ok_or_else(no_such_bucket)?
            .objects
            .is_empty()
        {
            return Err(ServiceError::new(
                409,
                "BucketNotEmpty",
                "The bucket you tried to delete is not empty",
            ));
        }
        buckets.remove(name);
        Ok(())
    }

    /// The names of all buckets, in order.
    pub fn bucket_names(&self) -> Vec<String> {
        self.buckets
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect()
    }

    /// Says who is told of changes in a bucket, whether they may be told or not;
    /// [`configure_notifications`](super::configure_notifications) asks that first.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`, or `InvalidArgument` for events that there are not and
    /// for rules that overlap.
    pub fn set_notifications(
        &self,
        bucket: &str,
        rules: Vec<NotificationRule>,
    ) -> Result<(), ServiceError> {
        check_rules(&rules)?;
        self.write(bucket, |bucket| bucket.notifications = rules)
    }

    /// What an object holds, for services of the account; they have asked whether they may.
    pub(crate) fn content(&self, bucket: &str, key: &str) -> Option<Content> {
        let object = self.object(bucket, key).ok()??;
        Some(object.content.clone())
    }

    /// The region of all buckets.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Looks into a bucket.
    pub(super) fn read<T>(
        &self,
        name: &str,
        look: impl FnOnce(&Bucket) -> T,
    ) -> Result<T, ServiceError> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets.get(name).map(look).ok_or_else(no_such_bucket)
    }

    /// Changes a bucket.
    pub(super) fn write<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Bucket) -> T,
    ) -> Result<T, ServiceError> {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        buckets.get_mut(name).map(change).ok_or_else(no_such_bucket)
    }

    /// An object as it is now, if there is one.
    pub(super) fn object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<Arc<Object>>, ServiceError> {
        self.read(bucket, |bucket| bucket.objects.get(key).cloned())
    }

    /// Writes an object, if `check` lets it go over what is there.
    pub(super) fn put_object(
        &self,
        bucket: &str,
        key: &str,
        object: Object,
        check: impl FnOnce(Option<&Object>) -> Result<(), ServiceError>,
    ) -> Result<Arc<Object>, ServiceError> {
        let object = Arc::new(object);
        self.write(bucket, |bucket| {
            check(bucket.objects.get(key).map(Arc::as_ref))?;
            bucket.objects.insert(key.to_owned(), object.clone());
            Ok(())
        })??;
        self.feed.tell(Activity::ObjectCreated {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            size: object.content.length(),
        });
        Ok(object)
    }

    /// Removes an object, if `check` agrees; says whether there was one.
    pub(super) fn delete_object(
        &self,
        bucket: &str,
        key: &str,
        check: impl FnOnce(Option<&Object>) -> Result<(), ServiceError>,
    ) -> Result<bool, ServiceError> {
        let removed = self.write(bucket, |bucket| {
            check(bucket.objects.get(key).map(Arc::as_ref))?;
            Ok(bucket.objects.remove(key).is_some())
        })??;
        if removed {
            self.feed.tell(Activity::ObjectRemoved {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            });
        }
        Ok(removed)
    }

    /// A number in hexadecimal digits that is greater than all before it.
    pub(super) fn sequencer(&self) -> String {
        let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos()).unwrap_or(0);
        let next = |last: u64| now.max(last + 1);
        let last = self
            .sequence
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(next(last))
            })
            .unwrap_or_default();
        format!("00{:016X}", next(last))
    }
}

#[cfg(test)]
mod tests {
    use super::super::checksum::{Algorithm, Checksum};
    use super::super::content::Content;
    use super::super::object::Headers;
    use super::*;

    fn object() -> Object {
        let content = Content::default();
        Object {
            etag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
            modified: 0,
            headers: Headers::default(),
            tags: BTreeMap::new(),
            checksum: Checksum::compute(Algorithm::Crc64Nvme, &content),
            parts: Vec::new(),
            content,
        }
    }

    #[test]
    fn buckets() {
        let store = Store::new("eu-west-1", Feed::new());
        let code = |result: Result<(), ServiceError>| result.err().map(|it| it.code.into_owned());
        assert_eq!(code(store.create_bucket("first")), None);
        assert_eq!(
            code(store.create_bucket("first")).as_deref(),
            Some("BucketAlreadyOwnedByYou")
        );
        assert_eq!(
            code(store.create_bucket("No")).as_deref(),
            Some("InvalidBucketName")
        );
        assert_eq!(store.bucket_names(), ["first"]);
        store
            .put_object("first", "key", object(), |_| Ok(()))
            .unwrap();
        assert_eq!(
            code(store.delete_bucket("first")).as_deref(),
            Some("BucketNotEmpty")
        );
        assert!(store.delete_object("first", "key", |_| Ok(())).unwrap());
        assert!(!store.delete_object("first", "key", |_| Ok(())).unwrap());
        assert_eq!(code(store.delete_bucket("first")), None);
        assert_eq!(
            code(store.delete_bucket("first")).as_deref(),
            Some("NoSuchBucket")
        );
        let oldest = Store::new("us-east-1", Feed::new());
        oldest.create_bucket("first").unwrap();
        assert_eq!(code(oldest.create_bucket("first")), None);
    }

    #[test]
    fn changes_are_told() {
        let feed = Feed::new();
        let mut listener = feed.listen();
        let store = Store::new("eu-west-1", feed);
        store.create_bucket("first").unwrap();
        store
            .put_object("first", "a b", object(), |_| Ok(()))
            .unwrap();
        store.delete_object("first", "a b", |_| Ok(())).unwrap();
        let (bucket, key) = ("first".to_owned(), "a b".to_owned());
        let created = Activity::ObjectCreated {
            bucket: bucket.clone(),
            key: key.clone(),
            size: 0,
        };
        assert_eq!(listener.try_recv().unwrap(), created);
        assert_eq!(
            listener.try_recv().unwrap(),
            Activity::ObjectRemoved { bucket, key }
        );
    }

    #[test]
    fn sequencers_grow() {
        let store = Store::new("eu-west-1", Feed::new());
        let all: Vec<_> = (0..100).map(|_| store.sequencer()).collect();
        assert!(
            all.is_sorted() && all.iter().all(|it| it.len() == 18),
            "{all:?}"
        );
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
