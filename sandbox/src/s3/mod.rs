//! Amazon S3: buckets and objects in memory, over the protocol of the crate `s3s`.
//!
//! What AWS does is taken from the Amazon S3 API Reference and User Guide.

mod auth;
mod bucket;
mod checksum;
mod content;
pub mod direct;
mod encoding;
mod error;
mod event_record;
mod given;
mod listing;
mod multipart;
mod notification;
mod object;
mod operations;
mod service;
mod store;
mod tags;
mod upload;

pub use notification::{NotificationRule, configure_notifications};
pub use service::{Service, service};
pub use store::Store;
