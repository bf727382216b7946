//! The types of resources, each made, changed and removed through its own service.
//!
//! Which property's change replaces a resource is as the page of the type in the
//! CloudFormation Template Reference says ("Update requires").

mod bucket;
mod bucket_policy;
mod event_invoke_config;
mod function;
mod lifecycle;
mod log_group;
mod managed_policy;
mod permission;
mod policy;
mod queue;
mod queue_policy;
mod role;
mod state_machine;
mod subscription;
mod topic;
mod version;

use std::sync::Arc;

use super::operation::Code;
use super::properties::Properties;
use super::stack::{Physical, Resource};
use crate::account::Account;
use crate::error::{ServiceError, is_unserved};

/// A type of resources. An error of a method says what the resource's service said, or
/// which property is wrong.
pub trait Kind: Sync {
    /// What `Fn::GetAtt` gives of it.
    fn attributes(&self) -> &'static [&'static str];

    /// The properties that cannot be changed: another value means another resource.
    fn replaced_by(&self) -> &'static [&'static str];

    /// Properties that AWS has and the sandbox has not.
    fn unserved(&self) -> &'static [&'static str];

    /// The property that names it, where people can name it.
    fn name(&self) -> Option<&'static str> {
        None
    }

    /// Makes one.
    fn create(&self, context: &Context<'_>, given: Properties) -> Result<Physical, String>;

    /// Gives one other properties, all of them.
    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        given: Properties,
    ) -> Result<Physical, String>;

    /// Removes one. That it is not there any more is no error.
    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String>;
}

/// A type by its name, such as `AWS::S3::Bucket`.
pub fn kind_of(resource_type: &str) -> Option<&'static dyn Kind> {
    Some(match resource_type {
        "AWS::IAM::ManagedPolicy" => &managed_policy::ManagedPolicy,
        "AWS::IAM::Policy" => &policy::Policy,
        "AWS::IAM::Role" => &role::Role,
        "AWS::Lambda::EventInvokeConfig" => &event_invoke_config::EventInvokeConfig,
        "AWS::Lambda::Function" => &function::Function,
        "AWS::Lambda::Permission" => &permission::Permission,
        "AWS::Lambda::Version" => &version::Version,
        "AWS::Logs::LogGroup" => &log_group::LogGroup,
        "AWS::S3::Bucket" => &bucket::Bucket,
        "AWS::S3::BucketPolicy" => &bucket_policy::BucketPolicy,
        "AWS::SQS::Queue" => &queue::Queue,
        "AWS::SQS::QueuePolicy" => &queue_policy::QueuePolicy,
        "AWS::SNS::Subscription" => &subscription::Subscription,
        "AWS::SNS::Topic" => &topic::Topic,
        "AWS::StepFunctions::StateMachine" => &state_machine::StateMachine,
        _ => return None,
    })
}

/// The type of a resource in a template that was read.
#[expect(
    clippy::expect_used,
    reason = "Template::read refuses a template with a type that kind_of does not have"
)]
pub fn known_kind(resource_type: &str) -> &'static dyn Kind {
    kind_of(resource_type).expect("the template was read")
}

/// What all types need to do something with a resource.
pub struct Context<'a> {
    /// Where.
    pub account: &'a Arc<Account>,
    /// The stack's name.
    pub stack: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// Where the code of functions comes from.
    pub code: Code<'a>,
}

impl Context<'_> {
    /// A name as CloudFormation makes one up: the stack's, the logical id and
    /// twelve random characters, cut to what the type takes.
    fn made_up_name(&self, longest: usize) -> String {
        let random = uuid::Uuid::new_v4().simple().to_string();
        let mut begin = format!("{}-{}", self.stack, self.logical_id);
        begin.truncate(longest.saturating_sub(13));
        format!("{begin}-{}", &random[..12])
    }

    /// The name that is given, or one that is made up.
    fn name(
        &self,
        given: &mut Properties,
        property: &str,
        longest: usize,
    ) -> Result<String, String> {
        let name = given.text(property)?;
        Ok(name.unwrap_or_else(|| self.made_up_name(longest)))
    }
}

/// A service's error as a stack event shows it.
fn said(service: &str, error: &ServiceError) -> String {
    if is_unserved(&error.message) {
        return error.message.clone();
    }
    let handler = match (error.status, error.code.as_ref()) {
        (403, _) => "AccessDenied",
        (404, _) | (_, "NoSuchBucket") => "NotFound",
        (409, "BucketNotEmpty") => "GeneralServiceException",
        (409, "LimitExceeded") => "ServiceLimitExceeded",
        (409, _) | (_, "StateMachineAlreadyExists") => "AlreadyExists",
        (500.., _) => "ServiceInternalError",
        _ => "InvalidRequest",
    };
    let request = uuid::Uuid::new_v4();
    let (message, status, code) = (&error.message, error.status, &error.code);
    // As the handlers of the types write it, which are built on two SDKs.
    let details = match service {
        "AWSStepFunctions" => format!(
            "(Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: \
             {request}; Proxy: null)"
        ),
        _ => format!(
            "(Service: {service}, Status Code: {status}, Request ID: {request}) (SDK Attempt \
             Count: 1)"
        ),
    };
    returned(&format!("{message} {details}"), handler)
}

/// What the handler of a type returned, as a stack event shows it.
fn returned(message: &str, code: &str) -> String {
    let token = uuid::Uuid::new_v4();
    format!(
        "Resource handler returned message: \"{message}\" (RequestToken: {token}, \
         HandlerErrorCode: {code})"
    )
}

/// A name that is taken, as a stack event shows it.
fn taken(resource_type: &str, identifier: &str) -> String {
    let message = format!(
        "Resource of type '{resource_type}' with identifier '{identifier}' already exists."
    );
    returned(&message, "AlreadyExists")
}

/// Takes it for removed where it was not there.
fn gone(service: &str, result: Result<(), ServiceError>) -> Result<(), String> {
    match result {
        Err(error) if error.status != 404 => Err(said(service, &error)),
        _ => Ok(()),
    }
}
