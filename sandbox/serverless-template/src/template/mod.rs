//! Writes the CloudFormation template, step by step as the CLI does.

mod core;
mod definition;
mod functions;
mod iam;
mod merge;
mod s3;
mod state_machines;

use serde_json::{Map, Value as Json, json};

use crate::config::Config;
use crate::error::Error;

/// A template in the making.
pub(crate) struct Template {
    pub resources: Map<String, Json>,
    pub outputs: Map<String, Json>,
}

impl Template {
    fn into_json(self) -> Json {
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "The AWS CloudFormation template for this Serverless application",
            "Resources": self.resources,
            "Outputs": self.outputs,
        })
    }
}

/// The template of the whole stack, and the one that only creates the bucket
/// for deployments.
pub(crate) fn compile(config: &Config) -> Result<(Json, Json), Error> {
    let create = core::write(config).into_json();
    let mut template = core::write(config);
    functions::write_log_groups(config, &mut template);
    iam::write(config, &mut template);
    functions::write(config, &mut template)?;
    state_machines::write(config, &mut template)?;
    s3::write(config, &mut template)?;
    for (id, output) in &mut template.outputs {
        output["Export"] =
            json!({ "Name": format!("sls-{}-{}-{id}", config.service, config.stage) });
    }
    let mut template = template.into_json();
    for section in &config.resources.sections {
        merge::merge(&mut template, &Json::Object(section.clone()));
    }
    merge::strip_nulls(&mut template);
    Ok((template, create))
}

/// Tags as CloudFormation writes them.
fn tag_list<'a>(tags: impl IntoIterator<Item = &'a (String, String)>) -> Json {
    tags.into_iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect()
}
