//! A line of states that follow each other: the machine itself, a branch of a
//! Parallel, an iteration of a Map.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::failure::Failure;
use super::{Run, state};
use crate::clock::BoxFuture;
use crate::context::MapItem;
use crate::definition::{Program, StateIndex};
use crate::event::Event;
use crate::payload::Payload;
use crate::scope::Scope;

/// Where a line of states has got to.
#[derive(Debug)]
pub(crate) struct Thread {
    pub scope: Scope,
    /// `$$.Map.Item` within an iteration.
    pub item: Option<MapItem>,
    pub trace: Arc<Trace>,
}

/// What remains to be seen of a thread that is aborted.
#[derive(Debug)]
pub(crate) struct Trace {
    /// The id of the latest event.
    latest: AtomicU64,
    /// The state that is at work, by its place in the program; none at first.
    state: AtomicUsize,
}

/// Where a state leads.
pub(crate) enum Step {
    To(StateIndex, Payload),
    End(Payload),
}

impl Thread {
    /// A thread whose first event follows from this one.
    pub fn new(latest: u64, scope: Scope, item: Option<MapItem>) -> Self {
        Self {
            scope,
            item,
            trace: Arc::new(Trace {
                latest: AtomicU64::new(latest),
                state: AtomicUsize::new(usize::MAX),
            }),
        }
    }

    /// The id of the latest event.
    pub fn latest(&self) -> u64 {
        self.trace.latest()
    }

    pub fn set_latest(&self, id: u64) {
        self.trace.latest.store(id, Ordering::Relaxed);
    }

    /// Records an event that follows from the latest one.
    ///
    /// # Errors
    /// The history is full.
    pub fn record(&self, run: &Run<'_>, event: Event) -> Result<u64, Failure> {
        let id = self.record_after(run, self.latest(), event)?;
        Ok(id)
    }

    /// Records an event that follows from another one.
    ///
    /// # Errors
    /// The history is full.
    pub fn record_after(&self, run: &Run<'_>, previous: u64, event: Event) -> Result<u64, Failure> {
        let id = run
            .history
            .record(previous, run.clock.now(), event)
            .ok_or_else(Failure::history_is_full)?;
        self.set_latest(id);
        Ok(id)
    }
}

impl Trace {
    pub fn latest(&self) -> u64 {
        self.latest.load(Ordering::Relaxed)
    }

    /// The place of the state that is at work.
    pub fn state(&self) -> Option<StateIndex> {
        let at = self.state.load(Ordering::Relaxed);
        (at != usize::MAX).then_some(at)
    }
}

/// Runs states until one ends the program.
pub(crate) fn run<'a>(
    run: &'a Run<'a>,
    program: &'a Program,
    mut thread: Thread,
    input: Payload,
) -> BoxFuture<'a, (Thread, Result<Payload, Failure>)> {
    Box::pin(async move {
        let result = states(run, program, &mut thread, input).await;
        (thread, result)
    })
}

async fn states(
    run: &Run<'_>,
    program: &Program,
    thread: &mut Thread,
    input: Payload,
) -> Result<Payload, Failure> {
    let (mut at, mut data) = (program.start, input);
    loop {
        run.breathe().await;
        thread.trace.state.store(at, Ordering::Relaxed);
        match state::run(run, &program.states[at], thread, data).await? {
            Step::To(next, output) => (at, data) = (next, output),
            Step::End(output) => return Ok(output),
        }
    }
}
