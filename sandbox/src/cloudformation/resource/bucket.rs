//! `AWS::S3::Bucket`.

use std::collections::BTreeMap;

use s3s::dto::LifecycleRule;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, lifecycle, returned, said};
use crate::arn::s3_arn;
use crate::error::{ServiceError, unserved};
use crate::s3::{self, NotificationRule, PublicAccess, Versioning};

/// A bucket, what it is set to, and whom it tells of new objects.
pub struct Bucket;

impl Kind for Bucket {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "DomainName", "RegionalDomainName"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[
            "AbacStatus",
            "AccelerateConfiguration",
            "AnalyticsConfigurations",
            "CorsConfiguration",
            "IntelligentTieringConfigurations",
            "InventoryConfigurations",
            "LoggingConfiguration",
            "MetadataConfiguration",
            "MetadataTableConfiguration",
            "MetricsConfigurations",
            "ObjectLockConfiguration",
            "ObjectLockEnabled",
            "ReplicationConfiguration",
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
        let given = Given::read(given)?;
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
        if let Err(reason) = given.apply(context, &name) {
            // Nothing of what failed is left.
            gone("S3", account.s3.delete_bucket(&name))?;
            return Err(reason);
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
        Given::read(given)?.apply(context, &before.physical.id)?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let s3 = &context.account.s3;
        gone("S3", s3.delete_bucket(&resource.physical.id))
    }
}

/// What a bucket is to be set to.
struct Given {
    rules: Vec<NotificationRule>,
    versioning: Option<Versioning>,
    lifecycle: Vec<LifecycleRule>,
    public_access: PublicAccess,
    bucket_key: bool,
    tags: BTreeMap<String, String>,
}

impl Given {
    fn read(mut given: Properties) -> Result<Self, String> {
        if given
            .text("AccessControl")?
            .is_some_and(|it| it != "Private")
        {
            let refused = ServiceError::bad_request(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            );
            return Err(said("S3", &refused));
        }
        check_ownership(&mut given)?;
        let read = Self {
            rules: rules(&mut given)?,
            versioning: versioning(&mut given)?,
            lifecycle: lifecycle::rules(given.object("LifecycleConfiguration")?)?,
            public_access: public_access(&mut given)?,
            bucket_key: encryption(&mut given)?,
            tags: tags(&mut given)?,
        };
        given.finish()?;
        Ok(read)
    }

    fn apply(self, context: &Context<'_>, bucket: &str) -> Result<(), String> {
        let account = context.account;
        s3::configure_notifications(account, bucket, self.rules)
            .and_then(|()| {
                account.s3.configure(
                    bucket,
                    self.versioning,
                    self.lifecycle,
                    self.public_access,
                    self.bucket_key,
                    self.tags,
                )
            })
            .map_err(|error| said("S3", &error))
    }
}

fn rules(given: &mut Properties) -> Result<Vec<NotificationRule>, String> {
    let mut notifications = given.object("NotificationConfiguration")?;
    notifications.unserved(
        "NotificationConfiguration",
        &["EventBridgeConfiguration", "TopicConfigurations"],
    )?;
    let functions = notifications.list("LambdaConfigurations")?;
    let queues = notifications.list("QueueConfigurations")?;
    notifications.finish()?;
    let functions = functions.into_iter().map(|it| (it, "Function"));
    let rules = functions.chain(queues.into_iter().map(|it| (it, "Queue")));
    let rules = rules.enumerate();
    rules
        .map(|(at, (rule, target))| rule_of(at, target, Properties::new(rule)?))
        .collect()
}

fn versioning(given: &mut Properties) -> Result<Option<Versioning>, String> {
    let mut configuration = given.object("VersioningConfiguration")?;
    let status = configuration.text("Status")?;
    configuration.finish()?;
    match status.as_deref() {
        None => Ok(None),
        Some("Enabled") => Ok(Some(Versioning::Enabled)),
        Some("Suspended") => Ok(Some(Versioning::Suspended)),
        Some(other) => Err(format!(
            "#/VersioningConfiguration/Status: {other} is not a valid enum value"
        )),
    }
}

/// What is not said is not blocked, once something is.
fn public_access(given: &mut Properties) -> Result<PublicAccess, String> {
    let Some(configuration) = given.value("PublicAccessBlockConfiguration") else {
        return Ok(PublicAccess::default());
    };
    let mut configuration = Properties::new(configuration)?;
    let mut truth = |name: &str| Ok::<_, String>(configuration.truth(name)? == Some(true));
    let read = PublicAccess {
        block_public_acls: truth("BlockPublicAcls")?,
        block_public_policy: truth("BlockPublicPolicy")?,
        ignore_public_acls: truth("IgnorePublicAcls")?,
        restrict_public_buckets: truth("RestrictPublicBuckets")?,
    };
    configuration.finish()?;
    Ok(read)
}

/// Whether objects are encrypted by a key of the bucket: SSE-S3 in any case.
fn encryption(given: &mut Properties) -> Result<bool, String> {
    let mut configuration = given.object("BucketEncryption")?;
    let mut bucket_key = false;
    for rule in configuration.list("ServerSideEncryptionConfiguration")? {
        let mut rule = Properties::new(rule)?;
        rule.unserved("BucketEncryption", &["BlockedEncryptionTypes"])?;
        bucket_key |= rule.truth("BucketKeyEnabled")? == Some(true);
        let mut by_default = rule.object("ServerSideEncryptionByDefault")?;
        let algorithm = by_default.text("SSEAlgorithm")?;
        match algorithm.as_deref() {
            None | Some("AES256") => {}
            Some("aws:kms" | "aws:kms:dsse") => {
                return Err(unserved(format_args!(
                    "the SSEAlgorithm {} of BucketEncryption",
                    algorithm.unwrap_or_default()
                )));
            }
            Some(other) => {
                return Err(format!(
                    "#/BucketEncryption/ServerSideEncryptionConfiguration/0/\
                     ServerSideEncryptionByDefault/SSEAlgorithm: {other} is not a valid enum value"
                ));
            }
        }
        by_default.finish()?;
        rule.finish()?;
    }
    configuration.finish()?;
    Ok(bucket_key)
}

/// Buckets take no access control lists, which is what new ones are like on AWS.
fn check_ownership(given: &mut Properties) -> Result<(), String> {
    let mut controls = given.object("OwnershipControls")?;
    for rule in controls.list("Rules")? {
        let mut rule = Properties::new(rule)?;
        let ownership = rule.text("ObjectOwnership")?;
        match ownership.as_deref() {
            None | Some("BucketOwnerEnforced") => {}
            Some(other @ ("BucketOwnerPreferred" | "ObjectWriter")) => {
                return Err(unserved(format_args!("the ObjectOwnership {other}")));
            }
            Some(other) => {
                return Err(format!(
                    "#/OwnershipControls/Rules/0/ObjectOwnership: {other} is not a valid enum value"
                ));
            }
        }
        rule.finish()?;
    }
    controls.finish()
}

fn tags(given: &mut Properties) -> Result<BTreeMap<String, String>, String> {
    let mut tags = BTreeMap::new();
    for tag in given.list("Tags")? {
        let mut tag = Properties::new(tag)?;
        tags.insert(tag.required("Key")?, tag.required("Value")?);
        tag.finish()?;
    }
    Ok(tags)
}

fn rule_of(at: usize, target: &str, mut given: Properties) -> Result<NotificationRule, String> {
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
        target_arn: given.required(target)?,
        events: vec![given.required("Event")?],
        prefix,
        suffix,
    };
    given.finish()?;
    Ok(rule)
}
