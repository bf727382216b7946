//! A function: its configuration, and the limits that AWS sets on it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::arn::arn;
use crate::error::ServiceError;
use crate::iam::ResourcePolicy;
use crate::time::now_millis;

use super::code::Code;
use super::event_invoke::EventInvoke;
use super::pool::Pool;

/// The version that changes with the function.
pub const LATEST: &str = "$LATEST";

/// How much a function may write to `/tmp` where nothing else is said, in megabytes.
pub const EPHEMERAL_MB: u32 = 512;

/// The mode of tracing in which Lambda itself traces.
pub const ACTIVE: &str = "Active";

/// The mode of tracing where nothing else is said.
pub const PASS_THROUGH: &str = "PassThrough";

/// What can run at once in an account, less what no function may reserve ("Lambda quotas").
const MOST_RESERVED: u32 = 900;

/// What a function is made of, as CreateFunction and CloudFormation give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionConfig {
    /// The name, unique in the account and region.
    pub name: String,
    /// The execution role's ARN.
    pub role_arn: String,
    /// What the runtime finds in `_HANDLER`.
    pub handler: String,
    /// Such as `provided.al2023`.
    pub runtime: String,
    /// The function's own environment variables.
    pub environment: BTreeMap<String, String>,
    /// In megabytes, 128 to 10,240.
    pub memory_mb: u32,
    /// In seconds, 1 to 900.
    pub timeout_s: u32,
    /// For people.
    pub description: String,
    /// What it runs.
    pub code: Code,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What it may write to `/tmp`, in megabytes, 512 to 10,240; kept, and no limit here.
    pub ephemeral_mb: u32,
    /// `Active` or `PassThrough`; kept, and no traces are written here.
    pub tracing: String,
    /// The ARN of the queue or topic that gets events that were given up.
    pub dead_letter: Option<String>,
    /// How many invocations may run at once; 0 lets none run.
    pub reserved_concurrency: Option<u32>,
}

impl FunctionConfig {
    /// Checks names and limits.
    ///
    /// # Errors
    ///
    /// `ValidationException` or `InvalidParameterValueException`, as CreateFunction
    /// answers: see "CreateFunction" in the Lambda API Reference.
    pub fn validate(&self) -> Result<(), ServiceError> {
        let name_is_valid = !self.name.is_empty()
            && self
                .name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !name_is_valid || self.name.len() > 64 {
            return Err(invalid(
                "functionName",
                &self.name,
                "Member must have length less than or equal to 64 and satisfy the pattern [a-zA-Z0-9-_]+",
            ));
        }
        if !(1..=900).contains(&self.timeout_s) {
            return Err(invalid(
                "timeout",
                &self.timeout_s,
                "Member must have value between 1 and 900",
            ));
        }
        if !(128..=10_240).contains(&self.memory_mb) {
            return Err(invalid(
                "memorySize",
                &self.memory_mb,
                "Member must have value between 128 and 10240",
            ));
        }
        if !(512..=10_240).contains(&self.ephemeral_mb) {
            return Err(invalid(
                "ephemeralStorage.size",
                &self.ephemeral_mb,
                "Member must have value between 512 and 10240",
            ));
        }
        if ![ACTIVE, PASS_THROUGH].contains(&self.tracing.as_str()) {
            return Err(invalid(
                "tracingConfig.mode",
                &self.tracing,
                "Member must satisfy enum value set: [Active, PassThrough]",
            ));
        }
        if self
            .reserved_concurrency
            .is_some_and(|it| it > MOST_RESERVED)
        {
            return Err(ServiceError::bad_request(
                "InvalidParameterValueException",
                "Specified ReservedConcurrentExecutions for function decreases account's \
                 UnreservedConcurrentExecution below its minimum value of [100].",
            ));
        }
        const RESERVED: [&str; 6] = [
            "_HANDLER",
            "AWS_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_LAMBDA_RUNTIME_API",
        ];
        let reserved: Vec<&str> = RESERVED
            .into_iter()
            .filter(|name| self.environment.contains_key(*name))
            .collect();
        if !reserved.is_empty() {
            return Err(ServiceError::bad_request(
                "InvalidParameterValueException",
                format!(
                    "Lambda was unable to configure your environment variables because the \
                     environment variables you have provided contains reserved keys that are \
                     currently not supported for modification. Reserved keys used in this \
                     request: {}",
                    reserved.join(", ")
                ),
            ));
        }
        Ok(())
    }
}

fn invalid(field: &str, value: &dyn std::fmt::Display, rule: &str) -> ServiceError {
    ServiceError::bad_request(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{field}' failed to satisfy \
             constraint: {rule}"
        ),
    )
}

/// A function that exists in the account.
#[derive(Debug)]
pub struct Function {
    /// What it is made of.
    pub config: FunctionConfig,
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
    pub arn: String,
    /// Where its output goes: `/aws/lambda/NAME`.
    pub log_group: String,
    /// `$LATEST`, or the number of a version, which never changes.
    pub version: String,
    /// When it was last changed, in milliseconds since 1970.
    pub modified: i64,
    /// Changes with each change.
    pub revision: String,
    /// Who else may invoke it.
    pub(super) policy: Mutex<ResourcePolicy>,
    /// What becomes of asynchronous invocations, where it is set.
    event_invoke: Mutex<Option<EventInvoke>>,
    /// Its processes.
    pub(super) pool: Pool,
}

impl Function {
    pub(super) fn new(config: FunctionConfig, region: &str) -> Self {
        Self {
            arn: arn("lambda", region, &format!("function:{}", config.name)),
            log_group: format!("/aws/lambda/{}", config.name),
            policy: Mutex::new(ResourcePolicy::default()),
            event_invoke: Mutex::default(),
            pool: Pool::new(config.reserved_concurrency),
            version: LATEST.to_owned(),
            modified: now_millis(),
            revision: uuid::Uuid::new_v4().to_string(),
            config,
        }
    }

    /// What the function is now, as a version.
    pub(super) fn publish(&self, version: &str) -> Self {
        Self {
            arn: format!("{}:{version}", self.arn),
            log_group: self.log_group.clone(),
            version: version.to_owned(),
            modified: now_millis(),
            revision: uuid::Uuid::new_v4().to_string(),
            policy: Mutex::default(),
            event_invoke: Mutex::default(),
            pool: Pool::new(self.config.reserved_concurrency),
            config: self.config.clone(),
        }
    }

    /// How long one invocation may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.config.timeout_s.into())
    }

    /// What becomes of asynchronous invocations, where it is set.
    pub fn event_invoke(&self) -> Option<EventInvoke> {
        let kept = self.event_invoke.lock();
        kept.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what is to become of asynchronous invocations.
    pub fn set_event_invoke(&self, settings: Option<EventInvoke>) {
        let kept = self.event_invoke.lock();
        *kept.unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub(super) fn policy(&self) -> std::sync::MutexGuard<'_, ResourcePolicy> {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
