//! Step Functions: state machines, their executions, and the API of both.

mod execution;
mod machine;
mod name;
mod page;
mod task;

pub use machine::{Machine, create, find};

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::{Value, json};

use crate::account::Account;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::time::epoch_seconds;
use execution::Executions;

/// The state machines and executions of the account.
#[derive(Debug, Default)]
pub struct States {
    machines: RwLock<BTreeMap<String, Arc<Machine>>>,
    executions: RwLock<Executions>,
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
        "ListExecutions" => execution::list(account, allowed("stateMachineArn")?, input),
        "StopExecution" => {
            let arn = allowed("executionArn")?;
            execution::stop(account, arn, text("error"), text("cause"))
        }
        "GetExecutionHistory" => execution::history(account, allowed("executionArn")?, input),
        other => Err(ServiceError::unknown_operation("Step Functions", other)),
    }
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
