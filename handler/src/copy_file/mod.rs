//@ file task 2 start
//! `copy-file`: copies a CV that is text already to the bucket of extracted texts.

use aws_config::SdkConfig;
use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use serde_json::{Map, Value};

use crate::BUILD_ID;
use crate::copy_source::copy_source;
use crate::input::key;

/// Copies the object `key` of `input` from one bucket to the other, and returns `input`.
///
/// # Errors
///
/// When there is no key, or S3 refuses the copy.
pub async fn handle(
    aws: &SdkConfig,
    input_bucket: &str,
    extracted_bucket: &str,
    input: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let key = key(&input)?;
    aws_sdk_s3::Client::new(aws)
        .copy_object()
        .copy_source(copy_source(input_bucket, key))
        .bucket(extracted_bucket)
        .key(key)
        .send()
        .await?;
    info!(key, build = BUILD_ID, "Copied the text");
    Ok(input)
}
