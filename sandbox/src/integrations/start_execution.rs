//! `states:startExecution` in its three forms.

use std::sync::Arc;

use serde_json::{Value, json};
use states_language::{FailureStage, TaskFailure, TaskProgress};

use super::Caller;
use super::answer::{STATES, with_metadata};
use crate::account::Account;
use crate::error::ServiceError;
use crate::states::execution::{self, Execution};

/// Starts an execution; the answer tells its ARN.
pub fn start(caller: &Caller, input: &Value) -> Result<Value, TaskFailure> {
    let execution = begin(caller, input).map_err(|error| STATES.failure(&error))?;
    Ok(started(&execution))
}

/// Starts an execution and waits for its end (`.sync`); `parsed` gives its input and
/// output as values, not as texts (`.sync:2`).
///
/// Should the task be broken off, the execution is stopped.
pub async fn run_to_end(
    caller: &Caller,
    input: &Value,
    parsed: bool,
    progress: &TaskProgress,
) -> Result<Value, TaskFailure> {
    let execution =
        begin(caller, input).map_err(|error| STATES.failure(&error).at(FailureStage::Submit))?;
    progress.submitted(&started(&execution));
    let mut child = Child {
        account: caller.account.clone(),
        execution,
        ended: false,
    };
    child.execution.wait_for_end().await;
    child.ended = true;
    let description = child.execution.description();
    let succeeded = description["status"] == "SUCCEEDED";
    let outcome = outcome(&description, parsed && succeeded);
    if succeeded {
        Ok(outcome)
    } else {
        Err(TaskFailure::new("States.TaskFailed", outcome.to_string()))
    }
}

fn begin(caller: &Caller, input: &Value) -> Result<Arc<Execution>, ServiceError> {
    let machine = input["StateMachineArn"].as_str().unwrap_or_default();
    caller.authorize("states:StartExecution", machine, "AccessDeniedException")?;
    let text = match input.get("Input") {
        None => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let name = input["Name"].as_str();
    execution::start(&caller.account, machine, name, text.as_deref())
}

fn started(execution: &Execution) -> Value {
    let members = json!({
        "ExecutionArn": execution.arn,
        "StartDate": execution.started,
    });
    let headers = [("Content-Type", "application/x-amz-json-1.0")];
    with_metadata(members, 200, &headers)
}

/// What DescribeExecution answers, with the names and in the order of names that
/// Step Functions gives it.
fn outcome(description: &Value, parsed: bool) -> Value {
    let mut outcome = serde_json::Map::new();
    for (name, value) in description.as_object().into_iter().flatten() {
        let value = match (name.as_str(), value) {
            ("startDate" | "stopDate", Value::Number(seconds)) => {
                json!((seconds.as_f64().unwrap_or_default() * 1000.0).round() as i64)
            }
            ("input" | "output", Value::String(text)) if parsed => {
                serde_json::from_str(text).unwrap_or_else(|_| value.clone())
            }
            ("inputDetails" | "outputDetails", _) => json!({ "Included": true }),
            _ => value.clone(),
        };
        outcome.insert(super::aws_sdk::upper_first(name), value);
    }
    outcome.sort_keys();
    Value::Object(outcome)
}

/// An execution that ends with the task that waits for it.
struct Child {
    account: Arc<Account>,
    execution: Arc<Execution>,
    ended: bool,
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.ended {
            self.execution.stop(&self.account, None, None);
        }
    }
}
