//! One execution, from its first state to its outcome.

mod choice;
mod distributed_map;
mod failure;
mod flow;
mod items;
mod map;
mod map_results;
mod parallel;
mod retry;
mod state;
mod task;
mod task_events;
mod thread;
mod wait;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::{Either, select};
use serde_json::Value;

use crate::clock::{Clock, yield_now};
use crate::context::ExecutionContext;
use crate::definition::{Kind, StateMachine};
use crate::event::{Event, FailureDetails, OutputDetails, StartDetails, Truncation};
use crate::history::History;
use crate::payload::Payload;
use crate::scope::Scope;
use crate::task::TaskRunner;
use failure::Failure;
use thread::Thread;

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With an output.
    Succeeded {
        /// Any JSON value.
        output: Value,
    },
    /// With an error that nothing caught.
    Failed {
        /// The error's name.
        error: Option<String>,
        /// What happened.
        cause: Option<String>,
    },
    /// The time that the state machine gives, or that an express one has, passed.
    TimedOut,
}

/// An execution that has not begun; dropping the future of [`Execution::run`]
/// aborts it.
pub struct Execution {
    /// What to run.
    pub program: Arc<StateMachine>,
    /// What it knows of itself.
    pub context: ExecutionContext,
    /// The input, as its author wrote it: JSON text.
    pub input: String,
    /// Runs its tasks.
    pub tasks: Arc<dyn TaskRunner>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Where it records what happens.
    pub history: History,
}

/// The longest times of executions ("Step Functions quotas").
const LONGEST_EXPRESS: Duration = Duration::from_secs(5 * 60);
const LONGEST_STANDARD: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// After so long others get their turn: an endless loop must not hold a thread, and timeouts must
/// be seen.
const LONGEST_TURN: Duration = Duration::from_millis(5);

/// What the states of one execution share.
pub(crate) struct Run<'a> {
    pub context: &'a ExecutionContext,
    pub input: Payload,
    pub started: SystemTime,
    pub tasks: &'a dyn TaskRunner,
    pub clock: &'a Arc<dyn Clock>,
    pub history: &'a History,
    /// When the turn began that it has now.
    pub turn: Mutex<Instant>,
}

impl Execution {
    /// Runs to the end. It has started, and its history says so, before the result is awaited;
    /// what takes time, and what is timed, begins with that.
    pub fn run(self) -> impl Future<Output = Outcome> + Send {
        let started = self.clock.now();
        self.history.record_first(
            started,
            Event::ExecutionStarted {
                execution_started_event_details: StartDetails {
                    input: Arc::from(self.input.as_str()),
                    input_details: Truncation::NONE,
                    role_arn: self.context.role_arn.clone(),
                },
            },
        );
        self.go_on(started)
    }

    async fn go_on(self, started: SystemTime) -> Outcome {
        let begun = self.clock.now();
        let input = match serde_json::from_str(&self.input) {
            Ok(value) => Payload::with_text(value, &self.input),
            Err(error) => {
                return Outcome::Failed {
                    error: Some("States.Runtime".to_owned()),
                    cause: Some(format!("The input is not JSON: {error}")),
                };
            }
        };
        let run = Run {
            context: &self.context,
            input: input.clone(),
            started,
            tasks: &*self.tasks,
            clock: &self.clock,
            history: &self.history,
            turn: Mutex::new(Instant::now()),
        };
        // As AWS records it: the first state does not follow from the start.
        let thread = Thread::new(0, Scope::default(), None);
        let states = thread::run(&run, &self.program.program, thread, input);
        let longest = longest(self.program.kind);
        let limit = self.program.timeout.map_or(longest, |it| it.min(longest));
        let Some((thread, result)) = within(&run, begun + limit, states).await else {
            let details = FailureDetails {
                error: Some("States.Timeout".to_owned()),
                cause: None,
            };
            run.history.record_last(
                0,
                self.clock.now(),
                Event::ExecutionTimedOut {
                    execution_timed_out_event_details: details,
                },
            );
            return Outcome::TimedOut;
        };
        run.end(&thread, result)
    }
}

fn longest(kind: Kind) -> Duration {
    match kind {
        Kind::Standard => LONGEST_STANDARD,
        Kind::Express => LONGEST_EXPRESS,
    }
}

/// What becomes of the states of an execution; nothing if they last until `end`.
async fn within<T: Unpin>(
    run: &Run<'_>,
    end: SystemTime,
    states: impl Future<Output = T> + Unpin,
) -> Option<T> {
    match select(states, run.clock.sleep_until(end)).await {
        Either::Left((ended, _)) => Some(ended),
        Either::Right(_) => None,
    }
}

impl Run<'_> {
    /// Lets others have their turn now and then.
    pub async fn breathe(&self) {
        let turn = || self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if turn().elapsed() >= LONGEST_TURN {
            yield_now().await;
            *turn() = Instant::now();
        }
    }

    fn end(&self, thread: &Thread, result: Result<Payload, Failure>) -> Outcome {
        let (event, outcome) = match result {
            Ok(output) => {
                let details = OutputDetails {
                    resource: None,
                    resource_type: None,
                    output: output.text(),
                    output_details: Truncation::NONE,
                };
                let event = Event::ExecutionSucceeded {
                    execution_succeeded_event_details: details,
                };
                let output = output.into_value();
                (event, Outcome::Succeeded { output })
            }
            Err(failure) => {
                let Failure { error, cause, .. } = failure;
                let details = FailureDetails {
                    error: error.clone(),
                    cause: cause.clone(),
                };
                let event = Event::ExecutionFailed {
                    execution_failed_event_details: details,
                };
                (event, Outcome::Failed { error, cause })
            }
        };
        let now = self.clock.now();
        self.history.record_last(thread.latest(), now, event);
        outcome
    }
}
