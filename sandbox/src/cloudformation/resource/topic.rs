//! `AWS::SNS::Topic`.

use std::collections::BTreeMap;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, said, taken};

/// A topic; subscriptions are resources of their own here.
pub struct Topic;

impl Kind for Topic {
    fn attributes(&self) -> &'static [&'static str] {
        &["TopicArn", "TopicName"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[
            "ArchivePolicy",
            "ContentBasedDeduplication",
            "DataProtectionPolicy",
            "DeliveryStatusLogging",
            "FifoThroughputScope",
            "FifoTopic",
            "KmsMasterKeyId",
            "SignatureVersion",
            "Subscription",
            "TracingConfig",
        ]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["TopicName"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("TopicName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = context.name(&mut given, "TopicName", 256)?;
        check(given)?;
        let sns = &context.account.sns;
        if sns.has_topic(&name) {
            return Err(taken("AWS::SNS::Topic", &sns.arn(&name)));
        }
        let arn = sns.create_topic(&name);
        let arn = arn.map_err(|error| said("Sns", &error))?;
        Ok(Physical {
            id: arn.clone(),
            attributes: BTreeMap::from([("TopicArn", arn), ("TopicName", name)]),
        })
    }

    fn update(
        &self,
        _: &Context<'_>,
        before: &Resource,
        mut given: Properties,
    ) -> Result<Physical, String> {
        given.ignore(&["TopicName"]);
        check(given)?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        context.account.sns.delete_topic(&resource.physical.id);
        Ok(())
    }
}

fn check(mut given: Properties) -> Result<(), String> {
    given.ignore(&["DisplayName", "Tags"]);
    given.finish()
}
