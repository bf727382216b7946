//! `AWS::Logs::LogGroup`.

use std::collections::BTreeMap;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said, taken};
use crate::arn::arn;

/// A log group.
pub struct LogGroup;

impl Kind for LogGroup {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[
            "DataProtectionPolicy",
            "FieldIndexPolicies",
            "KmsKeyId",
            "LogGroupClass",
        ]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["LogGroupName"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("LogGroupName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = context.name(&mut given, "LogGroupName", 512)?;
        let retention = retention(given)?;
        let logs = &context.account.logs;
        if logs.has_group(&name) {
            let identifier = format!("{{\"/properties/LogGroupName\":\"{name}\"}}");
            return Err(taken("AWS::Logs::LogGroup", &identifier));
        }
        logs.create_group(&name, retention)
            .map_err(|error| said("CloudWatchLogs", &error))?;
        let arn = arn(
            "logs",
            &context.account.region,
            &format!("log-group:{name}:*"),
        );
        Ok(Physical {
            id: name,
            attributes: BTreeMap::from([("Arn", arn)]),
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        mut given: Properties,
    ) -> Result<Physical, String> {
        given.ignore(&["LogGroupName"]);
        let logs = &context.account.logs;
        logs.set_retention(&before.physical.id, retention(given)?)
            .map_err(|error| said("CloudWatchLogs", &error))?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let logs = &context.account.logs;
        gone("CloudWatchLogs", logs.delete_group(&resource.physical.id))
    }
}

fn retention(mut given: Properties) -> Result<Option<u32>, String> {
    let retention = given.number("RetentionInDays")?;
    given.ignore(&["Tags"]);
    given.finish()?;
    Ok(retention)
}
