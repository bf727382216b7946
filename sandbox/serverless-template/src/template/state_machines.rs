//! State machines, as the plugin serverless-step-functions writes them.

use serde_json::{Map, Value as Json, json};

use super::{Template, definition, tag_list};
use crate::config::{Config, Logging, StateMachine};
use crate::error::Error;

pub(super) fn write(config: &Config, template: &mut Template) -> Result<(), Error> {
    for machine in &config.step_functions.state_machines {
        let id = machine.logical_id();
        if !config.step_functions.no_output {
            template.outputs.insert(
                machine.output_logical_id(),
                json!({ "Description": "Current StateMachine Arn", "Value": { "Ref": id } }),
            );
        }
        template.resources.insert(id, compile(config, machine)?);
    }
    Ok(())
}

fn compile(config: &Config, machine: &StateMachine) -> Result<Json, Error> {
    let mut properties = Map::new();
    let mut set = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            properties.insert(key.to_owned(), value);
        }
    };
    let definition = definition::write(&machine.definition, &config.functions)?;
    set("DefinitionString", Some(definition));
    set("RoleArn", Some(machine.role.clone()));
    set(
        "StateMachineType",
        machine.kind.as_ref().map(|kind| json!(kind)),
    );
    set(
        "StateMachineName",
        machine.name.as_ref().map(|name| json!(name)),
    );
    set(
        "LoggingConfiguration",
        machine.logging.as_ref().map(logging),
    );
    let tracing = machine.tracing.map(|enabled| json!({ "Enabled": enabled }));
    set("TracingConfiguration", tracing);
    let inherited = config.provider.tags.iter().flatten();
    let tags: Vec<_> = inherited
        .filter(|_| machine.inherit_tags)
        .chain(&machine.tags)
        .cloned()
        .collect();
    set("Tags", (!tags.is_empty()).then(|| tag_list(&tags)));
    let mut resource = json!({
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": properties,
        "DependsOn": machine.depends_on,
    });
    if machine.retain {
        resource["DeletionPolicy"] = json!("Retain");
    }
    Ok(resource)
}

fn logging(logging: &Logging) -> Json {
    let mut configuration = json!({
        "Level": logging.level,
        "IncludeExecutionData": logging.include_execution_data,
    });
    if !logging.destinations.is_empty() {
        configuration["Destinations"] = logging
            .destinations
            .iter()
            .map(|arn| json!({ "CloudWatchLogsLogGroup": { "LogGroupArn": arn } }))
            .collect();
    }
    configuration
}
