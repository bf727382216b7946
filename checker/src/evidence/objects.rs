//! What is in a bucket, and how it is emptied.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::error::Error;
use crate::target::aws::Aws;

/// What is in a bucket.
#[derive(Debug, Default)]
pub struct Listed {
    /// Whether there is such a bucket.
    pub exists: bool,
    /// The keys in it.
    pub keys: Vec<String>,
    /// How large all of it is.
    pub bytes: i64,
}

/// Lists a bucket; one that was never made has nothing in it.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn find_objects(aws: &Aws, bucket: &str) -> Result<Listed, Error> {
    let mut found = Listed::default();
    let list = aws.s3.list_objects_v2().bucket(bucket);
    let list = list.set_expected_bucket_owner(aws.owner.clone());
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|it| it.is_no_such_bucket()) =>
            {
                return Ok(found);
            }
            Err(error) => return Err(aws.unclear(&format!("list the bucket {bucket}"), &error)),
        };
        found.exists = true;
        for object in page.contents() {
            found.keys.extend(object.key().map(str::to_owned));
            found.bytes += object.size().unwrap_or_default();
        }
    }
    Ok(found)
}

/// How many objects one request removes ("DeleteObjects").
const MOST_AT_ONCE: usize = 1000;

/// Removes the objects with these keys.
///
/// # Errors
///
/// Where AWS does not let the checker remove them.
pub async fn remove_objects(aws: &Aws, bucket: &str, keys: &[String]) -> Result<(), Error> {
    for keys in keys.chunks(MOST_AT_ONCE) {
        let keys = keys.iter();
        let keys = keys.filter_map(|key| ObjectIdentifier::builder().key(key).build().ok());
        let delete = Delete::builder()
            .set_objects(Some(keys.collect()))
            .quiet(true)
            .build();
        // It has its keys.
        let Ok(delete) = delete else { continue };
        let request = aws.s3.delete_objects().bucket(bucket).delete(delete);
        let request = request.set_expected_bucket_owner(aws.owner.clone());
        let deleted = request.send().await;
        let deleted =
            deleted.map_err(|error| aws.unclear(&format!("empty the bucket {bucket}"), &error))?;
        if let Some(error) = deleted.errors().first() {
            return Err(Error::Unclear(format!(
                "cannot remove s3://{bucket}/{}: {}",
                error.key().unwrap_or_default(),
                error.message().unwrap_or_default()
            )));
        }
    }
    Ok(())
}
