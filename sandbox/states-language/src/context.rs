//! The context object: `$$` in JSONPath, `$states.context` in JSONata.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};

use crate::history::millis;
use crate::payload::Payload;

/// What an execution knows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionContext {
    /// The execution's ARN.
    pub execution_arn: String,
    /// The execution's name.
    pub execution_name: String,
    /// The role that the execution acts as.
    pub role_arn: String,
    /// The state machine's ARN.
    pub state_machine_arn: String,
    /// The state machine's name.
    pub state_machine_name: String,
}

impl ExecutionContext {
    /// The context of an execution of this name, with ARNs of a region and account.
    pub fn named(machine: &str, execution: &str, region: &str, account: &str) -> Self {
        let states = format!("arn:aws:states:{region}:{account}");
        Self {
            execution_arn: format!("{states}:execution:{machine}:{execution}"),
            execution_name: execution.to_owned(),
            role_arn: format!("arn:aws:iam::{account}:role/{machine}"),
            state_machine_arn: format!("{states}:stateMachine:{machine}"),
            state_machine_name: machine.to_owned(),
        }
    }

    /// The parts of the execution's ARN.
    fn part(&self, at: usize) -> &str {
        self.execution_arn.split(':').nth(at).unwrap_or_default()
    }

    /// The region, as the execution's ARN names it.
    pub(crate) fn region(&self) -> &str {
        self.part(3)
    }

    /// The ARN of a Map run.
    pub(crate) fn map_run_arn(&self, label: &str, name: &str) -> String {
        format!(
            "arn:{}:states:{}:{}:mapRun:{}/{label}:{name}",
            self.part(1),
            self.region(),
            self.part(4),
            self.state_machine_name
        )
    }

    /// The context of an execution of a Map run.
    pub(crate) fn of_map_run(&self, label: &str, name: &str) -> Self {
        let machine = format!("{}/{label}", self.state_machine_name);
        Self {
            execution_arn: format!(
                "arn:{}:states:{}:{}:execution:{machine}:{name}",
                self.part(1),
                self.region(),
                self.part(4)
            ),
            execution_name: name.to_owned(),
            role_arn: self.role_arn.clone(),
            state_machine_arn: format!("{}/{label}", self.state_machine_arn),
            state_machine_name: machine,
        }
    }
}

/// What one attempt of one state knows of its surroundings. The object is made
/// when something asks for it.
pub(crate) struct Context<'a> {
    pub execution: &'a ExecutionContext,
    pub input: &'a Payload,
    pub started: SystemTime,
    pub state: &'a str,
    pub entered: SystemTime,
    /// How often the state was tried again; only states that can be retried tell.
    pub retries: Option<u64>,
    pub task_token: Option<&'a str>,
    pub item: Option<&'a MapItem>,
    pub made: OnceLock<Value>,
}

/// `$$.Map.Item`.
#[derive(Debug, Clone)]
pub(crate) struct MapItem {
    pub index: usize,
    pub value: Arc<Value>,
}

impl Context<'_> {
    /// The object, as "Accessing execution data from the Context object" in the
    /// developer guide and recordings of `$$` show it.
    pub fn value(&self) -> &Value {
        self.made.get_or_init(|| {
            let execution = self.execution;
            let mut context = json!({
                "Execution": {
                    "Id": execution.execution_arn,
                    "Input": self.input.value(),
                    "StartTime": iso(self.started),
                    "Name": execution.execution_name,
                    "RoleArn": execution.role_arn,
                    "RedriveCount": 0,
                },
                "StateMachine": {
                    "Id": execution.state_machine_arn,
                    "Name": execution.state_machine_name,
                },
                "State": { "Name": self.state, "EnteredTime": iso(self.entered) },
            });
            if let Some(retries) = self.retries {
                context["State"]["RetryCount"] = retries.into();
            }
            if let Some(token) = self.task_token {
                context["Task"] = json!({ "Token": token });
            }
            if let Some(item) = self.item {
                context["Map"] = json!({ "Item": { "Index": item.index, "Value": *item.value } });
            }
            context
        })
    }
}

/// Such as `2026-01-31T23:59:59.000Z`.
pub(crate) fn iso(time: SystemTime) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis(time)) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&format).ok())
        .unwrap_or_default()
}
