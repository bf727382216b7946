//! `AWS::SQS::QueuePolicy`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said};
use crate::sqs;

/// The policy of one or several queues.
pub struct QueuePolicy;

impl Kind for QueuePolicy {
    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &[]
    }

    fn create(&self, context: &Context<'_>, given: Properties) -> Result<Physical, String> {
        let id = context.made_up_name(80);
        put(context, given)?;
        Ok(Physical {
            id: id.clone(),
            attributes: BTreeMap::from([("Id", id)]),
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
        let queues = resource.properties["Queues"].as_array();
        for url in queues.into_iter().flatten().filter_map(Value::as_str) {
            gone("Sqs", set(context, url, ""))?;
        }
        Ok(())
    }
}

fn put(context: &Context<'_>, mut given: Properties) -> Result<(), String> {
    let queues = given.texts("Queues")?;
    let policy = match given.needed("PolicyDocument")? {
        Value::String(text) => text,
        document => document.to_string(),
    };
    given.finish()?;
    for url in queues {
        set(context, &url, &policy).map_err(|error| said("Sqs", &error))?;
    }
    Ok(())
}

fn set(context: &Context<'_>, url: &str, policy: &str) -> Result<(), crate::error::ServiceError> {
    let name = sqs::name_in_url(url)?;
    let policy = Map::from_iter([("Policy".to_owned(), Value::from(policy))]);
    context.account.sqs.set(name, &policy)
}
