//! A bucket: its name, its place, and what is in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::ServiceError;
use crate::time::now_millis;

use super::multipart::Upload;
use super::notification::NotificationRule;
use super::object::Object;
use super::settings::Settings;
use super::versions::{Version, Versioning};

/// A bucket and all that is in it.
#[derive(Debug)]
pub struct Bucket {
    /// In milliseconds since 1970.
    pub created: i64,
    /// By key, in the order of their UTF-8 bytes, as S3 lists them.
    pub objects: BTreeMap<String, Arc<Object>>,
    /// Older versions and delete markers by key, the newest last.
    pub past: BTreeMap<String, Vec<Version>>,
    /// Whether versions are kept.
    pub versioning: Versioning,
    /// Multipart uploads that go on, by key and upload id.
    pub uploads: BTreeMap<(String, String), Upload>,
    /// Who is told of changes.
    pub notifications: Vec<NotificationRule>,
    /// What else it is set to.
    pub settings: Settings,
}

impl Bucket {
    /// An empty bucket, made now.
    pub fn new() -> Self {
        Self {
            created: now_millis(),
            objects: BTreeMap::new(),
            past: BTreeMap::new(),
            versioning: Versioning::default(),
            uploads: BTreeMap::new(),
            notifications: Vec::new(),
            settings: Settings::default(),
        }
    }
}

/// Checks a name for a new bucket against "General purpose bucket naming rules".
///
/// # Errors
///
/// `InvalidBucketName`.
pub fn check_name(name: &str) -> Result<(), ServiceError> {
    const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    if s3s::path::check_bucket_name(name)
        && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
    {
        return Ok(());
    }
    Err(ServiceError::bad_request(
        "InvalidBucketName",
        "The specified bucket is not valid.",
    ))
}

/// Checks the location that `CreateBucket` asks for against the region it is asked in.
///
/// # Errors
///
/// `IllegalLocationConstraintException` or `InvalidLocationConstraint`.
pub fn check_location(region: &str, constraint: Option<&str>) -> Result<(), ServiceError> {
    let incompatible = |constraint: &str| {
        Err(ServiceError::bad_request(
            "IllegalLocationConstraintException",
            format!(
                "The {constraint} location constraint is incompatible for the region specific \
                 endpoint this request was sent to."
            ),
        ))
    };
    match constraint.filter(|it| !it.is_empty()) {
        None if region == "us-east-1" => Ok(()),
        None => incompatible("unspecified"),
        Some("us-east-1") if region == "us-east-1" => Err(ServiceError::bad_request(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
        )),
        Some("EU") if region == "eu-west-1" => Ok(()),
        Some(constraint) if constraint == region => Ok(()),
        Some(constraint) => incompatible(constraint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["abc", "scan-cv-input-alice", "1.2.a", &"a".repeat(63)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "ab",
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "abc.",
            "a..b",
            "192.168.0.1",
            "xn--abc",
            "sthree-abc",
            "amzn-s3-demo-x",
            "abc-s3alias",
            "abc--ol-s3",
            "abc--x-s3",
            "zoë",
            "a b",
            &"a".repeat(64),
        ] {
            assert_eq!(
                check_name(name).unwrap_err().code,
                "InvalidBucketName",
                "{name}"
            );
        }
    }

    #[test]
    fn locations() {
        let code = |region, constraint| check_location(region, constraint).err().map(|it| it.code);
        assert_eq!(code("eu-west-1", Some("eu-west-1")), None);
        assert_eq!(code("eu-west-1", Some("EU")), None);
        assert_eq!(code("us-east-1", None), None);
        let illegal = Some("IllegalLocationConstraintException".into());
        assert_eq!(code("eu-west-1", None), illegal);
        assert_eq!(code("eu-west-1", Some("us-west-2")), illegal);
        assert_eq!(code("us-east-1", Some("eu-west-1")), illegal);
        assert_eq!(
            code("us-east-1", Some("us-east-1")),
            Some("InvalidLocationConstraint".into())
        );
    }
}
