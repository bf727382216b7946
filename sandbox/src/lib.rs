//! An AWS account on one loopback port: S3, Lambda, Step Functions, CloudWatch
//! Logs, SNS, STS and IAM, for code that was written for AWS.
//!
//! Functions run as processes behind the real Runtime API, permissions are
//! evaluated on each call, and errors carry AWS's codes and texts.

pub mod account;
pub mod activity;
pub mod arn;
pub mod error;
pub mod front_door;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod protocol;
pub mod s3;
pub mod signature;
pub mod sns;
pub mod states;
pub mod sts;
pub mod time;
