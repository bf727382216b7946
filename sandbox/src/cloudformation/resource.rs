//! The types of resources, each made through its own service.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::properties::Properties;
use super::{Physical, Stack};
use crate::account::Account;
use crate::arn::{arn, s3_arn};
use crate::error::ServiceError;
use crate::iam::ResourceStatement;
use crate::lambda::FunctionConfig;
use crate::s3::NotificationRule;
use crate::{s3, states};

/// What all types need to make a resource.
struct Maker<'a> {
    account: &'a Arc<Account>,
    stack: &'a Stack,
    logical_id: &'a str,
    executable: &'a Path,
}

/// Makes one resource.
///
/// # Errors
///
/// What the resource's service says, or which property or type is unknown.
pub fn create(
    account: &Arc<Account>,
    stack: &Stack,
    logical_id: &str,
    resource_type: &str,
    properties: Properties,
    executable: &Path,
) -> Result<Physical, String> {
    let maker = Maker {
        account,
        stack,
        logical_id,
        executable,
    };
    match resource_type {
        "AWS::S3::Bucket" => maker.bucket(properties),
        "AWS::S3::BucketPolicy" => bucket_policy(properties),
        "AWS::Logs::LogGroup" => maker.log_group(properties),
        "AWS::IAM::Role" => maker.role(properties),
        "AWS::Lambda::Function" => maker.function(properties),
        "AWS::Lambda::Permission" => maker.permission(properties),
        "AWS::StepFunctions::StateMachine" => maker.state_machine(properties),
        "AWS::SNS::Topic" => maker.topic(properties),
        other => Err(format!(
            "Template format error: Unrecognized resource types: [{other}]"
        )),
    }
}

impl Maker<'_> {
    /// A name as CloudFormation makes one up: the stack's, the logical id and
    /// twelve random characters, cut to what the type takes.
    fn made_up_name(&self, longest: usize) -> String {
        let random = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
        let mut begin = format!("{}-{}", self.stack.name, self.logical_id);
        begin.truncate(longest.saturating_sub(13));
        format!("{begin}-{}", &random[..12])
    }

    fn bucket(&self, mut given: Properties) -> Result<Physical, String> {
        let name = given.text("BucketName")?;
        let name = name.unwrap_or_else(|| self.made_up_name(63).to_lowercase());
        let mut notifications = given.object("NotificationConfiguration")?;
        let rules = notifications.list("LambdaConfigurations")?;
        notifications.finish()?;
        let rules: Vec<NotificationRule> = rules
            .into_iter()
            .enumerate()
            .map(|(at, rule)| notification_rule(at, Properties::new(rule)?))
            .collect::<Result<_, String>>()?;
        given.ignore(&["BucketEncryption", "PublicAccessBlockConfiguration", "Tags"]);
        given.finish()?;
        self.account.s3.create_bucket(&name).map_err(said)?;
        if !rules.is_empty() {
            s3::configure_notifications(self.account, &name, rules).map_err(said)?;
        }
        let attributes = BTreeMap::from([("Arn", s3_arn(&name, None))]);
        Ok(Physical {
            id: name,
            attributes,
        })
    }

    fn log_group(&self, mut given: Properties) -> Result<Physical, String> {
        let name = given
            .text("LogGroupName")?
            .unwrap_or_else(|| self.made_up_name(512));
        let retention = given.number("RetentionInDays")?;
        given.ignore(&["Tags"]);
        given.finish()?;
        self.account
            .logs
            .create_group(&name, retention)
            .map_err(said)?;
        let arn = arn("logs", &self.account.region, &format!("log-group:{name}:*"));
        Ok(Physical {
            id: name,
            attributes: BTreeMap::from([("Arn", arn)]),
        })
    }

    fn role(&self, mut given: Properties) -> Result<Physical, String> {
        let name = given
            .text("RoleName")?
            .unwrap_or_else(|| self.made_up_name(64));
        let trust = given.value("AssumeRolePolicyDocument").ok_or(
            "Properties validation failed: #: required key [AssumeRolePolicyDocument] not found",
        )?;
        let mut policies = Vec::new();
        for policy in given.list("Policies")? {
            let mut policy = Properties::new(policy)?;
            let document = policy.value("PolicyDocument").unwrap_or_default();
            policies.push((policy.required("PolicyName")?, document));
            policy.finish()?;
        }
        given.ignore(&["Description", "Tags"]);
        if given.text("Path")?.is_some_and(|path| path != "/") {
            return Err("The sandbox has roles on the path / only.".to_owned());
        }
        given.finish()?;
        let arn = self
            .account
            .iam
            .create_role(&name, &trust, &policies)
            .map_err(said)?;
        Ok(Physical {
            id: name,
            attributes: BTreeMap::from([("Arn", arn)]),
        })
    }

    fn function(&self, mut given: Properties) -> Result<Physical, String> {
        let name = given
            .text("FunctionName")?
            .unwrap_or_else(|| self.made_up_name(64));
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
        let config = FunctionConfig {
            role_arn: given.required("Role")?,
            handler: given.text("Handler")?.unwrap_or_default(),
            runtime: given.text("Runtime")?.unwrap_or_default(),
            environment: variables,
            memory_mb: given.number("MemorySize")?.unwrap_or(128),
            timeout_s: given.number("Timeout")?.unwrap_or(3),
            description: given.text("Description")?.unwrap_or_default(),
            code: self.executable.to_owned(),
            name,
        };
        given.ignore(&["Code", "Architectures", "Tags"]);
        given.finish()?;
        let function = self
            .account
            .lambda
            .put_function(config, &self.account.region)
            .map_err(said)?;
        Ok(Physical {
            id: function.config.name.clone(),
            attributes: BTreeMap::from([("Arn", function.arn.clone())]),
        })
    }

    fn permission(&self, mut given: Properties) -> Result<Physical, String> {
        let function = given.required("FunctionName")?;
        let function = self.account.lambda.function(&function).map_err(said)?;
        let statement = ResourceStatement {
            sid: self.made_up_name(100),
            service: given.required("Principal")?,
            action: given.required("Action")?,
            resource: function.arn.clone(),
            source_arn: given.text("SourceArn")?,
            source_account: given.text("SourceAccount")?,
        };
        given.finish()?;
        let id = statement.sid.clone();
        self.account
            .lambda
            .add_permission(&function.arn, statement)
            .map_err(said)?;
        Ok(Physical {
            id,
            attributes: BTreeMap::new(),
        })
    }

    fn state_machine(&self, mut given: Properties) -> Result<Physical, String> {
        let name = given
            .text("StateMachineName")?
            .unwrap_or_else(|| self.made_up_name(80));
        let definition = match (given.text("DefinitionString")?, given.value("Definition")) {
            (Some(text), None) => text,
            (None, Some(definition)) => definition.to_string(),
            _ => {
                return Err("Exactly one of DefinitionString and Definition must be given.".into());
            }
        };
        let role_arn = given.required("RoleArn")?;
        let kind = given
            .text("StateMachineType")?
            .unwrap_or_else(|| "STANDARD".to_owned());
        given.ignore(&["LoggingConfiguration", "TracingConfiguration", "Tags"]);
        given.finish()?;
        let machine = states::Machine::new(self.account, &name, &definition, &role_arn, &kind)
            .and_then(|machine| states::create(self.account, machine))
            .map_err(said)?;
        let attributes = BTreeMap::from([("Arn", machine.arn.clone()), ("Name", name)]);
        Ok(Physical {
            id: machine.arn.clone(),
            attributes,
        })
    }

    fn topic(&self, mut given: Properties) -> Result<Physical, String> {
        let name = given
            .text("TopicName")?
            .unwrap_or_else(|| self.made_up_name(256));
        given.ignore(&["DisplayName", "Tags"]);
        given.finish()?;
        let arn = self.account.sns.create_topic(&name).map_err(said)?;
        let attributes = BTreeMap::from([("TopicArn", arn.clone()), ("TopicName", name)]);
        Ok(Physical {
            id: arn,
            attributes,
        })
    }
}

fn notification_rule(at: usize, mut given: Properties) -> Result<NotificationRule, String> {
    let (mut prefix, mut suffix) = (String::new(), String::new());
    let mut filter = given.object("Filter")?;
    let mut key = filter.object("S3Key")?;
    for rule in key.list("Rules")? {
        let mut rule = Properties::new(rule)?;
        let value = rule.required("Value")?;
        match rule.required("Name")?.to_lowercase().as_str() {
            "prefix" => prefix = value,
            "suffix" => suffix = value,
            other => {
                return Err(format!(
                    "filter rule name must be either prefix or suffix, not {other}"
                ));
            }
        }
        rule.finish()?;
    }
    key.finish()?;
    filter.finish()?;
    let rule = NotificationRule {
        id: format!("rule-{}", at + 1),
        function_arn: given.required("Function")?,
        events: vec![given.required("Event")?],
        prefix,
        suffix,
    };
    given.finish()?;
    Ok(rule)
}

/// Bucket policies are not evaluated here, so one that allows something is
/// refused. The deployment bucket's only denies what comes without TLS, and
/// loopback needs none.
fn bucket_policy(mut given: Properties) -> Result<Physical, String> {
    let bucket = given.required("Bucket")?;
    let policy = given.value("PolicyDocument").unwrap_or_default();
    given.finish()?;
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    let about_tls = |it: &Value| {
        it["Effect"] == "Deny"
            && it["Condition"]["Bool"]["aws:SecureTransport"] == Value::Bool(false)
    };
    if !statements.iter().all(about_tls) {
        return Err("The sandbox does not evaluate bucket policies.".to_owned());
    }
    Ok(Physical {
        id: bucket,
        attributes: BTreeMap::new(),
    })
}

/// A service's error as a stack event shows it.
fn said(error: ServiceError) -> String {
    format!(
        "{} (Status Code: {}; Error Code: {})",
        error.message, error.status, error.code
    )
}
