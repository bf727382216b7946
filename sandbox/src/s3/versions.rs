//! Versions of objects: "How S3 Versioning works" in the S3 User Guide.
//!
//! What a key holds now stands in [`Bucket::objects`], what it held before in
//! [`Bucket::past`]; where a key holds nothing now, the last of its past is a delete marker.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::ServiceError;
use crate::time::now_millis;

use super::bucket::Bucket;
use super::error::invalid_argument;
use super::object::Object;

/// How a version that was written without versioning is called.
pub const NULL: &str = "null";

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versioning {
    /// It never has: an object is replaced by the next one.
    #[default]
    Never,
    /// Each write makes a version with an id of its own.
    Enabled,
    /// It has: what is written now replaces only the version `null`.
    Suspended,
}

/// One version of a key that is not what the key holds now.
#[derive(Debug, Clone)]
pub enum Version {
    /// An object.
    Object(Arc<Object>),
    /// That the key held nothing.
    Marker(Marker),
}

/// A delete marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// None is the version `null`.
    pub id: Option<String>,
    /// In milliseconds since 1970.
    pub modified: i64,
}

/// What a removal did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// There was nothing.
    Nothing,
    /// An object is gone for good.
    Object,
    /// A delete marker is gone.
    Marker,
    /// A delete marker covers what was there.
    Covered(Marker),
}

impl Version {
    /// None is the version `null`.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Object(object) => object.version.as_deref(),
            Self::Marker(marker) => marker.id.as_deref(),
        }
    }
}

/// A version's id as answers write it.
pub fn written(id: Option<&str>) -> String {
    id.unwrap_or(NULL).to_owned()
}

/// Reads a version's id; none is the version `null`.
///
/// # Errors
///
/// `InvalidArgument` for what cannot be one.
pub fn read_id(text: &str) -> Result<Option<&str>, ServiceError> {
    let valid = text.len() == 32 && text.bytes().all(|it| it.is_ascii_alphanumeric());
    match text {
        NULL => Ok(None),
        id if valid => Ok(Some(id)),
        _ => Err(invalid_argument("Invalid version id specified")),
    }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

impl Bucket {
    /// Writes an object under a key.
    pub fn put(&mut self, key: &str, mut object: Object) -> Arc<Object> {
        object.version = (self.versioning == Versioning::Enabled).then(new_id);
        let object = Arc::new(object);
        let before = self.objects.insert(key.to_owned(), object.clone());
        self.set_aside(key, before);
        object
    }

    /// Removes what a key holds: for good, or behind a delete marker.
    pub fn remove(&mut self, key: &str) -> Removed {
        let before = self.objects.remove(key);
        if self.versioning == Versioning::Never {
            return match before {
                Some(_) => Removed::Object,
                None => Removed::Nothing,
            };
        }
        self.set_aside(key, before);
        let marker = Marker {
            id: (self.versioning == Versioning::Enabled).then(new_id),
            modified: now_millis(),
        };
        self.past
            .entry(key.to_owned())
            .or_default()
            .push(Version::Marker(marker.clone()));
        Removed::Covered(marker)
    }

    /// Removes one version for good; the one before it may become what the key holds.
    pub fn remove_version(&mut self, key: &str, id: Option<&str>) -> Removed {
        let is_it = |object: &Arc<Object>| object.version.as_deref() == id;
        let removed = if self.objects.get(key).is_some_and(is_it) {
            self.objects.remove(key);
            Removed::Object
        } else {
            let past = self.past.get_mut(key);
            let found = past.and_then(|past| {
                let at = past.iter().position(|it| it.id() == id)?;
                Some(past.remove(at))
            });
            match found {
                None => Removed::Nothing,
                Some(Version::Object(_)) => Removed::Object,
                Some(Version::Marker(_)) => Removed::Marker,
            }
        };
        self.bring_back(key);
        removed
    }

    /// One version of a key.
    pub fn version(&self, key: &str, id: Option<&str>) -> Option<Version> {
        let now = self.objects.get(key).cloned().map(Version::Object);
        let now = now.filter(|it| it.id() == id);
        let past = || self.past.get(key)?.iter().find(|it| it.id() == id).cloned();
        now.or_else(past)
    }

    /// An object to change in place: one version, or what the key holds now.
    pub fn object_mut(
        &mut self,
        key: &str,
        version: Option<Option<&str>>,
    ) -> Option<&mut Arc<Object>> {
        let now = self.objects.get_mut(key);
        let Some(id) = version else { return now };
        if let Some(now) = now.filter(|it| it.version.as_deref() == id) {
            return Some(now);
        }
        let mut past = self.past.get_mut(key)?.iter_mut();
        past.find_map(|it| match it {
            Version::Object(object) if object.version.as_deref() == id => Some(object),
            _ => None,
        })
    }

    /// The delete marker that covers a key.
    pub fn marker(&self, key: &str) -> Option<&Marker> {
        if self.objects.contains_key(key) {
            return None;
        }
        match self.past.get(key)?.last()? {
            Version::Marker(marker) => Some(marker),
            Version::Object(_) => None,
        }
    }

    /// All versions, by key, the newest of each first, and whether it is the latest one.
    pub fn versions(&self) -> impl Iterator<Item = (&str, (Version, bool))> {
        let mut all: BTreeMap<&str, Vec<Version>> = BTreeMap::new();
        for (key, past) in &self.past {
            all.entry(key).or_default().extend(past.iter().cloned());
        }
        for (key, object) in &self.objects {
            let now = Version::Object(object.clone());
            all.entry(key).or_default().push(now);
        }
        all.into_iter().flat_map(|(key, versions)| {
            let newest_first = versions.into_iter().rev().enumerate();
            newest_first.map(move |(at, version)| (key, (version, at == 0)))
        })
    }

    /// How the version of an object is called in answers; nothing where the bucket never
    /// had versions.
    pub fn shown_version(&self, id: Option<&str>) -> Option<String> {
        (self.versioning != Versioning::Never || id.is_some()).then(|| written(id))
    }

    /// Keeps what a key held before, where it is kept.
    fn set_aside(&mut self, key: &str, before: Option<Arc<Object>>) {
        let past = match self.versioning {
            Versioning::Never => return,
            Versioning::Enabled => self.past.entry(key.to_owned()).or_default(),
            Versioning::Suspended => {
                let past = self.past.entry(key.to_owned()).or_default();
                past.retain(|it| it.id().is_some());
                past
            }
        };
        let replaces_null = self.versioning == Versioning::Suspended;
        let kept = before.filter(|it| !replaces_null || it.version.is_some());
        past.extend(kept.map(Version::Object));
        if past.is_empty() {
            self.past.remove(key);
        }
    }

    /// Makes the newest version what the key holds, where it is an object.
    fn bring_back(&mut self, key: &str) {
        let Some(past) = self.past.get_mut(key) else {
            return;
        };
        if !self.objects.contains_key(key)
            && let Some(Version::Object(object)) = past.last().cloned()
        {
            past.pop();
            self.objects.insert(key.to_owned(), object);
        }
        if past.is_empty() {
            self.past.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::object::tests::object;
    use super::*;

    /// The versions of the key `k`, newest first: `1`, `2`... by when they were made, `null`,
    /// and a dash before delete markers.
    fn shown(bucket: &Bucket, ids: &[Option<String>]) -> String {
        let name = |id: Option<&str>| match id {
            None => NULL.to_owned(),
            some => {
                let at = ids.iter().position(|it| it.as_deref() == some);
                at.map_or("?".to_owned(), |at| (at + 1).to_string())
            }
        };
        let all: Vec<String> = bucket
            .versions()
            .map(|(_, (version, _))| match &version {
                Version::Object(_) => name(version.id()),
                Version::Marker(_) => format!("-{}", name(version.id())),
            })
            .collect();
        all.join(" ")
    }

    #[test]
    fn writes_and_removals() {
        let mut bucket = Bucket::new();
        let mut ids = Vec::new();
        bucket.put("k", object());
        bucket.put("k", object());
        assert_eq!(shown(&bucket, &ids), "null");
        assert_eq!(bucket.shown_version(None), None);
        bucket.versioning = Versioning::Enabled;
        ids.push(bucket.put("k", object()).version.clone());
        assert_eq!(shown(&bucket, &ids), "1 null");
        let Removed::Covered(marker) = bucket.remove("k") else {
            panic!("no marker");
        };
        assert_eq!(bucket.marker("k"), Some(&marker));
        ids.push(marker.id);
        assert_eq!(shown(&bucket, &ids), "-2 1 null");
        assert!(bucket.objects.is_empty());
        bucket.versioning = Versioning::Suspended;
        // The version null is replaced, wherever it stands.
        bucket.put("k", object());
        assert_eq!(shown(&bucket, &ids), "null -2 1");
        assert_eq!(
            bucket.remove("k"),
            Removed::Covered(bucket.marker("k").cloned().unwrap())
        );
        assert_eq!(shown(&bucket, &ids), "-null -2 1");
        assert_eq!(bucket.remove_version("k", None), Removed::Marker);
        assert_eq!(
            bucket.remove_version("k", ids[1].as_deref()),
            Removed::Marker
        );
        // What is under the last marker is there again.
        assert_eq!(bucket.objects["k"].version, ids[0]);
        assert_eq!(bucket.remove_version("k", None), Removed::Nothing);
        assert_eq!(
            bucket.remove_version("k", ids[0].as_deref()),
            Removed::Object
        );
        assert_eq!(shown(&bucket, &ids), "");
        assert!(bucket.past.is_empty());
    }

    #[test]
    fn ids() {
        assert_eq!(read_id("null"), Ok(None));
        let id = new_id();
        assert_eq!(read_id(&id), Ok(Some(id.as_str())));
        assert_eq!(read_id("v1").unwrap_err().code, "InvalidArgument");
    }
}
