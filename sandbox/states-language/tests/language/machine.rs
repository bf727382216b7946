//! Runs a definition and tells how it went.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use states_language::{
    BoxFuture, DrivenClock, Execution, ExecutionContext, History, Kind, Outcome, StateMachine,
    TaskFailure, TaskProgress, TaskRequest, TaskRunner,
};

/// A function's ARN.
pub const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:work";

/// How a task is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// With a result.
    Gives(Value),
    /// With an error and a cause.
    Fails(&'static str, &'static str),
    /// Not at all.
    Silent,
}

/// Answers tasks in their order; remembers what they asked.
#[derive(Debug, Default)]
pub struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Value>>,
}

impl TaskRunner for Script {
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        _progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        self.asked.lock().unwrap().push(request.input);
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move {
            match answer.unwrap_or(Answer::Gives(json!({}))) {
                Answer::Gives(value) => Ok(value),
                Answer::Fails(error, cause) => Err(TaskFailure::new(error, cause)),
                Answer::Silent => std::future::pending().await,
            }
        })
    }
}

/// An execution that has ended.
#[derive(Debug)]
pub struct Ran {
    pub outcome: Outcome,
    /// As GetExecutionHistory shows it.
    pub events: Vec<Value>,
    /// What each task got.
    pub asked: Vec<Value>,
    /// How long it took by its clock.
    pub took: Duration,
}

impl Ran {
    /// The output of a success.
    pub fn output(&self) -> &Value {
        match &self.outcome {
            Outcome::Succeeded { output } => output,
            other => panic!("{other:?}"),
        }
    }

    /// The error and cause of a failure.
    pub fn failure(&self) -> (&str, &str) {
        match &self.outcome {
            Outcome::Failed { error, cause } => (
                error.as_deref().unwrap_or_default(),
                cause.as_deref().unwrap_or_default(),
            ),
            other => panic!("{other:?}"),
        }
    }

    /// Each event's type and the id of the one before it.
    pub fn types(&self) -> Vec<(&str, u64)> {
        let events = self.events.iter();
        let event = |it: &'_ Value| it["previousEventId"].as_u64().unwrap();
        events
            .map(|it| (it["type"].as_str().unwrap(), event(it)))
            .collect()
    }
}

/// Runs a whole machine.
pub fn run(machine: &Value, input: &Value, answers: &[Answer]) -> Ran {
    run_as(Kind::Standard, machine, input, answers)
}

/// Runs a whole machine of a kind.
pub fn run_as(kind: Kind, machine: &Value, input: &Value, answers: &[Answer]) -> Ran {
    let program = StateMachine::parse_as(&machine.to_string(), kind)
        .unwrap_or_else(|findings| panic!("{findings:#?}"));
    let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let clock = DrivenClock::new(begun);
    let script = Arc::new(Script::default());
    *script.answers.lock().unwrap() = answers.iter().cloned().collect();
    let history = History::new();
    let execution = Execution {
        program: Arc::new(program),
        context: ExecutionContext::named("machine", "one", "eu-west-1", "123456789012"),
        input: input.to_string(),
        tasks: script.clone(),
        clock: Arc::new(clock.clone()),
        history: history.clone(),
    };
    let running = execution.run();
    let started = history.len();
    assert_eq!(started, 1, "it has started before anything of it runs");
    let outcome = clock.run(running).unwrap();
    use states_language::Clock as _;
    Ran {
        outcome,
        events: serde_json::from_value(json!(history.events())).unwrap(),
        asked: std::mem::take(&mut script.asked.lock().unwrap()),
        took: clock.now().duration_since(begun).unwrap(),
    }
}

/// A machine of one state, called `S`.
pub fn one(state: Value) -> Value {
    json!({ "StartAt": "S", "States": { "S": with_end(state) } })
}

/// The same with JSONata as its language.
pub fn one_of_jsonata(state: Value) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": { "S": with_end(state) } })
}

fn with_end(mut state: Value) -> Value {
    let leads = ["Next", "End"].iter().any(|it| state.get(*it).is_some());
    let ends = ["Choice", "Succeed", "Fail"]
        .iter()
        .any(|it| state["Type"] == *it);
    if !leads && !ends {
        state["End"] = true.into();
    }
    state
}
