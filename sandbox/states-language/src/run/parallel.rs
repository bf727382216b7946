//! One attempt of a Parallel state.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::failure::Failure;
use super::flow::{Exit, Visit};
use super::state;
use super::thread::{self, Thread};
use crate::definition::ParallelState;
use crate::event::Event;

/// Runs all branches side by side; the first failure ends the others.
///
/// # Errors
/// That of the first branch which fails, or of an expression of the state.
pub(crate) async fn run(
    visit: &Visit<'_>,
    thread: &Thread,
    work: &ParallelState,
    retries: u64,
) -> Result<Exit, Failure> {
    let context = visit.context(Some(retries), None, thread.item.as_ref());
    let failed = |fault| visit.failed(thread, fault);
    let input = visit.input(thread, &context).map_err(failed)?;
    let input = visit.arguments(thread, &context, &input).map_err(failed)?;
    let started = thread.record(visit.run, Event::ParallelStateStarted)?;
    let mut traces = Vec::with_capacity(work.branches.len());
    let mut running = FuturesUnordered::new();
    for (at, branch) in work.branches.iter().enumerate() {
        let branch_thread = Thread::new(started, thread.scope.inner(), thread.item.clone());
        traces.push((branch, branch_thread.trace.clone()));
        let states = thread::run(visit.run, branch, branch_thread, input.clone());
        running.push(async move { (at, states.await) });
    }
    let mut results = vec![None; work.branches.len()];
    while let Some((at, (branch, result))) = running.next().await {
        thread.set_latest(branch.latest());
        match result {
            Ok(output) => results[at] = Some(output),
            Err(failure) => {
                drop(running);
                for (other, (program, trace)) in traces.iter().enumerate() {
                    if other != at && results[other].is_none() {
                        state::abort(visit.run, program, trace)?;
                    }
                }
                return Err(failure);
            }
        }
    }
    let last = thread.latest();
    thread.record(visit.run, Event::ParallelStateSucceeded)?;
    // As recorded: leaving the state follows from the last branch, too.
    thread.set_latest(last);
    // Every branch has ended well.
    let result = state::list(results.into_iter().flatten().collect());
    visit.exit(thread, &context, result, true).map_err(failed)
}
