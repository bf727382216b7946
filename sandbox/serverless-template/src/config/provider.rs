//! `provider`: what holds for all functions.

use serde_json::{Map, Value as Json};

use super::{environment, retention, role, tags};
use crate::error::Error;
use crate::naming;
use crate::node::Value;
use crate::reader::{Field, Object};

pub(crate) struct Provider {
    pub stage: Option<String>,
    pub region: Option<String>,
    pub stack_name: Option<String>,
    pub runtime: Option<String>,
    pub architecture: Option<String>,
    pub memory_size: Option<i64>,
    pub timeout: Option<i64>,
    pub environment: Option<Map<String, Json>>,
    pub tags: Option<Vec<(String, String)>>,
    pub log_retention: Option<i64>,
    /// Mode of X-Ray tracing.
    pub tracing: Option<String>,
    pub buckets: Vec<Bucket>,
    pub role: Role,
    pub deployment_prefix: String,
    pub deployment_bucket: DeploymentBucket,
}

/// The role of functions that name none.
pub(crate) enum Role {
    /// Declared elsewhere: a name, an ARN or a CloudFormation function.
    Existing(Json),
    /// The one that the CLI generates.
    Execution(ExecutionRole),
}

/// `provider.iam.role`
#[derive(Default)]
pub(crate) struct ExecutionRole {
    pub name: Option<String>,
    pub path: Option<String>,
    pub tags: Option<Vec<(String, String)>>,
    pub permissions_boundary: Option<Json>,
    pub managed_policies: Vec<Json>,
    pub statements: Vec<Json>,
}

/// An entry of `provider.s3`.
pub(crate) struct Bucket {
    pub key: String,
    pub name: Option<String>,
    /// Properties of the resource, under CloudFormation's names.
    pub properties: Map<String, Json>,
}

/// The bucket that a deployment uploads to.
#[derive(Default)]
pub(crate) struct DeploymentBucket {
    pub block_public_access: bool,
    pub versioning: bool,
    pub skip_policy: bool,
    pub tags: Vec<(String, String)>,
}

/// Properties that the CLI has besides.
const UNSERVED: [&str; 25] = [
    "alb",
    "apiGateway",
    "apiName",
    "cfnRole",
    "cloudFront",
    "ecr",
    "endpointType",
    "httpApi",
    "iamManagedPolicies",
    "iamRoleStatements",
    "kinesis",
    "kmsKeyArn",
    "layers",
    "logDataProtectionPolicy",
    "logs",
    "notificationArns",
    "role",
    "rolePermissionsBoundary",
    "rollbackConfiguration",
    "runtimeManagement",
    "stackParameters",
    "stackPolicy",
    "vpc",
    "vpcEndpointIds",
    "websocket",
];

impl Provider {
    pub fn read(field: &Field) -> Result<Self, Error> {
        let mut object = field.object()?;
        object.require("name")?.choice(&["aws"])?;
        // How the CLI deploys; the template does not say it.
        object.read("deploymentMethod", |field| {
            field.choice(&["changesets", "direct"])
        })?;
        object.read("disableRollback", Field::boolean)?;
        object.read("profile", Field::text)?;
        object.read("stackTags", tags)?;
        refuse_versions(&mut object)?;
        object.unserved(&UNSERVED)?;
        let provider = Self {
            stage: object.read("stage", |field| {
                let stage = field.text()?;
                check_stage(&stage, field)?;
                Ok(stage)
            })?,
            region: object.read("region", |field| {
                let region = field.text()?;
                check_region(&region, field)?;
                Ok(region)
            })?,
            stack_name: object.read("stackName", Field::text)?,
            runtime: object.read("runtime", runtime)?,
            architecture: object.read("architecture", architecture)?,
            memory_size: object.read("memorySize", memory_size)?,
            timeout: object.read("timeout", timeout)?,
            environment: object.read("environment", environment)?,
            tags: object.read("tags", tags)?,
            log_retention: object.read("logRetentionInDays", retention)?,
            tracing: object.read("tracing", read_tracing)?.flatten(),
            buckets: object.read("s3", buckets)?.unwrap_or_default(),
            role: object
                .read("iam", iam)?
                .flatten()
                .unwrap_or_else(|| Role::Execution(ExecutionRole::default())),
            deployment_prefix: object
                .read("deploymentPrefix", Field::text)?
                .unwrap_or_else(|| "serverless".to_owned()),
            deployment_bucket: object
                .read("deploymentBucket", deployment_bucket)?
                .unwrap_or_default(),
        };
        object.finish()?;
        Ok(provider)
    }
}

pub(super) fn check_stage(stage: &str, field: &Field) -> Result<(), Error> {
    if stage.is_empty() || !naming::alphanumeric_or(stage, b"-") {
        return Err(field.error(
            format!("{stage:?} is not valid as a stage"),
            "Use letters, digits and hyphens",
        ));
    }
    Ok(())
}

/// Two letters, words, a digit: `eu-west-1`, `us-gov-east-1`.
pub(super) fn check_region(region: &str, field: &Field) -> Result<(), Error> {
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let parts: Vec<&str> = region.split('-').collect();
    let valid = match parts.as_slice() {
        [area, words @ .., number] => {
            area.len() == 2
                && is_word(area)
                && !words.is_empty()
                && words.iter().all(is_word)
                && matches!(number.as_bytes(), [b'1'..=b'9'])
        }
        _ => false,
    };
    if !valid {
        return Err(field.error(
            format!("{region:?} is no region of AWS"),
            "Write one such as eu-west-1",
        ));
    }
    Ok(())
}

/// A version's logical id is a hash of the code, which this crate never sees.
fn refuse_versions(object: &mut Object) -> Result<(), Error> {
    const ADVICE: &str = "Write versionFunctions: false";
    match object.take("versionFunctions") {
        Some(field) if !field.boolean()? => Ok(()),
        Some(field) => Err(field.error("versions of functions are not supported", ADVICE)),
        None => Err(object.field.error(
            "versionFunctions is missing, and versions of functions, its default, are not supported",
            ADVICE,
        )),
    }
}

pub(super) fn runtime(field: &Field) -> Result<String, Error> {
    field.choice(&["provided.al2023", "provided.al2"])
}

pub(super) fn architecture(field: &Field) -> Result<String, Error> {
    field.choice(&["x86_64", "arm64"])
}

/// In MiB.
pub(super) fn memory_size(field: &Field) -> Result<i64, Error> {
    field.integer(128, 10240)
}

/// In seconds.
pub(super) fn timeout(field: &Field) -> Result<i64, Error> {
    field.integer(1, 900)
}

/// `true` is X-Ray's mode Active.
pub(super) fn tracing(field: &Field) -> Result<Option<String>, Error> {
    match field.boolean() {
        Ok(on) => Ok(on.then(|| "Active".to_owned())),
        Err(_) => field.choice(&["Active", "PassThrough"]).map(Some),
    }
}

fn read_tracing(field: &Field) -> Result<Option<String>, Error> {
    let mut object = field.object()?;
    let mode = object.read("lambda", tracing)?;
    object.finish()?;
    Ok(mode.flatten())
}

fn iam(field: &Field) -> Result<Option<Role>, Error> {
    let mut object = field.object()?;
    let role = object.read("role", |field| {
        if let Ok(existing) = role(field) {
            return Ok(Role::Existing(existing));
        }
        execution_role(field).map(Role::Execution)
    })?;
    object.finish()?;
    Ok(role)
}

fn execution_role(field: &Field) -> Result<ExecutionRole, Error> {
    let mut object = field.object()?;
    let role = ExecutionRole {
        name: object.read("name", |field| {
            let name = field.text()?;
            naming::ROLE.check(&name, field)?;
            Ok(name)
        })?,
        path: object.read("path", |field| {
            let path = field.text()?;
            let valid = path == "/"
                || (path.len() > 2
                    && path.starts_with('/')
                    && path.ends_with('/')
                    && path.bytes().all(|b| b.is_ascii_graphic()));
            if !valid {
                return Err(field.error(
                    format!("{path:?} is not a path of IAM"),
                    "Begin and end it with a slash",
                ));
            }
            Ok(path)
        })?,
        tags: object.read("tags", tags)?,
        permissions_boundary: object.read("permissionsBoundary", Field::text_or_function)?,
        managed_policies: object
            .read("managedPolicies", |field| {
                field.list().iter().map(Field::text_or_function).collect()
            })?
            .unwrap_or_default(),
        statements: object
            .read("statements", |field| {
                field.list().iter().map(statement).collect()
            })?
            .unwrap_or_default(),
    };
    object.finish()?;
    Ok(role)
}

/// A statement of an IAM policy.
fn statement(field: &Field) -> Result<Json, Error> {
    let mut object = field.object()?;
    let mut statement = Map::new();
    statement.insert(
        "Effect".to_owned(),
        object.require("Effect")?.choice(&["Allow", "Deny"])?.into(),
    );
    if let Some(sid) = object.read("Sid", Field::text)? {
        statement.insert("Sid".to_owned(), sid.into());
    }
    let actions = either(&mut object, "Action", "NotAction", |field| {
        field
            .list()
            .iter()
            .map(|field| field.text().map(Json::String))
            .collect()
    })?;
    statement.extend([actions]);
    let resources = either(&mut object, "Resource", "NotResource", resource)?;
    statement.extend([resources]);
    if let Some(condition) = object.read("Condition", Field::mapping)? {
        statement.insert("Condition".to_owned(), condition);
    }
    object.finish()?;
    Ok(statement.into())
}

/// Exactly one of the properties `key` and `other`.
fn either(
    object: &mut Object,
    key: &'static str,
    other: &'static str,
    read: fn(&Field) -> Result<Json, Error>,
) -> Result<(String, Json), Error> {
    match (object.take(key), object.take(other)) {
        (Some(field), None) => Ok((key.to_owned(), read(&field)?)),
        (None, Some(field)) => Ok((other.to_owned(), read(&field)?)),
        (Some(_), Some(field)) => Err(field.error(
            format!("a statement has either {key} or {other}"),
            "Remove one",
        )),
        (None, None) => {
            let field = object.require(key)?;
            Ok((key.to_owned(), read(&field)?))
        }
    }
}

/// The CLI's schema turns a list of one text, other than `*`, into that text.
fn resource(field: &Field) -> Result<Json, Error> {
    let Value::List(_) = &field.node.value else {
        return one_resource(field);
    };
    let mut resources: Vec<Json> = field
        .list()
        .iter()
        .map(one_resource)
        .collect::<Result<_, _>>()?;
    Ok(match resources.as_slice() {
        [Json::String(text)] if text != "*" => resources.remove(0),
        _ => resources.into(),
    })
}

fn one_resource(field: &Field) -> Result<Json, Error> {
    let resource = field.text_or_function()?;
    if let Json::String(text) = &resource {
        let id = text.strip_suffix('*').unwrap_or(text);
        let is_id = !id.is_empty()
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"#-_./".contains(&b));
        if text != "*" && !text.starts_with("arn:") && !is_id {
            return Err(field.error(
                format!("{text:?} is not a resource of a policy"),
                "Write an ARN, *, or a CloudFormation function such as !Ref",
            ));
        }
    }
    Ok(resource)
}

fn buckets(field: &Field) -> Result<Vec<Bucket>, Error> {
    let mut buckets = Vec::new();
    for (key, _, field) in field.object()?.rest() {
        let mut object = field.object()?;
        let name = object.read("name", |field| {
            let name = field.text()?;
            naming::BUCKET.check(&name, field)?;
            Ok(name)
        })?;
        let mut properties = Map::new();
        for property in [
            "accelerateConfiguration",
            "accessControl",
            "bucketEncryption",
            "corsConfiguration",
            "lifecycleConfiguration",
            "loggingConfiguration",
            "notificationConfiguration",
            "objectLockConfiguration",
            "objectLockEnabled",
            "publicAccessBlockConfiguration",
            "tags",
            "versioningConfiguration",
            "websiteConfiguration",
        ] {
            if let Some(field) = object.take(property) {
                properties.insert(naming::upper_first(property), field.node.to_json());
            }
        }
        object.finish()?;
        buckets.push(Bucket {
            key,
            name,
            properties,
        });
    }
    Ok(buckets)
}

fn deployment_bucket(field: &Field) -> Result<DeploymentBucket, Error> {
    let mut object = field.object()?;
    let bucket = DeploymentBucket {
        block_public_access: object
            .read("blockPublicAccess", Field::boolean)?
            .unwrap_or_default(),
        versioning: object
            .read("versioning", Field::boolean)?
            .unwrap_or_default(),
        skip_policy: object
            .read("skipPolicySetup", Field::boolean)?
            .unwrap_or_default(),
        tags: object.read("tags", tags)?.unwrap_or_default(),
    };
    object.read("maxPreviousDeploymentArtifacts", |field| {
        field.integer(0, i64::MAX)
    })?;
    object.finish()?;
    Ok(bucket)
}
