//! Functions, their log groups and how they are invoked asynchronously.

use serde_json::{Map, Value as Json, json};

use super::{Template, tag_list};
use crate::config::{Config, Destination, Function, Role};
use crate::error::Error;
use crate::naming;

/// In MiB, when nothing says otherwise.
const DEFAULT_MEMORY_SIZE: i64 = 1024;

/// In seconds, when nothing says otherwise.
const DEFAULT_TIMEOUT: i64 = 6;

pub(super) fn write_log_groups(config: &Config, template: &mut Template) {
    for function in config
        .functions
        .iter()
        .filter(|function| !function.disable_logs)
    {
        let mut group = json!({
            "Type": "AWS::Logs::LogGroup",
            "Properties": { "LogGroupName": function.log_group() },
        });
        if let Some(condition) = &function.condition {
            group["Condition"] = json!(condition);
        }
        if let Some(days) = function.log_retention.or(config.provider.log_retention) {
            group["Properties"]["RetentionInDays"] = json!(days);
        }
        let id = naming::log_group_logical_id(&function.key);
        template.resources.insert(id, group);
    }
}

pub(super) fn write(config: &Config, template: &mut Template) -> Result<(), Error> {
    for function in &config.functions {
        let resource = compile(config, function)?;
        template.resources.insert(function.logical_id(), resource);
        if let Some(resource) = event_invoke_config(function) {
            let id = format!("{}LambdaEvConf", naming::normalized(&function.key));
            template.resources.insert(id, resource);
        }
    }
    Ok(())
}

fn compile(config: &Config, function: &Function) -> Result<Json, Error> {
    let provider = &config.provider;
    let Some(runtime) = function.runtime.as_ref().or(provider.runtime.as_ref()) else {
        return Err(function.field.error(
            "runtime is missing",
            "Write runtime: provided.al2023 here or under provider",
        ));
    };
    let mut properties = Map::new();
    let mut set = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            properties.insert(key.to_owned(), value);
        }
    };
    set("Code", Some(code(config, function)));
    set("Handler", Some(json!(function.handler)));
    set("Runtime", Some(json!(runtime)));
    set("FunctionName", Some(json!(function.name)));
    let memory_size = function.memory_size.or(provider.memory_size);
    set(
        "MemorySize",
        Some(json!(memory_size.unwrap_or(DEFAULT_MEMORY_SIZE))),
    );
    let timeout = function.timeout.or(provider.timeout);
    set("Timeout", Some(json!(timeout.unwrap_or(DEFAULT_TIMEOUT))));
    let architecture = function
        .architecture
        .as_ref()
        .or(provider.architecture.as_ref());
    set(
        "Architectures",
        architecture.map(|architecture| json!([architecture])),
    );
    let description = function
        .description
        .as_ref()
        .filter(|text| !text.is_empty());
    set("Description", description.map(|text| json!(text)));
    set("Tags", tags(config, function));
    let ephemeral_storage = function.ephemeral_storage;
    set(
        "EphemeralStorage",
        ephemeral_storage.map(|size| json!({ "Size": size })),
    );
    let tracing = function.tracing.as_ref().or(provider.tracing.as_ref());
    set("TracingConfig", tracing.map(|mode| json!({ "Mode": mode })));
    set("Environment", environment(config, function));
    set(
        "ReservedConcurrentExecutions",
        function.reserved_concurrency.map(|count| json!(count)),
    );

    let mut depends_on = Vec::new();
    if !function.disable_logs {
        depends_on.push(naming::log_group_logical_id(&function.key));
    }
    depends_on.extend(function.depends_on.iter().cloned());
    let (role, role_resource) = role(config, function);
    set("Role", Some(role));
    depends_on.extend(role_resource);

    let mut resource = json!({ "Type": "AWS::Lambda::Function", "Properties": properties });
    if let Some(condition) = &function.condition {
        resource["Condition"] = json!(condition);
    }
    if !depends_on.is_empty() {
        resource["DependsOn"] = json!(depends_on);
    }
    Ok(resource)
}

/// Where the zip will be. The CLI puts the time of the deployment into the
/// key; here it is always the same.
fn code(config: &Config, function: &Function) -> Json {
    let artifact = function
        .artifact
        .as_ref()
        .or(config.package.artifact.as_ref());
    let file = match artifact.and_then(|path| path.file_name()) {
        Some(name) => name.to_string_lossy().into_owned(),
        None if config.package.individually => format!("{}.zip", function.key),
        None => format!("{}.zip", config.service),
    };
    let prefix = &config.provider.deployment_prefix;
    let (service, stage) = (&config.service, &config.stage);
    json!({
        "S3Bucket": { "Ref": "ServerlessDeploymentBucket" },
        "S3Key": format!("{prefix}/{service}/{stage}/local/{file}"),
    })
}

/// The provider's tags and the function's own, which win.
fn tags(config: &Config, function: &Function) -> Option<Json> {
    if config.provider.tags.is_none() && function.tags.is_none() {
        return None;
    }
    let mut tags = config.provider.tags.clone().unwrap_or_default();
    for (key, value) in function.tags.iter().flatten() {
        match tags.iter_mut().find(|(known, _)| known == key) {
            Some(tag) => tag.1.clone_from(value),
            None => tags.push((key.clone(), value.clone())),
        }
    }
    Some(tag_list(&tags))
}

/// The provider's variables and the function's own, which win.
fn environment(config: &Config, function: &Function) -> Option<Json> {
    let provider = config.provider.environment.as_ref();
    if provider.is_none() && function.environment.is_none() {
        return None;
    }
    let mut variables = provider.cloned().unwrap_or_default();
    variables.extend(function.environment.clone().unwrap_or_default());
    Some(json!({ "Variables": variables }))
}

/// The function's role, and the resource that has to be there first.
fn role(config: &Config, function: &Function) -> (Json, Option<String>) {
    let role = match (&function.role, &config.provider.role) {
        (Some(role), _) | (None, Role::Existing(role)) => role,
        (None, Role::Execution(_)) => {
            return (
                json!({ "Fn::GetAtt": ["IamRoleLambdaExecution", "Arn"] }),
                None,
            );
        }
    };
    match role {
        Json::String(arn) if arn.starts_with("arn:") => (role.clone(), None),
        Json::String(id) => (json!({ "Fn::GetAtt": [id, "Arn"] }), Some(id.clone())),
        _ => (
            role.clone(),
            role["Fn::GetAtt"][0].as_str().map(str::to_owned),
        ),
    }
}

fn event_invoke_config(function: &Function) -> Option<Json> {
    let options = &function.event_invoke;
    let destinations = options.destinations.as_ref();
    if options.maximum_age.is_none() && options.maximum_retries.is_none() && destinations.is_none()
    {
        return None;
    }
    let mut destination_config = Map::new();
    for (name, destination) in [
        (
            "OnSuccess",
            destinations.and_then(|it| it.on_success.as_ref()),
        ),
        (
            "OnFailure",
            destinations.and_then(|it| it.on_failure.as_ref()),
        ),
    ] {
        if let Some(destination) = destination {
            let arn = match destination {
                Destination::Function(key) => {
                    json!({ "Fn::GetAtt": [naming::lambda_logical_id(key), "Arn"] })
                }
                Destination::Arn(arn, _) => json!(arn),
                Destination::Call(arn, _) => arn.clone(),
            };
            destination_config.insert(name.to_owned(), json!({ "Destination": arn }));
        }
    }
    let mut resource = json!({
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "FunctionName": { "Ref": function.logical_id() },
            "DestinationConfig": destination_config,
            "Qualifier": "$LATEST",
        },
    });
    if let Some(seconds) = options.maximum_age {
        resource["Properties"]["MaximumEventAgeInSeconds"] = json!(seconds);
    }
    if let Some(retries) = options.maximum_retries {
        resource["Properties"]["MaximumRetryAttempts"] = json!(retries);
    }
    if let Some(condition) = &function.condition {
        resource["Condition"] = json!(condition);
    }
    Some(resource)
}
