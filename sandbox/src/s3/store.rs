//! All buckets of the account, behind one lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use s3s::dto::LifecycleRule;
use time::OffsetDateTime;

use crate::error::ServiceError;

use super::bucket::{Bucket, check_name};
use super::content::Content;
use super::error::no_such_bucket;
use super::lifecycle::check_lifecycle;
use super::notification::{NotificationRule, check_rules};
use super::object::Object;
use super::policy::BucketPolicy;
use super::settings::PublicAccess;
use super::tags::Tags;
use super::versions::{Removed, Version, Versioning, read_id};

/// The buckets of the account, in memory.
#[derive(Debug)]
pub struct Store {
    region: String,
    buckets: RwLock<BTreeMap<String, Bucket>>,
    sequence: AtomicU64,
}

impl Store {
    /// No buckets, in a region such as `eu-west-1`.
    pub fn new(region: &str) -> Self {
        Self {
            region: region.to_owned(),
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
        let bucket = buckets.get(name).ok_or_else(no_such_bucket)?;
        let left = match (bucket.objects.is_empty(), bucket.past.is_empty()) {
            (true, true) => None,
            (_, true) => Some("The bucket you tried to delete is not empty"),
            _ => Some(
                "The bucket you tried to delete is not empty. You must delete all versions in the \
                 bucket.",
            ),
        };
        if let Some(left) = left {
            return Err(ServiceError::new(409, "BucketNotEmpty", left));
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

    /// Sets a bucket to all that its template says; versioning that a template no longer
    /// speaks of is suspended.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`; a lifecycle that AWS refuses.
    pub fn configure(
        &self,
        bucket: &str,
        versioning: Option<Versioning>,
        lifecycle: Vec<LifecycleRule>,
        public_access: PublicAccess,
        bucket_key: bool,
        tags: Tags,
    ) -> Result<(), ServiceError> {
        let lifecycle = match lifecycle.is_empty() {
            true => lifecycle,
            false => check_lifecycle(lifecycle)?,
        };
        self.write(bucket, |bucket| {
            bucket.versioning = match (versioning, bucket.versioning) {
                (Some(given), _) => given,
                (None, Versioning::Never) => Versioning::Never,
                (None, _) => Versioning::Suspended,
            };
            bucket.settings.lifecycle = lifecycle;
            bucket.settings.public_access = public_access;
            bucket.settings.bucket_key = bucket_key;
            bucket.settings.tags = tags;
        })
    }

    /// Takes a bucket's policy away.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`.
    pub fn delete_policy(&self, bucket: &str) -> Result<(), ServiceError> {
        self.write(bucket, |bucket| bucket.settings.policy = None)
    }

    /// What an object holds, for services of the account; they have asked whether they may.
    pub(crate) fn content(&self, bucket: &str, key: &str) -> Option<Content> {
        let object = self.object(bucket, key).ok()??;
        Some(object.content.clone())
    }

    /// What one version of an object holds, as [`Store::content`].
    pub(crate) fn content_of_version(
        &self,
        bucket: &str,
        key: &str,
        version: &str,
    ) -> Option<Content> {
        let id = read_id(version).ok()?;
        match self.read(bucket, |bucket| bucket.version(key, id)).ok()?? {
            Version::Object(object) => Some(object.content.clone()),
            Version::Marker(_) => None,
        }
    }

    /// The policy of the bucket that an ARN names, or of the one that its object is in.
    pub(crate) fn policy_of(&self, arn: &str) -> Option<Arc<BucketPolicy>> {
        let path = arn.strip_prefix("arn:aws:s3:::")?;
        let bucket = path.split('/').next()?;
        self.read(bucket, |bucket| bucket.settings.policy.clone())
            .ok()?
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

    /// Writes an object, if `check` lets it go over what is there; gives it as it is now, and the
    /// change's sequencer. Use [`changes::put`](super::changes::put), which tells of it.
    pub(super) fn put_object(
        &self,
        bucket: &str,
        key: &str,
        object: Object,
        check: impl FnOnce(Option<&Object>) -> Result<(), ServiceError>,
    ) -> Result<(Arc<Object>, String), ServiceError> {
        self.write(bucket, |bucket| {
            check(bucket.objects.get(key).map(Arc::as_ref))?;
            Ok((bucket.put(key, object), self.sequencer()))
        })?
    }

    /// Removes an object, or one version of it, if `check` agrees with what there is now; says
    /// what was removed, whether an object is no longer seen, and the change's sequencer. Use
    /// [`changes::remove`](super::changes::remove), which tells of it.
    pub(super) fn delete_object(
        &self,
        bucket: &str,
        key: &str,
        version: Option<Option<&str>>,
        check: impl FnOnce(Option<&Object>) -> Result<(), ServiceError>,
    ) -> Result<(Removed, bool, String), ServiceError> {
        self.write(bucket, |bucket| {
            check(bucket.objects.get(key).map(Arc::as_ref))?;
            let was_there = bucket.objects.contains_key(key);
            let removed = match version {
                None => bucket.remove(key),
                Some(id) => bucket.remove_version(key, id),
            };
            let is_gone = was_there && !bucket.objects.contains_key(key);
            Ok((removed, is_gone, self.sequencer()))
        })?
    }

    /// A number in hexadecimal digits that is greater than all before it. Drawn while the bucket
    /// is locked, so that numbers rise as changes become visible.
    fn sequencer(&self) -> String {
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
            version: None,
            content,
        }
    }

    #[test]
    fn buckets() {
        let store = Store::new("eu-west-1");
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
        let remove = || store.delete_object("first", "key", None, |_| Ok(()));
        assert_eq!(remove().unwrap().0, Removed::Object);
        assert_eq!(remove().unwrap().0, Removed::Nothing);
        assert_eq!(code(store.delete_bucket("first")), None);
        assert_eq!(
            code(store.delete_bucket("first")).as_deref(),
            Some("NoSuchBucket")
        );
        let oldest = Store::new("us-east-1");
        oldest.create_bucket("first").unwrap();
        assert_eq!(code(oldest.create_bucket("first")), None);
    }

    /// Many write one key at once: the numbers rise in the order of its versions.
    #[test]
    fn sequencers_rise_as_versions_become_visible() {
        const WRITERS: usize = 8;
        const WRITES: usize = 200;
        let store = Store::new("eu-west-1");
        store.create_bucket("first").unwrap();
        let on = |bucket: &mut Bucket| bucket.versioning = Versioning::Enabled;
        store.write("first", on).unwrap();
        let write = || {
            let one = |_| {
                store
                    .put_object("first", "key", object(), |_| Ok(()))
                    .unwrap()
            };
            (0..WRITES).map(one).collect::<Vec<_>>()
        };
        let written: BTreeMap<String, String> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
            let all = writers.into_iter().flat_map(|it| it.join().unwrap());
            all.map(|(object, sequencer)| (object.version.clone().unwrap(), sequencer))
                .collect()
        });
        let order = store.read("first", |bucket| {
            let past = bucket.past.get("key").into_iter().flatten();
            let past = past.filter_map(|it| it.id().map(str::to_owned));
            let now = bucket.objects["key"].version.clone();
            past.chain(now).collect::<Vec<String>>()
        });
        let order = order.unwrap();
        assert_eq!(order.len(), WRITERS * WRITES);
        let numbers: Vec<&str> = order.iter().map(|it| written[it].as_str()).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
    }

    #[test]
    fn sequencers_grow() {
        let store = Store::new("eu-west-1");
        let all: Vec<_> = (0..100).map(|_| store.sequencer()).collect();
        assert!(
            all.is_sorted() && all.iter().all(|it| it.len() == 18),
            "{all:?}"
        );
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
