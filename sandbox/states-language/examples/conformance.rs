//! Runs recorded cases through the interpreter, for a scorer to compare with what
//! AWS answered.
//!
//! `cargo run --release -p states-language --example conformance -- DIR > results.jsonl`
//!
//! DIR holds `*.jsonl` files with one case a line: `kind`, `definition` (or
//! `definition_text`), `input`, `context`, `request`, and in `replies` how each task
//! was answered. Nothing else of a case is read. A result is one line of JSON.

use std::collections::VecDeque;
use std::error::Error;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Value, json};
use states_language::{
    BoxFuture, Diagnostic, DrivenClock, Execution, ExecutionContext, FailureStage, History, Kind,
    Outcome, Severity, StateMachine, TaskFailure, TaskProgress, TaskRequest, TaskRunner,
    check_request, invalid_definition_message,
};

/// What a runner may know of a case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    kind: String,
    #[serde(default, rename = "type")]
    machine_type: Option<String>,
    #[serde(default)]
    definition: Value,
    #[serde(default, rename = "definition_text")]
    definition_text: Option<String>,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    context: Context,
    #[serde(default)]
    request: Value,
    #[serde(default)]
    replies: VecDeque<Reply>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    state_machine_name: String,
    execution_name: String,
    role_arn: String,
    account: String,
    region: String,
}

/// How a task was answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    resource: String,
    resource_type: Option<String>,
    #[serde(default)]
    input: Value,
    submitted: Option<Value>,
    end: String,
    output: Option<Value>,
    error: Option<String>,
    cause: Option<Value>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: conformance DIR")?;
    let mut files: Vec<_> = std::fs::read_dir(&folder)?
        .map(|entry| entry.map(|it| it.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut output = std::io::stdout().lock();
    for file in files
        .iter()
        .filter(|it| it.extension().is_some_and(|it| it == "jsonl"))
    {
        for line in std::fs::read_to_string(file)?.lines() {
            let case: Case = serde_json::from_str(line)?;
            if let Some(result) = run(case) {
                writeln!(output, "{result}")?;
            }
        }
    }
    Ok(())
}

/// Runs a case; nothing of the kinds that are not about the language.
fn run(case: Case) -> Option<Value> {
    let kind = match case.machine_type.as_deref() {
        Some("EXPRESS") => Kind::Express,
        _ => Kind::Standard,
    };
    let definition = match (&case.definition_text, &case.definition) {
        (Some(text), _) | (None, Value::String(text)) => text.clone(),
        (None, other) => other.to_string(),
    };
    let name = case.name.clone();
    let mut result = match case.kind.as_str() {
        "execution" | "sync_execution" => execute(case, &definition, kind),
        "create_error" => create(&case.request, &definition, kind),
        "validate" => {
            let findings = StateMachine::validate(&definition, kind);
            let fails = findings.iter().any(|it| it.severity == Severity::Error);
            json!({ "result": if fails { "FAIL" } else { "OK" }, "diagnostics": findings })
        }
        "variable_references" => match StateMachine::parse_as(&definition, kind) {
            Ok(machine) => json!({ "variableReferences": machine.variable_references() }),
            Err(findings) => rejected(&findings),
        },
        _ => return None,
    };
    result["name"] = name.into();
    Some(result)
}

/// Creates a state machine in an account that is empty, or changes one there.
fn create(request: &Value, definition: &str, kind: Kind) -> Value {
    let refused = |code: &str, message: String| json!({ "status": "REJECTED", "code": code, "message": message });
    if let Some(arn) = request["stateMachineArn"].as_str() {
        let message = format!("State Machine Does Not Exist: '{arn}'");
        return refused("StateMachineDoesNotExist", message);
    }
    if let Err(error) = check_request(request, |_| false) {
        return refused(error.code, error.message);
    }
    match StateMachine::parse_as(definition, kind) {
        Ok(_) => json!({ "status": "ACCEPTED" }),
        Err(findings) => rejected(&findings),
    }
}

fn rejected(findings: &[Diagnostic]) -> Value {
    json!({
        "status": "REJECTED",
        "code": "InvalidDefinition",
        "message": invalid_definition_message(findings),
    })
}

fn execute(case: Case, definition: &str, kind: Kind) -> Value {
    let program = match StateMachine::parse_as(definition, kind) {
        Ok(program) => Arc::new(program),
        Err(findings) => return rejected(&findings),
    };
    let Context {
        state_machine_name,
        execution_name,
        role_arn,
        account,
        region,
    } = case.context;
    let history = match kind {
        Kind::Standard => History::new(),
        Kind::Express => History::unrecorded(),
    };
    let clock = DrivenClock::new(SystemTime::now());
    let execution = Execution {
        program,
        context: ExecutionContext {
            role_arn,
            ..ExecutionContext::named(&state_machine_name, &execution_name, &region, &account)
        },
        input: case.input.to_string(),
        tasks: Arc::new(Recorded(Mutex::new(case.replies))),
        clock: Arc::new(clock.clone()),
        history: history.clone(),
    };
    let mut result = match clock.run(execution.run()) {
        Ok(Outcome::Succeeded { output }) => json!({ "status": "SUCCEEDED", "output": output }),
        Ok(Outcome::Failed { error, cause }) => {
            json!({ "status": "FAILED", "error": error, "cause": cause })
        }
        Ok(Outcome::TimedOut) => json!({ "status": "TIMED_OUT" }),
        Err(_) => json!({ "status": "RUNNING" }),
    };
    result["history"] = json!(history.events());
    result
}

/// Answers tasks as they were answered when the case was recorded.
struct Recorded(Mutex<VecDeque<Reply>>);

impl Recorded {
    /// The first reply to this task that was not yet given.
    fn take(&self, request: &TaskRequest) -> Option<Reply> {
        let mut replies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_of = |reply: &Reply| {
            let resource = match &reply.resource_type {
                Some(service) => format!("arn:aws:states:::{service}:{}", reply.resource),
                None => reply.resource.clone(),
            };
            resource == request.resource
        };
        let matches = |reply: &Reply| is_of(reply) && value_of(&reply.input) == request.input;
        // A recorded input may hold placeholders.
        let at = replies
            .iter()
            .position(matches)
            .or_else(|| replies.iter().position(is_of))?;
        replies.remove(at)
    }
}

/// Recordings hold JSON text, or the object that it spells.
fn value_of(recorded: &Value) -> Value {
    match recorded {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| recorded.clone()),
        other => other.clone(),
    }
}

impl TaskRunner for Recorded {
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        Box::pin(async move {
            // Every bucket takes what is written to it.
            if request.resource == "arn:aws:states:::s3:putObject" {
                return Ok(json!({}));
            }
            let Some(reply) = self.take(&request) else {
                let problem = format!("no reply of {} is recorded", request.resource);
                return Err(TaskFailure::new("Recording", problem));
            };
            progress.activity_started(None);
            if let Some(submitted) = &reply.submitted {
                progress.submitted(&value_of(submitted));
            }
            let stage = match reply.end.as_str() {
                "Succeeded" => return Ok(reply.output.as_ref().map_or(Value::Null, value_of)),
                "Failed" => FailureStage::Run,
                "SubmitFailed" => FailureStage::Submit,
                "StartFailed" => FailureStage::Start,
                _ => return std::future::pending().await,
            };
            Err(TaskFailure {
                error: reply.error,
                cause: reply.cause.map(|cause| match cause {
                    Value::String(text) => text,
                    other => other.to_string(),
                }),
                stage,
            })
        })
    }
}
