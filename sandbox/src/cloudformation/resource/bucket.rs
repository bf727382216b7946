//! `AWS::S3::Bucket`.

use std::collections::BTreeMap;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, returned, said};
use crate::arn::s3_arn;
use crate::s3::{self, NotificationRule};

/// A bucket, and whom it tells of new objects.
pub struct Bucket;

impl Kind for Bucket {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "DomainName", "RegionalDomainName"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[
            "AccelerateConfiguration",
            "AccessControl",
            "AnalyticsConfigurations",
            "CorsConfiguration",
            "IntelligentTieringConfigurations",
            "InventoryConfigurations",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "MetadataConfiguration",
            "MetadataTableConfiguration",
            "MetricsConfigurations",
            "ObjectLockConfiguration",
            "ObjectLockEnabled",
            "OwnershipControls",
            "ReplicationConfiguration",
            "VersioningConfiguration",
            "WebsiteConfiguration",
        ]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["BucketName"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("BucketName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = given.text("BucketName")?;
        let name = name.unwrap_or_else(|| context.made_up_name(63).to_lowercase());
        let rules = rules(given)?;
        let account = context.account;
        if account.s3.bucket_names().contains(&name) {
            let message =
                format!("{name} already exists (Service: S3, Status Code: 0, Request ID: null)");
            return Err(returned(&message, "AlreadyExists"));
        }
        account
            .s3
            .create_bucket(&name)
            .map_err(|error| said("S3", &error))?;
        if !rules.is_empty()
            && let Err(error) = s3::configure_notifications(account, &name, rules)
        {
            // Nothing of what failed is left.
            gone("S3", account.s3.delete_bucket(&name))?;
            return Err(said("S3", &error));
        }
        let domain = format!("{name}.s3.amazonaws.com");
        let regional = format!("{name}.s3.{}.amazonaws.com", account.region);
        Ok(Physical {
            attributes: BTreeMap::from([
                ("Arn", s3_arn(&name, None)),
                ("DomainName", domain),
                ("RegionalDomainName", regional),
            ]),
            id: name,
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        mut given: Properties,
    ) -> Result<Physical, String> {
        given.ignore(&["BucketName"]);
        s3::configure_notifications(context.account, &before.physical.id, rules(given)?)
            .map_err(|error| said("S3", &error))?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let s3 = &context.account.s3;
        gone("S3", s3.delete_bucket(&resource.physical.id))
    }
}

fn rules(mut given: Properties) -> Result<Vec<NotificationRule>, String> {
    let mut notifications = given.object("NotificationConfiguration")?;
    let rules = notifications.list("LambdaConfigurations")?;
    notifications.finish()?;
    given.ignore(&["BucketEncryption", "PublicAccessBlockConfiguration", "Tags"]);
    given.finish()?;
    let rules = rules.into_iter().enumerate();
    rules
        .map(|(at, rule)| rule_of(at, Properties::new(rule)?))
        .collect()
}

fn rule_of(at: usize, mut given: Properties) -> Result<NotificationRule, String> {
    let (mut prefix, mut suffix) = (String::new(), String::new());
    let mut filter = given.object("Filter")?;
    let mut key = filter.object("S3Key")?;
    for rule in key.list("Rules")? {
        let mut rule = Properties::new(rule)?;
        let value = rule.required("Value")?;
        match rule.required("Name")?.to_lowercase().as_str() {
            "prefix" => prefix = value,
            "suffix" => suffix = value,
            other => {
                return Err(format!(
                    "filter rule name must be either prefix or suffix, not {other}"
                ));
            }
        }
        rule.finish()?;
    }
    key.finish()?;
    filter.finish()?;
    let rule = NotificationRule {
        id: format!("rule-{}", at + 1),
        function_arn: given.required("Function")?,
        events: vec![given.required("Event")?],
        prefix,
        suffix,
    };
    given.finish()?;
    Ok(rule)
}
