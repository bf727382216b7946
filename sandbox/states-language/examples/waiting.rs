//! How much memory an execution takes that waits: real timers, one process.
//!
//! `cargo run --release -p states-language --example waiting -- COUNT SECONDS`
//!
//! Starts COUNT executions that each wait SECONDS, and prints a line of JSON once all
//! have finished: `executions`, the `seconds` from the first start to the last end,
//! and `bytes`, by which memory has grown when all of them wait (Linux only).

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{NoTasks, resident_memory};
use serde_json::json;
use states_language::{Execution, ExecutionContext, History, Outcome, StateMachine, SystemClock};

mod common;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, seconds] = arguments.as_slice() else {
        return Err("usage: waiting COUNT SECONDS".into());
    };
    let count: usize = count.parse()?;
    let seconds: u64 = seconds.parse()?;
    let definition = json!({
        "StartAt": "Rest",
        "States": { "Rest": { "Type": "Wait", "Seconds": seconds, "End": true } },
    });
    let program = StateMachine::parse(&definition.to_string()).map_err(|it| format!("{it:?}"))?;
    let program = Arc::new(program);

    let before = resident_memory();
    let begun = Instant::now();
    let histories: Vec<History> = (0..count).map(|_| History::new()).collect();
    let running: Vec<_> = histories
        .iter()
        .enumerate()
        .map(|(number, history)| {
            let name = format!("waiting-{number}");
            let execution = Execution {
                program: program.clone(),
                context: ExecutionContext::named("bench", &name, "us-east-1", "123456789012"),
                input: json!({ "number": number }).to_string(),
                tasks: Arc::new(NoTasks),
                clock: Arc::new(SystemClock),
                history: history.clone(),
            };
            tokio::spawn(execution.run())
        })
        .collect();
    // ExecutionStarted and WaitStateEntered: then it waits.
    while histories.iter().any(|it| it.len() < 2) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    if running.iter().any(|it| it.is_finished()) {
        return Err("the first ended before the last began: give more SECONDS".into());
    }
    let grown = resident_memory()
        .zip(before)
        .map(|(now, then)| now.saturating_sub(then));
    for (number, execution) in running.into_iter().enumerate() {
        let output = json!({ "number": number });
        match execution.await? {
            Outcome::Succeeded { output: got } if got == output => {}
            other => return Err(format!("execution {number} has to succeed, not {other:?}").into()),
        }
    }
    let took = begun.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({ "executions": count, "seconds": took, "bytes": grown })
    );
    Ok(())
}
