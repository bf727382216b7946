//! Amazon S3: buckets and objects in memory, over the protocol of the crate `s3s`.
//!
//! What AWS does is taken from the Amazon S3 API Reference and User Guide.

mod auth;
mod bucket;
mod changes;
mod checksum;
mod content;
pub mod direct;
mod encoding;
mod error;
mod event_record;
mod given;
mod lifecycle;
mod listing;
mod multipart;
mod notification;
mod object;
mod operations;
mod policy;
mod service;
mod settings;
mod spool;
mod store;
mod tags;
mod upload;
mod versions;

pub use notification::{NotificationRule, configure_notifications};
pub use policy::put_bucket_policy;
pub use service::{Service, service};
pub use settings::PublicAccess;
pub use store::Store;
pub use versions::Versioning;

/// The service, as the front knows it.
pub static SERVICE: crate::services::Service = crate::services::Service {
    names: &["s3", "s3express"],
    is_global: false,
    protocol: crate::services::Protocol::S3,
};
