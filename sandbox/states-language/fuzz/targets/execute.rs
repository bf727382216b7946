//! Runs what the parser accepts: the same hostile text then reaches evaluation.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;
use states_language::{
    BoxFuture, DrivenClock, Execution, ExecutionContext, History, StateMachine, TaskFailure,
    TaskProgress, TaskRequest, TaskRunner,
};

/// Answers every task with what it was called with.
struct Echo;

impl TaskRunner for Echo {
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        _progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        Box::pin(async move { Ok(request.input) })
    }
}

/// Parses `definition` and, where it is accepted, runs it to its end.
pub fn execute(definition: &str, input: &str) {
    let Ok(program) = StateMachine::parse(definition) else {
        return;
    };
    let clock = DrivenClock::new(SystemTime::UNIX_EPOCH);
    let execution = Execution {
        program: Arc::new(program),
        context: ExecutionContext::named("fuzz", "fuzz", "eu-west-1", "123456789012"),
        input: input.to_owned(),
        tasks: Arc::new(Echo),
        clock: Arc::new(clock.clone()),
        history: History::new(),
    };
    clock.run(execution.run()).expect("an execution ends");
}
