//@ file task 3a start
//! The extracted texts.

use aws_config::SdkConfig;
use lambda_runtime::Error;

/// The text of the CV under `key`.
///
/// # Errors
///
/// When it is not in the bucket, or may not be read.
pub async fn text(aws: &SdkConfig, extracted_bucket: &str, key: &str) -> Result<String, Error> {
    let object = aws_sdk_s3::Client::new(aws)
        .get_object()
        .bucket(extracted_bucket)
        .key(key)
        .send()
        .await?;
    let bytes = object.body.collect().await?.into_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
