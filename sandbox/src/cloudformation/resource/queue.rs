//! `AWS::SQS::Queue`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said, taken};
use crate::sqs;

/// A standard queue.
pub struct Queue;

impl Kind for Queue {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "QueueName", "QueueUrl"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        // Properties are called as the attributes are.
        &sqs::UNSERVED
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["QueueName"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("QueueName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = context.name(&mut given, "QueueName", 80)?;
        let attributes = read(given)?;
        let account = context.account;
        if account.sqs.has(&name) {
            return Err(taken("AWS::SQS::Queue", &sqs::queue_url(account, &name)));
        }
        let made = account.sqs.create(&name, &attributes);
        made.map_err(|error| said("Sqs", &error))?;
        let url = sqs::queue_url(account, &name);
        Ok(Physical {
            id: url.clone(),
            attributes: BTreeMap::from([
                ("Arn", sqs::queue_arn(account, &name)),
                ("QueueName", name),
                ("QueueUrl", url),
            ]),
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        mut given: Properties,
    ) -> Result<Physical, String> {
        given.ignore(&["QueueName"]);
        let mut attributes = read(given)?;
        // What is no longer said is as it is when nothing is.
        for (name, value) in sqs::defaults() {
            attributes.entry(name).or_insert(value.into());
        }
        let name = sqs::name_in_url(&before.physical.id).map_err(|error| said("Sqs", &error))?;
        let changed = context.account.sqs.set(name, &attributes);
        changed.map_err(|error| said("Sqs", &error))?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let deleted = sqs::name_in_url(&resource.physical.id)
            .and_then(|name| context.account.sqs.delete(name));
        gone("Sqs", deleted)
    }
}

fn read(mut given: Properties) -> Result<Map<String, Value>, String> {
    let mut attributes = Map::new();
    for name in sqs::numbers() {
        if let Some(number) = given.number(name)? {
            attributes.insert(name.to_owned(), number.to_string().into());
        }
    }
    if let Some(encrypts) = given.truth("SqsManagedSseEnabled")? {
        let encrypts = encrypts.to_string();
        attributes.insert("SqsManagedSseEnabled".to_owned(), encrypts.into());
    }
    if let Some(policy) = given.value("RedrivePolicy") {
        let text = match policy {
            Value::String(text) => text,
            document => document.to_string(),
        };
        attributes.insert("RedrivePolicy".to_owned(), text.into());
    }
    given.ignore(&["Tags"]);
    given.finish()?;
    Ok(attributes)
}
