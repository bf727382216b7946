//! Executions: started, watched, stopped, and what they leave behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde_json::{Value, json};
use states_language::{Execution as Run, ExecutionContext, History, Kind, Outcome, json_problem};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::account::Account;
use crate::activity::{What, led_by};
use crate::arn::arn;
use crate::error::ServiceError;
use crate::integrations::Tasks;
use crate::time::{epoch_seconds, now_millis};

use super::machine::{self, Machine};
use super::name::{check_arn, check_name};

/// The largest input, in bytes ("Step Functions quotas").
const LARGEST_INPUT: usize = 256 * 1024;

/// How long an execution of an express state machine may take ("Step Functions quotas").
const LONGEST_EXPRESS: Duration = Duration::from_secs(5 * 60);

/// How many executions that have ended are kept. AWS keeps them for 90 days; here the
/// oldest make room, or a long day would fill a laptop's memory.
const MOST_ENDED: usize = 10_000;

/// Up to so many bytes of input, JSONPath has nothing to do that takes long.
const LIGHT_INPUT: usize = 4 * 1024;

/// All executions, by ARN and in the order in which they started.
#[derive(Debug, Default)]
pub struct Executions {
    by_arn: BTreeMap<String, Arc<Execution>>,
    /// By a number that grows with each start.
    pub(super) in_order: BTreeMap<u64, Arc<Execution>>,
    started: u64,
    /// Those of express state machines, which nobody can ask for.
    express: Vec<Weak<Execution>>,
}

impl Executions {
    fn insert(&mut self, execution: &Arc<Execution>) {
        self.by_arn.insert(execution.arn.clone(), execution.clone());
        self.started += 1;
        self.in_order.insert(self.started, execution.clone());
        if self.in_order.len() > MOST_ENDED {
            let oldest = self
                .in_order
                .iter()
                .find(|(_, it)| it.status() != "RUNNING");
            if let Some(number) = oldest.map(|(number, _)| *number)
                && let Some(oldest) = self.in_order.remove(&number)
            {
                self.by_arn.remove(&oldest.arn);
            }
        }
    }
}

/// Ends what runs of an express state machine that is deleted.
pub(super) fn stop_express(account: &Account, machine_arn: &str) {
    let running: Vec<Arc<Execution>> = {
        let executions = account.states.executions();
        executions
            .express
            .iter()
            .filter_map(Weak::upgrade)
            .collect()
    };
    for execution in running.iter().filter(|it| it.machine.arn == machine_arn) {
        execution.stop(account, None, None);
    }
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
    pub(super) history: History,
    progress: Mutex<Progress>,
    ended: Notify,
}

#[derive(Debug)]
struct Progress {
    /// Ends the run; nothing once it has ended.
    run: Option<AbortHandle>,
    /// The activity of its start.
    started: Option<u64>,
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
/// `StateMachineDoesNotExist`, `ExecutionAlreadyExists` (of a standard state machine: a
/// name is taken once and for all, unless a running execution has the same input: then
/// it is the answer), `InvalidName`, `InvalidExecutionInput`.
pub fn start(
    account: &Arc<Account>,
    machine_arn: &str,
    name: Option<&str>,
    input: Option<&str>,
) -> Result<Arc<Execution>, ServiceError> {
    let execution = prepare(account, machine_arn, name, input)?;
    if execution.machine.kind == Kind::Express {
        // Nobody can ask for it any more: only its log tells of it, on AWS.
        begin(account, &execution);
        return Ok(execution);
    }
    let arn = execution.arn.clone();
    let mut executions = account.states.executions_mut();
    if let Some(old) = executions.by_arn.get(&arn) {
        if old.input == execution.input && old.progress().status == "RUNNING" {
            return Ok(old.clone());
        }
        return Err(ServiceError::bad_request(
            "ExecutionAlreadyExists",
            format!("Execution Already Exists: '{arn}'"),
        ));
    }
    begin(account, &execution);
    executions.insert(&execution);
    Ok(execution)
}

/// StartSyncExecution: starts an execution of an express state machine and waits for
/// its end.
///
/// # Errors
///
/// `StateMachineTypeNotSupported`, and as for [`start`].
pub async fn start_sync(
    account: &Arc<Account>,
    machine_arn: &str,
    name: Option<&str>,
    input: Option<&str>,
) -> Result<Value, ServiceError> {
    let execution = prepare(account, machine_arn, name, input)?;
    if execution.machine.kind != Kind::Express {
        return Err(not_of_this_type());
    }
    begin(account, &execution);
    execution.wait_for_end().await;
    Ok(execution.sync_answer())
}

/// That an operation is not for this kind of state machine.
pub fn not_of_this_type() -> ServiceError {
    ServiceError::bad_request(
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )
}

fn prepare(
    account: &Account,
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
    let (resource, history) = match machine.kind {
        Kind::Standard => (format!("execution:{}:{name}", machine.name), History::new()),
        Kind::Express => {
            let unique = uuid::Uuid::new_v4();
            let resource = format!("express:{}:{name}:{unique}", machine.name);
            (resource, History::unrecorded())
        }
    };
    Ok(Arc::new(Execution {
        arn: arn("states", &account.region, &resource),
        name,
        input: input.to_owned(),
        started: now_millis(),
        history,
        progress: Mutex::new(Progress {
            run: None,
            started: None,
            status: "RUNNING",
            stopped: None,
            output: None,
            error: None,
            cause: None,
        }),
        ended: Notify::new(),
        machine,
    }))
}

fn begin(account: &Arc<Account>, execution: &Arc<Execution>) {
    if execution.machine.kind == Kind::Express {
        let mut executions = account.states.executions_mut();
        executions.express.retain(|it| it.strong_count() > 0);
        executions.express.push(Arc::downgrade(execution));
    }
    let started = account.feed.tell(What::ExecutionStarted {
        execution: execution.arn.clone(),
    });
    // Held until the handle is there, so that the run cannot end before.
    let mut progress = execution.progress();
    progress.started = Some(started);
    progress.run = Some(spawn(account, execution.clone(), started));
}

fn spawn(account: &Arc<Account>, execution: Arc<Execution>, started: u64) -> AbortHandle {
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
        tasks: Arc::new(Tasks::new(account, &machine.role_arn, &machine.arn)),
        clock: account.clock.0.clone(),
        history: execution.history.clone(),
    };
    let heavy = execution.input.len() > LIGHT_INPUT || machine.definition.contains("JSONata");
    // It has started, also where it waits for its first turn.
    let run = run.run();
    let account_of_run = account.clone();
    account.background.spawn(led_by(Some(started), async move {
        let clock = &account_of_run.clock.0;
        let turns = &account_of_run.states.turns;
        let outcome = match execution.machine.kind {
            Kind::Standard => turns.take(heavy, run).await,
            Kind::Express => tokio::select! {
                outcome = turns.take(heavy, run) => outcome,
                () = clock.sleep_until(clock.now() + LONGEST_EXPRESS) => Outcome::TimedOut,
            },
        };
        execution.end(&account_of_run, outcome);
    }))
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
        let ended = What::ExecutionFinished {
            execution: self.arn.clone(),
            status: progress.status.to_owned(),
            error: (!texts.is_empty()).then(|| texts.join(": ")),
        };
        account.feed.tell_of(progress.started, ended);
        self.ended.notify_waiters();
    }

    /// Waits until the execution has ended.
    pub async fn wait_for_end(&self) {
        loop {
            let ended = self.ended.notified();
            if self.progress().status != "RUNNING" {
                return;
            }
            ended.await;
        }
    }

    /// Stops the execution; one that has ended already stays as it is.
    pub fn stop(&self, account: &Account, error: Option<&str>, cause: Option<&str>) -> i64 {
        let mut progress = self.progress();
        if let Some(run) = progress.run.take() {
            run.abort();
            let now = std::time::SystemTime::now();
            self.history.record_aborted(now, error, cause);
            progress.status = "ABORTED";
            progress.error = error.map(str::to_owned);
            progress.cause = cause.map(str::to_owned);
            self.ended(account, &mut progress);
        }
        progress.stopped.unwrap_or_else(now_millis)
    }

    /// As StartSyncExecution answers.
    fn sync_answer(&self) -> Value {
        let mut answer = self.description();
        if let Some(members) = answer.as_object_mut() {
            members.retain(|name, _| !name.starts_with("redrive"));
        }
        let stopped = self.progress().stopped.unwrap_or(self.started);
        // Billed in steps of 100 ms and 64 MB ("AWS Step Functions Pricing").
        let duration = (stopped - self.started).max(1).unsigned_abs().div_ceil(100) * 100;
        answer["billingDetails"] =
            json!({ "billedDurationInMilliseconds": duration, "billedMemoryUsedInMB": 64 });
        answer
    }

    /// What the list of executions shows.
    pub(super) fn summary(&self) -> Value {
        let progress = self.progress();
        let mut summary = json!({
            "executionArn": self.arn,
            "stateMachineArn": self.machine.arn,
            "name": self.name,
            "status": progress.status,
            "startDate": epoch_seconds(self.started),
            "redriveCount": 0,
        });
        if let Some(stopped) = progress.stopped {
            summary["stopDate"] = json!(epoch_seconds(stopped));
        }
        summary
    }

    pub(super) fn status(&self) -> &'static str {
        self.progress().status
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
    if arn.split(':').nth(5) == Some("express") {
        return Err(ServiceError::bad_request(
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'",
        ));
    }
    check_arn(arn, &["execution"])?;
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
    let stopped = find(account, arn)?.stop(account, error, cause);
    Ok(json!({ "stopDate": epoch_seconds(stopped) }))
}
