//! Executions: started, watched, stopped, and what they leave behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use states_language::{Execution as Run, ExecutionContext, History, Kind, Outcome, json_problem};
use tokio::task::AbortHandle;

use crate::account::Account;
use crate::activity::Activity;
use crate::arn::arn;
use crate::error::ServiceError;
use crate::time::{epoch_seconds, now_millis};

use super::machine::{self, Machine};
use super::name::{check_arn, check_name};
use super::page::{Page, next_token};
use super::task::Tasks;

/// The largest input, in bytes ("Step Functions quotas").
const LARGEST_INPUT: usize = 256 * 1024;

/// All executions, by ARN and in the order in which they started.
#[derive(Debug, Default)]
pub struct Executions {
    by_arn: BTreeMap<String, Arc<Execution>>,
    in_order: Vec<Arc<Execution>>,
}

/// One execution.
#[derive(Debug)]
pub struct Execution {
    /// `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`.
    pub arn: String,
    /// The name, unique among the executions of its state machine.
    pub name: String,
    /// The state machine as it was when the execution started.
    pub machine: Arc<Machine>,
    /// The input as it was given.
    input: String,
    /// Milliseconds since 1970.
    pub started: i64,
    history: History,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    /// Ends the run; nothing once it has ended.
    run: Option<AbortHandle>,
    status: &'static str,
    stopped: Option<i64>,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

/// StartExecution.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `ExecutionAlreadyExists` (a name is taken once
/// and for all, unless a running execution has the same input: then it is the
/// answer), `InvalidName`, `InvalidExecutionInput`.
pub fn start(
    account: &Arc<Account>,
    machine_arn: &str,
    name: Option<&str>,
    input: Option<&str>,
) -> Result<Arc<Execution>, ServiceError> {
    let machine = machine::find(account, machine_arn)?;
    let name = match name {
        Some(name) => name.to_owned(),
        None => uuid::Uuid::new_v4().to_string(),
    };
    check_name(&name)?;
    let input = input.unwrap_or("{}");
    check_input(input)?;
    let arn = if machine.kind == Kind::Express {
        let unique = uuid::Uuid::new_v4();
        arn(
            "states",
            &account.region,
            &format!("express:{}:{name}:{unique}", machine.name),
        )
    } else {
        arn(
            "states",
            &account.region,
            &format!("execution:{}:{name}", machine.name),
        )
    };
    let mut executions = account.states.executions_mut();
    if let Some(old) = executions.by_arn.get(&arn) {
        if old.input == input && old.progress().status == "RUNNING" {
            return Ok(old.clone());
        }
        return Err(ServiceError::bad_request(
            "ExecutionAlreadyExists",
            format!("Execution Already Exists: '{arn}'"),
        ));
    }
    let history = match machine.kind {
        Kind::Standard => History::new(),
        Kind::Express => History::unrecorded(),
    };
    let execution = Arc::new(Execution {
        arn: arn.clone(),
        name,
        input: input.to_owned(),
        started: now_millis(),
        history: history.clone(),
        progress: Mutex::new(Progress {
            run: None,
            status: "RUNNING",
            stopped: None,
            output: None,
            error: None,
            cause: None,
        }),
        machine,
    });
    account.feed.tell(Activity::ExecutionStarted {
        execution: arn.clone(),
    });
    // Held until the handle is there, so that the run cannot end before.
    let mut progress = execution.progress();
    progress.run = Some(spawn(account, execution.clone(), history));
    drop(progress);
    executions.by_arn.insert(arn, execution.clone());
    executions.in_order.push(execution.clone());
    Ok(execution)
}

fn spawn(account: &Arc<Account>, execution: Arc<Execution>, history: History) -> AbortHandle {
    let machine = &execution.machine;
    let context = ExecutionContext {
        execution_arn: execution.arn.clone(),
        execution_name: execution.name.clone(),
        role_arn: machine.role_arn.clone(),
        state_machine_arn: machine.arn.clone(),
        state_machine_name: machine.name.clone(),
    };
    let run = Run {
        program: machine.program.clone(),
        context,
        input: execution.input.clone(),
        tasks: Arc::new(Tasks::new(account, &machine.role_arn)),
        clock: account.clock.0.clone(),
        history,
    };
    let account_of_run = account.clone();
    account.background.spawn(async move {
        let outcome = run.run().await;
        execution.end(&account_of_run, outcome);
    })
}

fn check_input(input: &str) -> Result<(), ServiceError> {
    if input.len() > LARGEST_INPUT {
        return Err(ServiceError::bad_request(
            "InvalidExecutionInput",
            format!(
                "Invalid State Machine Execution Input: 'The input is larger than {LARGEST_INPUT} bytes'"
            ),
        ));
    }
    let problem = match serde_json::from_str::<serde::de::IgnoredAny>(input) {
        _ if input.is_empty() => "Invalid execution input.".to_owned(),
        Ok(_) => return Ok(()),
        Err(error) => json_problem(input, &error),
    };
    Err(ServiceError::bad_request(
        "InvalidExecutionInput",
        format!("Invalid State Machine Execution Input: '{problem}'"),
    ))
}

impl Execution {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, account: &Account, outcome: Outcome) {
        let mut progress = self.progress();
        // StopExecution may have come first.
        if progress.status != "RUNNING" {
            return;
        }
        match outcome {
            Outcome::Succeeded { output } => {
                progress.status = "SUCCEEDED";
                progress.output = Some(output.to_string());
            }
            Outcome::Failed { error, cause } => {
                progress.status = "FAILED";
                (progress.error, progress.cause) = (error, cause);
            }
            Outcome::TimedOut => progress.status = "TIMED_OUT",
        }
        self.ended(account, &mut progress);
    }

    fn ended(&self, account: &Account, progress: &mut Progress) {
        progress.run = None;
        progress.stopped = Some(now_millis());
        let texts: Vec<&str> = [&progress.error, &progress.cause]
            .into_iter()
            .filter_map(|it| it.as_deref())
            .collect();
        account.feed.tell(Activity::ExecutionFinished {
            execution: self.arn.clone(),
            status: progress.status.to_owned(),
            error: (!texts.is_empty()).then(|| texts.join(": ")),
        });
    }

    /// As DescribeExecution shows it.
    pub fn description(&self) -> Value {
        let progress = self.progress();
        let mut description = json!({
            "executionArn": self.arn,
            "stateMachineArn": self.machine.arn,
            "name": self.name,
            "status": progress.status,
            "startDate": epoch_seconds(self.started),
            "input": self.input,
            "inputDetails": { "included": true },
            "redriveCount": 0,
            "redriveStatus": if progress.status == "RUNNING" || progress.status == "SUCCEEDED" {
                "NOT_REDRIVABLE"
            } else {
                "REDRIVABLE"
            },
        });
        match progress.status {
            "RUNNING" => {
                description["redriveStatusReason"] =
                    "Execution is RUNNING and cannot be redriven".into();
            }
            "SUCCEEDED" => {
                description["redriveStatusReason"] =
                    "Execution is SUCCEEDED and cannot be redriven".into();
            }
            _ => {}
        }
        if let Some(stopped) = progress.stopped {
            description["stopDate"] = json!(epoch_seconds(stopped));
        }
        if let Some(output) = &progress.output {
            description["output"] = json!(output);
            description["outputDetails"] = json!({ "included": true });
        }
        for (name, value) in [("error", &progress.error), ("cause", &progress.cause)] {
            if let Some(value) = value {
                description[name] = json!(value);
            }
        }
        description
    }
}

/// Finds an execution.
///
/// # Errors
///
/// `InvalidArn`, `ExecutionDoesNotExist`.
pub fn find(account: &Account, arn: &str) -> Result<Arc<Execution>, ServiceError> {
    check_arn(arn, &["execution", "express"])?;
    account
        .states
        .executions()
        .by_arn
        .get(arn)
        .cloned()
        .ok_or_else(|| {
            ServiceError::bad_request(
                "ExecutionDoesNotExist",
                format!("Execution Does Not Exist: '{arn}'"),
            )
        })
}

/// StopExecution: one that has ended already stays as it is.
///
/// # Errors
///
/// As [`find`].
pub fn stop(
    account: &Account,
    arn: &str,
    error: Option<&str>,
    cause: Option<&str>,
) -> Result<Value, ServiceError> {
    let execution = find(account, arn)?;
    let mut progress = execution.progress();
    if let Some(run) = progress.run.take() {
        run.abort();
        execution
            .history
            .record_aborted(std::time::SystemTime::now(), error, cause);
        progress.status = "ABORTED";
        progress.error = error.map(str::to_owned);
        progress.cause = cause.map(str::to_owned);
        execution.ended(account, &mut progress);
    }
    let stopped = progress.stopped.unwrap_or_else(now_millis);
    Ok(json!({ "stopDate": epoch_seconds(stopped) }))
}

/// ListExecutions of one state machine, newest first.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `InvalidToken`.
pub fn list(account: &Account, machine_arn: &str, input: &Value) -> Result<Value, ServiceError> {
    let machine = machine::find(account, machine_arn)?;
    let page = Page::of(input, 1000)?;
    let executions = account.states.executions();
    // A page ends with a place in the order of starts, so that executions which
    // start between two pages shift nothing.
    let before = match page.after_number()? {
        Some(place) => usize::try_from(place).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let wanted = input["statusFilter"].as_str();
    let mut rest = executions
        .in_order
        .iter()
        .enumerate()
        .rev()
        .filter(|(place, execution)| {
            *place < before
                && execution.machine.arn == machine.arn
                && wanted.is_none_or(|status| execution.progress().status == status)
        })
        .peekable();
    let listed: Vec<(usize, &Arc<Execution>)> = rest.by_ref().take(page.size).collect();
    let items: Vec<Value> = listed
        .iter()
        .map(|(_, execution)| {
            let progress = execution.progress();
            let mut item = json!({
                "executionArn": execution.arn,
                "stateMachineArn": machine.arn,
                "name": execution.name,
                "status": progress.status,
                "startDate": epoch_seconds(execution.started),
                "redriveCount": 0,
            });
            if let Some(stopped) = progress.stopped {
                item["stopDate"] = json!(epoch_seconds(stopped));
            }
            item
        })
        .collect();
    let mut answer = json!({ "executions": items });
    if let (Some((place, _)), Some(_)) = (listed.last(), rest.peek()) {
        answer["nextToken"] = next_token(&place.to_string());
    }
    Ok(answer)
}

/// Takes the inputs and outputs out of events.
fn remove_data(events: &mut Value) {
    let events = events.as_array_mut().into_iter().flatten();
    let fields = events
        .filter_map(Value::as_object_mut)
        .flat_map(|it| it.values_mut());
    for details in fields.filter_map(Value::as_object_mut) {
        for field in ["input", "inputDetails", "output", "outputDetails"] {
            details.remove(field);
        }
    }
}

/// GetExecutionHistory.
///
/// # Errors
///
/// `ExecutionDoesNotExist`, `InvalidToken`.
pub fn history(account: &Account, arn: &str, input: &Value) -> Result<Value, ServiceError> {
    let execution = find(account, arn)?;
    let page = Page::of(input, 1000)?;
    let shown = page.after_number()?.unwrap_or_default();
    let shown = usize::try_from(shown).unwrap_or(usize::MAX);
    let total = execution.history.len();
    let events = if input["reverseOrder"] == Value::Bool(true) {
        let end = total.saturating_sub(shown);
        let start = end.saturating_sub(page.size);
        let mut events = execution.history.page(start, end - start);
        events.reverse();
        events
    } else {
        execution.history.page(shown, page.size)
    };
    let shown = shown.saturating_add(events.len());
    let mut events = serde_json::to_value(&events).map_err(|error| {
        ServiceError::new(
            500,
            "InternalFailure",
            format!("The history cannot be written: {error}"),
        )
    })?;
    if input["includeExecutionData"] == Value::Bool(false) {
        remove_data(&mut events);
    }
    let mut answer = json!({ "events": events });
    if shown < total {
        answer["nextToken"] = next_token(&shown.to_string());
    }
    Ok(answer)
}
