//! Step Functions: state machines, their executions, and the API of both.

pub mod activities;
pub mod execution;
mod listing;
mod machine;
mod name;
mod page;
pub mod tokens;
mod turns;

pub use machine::{Machine, create, delete, find, update};

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::{Value, json};
use states_language::check_request;

use crate::account::Account;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::services::{Protocol, Service};
use crate::time::epoch_seconds;
use execution::Executions;

/// The state machines and executions of the account.
#[derive(Debug, Default)]
pub struct States {
    machines: RwLock<BTreeMap<String, Arc<Machine>>>,
    executions: RwLock<Executions>,
    /// Tasks that wait for somebody to end them.
    pub tokens: tokens::Tokens,
    /// Tasks that workers ask for.
    pub activities: activities::Activities,
    /// Turns of executions that compute.
    turns: turns::Turns,
}

impl States {
    fn machines(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Machine>>> {
        self.machines.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn machines_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Machine>>> {
        self.machines
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn executions(&self) -> RwLockReadGuard<'_, Executions> {
        self.executions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn executions_mut(&self) -> RwLockWriteGuard<'_, Executions> {
        self.executions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["states"],
    is_global: false,
    protocol: Protocol::Json {
        target: "AWSStepFunctions",
        former: &[],
        call: |account, caller, request| {
            Box::pin(
                async move { call(account, &caller, &request.operation, &request.input).await },
            )
        },
    },
};

/// Answers one operation of the API.
///
/// # Errors
///
/// The operation's own, as the Step Functions API Reference lists them.
pub async fn call(
    account: &Arc<Account>,
    caller: &Principal,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let text = |name: &str| input[name].as_str();
    // IAM is asked before anything is looked up: who may not know of a thing
    // does not learn whether it exists.
    let allowed = |field: &'static str| -> Result<&str, ServiceError> {
        let resource = required(input, field)?;
        let action = format!("states:{operation}");
        account.authorize(caller, &action, resource, "AccessDeniedException")?;
        Ok(resource)
    };
    let allowed_on = |resource: &str| {
        let action = format!("states:{operation}");
        account.authorize(caller, &action, resource, "AccessDeniedException")
    };
    match operation {
        "CreateStateMachine" => {
            let name = required(input, "name")?;
            check_settings(account, input)?;
            allowed_on(&crate::arn::arn(
                "states",
                &account.region,
                &format!("stateMachine:{name}"),
            ))?;
            let machine = Machine::new(
                account,
                name,
                required(input, "definition")?,
                required(input, "roleArn")?,
                text("type").unwrap_or("STANDARD"),
            )?;
            let machine = create(account, machine)?;
            Ok(json!({
                "stateMachineArn": machine.arn,
                "creationDate": epoch_seconds(machine.created),
            }))
        }
        "UpdateStateMachine" => {
            let arn = allowed("stateMachineArn")?;
            check_settings(account, input)?;
            machine::update(account, arn, text("definition"), text("roleArn"))
        }
        "DescribeStateMachine" => Ok(find(account, allowed("stateMachineArn")?)?.description()),
        "DeleteStateMachine" => machine::delete(account, allowed("stateMachineArn")?),
        "ListStateMachines" => {
            allowed_on("*")?;
            machine::list(account, input)
        }
        "ListTagsForResource" => {
            allowed("resourceArn")?;
            Ok(json!({ "tags": [] }))
        }
        "StartExecution" => {
            let arn = allowed("stateMachineArn")?;
            let execution = execution::start(account, arn, text("name"), text("input"))?;
            Ok(json!({
                "executionArn": execution.arn,
                "startDate": epoch_seconds(execution.started),
            }))
        }
        "DescribeExecution" => {
            Ok(execution::find(account, allowed("executionArn")?)?.description())
        }
        "DescribeStateMachineForExecution" => {
            let execution = execution::find(account, allowed("executionArn")?)?;
            let mut description = execution.machine.description();
            description["updateDate"] = json!(epoch_seconds(execution.machine.updated));
            for only_of_machines in ["status", "type", "creationDate"] {
                description
                    .as_object_mut()
                    .map(|it| it.shift_remove(only_of_machines));
            }
            Ok(description)
        }
        "ListExecutions" => listing::list(account, allowed("stateMachineArn")?, input),
        "StartSyncExecution" => {
            let arn = allowed("stateMachineArn")?;
            execution::start_sync(account, arn, text("name"), text("input")).await
        }
        "StopExecution" => {
            let arn = allowed("executionArn")?;
            execution::stop(account, arn, text("error"), text("cause"))
        }
        "GetExecutionHistory" => listing::history(account, allowed("executionArn")?, input),
        "ValidateStateMachineDefinition" => {
            allowed_on("*")?;
            machine::validate(required(input, "definition")?, input)
        }
        "SendTaskSuccess" => {
            allowed_on("*")?;
            tokens::succeed(
                account,
                required(input, "taskToken")?,
                required(input, "output")?,
            )
        }
        "SendTaskFailure" => {
            allowed_on("*")?;
            tokens::fail(
                account,
                required(input, "taskToken")?,
                text("error"),
                text("cause"),
            )
        }
        "SendTaskHeartbeat" => {
            allowed_on("*")?;
            tokens::beat(account, required(input, "taskToken")?)
        }
        "CreateActivity" => {
            let name = required(input, "name")?;
            allowed_on(&activities::arn_of(account, name))?;
            activities::create(account, name)
        }
        "DescribeActivity" => activities::describe(account, allowed("activityArn")?),
        "DeleteActivity" => activities::delete(account, allowed("activityArn")?),
        "ListActivities" => {
            allowed_on("*")?;
            activities::list(account, input)
        }
        "GetActivityTask" => {
            let arn = allowed("activityArn")?;
            activities::next_task(account, arn, text("workerName")).await
        }
        other => Err(ServiceError::unknown_operation("Step Functions", other)),
    }
}

/// Checks what a state machine is made with besides its definition: it has no effect
/// here, but what is wrong is refused.
fn check_settings(account: &Account, input: &Value) -> Result<(), ServiceError> {
    check_request(input, |group| account.logs.has_group(group))
        .map_err(|error| ServiceError::bad_request(error.code, error.message))
}

/// A field that has to be there.
fn required<'a>(input: &'a Value, field: &str) -> Result<&'a str, ServiceError> {
    input[field].as_str().ok_or_else(|| {
        ServiceError::bad_request(
            "ValidationException",
            format!(
                "1 validation error detected: Value null at '{field}' failed to satisfy \
                 constraint: Member must not be null"
            ),
        )
    })
}
