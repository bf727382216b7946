//! `AWS::Lambda::Function`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::operation::Code;
use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said, taken};
use crate::error::ServiceError;
use crate::lambda::{self, FunctionConfig};

/// A function.
pub struct Function;

impl Kind for Function {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[
            "CodeSigningConfigArn",
            "DeadLetterConfig",
            "EphemeralStorage",
            "FileSystemConfigs",
            "ImageConfig",
            "KmsKeyArn",
            "Layers",
            "LoggingConfig",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "RuntimeManagementConfig",
            "SnapStart",
            "TracingConfig",
            "VpcConfig",
        ]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["FunctionName", "PackageType"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("FunctionName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = context.name(&mut given, "FunctionName", 64)?;
        if context.account.lambda.function(&name).is_ok() {
            return Err(taken("AWS::Lambda::Function", &name));
        }
        put(context, name, given)
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        mut given: Properties,
    ) -> Result<Physical, String> {
        given.ignore(&["FunctionName"]);
        put(context, before.physical.id.clone(), given)
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let lambda = &context.account.lambda;
        gone("Lambda", lambda.delete_function(&resource.physical.id))
    }
}

fn put(context: &Context<'_>, name: String, mut given: Properties) -> Result<Physical, String> {
    let mut environment = given.object("Environment")?;
    let variables = environment.object("Variables")?.rest();
    environment.finish()?;
    let variables = variables
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            Value::Bool(truth) => Ok((name, truth.to_string())),
            _ => Err(format!(
                "Environment variable {name} must be of type String"
            )),
        })
        .collect::<Result<_, String>>()?;
    let mut tags = BTreeMap::new();
    for tag in given.list("Tags")? {
        let mut tag = Properties::new(tag)?;
        tags.insert(tag.required("Key")?, tag.required("Value")?);
    }
    let code = given.object("Code")?;
    let config = FunctionConfig {
        role_arn: given.required("Role")?,
        handler: given.text("Handler")?.unwrap_or_default(),
        runtime: given.text("Runtime")?.unwrap_or_default(),
        environment: variables,
        memory_mb: given.number("MemorySize")?.unwrap_or(128),
        timeout_s: given.number("Timeout")?.unwrap_or(3),
        description: given.text("Description")?.unwrap_or_default(),
        code: code_of(context, code)?,
        tags,
        name,
    };
    given.ignore(&["Architectures", "PackageType"]);
    given.finish()?;
    let account = context.account;
    // Lambda tries the role when the function is made, not when it first runs.
    let trusted =
        account
            .iam
            .principal_of_role(&config.role_arn, "lambda.amazonaws.com", &config.name);
    if trusted.is_err() {
        let refused = ServiceError::bad_request(
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        );
        return Err(said("Lambda", &refused));
    }
    let function = account
        .lambda
        .put_function(config, &account.region)
        .map_err(|error| said("Lambda", &error))?;
    Ok(Physical {
        id: function.config.name.clone(),
        attributes: BTreeMap::from([("Arn", function.arn.clone())]),
    })
}

/// The code that a function is to have: a zip in a bucket, unless the stack's functions
/// all run one executable.
fn code_of(context: &Context<'_>, mut code: Properties) -> Result<lambda::Code, String> {
    if let Code::Executable(path) = context.code {
        return Ok(lambda::Code::executable(path));
    }
    let (bucket, key) = (code.required("S3Bucket")?, code.required("S3Key")?);
    code.finish()?;
    let account = context.account;
    let fail = |code: &str, text: &str| {
        let refused = ServiceError::bad_request(
            "InvalidParameterValueException",
            format!(
                "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {text}"
            ),
        );
        said("Lambda", &refused)
    };
    if !account.s3.bucket_names().contains(&bucket) {
        return Err(fail("NoSuchBucket", "The specified bucket does not exist"));
    }
    let content = account
        .s3
        .content(&bucket, &key)
        .ok_or_else(|| fail("NoSuchKey", "The specified key does not exist."))?;
    account
        .lambda
        .unfolded
        .code(&content.to_vec())
        .map_err(|error| said("Lambda", &error))
}
