//! `AWS::SNS::Subscription`.

use std::collections::BTreeMap;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, said};
use crate::sns::Subscription as Given;

/// A queue that hears a topic.
pub struct Subscription;

impl Kind for Subscription {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[
            "DeliveryPolicy",
            "FilterPolicy",
            "FilterPolicyScope",
            "RedrivePolicy",
            "Region",
            "ReplayPolicy",
            "SubscriptionRoleArn",
        ]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["Endpoint", "Protocol", "RawMessageDelivery", "TopicArn"]
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let protocol = given.required("Protocol")?;
        let subscription = Given {
            topic: given.required("TopicArn")?,
            queue: given.required("Endpoint")?,
            raw: given.truth("RawMessageDelivery")?.unwrap_or_default(),
        };
        given.finish()?;
        let arn = context.account.sns.subscribe(&protocol, subscription);
        let arn = arn.map_err(|error| said("Sns", &error))?;
        Ok(Physical {
            id: arn.clone(),
            attributes: BTreeMap::from([("Arn", arn)]),
        })
    }

    fn update(
        &self,
        _: &Context<'_>,
        before: &Resource,
        _: Properties,
    ) -> Result<Physical, String> {
        // All of them replace it.
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        context.account.sns.unsubscribe(&resource.physical.id);
        Ok(())
    }
}
