//! `functions`

use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use super::provider::{architecture, memory_size, runtime, timeout, tracing};
use super::{Package, environment, retention, role, tags};
use crate::error::Error;
use crate::naming;
use crate::reader::Field;

pub(crate) struct Function {
    pub field: Field,
    pub key: String,
    pub name: String,
    pub handler: String,
    pub description: Option<String>,
    pub runtime: Option<String>,
    pub architecture: Option<String>,
    pub memory_size: Option<i64>,
    pub timeout: Option<i64>,
    pub environment: Option<Map<String, Json>>,
    pub tags: Option<Vec<(String, String)>>,
    pub role: Option<Json>,
    pub depends_on: Vec<String>,
    pub condition: Option<String>,
    pub log_retention: Option<i64>,
    pub disable_logs: bool,
    pub reserved_concurrency: Option<i64>,
    /// In MiB.
    pub ephemeral_storage: Option<i64>,
    pub tracing: Option<String>,
    pub event_invoke: EventInvoke,
    pub artifact: Option<PathBuf>,
    pub s3_events: Vec<S3Event>,
}

/// Properties that the CLI has besides.
const UNSERVED: [&str; 16] = [
    "awsKmsKeyArn",
    "durableConfig",
    "fileSystemConfig",
    "httpApi",
    "image",
    "kmsKeyArn",
    "layers",
    "logDataProtectionPolicy",
    "logs",
    "onError",
    "provisionedConcurrency",
    "recursiveLoop",
    "runtimeManagement",
    "snapStart",
    "url",
    "vpc",
];

/// Kinds of events that the CLI has besides.
const OTHER_EVENTS: [&str; 20] = [
    "activemq",
    "alb",
    "alexaSkill",
    "alexaSmartHome",
    "cloudFront",
    "cloudwatchEvent",
    "cloudwatchLog",
    "cognitoUserPool",
    "eventBridge",
    "http",
    "httpApi",
    "iot",
    "kafka",
    "msk",
    "rabbitmq",
    "schedule",
    "sns",
    "sqs",
    "stream",
    "websocket",
];

impl Function {
    pub fn logical_id(&self) -> String {
        naming::lambda_logical_id(&self.key)
    }

    pub fn log_group(&self) -> String {
        format!("/aws/lambda/{}", self.name)
    }
}

/// How Lambda treats asynchronous invocations.
pub(crate) struct EventInvoke {
    /// In seconds.
    pub maximum_age: Option<i64>,
    pub maximum_retries: Option<i64>,
    pub destinations: Option<Destinations>,
}

/// Who is told how asynchronous invocations end.
#[derive(Default)]
pub(crate) struct Destinations {
    pub on_success: Option<Destination>,
    pub on_failure: Option<Destination>,
}

impl Destinations {
    /// Both, in the order in which the CLI looks at them.
    pub fn all(&self) -> impl Iterator<Item = &Destination> {
        self.on_success.iter().chain(&self.on_failure)
    }
}

#[derive(PartialEq)]
pub(crate) enum Destination {
    /// The key of a function of the service.
    Function(String),
    /// An ARN, and the action that its service needs.
    Arn(String, &'static str),
    /// A function of CloudFormation that gives an ARN, and the action.
    Call(Json, &'static str),
}

/// A trigger: objects of a bucket.
pub(crate) struct S3Event {
    /// Where the bucket is named.
    pub field: Field,
    /// A key of `provider.s3`, or a bucket's name.
    pub bucket: String,
    pub event: String,
    /// Filters: `prefix` or `suffix`, and its value.
    pub rules: Option<Vec<(String, Json)>>,
}

/// All functions; names are `prefix` and the key, unless a function has its own.
pub(super) fn read_all(field: &Field, prefix: &str) -> Result<Vec<Function>, Error> {
    let mut functions = Vec::new();
    for (key, place, field) in field.object()?.rest() {
        if field.node.is_null() {
            continue;
        }
        let valid = key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !valid || key.is_empty() {
            return Err(Error::new(
                &place,
                field.property,
                format!("{key:?} cannot be the key of a function"),
                "Use letters, digits, hyphens and underscores",
            ));
        }
        functions.push(read(key, &field, prefix)?);
    }
    Ok(functions)
}

fn read(key: String, field: &Field, prefix: &str) -> Result<Function, Error> {
    let mut object = field.object()?;
    let name_field = object.take("name");
    let name = match &name_field {
        Some(field) => field.text()?,
        None => format!("{prefix}-{key}"),
    };
    naming::FUNCTION.check(&name, name_field.as_ref().unwrap_or(field))?;
    if object.read("versionFunction", Field::boolean)? == Some(true) {
        return Err(object.field.error(
            "versions of functions are not supported",
            "Write versionFunction: false",
        ));
    }
    object.unserved(&UNSERVED)?;
    let function = Function {
        field: field.clone(),
        name,
        handler: object.require("handler")?.text()?,
        description: object.read("description", description)?,
        runtime: object.read("runtime", runtime)?,
        architecture: object.read("architecture", architecture)?,
        memory_size: object.read("memorySize", memory_size)?,
        timeout: object.read("timeout", timeout)?,
        environment: object.read("environment", environment)?,
        tags: object.read("tags", tags)?,
        role: object.read("role", role)?,
        depends_on: object.read("dependsOn", texts)?.unwrap_or_default(),
        condition: object.read("condition", Field::text)?,
        log_retention: object.read("logRetentionInDays", retention)?,
        disable_logs: object
            .read("disableLogs", Field::boolean)?
            .unwrap_or_default(),
        reserved_concurrency: object
            .read("reservedConcurrency", |field| field.integer(0, i64::MAX))?,
        ephemeral_storage: object
            .read("ephemeralStorageSize", |field| field.integer(512, 10240))?,
        tracing: object.read("tracing", tracing)?.flatten(),
        event_invoke: EventInvoke {
            maximum_age: object.read("maximumEventAge", |field| field.integer(60, 21600))?,
            maximum_retries: object.read("maximumRetryAttempts", |field| field.integer(0, 2))?,
            destinations: object.read("destinations", destinations)?,
        },
        artifact: object
            .read("package", Package::read)?
            .and_then(|package| package.artifact),
        s3_events: object.read("events", events)?.unwrap_or_default(),
        key,
    };
    object.finish()?;
    Ok(function)
}

/// Whether the functions are there that destinations name.
pub(super) fn check_destinations(functions: &[Function]) -> Result<(), Error> {
    for function in functions {
        let destinations = function.event_invoke.destinations.iter();
        for destination in destinations.flat_map(Destinations::all) {
            let Destination::Function(key) = destination else {
                continue;
            };
            if !functions.iter().any(|it| it.key == *key) {
                return Err(function.field.error(
                    format!("the destination {key} is no function of the service"),
                    "Write the key of a function, or an ARN",
                ));
            }
        }
    }
    Ok(())
}

fn destinations(field: &Field) -> Result<Destinations, Error> {
    let mut object = field.object()?;
    let destinations = Destinations {
        on_success: object.read("onSuccess", destination)?,
        on_failure: object.read("onFailure", destination)?,
    };
    object.finish()?;
    Ok(destinations)
}

/// A function's key, an ARN, or an ARN that CloudFormation computes, with its kind.
fn destination(field: &Field) -> Result<Destination, Error> {
    const INVOKE: &str = "lambda:InvokeFunction";
    if let Ok(text) = field.text() {
        let actions = [
            (":function:", INVOKE),
            (":sqs:", "sqs:SendMessage"),
            (":sns:", "sns:Publish"),
            (":event-bus/", "events:PutEvents"),
        ];
        if !text.starts_with("arn:") {
            return Ok(Destination::Function(text));
        }
        let action = actions.iter().find(|(part, _)| text.contains(part));
        let Some((_, action)) = action else {
            return Err(field.error(
                format!("{text} is no destination"),
                "Write the ARN of a function, a topic, a queue or an event bus",
            ));
        };
        return Ok(Destination::Arn(text, action));
    }
    let mut object = field.object()?;
    let arn = object.require("arn")?.text_or_function()?;
    let kind = object
        .require("type")?
        .choice(&["function", "sns", "sqs", "eventBus"])?;
    object.finish()?;
    Ok(Destination::Call(
        arn,
        match kind.as_str() {
            "function" => INVOKE,
            "sns" => "sns:Publish",
            "sqs" => "sqs:SendMessage",
            _ => "events:PutEvents",
        },
    ))
}

fn texts(field: &Field) -> Result<Vec<String>, Error> {
    field.list().iter().map(Field::text).collect()
}

fn description(field: &Field) -> Result<String, Error> {
    let text = field.text()?;
    if text.chars().count() > 256 {
        return Err(field.error("the description has more than 256 characters", "Shorten it"));
    }
    Ok(text)
}

fn events(field: &Field) -> Result<Vec<S3Event>, Error> {
    let mut events = Vec::new();
    for field in field.list() {
        let mut object = field.object()?;
        object.unserved(&OTHER_EVENTS)?;
        let event = object.take("s3");
        object.finish()?;
        let event = event.ok_or_else(|| field.error("the event has no kind", "Write s3"))?;
        events.push(s3_event(&event)?);
    }
    Ok(events)
}

fn s3_event(field: &Field) -> Result<S3Event, Error> {
    const ANY_CREATION: &str = "s3:ObjectCreated:*";
    if let Ok(bucket) = field.text() {
        return Ok(S3Event {
            field: field.clone(),
            bucket,
            event: ANY_CREATION.to_owned(),
            rules: None,
        });
    }
    let mut object = field.object()?;
    let bucket = object.require("bucket")?;
    let event = object.read("event", |field| {
        let event = field.text()?;
        match event.strip_prefix("s3:") {
            Some(rest) if !rest.is_empty() => Ok(event),
            _ => Err(field.error(
                format!("{event:?} is no event of S3"),
                format!("Write one such as {ANY_CREATION}"),
            )),
        }
    })?;
    let rules = object.read("rules", |field| field.list().iter().map(rule).collect())?;
    if let Some(existing) = object.take("existing")
        && existing.boolean()?
    {
        return Err(existing.error(
            "a trigger on an existing bucket is not supported",
            "Declare the bucket under provider.s3",
        ));
    }
    object.finish()?;
    Ok(S3Event {
        bucket: bucket.text()?,
        field: bucket,
        event: event.unwrap_or_else(|| ANY_CREATION.to_owned()),
        rules,
    })
}

fn rule(field: &Field) -> Result<(String, Json), Error> {
    let mut object = field.object()?;
    let prefix = object.read("prefix", Field::text_or_function)?;
    let suffix = object.read("suffix", Field::text_or_function)?;
    object.finish()?;
    match (prefix, suffix) {
        (Some(value), None) => Ok(("prefix".to_owned(), value)),
        (None, Some(value)) => Ok(("suffix".to_owned(), value)),
        _ => Err(field.error(
            "a rule has one prefix or one suffix",
            "Write a rule for each",
        )),
    }
}
