//! What a bucket is set to, besides what is in it.

use std::sync::Arc;

use s3s::dto::{LifecycleRule, PublicAccessBlockConfiguration};

use super::policy::BucketPolicy;
use super::tags::Tags;

/// The settings of a bucket. Those that change nothing here, because nothing is ever old
/// enough or public, are kept and shown.
#[derive(Debug, Default)]
pub struct Settings {
    /// Who may do what with it.
    pub policy: Option<Arc<BucketPolicy>>,
    /// When objects go; none where there is no configuration.
    pub lifecycle: Vec<LifecycleRule>,
    /// What is never to be public.
    pub public_access: PublicAccess,
    /// Whether its objects are encrypted by a key of the bucket.
    pub bucket_key: bool,
    /// Its tags.
    pub tags: Tags,
}

/// "Blocking public access to your Amazon S3 storage": all of it, unless it is said
/// otherwise, for buckets made since April 2023.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicAccess {
    /// Refuses access control lists that make something public.
    pub block_public_acls: bool,
    /// Refuses policies that make something public.
    pub block_public_policy: bool,
    /// Passes over such lists.
    pub ignore_public_acls: bool,
    /// Keeps others out although a policy lets them in.
    pub restrict_public_buckets: bool,
}

impl PublicAccess {
    /// Nothing is blocked.
    pub const NONE: Self = Self {
        block_public_acls: false,
        block_public_policy: false,
        ignore_public_acls: false,
        restrict_public_buckets: false,
    };
}

impl Default for PublicAccess {
    fn default() -> Self {
        Self {
            block_public_acls: true,
            block_public_policy: true,
            ignore_public_acls: true,
            restrict_public_buckets: true,
        }
    }
}

impl From<PublicAccessBlockConfiguration> for PublicAccess {
    fn from(given: PublicAccessBlockConfiguration) -> Self {
        Self {
            block_public_acls: given.block_public_acls == Some(true),
            block_public_policy: given.block_public_policy == Some(true),
            ignore_public_acls: given.ignore_public_acls == Some(true),
            restrict_public_buckets: given.restrict_public_buckets == Some(true),
        }
    }
}

impl From<PublicAccess> for PublicAccessBlockConfiguration {
    fn from(kept: PublicAccess) -> Self {
        Self {
            block_public_acls: Some(kept.block_public_acls),
            block_public_policy: Some(kept.block_public_policy),
            ignore_public_acls: Some(kept.ignore_public_acls),
            restrict_public_buckets: Some(kept.restrict_public_buckets),
        }
    }
}
