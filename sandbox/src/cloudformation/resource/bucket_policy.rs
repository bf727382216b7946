//! `AWS::S3::BucketPolicy`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, returned, said};
use crate::arn::s3_arn;
use crate::iam::Principal;
use crate::s3;

/// A bucket's policy.
pub struct BucketPolicy;

impl Kind for BucketPolicy {
    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["Bucket"]
    }

    fn create(&self, context: &Context<'_>, given: Properties) -> Result<Physical, String> {
        let (bucket, policy) = read(given)?;
        let arn = s3_arn(&bucket, None);
        if context.account.s3.policy_of(&arn).is_some() {
            let message = format!("The bucket policy already exists on bucket {bucket}.");
            return Err(returned(&message, "AlreadyExists"));
        }
        put(context, &bucket, &policy)?;
        Ok(Physical {
            id: bucket,
            attributes: BTreeMap::new(),
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        given: Properties,
    ) -> Result<Physical, String> {
        let (bucket, policy) = read(given)?;
        put(context, &bucket, &policy)?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        gone(
            "S3",
            context.account.s3.delete_policy(&resource.physical.id),
        )
    }
}

/// The bucket's name and the policy's text.
fn read(mut given: Properties) -> Result<(String, String), String> {
    let bucket = given.required("Bucket")?;
    let policy = match given.needed("PolicyDocument")? {
        Value::String(text) => text,
        document => document.to_string(),
    };
    given.finish()?;
    Ok((bucket, policy))
}

fn put(context: &Context<'_>, bucket: &str, policy: &str) -> Result<(), String> {
    let caller = Principal::Administrator;
    s3::put_bucket_policy(context.account, &caller, bucket, policy)
        .map_err(|error| said("S3", &error))
}
