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
            "CapacityProviderConfig",
            "CodeSigningConfigArn",
            "DurableConfig",
            "FileSystemConfigs",
            "FunctionScalingConfig",
            "ImageConfig",
            "KmsKeyArn",
            "Layers",
            "LoggingConfig",
            "RecursiveLoop",
            "RuntimeManagementConfig",
            "SnapStart",
            "TenancyConfig",
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
    let mut tracing = given.object("TracingConfig")?;
    let tracing_mode = tracing.text("Mode")?;
    tracing.finish()?;
    let mut storage = given.object("EphemeralStorage")?;
    let ephemeral_mb = storage.number("Size")?;
    storage.finish()?;
    let mut dead_letter = given.object("DeadLetterConfig")?;
    let dead_letter_target = dead_letter.text("TargetArn")?;
    dead_letter.finish()?;
    let config = FunctionConfig {
        dead_letter: dead_letter_target.filter(|it| !it.is_empty()),
        role_arn: given.required("Role")?,
        handler: given.text("Handler")?.unwrap_or_default(),
        runtime: given.text("Runtime")?.unwrap_or_default(),
        environment: variables,
        memory_mb: given.number("MemorySize")?.unwrap_or(128),
        timeout_s: given.number("Timeout")?.unwrap_or(3),
        description: given.text("Description")?.unwrap_or_default(),
        code: code_of(context, code)?,
        tags,
        ephemeral_mb: ephemeral_mb.unwrap_or(lambda::EPHEMERAL_MB),
        tracing: tracing_mode.unwrap_or_else(|| lambda::PASS_THROUGH.to_owned()),
        reserved_concurrency: given.number("ReservedConcurrentExecutions")?,
        name,
    };
    given.ignore(&["Architectures", "PackageType"]);
    given.finish()?;
    let account = context.account;
    // Lambda tries the role when the function is made, not when it first runs.
    let role =
        account
            .iam
            .principal_of_role(&config.role_arn, "lambda.amazonaws.com", &config.name);
    let refused = |text: &str| {
        let refused = ServiceError::bad_request("InvalidParameterValueException", text);
        Err(said("Lambda", &refused))
    };
    let Ok(role) = role else {
        return refused("The role defined for the function cannot be assumed by Lambda.");
    };
    let may_trace = || {
        let mut actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"].iter();
        actions.all(|it| account.iam.authorize(&role, it, "*").is_ok())
    };
    if config.tracing == lambda::ACTIVE && !may_trace() {
        return refused(
            "The provided execution role does not have permissions to call PutTraceSegments on \
             XRAY",
        );
    }
    lambda::check_dead_letter(account, &role, config.dead_letter.as_deref())
        .map_err(|error| said("Lambda", &error))?;
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
    code.unserved("Code", &["ImageUri", "SourceKMSKeyArn", "ZipFile"])?;
    let (bucket, key) = (code.required("S3Bucket")?, code.required("S3Key")?);
    let version = code.text("S3ObjectVersion")?;
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
    let content = match &version {
        None => account.s3.content(&bucket, &key),
        Some(version) => account.s3.content_of_version(&bucket, &key, version),
    };
    let content = content.ok_or_else(|| match version {
        None => fail("NoSuchKey", "The specified key does not exist."),
        Some(_) => fail("NoSuchVersion", "The specified version does not exist."),
    })?;
    account
        .lambda
        .unfolded
        .code(&content.to_vec())
        .map_err(|error| said("Lambda", &error))
}
