//! Leaves a stack as it was: what a run caused is stopped and removed.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::aws::Aws;
use crate::error::Error;
use crate::gather::running_with;
use crate::stack::Stack;

/// Stops the executions and removes the objects that carry the nonce of a run,
/// in every bucket of the stack, and nothing else.
///
/// # Errors
///
/// Where something could not be removed; the rest is.
pub async fn clean_up(aws: &Aws, stack: &Stack, nonce: &str, since: i64) -> Result<(), Error> {
    let stopped = stop_executions(aws, stack, nonce, since).await;
    for bucket in &stack.buckets {
        remove_objects(aws, bucket, nonce).await?;
    }
    stopped
}

async fn stop_executions(aws: &Aws, stack: &Stack, nonce: &str, since: i64) -> Result<(), Error> {
    for arn in running_with(aws, stack, nonce, since).await? {
        let stop = aws
            .sfn
            .stop_execution()
            .execution_arn(&arn)
            .error("CheckerStopped");
        let stop = stop
            .cause("The checker ended before the execution did.")
            .send()
            .await;
        stop.map_err(|error| aws.unclear("stop an execution", &error))?;
    }
    Ok(())
}

async fn remove_objects(aws: &Aws, bucket: &str, nonce: &str) -> Result<(), Error> {
    let mut pages = aws
        .s3
        .list_objects_v2()
        .bucket(bucket)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            // A bucket that was never made has nothing in it.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|it| it.is_no_such_bucket()) =>
            {
                return Ok(());
            }
            Err(error) => return Err(aws.unclear(&format!("list the bucket {bucket}"), &error)),
        };
        let ours = page.contents().iter().filter_map(|object| object.key());
        let ours: Vec<ObjectIdentifier> = ours
            .filter(|key| key.contains(nonce))
            .filter_map(|key| ObjectIdentifier::builder().key(key).build().ok())
            .collect();
        if ours.is_empty() {
            continue;
        }
        let Ok(delete) = Delete::builder()
            .set_objects(Some(ours))
            .quiet(true)
            .build()
        else {
            continue;
        };
        let deleted = aws
            .s3
            .delete_objects()
            .bucket(bucket)
            .delete(delete)
            .send()
            .await;
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
