//! How fast one core interprets a state machine, with the full history recorded, and
//! how much memory the history takes.
//!
//! `cargo run --release -p states-language --example throughput -- MACHINE.json INPUT COUNT`
//!
//! Runs the machine COUNT times, one after the other on this thread, and prints a
//! line of JSON: `transitions`, `events` and `seconds` of all runs together, and
//! `bytes`, by which the memory has grown when all histories are kept (Linux only).

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use common::{NoTasks, resident_memory};
use serde_json::json;
use states_language::{
    DrivenClock, Execution, ExecutionContext, History, HistoryEvent, Outcome, StateMachine,
};

mod common;

/// Whether a state was entered: one transition.
fn is_entry(event: &HistoryEvent) -> bool {
    let name = json!(event)["type"]
        .as_str()
        .map(|it| it.ends_with("StateEntered"));
    name.unwrap_or(false)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [machine, input, count] = arguments.as_slice() else {
        return Err("usage: throughput MACHINE.json INPUT COUNT".into());
    };
    let definition = fs::read_to_string(machine)?;
    let program = StateMachine::parse(&definition).map_err(|it| format!("{it:?}"))?;
    let program = Arc::new(program);
    let run = |history: &History| {
        let clock = DrivenClock::new(SystemTime::now());
        let execution = Execution {
            program: program.clone(),
            context: ExecutionContext::named("bench", "bench", "us-east-1", "123456789012"),
            input: input.clone(),
            tasks: Arc::new(NoTasks),
            clock: Arc::new(clock.clone()),
            history: history.clone(),
        };
        match clock.run(execution.run()) {
            Ok(Outcome::Succeeded { .. }) => Ok(()),
            other => Err(format!("the machine has to succeed, not {other:?}")),
        }
    };
    run(&History::new())?;

    let count: usize = count.parse()?;
    let histories: Vec<History> = (0..count).map(|_| History::new()).collect();
    let before = resident_memory();
    let begun = Instant::now();
    for history in &histories {
        run(history)?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let grown = resident_memory()
        .zip(before)
        .map(|(now, then)| now.saturating_sub(then));

    let entered = |history: &History| {
        let events = history.events();
        events.iter().filter(|it| is_entry(it)).count()
    };
    let transitions: usize = histories.iter().map(entered).sum();
    let events: usize = histories.iter().map(History::len).sum();
    println!(
        "{}",
        json!({ "transitions": transitions, "events": events, "seconds": seconds, "bytes": grown })
    );
    Ok(())
}
