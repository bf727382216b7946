//! `AWS::S3::BucketPolicy`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind};

/// A bucket's policy. Bucket policies are not evaluated here, so one that allows
/// something is refused. The deployment bucket's only denies what comes without TLS,
/// and loopback needs none.
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

    fn create(&self, _: &Context<'_>, given: Properties) -> Result<Physical, String> {
        Ok(Physical {
            id: check(given)?,
            attributes: BTreeMap::new(),
        })
    }

    fn update(
        &self,
        _: &Context<'_>,
        before: &Resource,
        given: Properties,
    ) -> Result<Physical, String> {
        check(given)?;
        Ok(before.physical.clone())
    }

    fn delete(&self, _: &Context<'_>, _: &Resource) -> Result<(), String> {
        Ok(())
    }
}

fn check(mut given: Properties) -> Result<String, String> {
    let bucket = given.required("Bucket")?;
    let policy = given.needed("PolicyDocument")?;
    given.finish()?;
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    let about_tls = |it: &Value| {
        it["Effect"] == "Deny"
            && it["Condition"]["Bool"]["aws:SecureTransport"] == Value::Bool(false)
    };
    if !statements.iter().all(about_tls) {
        return Err("The sandbox does not evaluate bucket policies.".to_owned());
    }
    Ok(bucket)
}
