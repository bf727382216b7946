//! The role that functions share.

use serde_json::{Value as Json, json};

use super::{Template, tag_list};
use crate::config::{Config, Destination, ExecutionRole, Role};

pub(super) fn write(config: &Config, template: &mut Template) {
    let Role::Execution(role) = &config.provider.role else {
        return;
    };
    if config
        .functions
        .iter()
        .all(|function| function.role.is_some())
    {
        return;
    }
    let (service, stage) = (&config.service, &config.stage);
    let mut properties = json!({
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": ["lambda.amazonaws.com"] },
                "Action": ["sts:AssumeRole"],
            }],
        },
        "Policies": [{
            "PolicyName": { "Fn::Join": ["-", [service, stage, "lambda"]] },
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": statements(config, role),
            },
        }],
        "Path": role.path.as_deref().unwrap_or("/"),
        "RoleName": match &role.name {
            Some(name) => json!(name),
            None => json!({
                "Fn::Join": ["-", [service, stage, { "Ref": "AWS::Region" }, "lambdaRole"]],
            }),
        },
    });
    if let Some(tags) = &role.tags {
        properties["Tags"] = tag_list(tags);
    }
    if let Some(boundary) = &role.permissions_boundary {
        properties["PermissionsBoundary"] = boundary.clone();
    }
    if !role.managed_policies.is_empty() {
        properties["ManagedPolicyArns"] = json!(role.managed_policies);
    }
    template.resources.insert(
        "IamRoleLambdaExecution".to_owned(),
        json!({ "Type": "AWS::IAM::Role", "Properties": properties }),
    );
}

fn statements(config: &Config, role: &ExecutionRole) -> Vec<Json> {
    let log_group = |rest: String| {
        let arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:";
        json!({ "Fn::Sub": format!("{arn}{rest}") })
    };
    let common_prefix = format!("{}-{}", config.service, config.stage);
    let (usual, own): (Vec<_>, Vec<_>) = config
        .functions
        .iter()
        .partition(|function| function.name.starts_with(&common_prefix));
    let (silent, logging): (Vec<_>, Vec<_>) = usual
        .into_iter()
        .partition(|function| function.disable_logs);

    let mut groups: Vec<String> = own
        .iter()
        .filter(|function| !function.disable_logs)
        .map(|function| function.log_group())
        .collect();
    if !logging.is_empty() {
        groups.push(format!("/aws/lambda/{common_prefix}*"));
    }
    let resources = |end: &str| -> Json {
        groups
            .iter()
            .map(|group| log_group(format!("{group}{end}")))
            .collect()
    };
    let mut statements = vec![
        json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource"],
            "Resource": resources(":*"),
        }),
        json!({
            "Effect": "Allow",
            "Action": ["logs:PutLogEvents"],
            "Resource": resources(":*:*"),
        }),
    ];
    if !logging.is_empty() && !silent.is_empty() {
        let silent: Json = silent
            .iter()
            .map(|function| log_group(format!("{}:*", function.log_group())))
            .collect();
        statements.push(json!({
            "Effect": "Deny",
            "Action": "logs:PutLogEvents",
            "Resource": silent,
        }));
    }
    statements.extend(role.statements.iter().cloned());
    let mut traced = false;
    let mut told: Vec<&Destination> = Vec::new();
    for function in &config.functions {
        let mode = function.tracing.as_ref();
        if mode.or(config.provider.tracing.as_ref()).is_some() && !traced {
            traced = true;
            statements.push(json!({
                "Effect": "Allow",
                "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                "Resource": ["*"],
            }));
        }
        // A role of its own has to have the permission by itself.
        let destinations = function.event_invoke.destinations.iter();
        let destinations = destinations.filter(|_| function.role.is_none());
        for destination in destinations.flat_map(|it| it.all()) {
            let (action, resource) = permission(config, destination);
            let is_text = !matches!(destination, Destination::Call(..));
            if is_text && told.contains(&destination) {
                continue;
            }
            told.push(destination);
            statements.push(json!({
                "Effect": "Allow",
                "Action": action,
                "Resource": resource,
            }));
        }
    }
    statements
}

/// What a function needs to tell a destination. One of the service is named as a text: it
/// has the same role, so that a reference would close a circle.
fn permission(config: &Config, destination: &Destination) -> (&'static str, Json) {
    match destination {
        Destination::Function(key) => {
            let target = config.functions.iter().find(|it| it.key == *key);
            let name = target.map_or(key, |it| &it.name);
            let arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:";
            (
                "lambda:InvokeFunction",
                json!({ "Fn::Sub": format!("{arn}{name}") }),
            )
        }
        Destination::Arn(arn, action) => (action, json!(arn)),
        Destination::Call(arn, action) => (action, arn.clone()),
    }
}
