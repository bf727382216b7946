//! `AWS::S3::BucketPolicy`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said};
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
        Ok(Physical {
            id: put(context, given)?,
            attributes: BTreeMap::new(),
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        given: Properties,
    ) -> Result<Physical, String> {
        put(context, given)?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        gone(
            "S3",
            context.account.s3.delete_policy(&resource.physical.id),
        )
    }
}

/// Gives the policy to its bucket, which it says.
fn put(context: &Context<'_>, mut given: Properties) -> Result<String, String> {
    let bucket = given.required("Bucket")?;
    let policy = match given.needed("PolicyDocument")? {
        Value::String(text) => text,
        document => document.to_string(),
    };
    given.finish()?;
    let caller = Principal::Administrator;
    s3::put_bucket_policy(context.account, &caller, &bucket, &policy)
        .map_err(|error| said("S3", &error))?;
    Ok(bucket)
}
