//! `serverless.yml` read into types: the part of the format that this crate
//! knows. What it does not know is an error.

mod function;
mod package;
mod provider;
mod resources;
mod step_functions;

use std::rc::Rc;

use serde_json::{Map, Value as Json};

use crate::Options;
use crate::error::Error;
use crate::naming;
use crate::node::{Node, Value};
use crate::reader::Field;
use crate::resolve::{DEFAULT_REGION, DEFAULT_STAGE};

pub(crate) use function::{Destination, Function, S3Event};
pub(crate) use package::Package;
pub(crate) use provider::{Bucket, ExecutionRole, Provider, Role};
pub(crate) use resources::Resources;
pub(crate) use step_functions::{Logging, StateMachine, StepFunctions};

/// A whole service.
pub(crate) struct Config {
    pub service: String,
    pub stage: String,
    pub region: String,
    pub stack_name: String,
    pub provider: Provider,
    pub package: Package,
    pub functions: Vec<Function>,
    pub step_functions: StepFunctions,
    pub resources: Resources,
}

impl Config {
    /// Reads the root of `serverless.yml`, its variables resolved.
    pub fn read(root: Rc<Node>, options: &Options) -> Result<Self, Error> {
        let mut root = Field {
            node: root,
            property: String::new(),
        }
        .object()?;
        if let Some(field) = root.take("useDotenv")
            && field.node.value != Value::Bool(true)
        {
            return Err(field.error("this can only be true", "Write true, or remove it"));
        }
        // Values for variables; they are in place by now.
        root.take("custom");
        let service_field = root.require("service")?;
        let service = service_name(&service_field)?;
        let provider_field = root.require("provider")?;
        let provider = Provider::read(&provider_field)?;
        let chosen = |option: &str, written: &Option<String>, default: &str| {
            let given = options.opts.get(option).or(written.as_ref());
            given.map_or(default, String::as_str).to_owned()
        };
        let stage = chosen("stage", &provider.stage, DEFAULT_STAGE);
        provider::check_stage(&stage, &provider_field)?;
        let region = chosen("region", &provider.region, DEFAULT_REGION);
        provider::check_region(&region, &provider_field)?;
        let stack_name = provider.stack_name.clone();
        let stack_name = stack_name.unwrap_or_else(|| format!("{service}-{stage}"));
        naming::STACK.check(&stack_name, &service_field)?;
        if let Role::Execution(ExecutionRole { name: None, .. }) = &provider.role {
            let name = format!("{service}-{stage}-{region}-lambdaRole");
            naming::ROLE.check(&name, &service_field)?;
        }
        let package = root.read("package", Package::read)?.unwrap_or_default();
        let prefix = format!("{service}-{stage}");
        let functions = root
            .read("functions", |field| function::read_all(field, &prefix))?
            .unwrap_or_default();
        function::check_destinations(&functions)?;
        let step_functions = root
            .read("stepFunctions", StepFunctions::read)?
            .unwrap_or_default();
        let resources = root.read("resources", Resources::read)?.unwrap_or_default();
        let has_plugin = root.read("plugins", read_plugins)?.unwrap_or_default();
        if !has_plugin && let Some(first) = step_functions.state_machines.first() {
            return Err(first.field.error(
                "state machines need the plugin serverless-step-functions",
                "Add it to plugins",
            ));
        }
        root.finish()?;
        Ok(Self {
            service,
            stage,
            region,
            stack_name,
            provider,
            package,
            functions,
            step_functions,
            resources,
        })
    }
}

fn service_name(field: &Field) -> Result<String, Error> {
    let name = field.text()?;
    let valid = name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && naming::alphanumeric_or(&name, b"-");
    if !valid {
        return Err(field.error(
            format!("the service name {name:?} is not valid"),
            "Use a letter, then letters, digits and hyphens, at least two characters in all",
        ));
    }
    Ok(name)
}

/// Whether the step functions plugin is there. Plugins of the project itself
/// (by a relative path) may build or upload, and leave the template alone.
fn read_plugins(field: &Field) -> Result<bool, Error> {
    let mut found = false;
    for plugin in field.list() {
        let name = plugin.text()?;
        match name.as_str() {
            "serverless-step-functions" => found = true,
            local if local.starts_with("./") => {}
            other => {
                return Err(plugin.error(
                    format!("the plugin {other} is not supported: it could change the template"),
                    "Remove it; supported are serverless-step-functions and plugins of this project, by a path that begins with ./",
                ));
            }
        }
    }
    Ok(found)
}

/// Days that CloudWatch Logs accepts, as the CLI lists them.
fn retention(field: &Field) -> Result<i64, Error> {
    const DAYS: [i64; 21] = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 2192, 2557, 2922,
        3288, 3653,
    ];
    let days = field.integer(1, 3653)?;
    if !DAYS.contains(&days) {
        return Err(field.error(
            format!("logs cannot be kept for {days} days"),
            format!(
                "Use one of {}",
                DAYS.map(|days| days.to_string()).join(", ")
            ),
        ));
    }
    Ok(days)
}

/// Tags, in order.
fn tags(field: &Field) -> Result<Vec<(String, String)>, Error> {
    let mut tags = Vec::new();
    for (key, _, value) in field.object()?.rest() {
        let text = value.text()?;
        let valid_key = (1..=128).contains(&key.chars().count()) && !key.starts_with("aws:");
        if !valid_key || text.chars().count() > 256 {
            return Err(value.error(
                "the tag is not valid on AWS: keys have 1 to 128 characters and do not begin with aws:, values have at most 256",
                "Change the tag",
            ));
        }
        tags.push((key, text));
    }
    Ok(tags)
}

/// Environment variables of functions.
fn environment(field: &Field) -> Result<Map<String, Json>, Error> {
    let mut variables = Map::new();
    for (name, _, value) in field.object()?.rest() {
        let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && naming::alphanumeric_or(&name, b"_");
        if !valid {
            return Err(value.error(
                format!("{name} cannot be the name of an environment variable"),
                "Use letters, digits and underscores, with no digit first",
            ));
        }
        if !value.node.is_null() {
            variables.insert(name, value.text_or_function()?);
        }
    }
    Ok(variables)
}

/// The name or ARN of a role, or a function of CloudFormation that gives it.
fn role(field: &Field) -> Result<Json, Error> {
    let role = field.text_or_function()?;
    let allowed = ["Fn::GetAtt", "Fn::Sub", "Fn::ImportValue"];
    let fits = match &role {
        Json::Object(call) => call.keys().all(|key| allowed.contains(&key.as_str())),
        Json::String(text) => !text.is_empty(),
        _ => false,
    };
    if !fits {
        return Err(field.error(
            "this is not a role",
            "Write a role's ARN, its logical id, !GetAtt, !Sub or !ImportValue",
        ));
    }
    Ok(role)
}
