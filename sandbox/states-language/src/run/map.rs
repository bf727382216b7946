//! One attempt of a Map state; iterations of an inline one.

use std::borrow::Cow;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;

use super::distributed_map;
use super::failure::Failure;
use super::flow::{Exit, Visit, filled};
use super::state;
use super::thread::{self, Thread, Trace};
use crate::context::{Context, MapItem};
use crate::definition::Flow;
use crate::definition::map::{Items, MapState};
use crate::environment::{Environment, Fault};
use crate::event::{Event, IterationDetails, LengthDetails};
use crate::payload::Payload;
use crate::setting::unexpected_type;

/// How many iterations of an inline Map run at once where it sets no limit ("Inline
/// mode" in the developer guide).
const INLINE_CONCURRENCY: usize = 40;

/// Runs the item processor for each item.
///
/// # Errors
/// That of the first iteration which fails, or of an expression of the state.
pub(crate) async fn run(
    visit: &Visit<'_>,
    thread: &Thread,
    work: &MapState,
    retries: u64,
) -> Result<Exit, Failure> {
    let context = visit.context(Some(retries), None, thread.item.as_ref());
    let failed = |fault| visit.failed(thread, fault);
    let input = visit.input(thread, &context).map_err(failed)?;
    let reads = work
        .distributed
        .as_ref()
        .is_some_and(|it| it.reader.is_some());
    let items = if reads {
        Vec::new()
    } else {
        items(visit, thread, work, &context, &input).map_err(failed)?
    };
    let concurrency = {
        let environment = Environment::new(input.value(), &thread.scope, &context);
        let number = work.max_concurrency.as_ref();
        number
            .map(|it| it.evaluate(&environment))
            .transpose()
            .map_err(failed)?
            .map(|limit| limit as usize)
            .filter(|limit| *limit > 0)
    };
    let details = LengthDetails {
        length: items.len(),
    };
    thread.record(
        visit.run,
        Event::MapStateStarted {
            map_state_started_event_details: details,
        },
    )?;
    let state = Attempt {
        visit,
        work,
        context: &context,
        input: &input,
    };
    let result = match &work.distributed {
        None => {
            let concurrency = concurrency.unwrap_or(INLINE_CONCURRENCY);
            state.iterate(thread, items, concurrency).await?
        }
        Some(distributed) => {
            distributed_map::run(&state, thread, distributed, items, concurrency).await?
        }
    };
    visit.exit(thread, &context, result, true).map_err(failed)
}

/// The items that the state's own fields give.
fn items(
    visit: &Visit<'_>,
    thread: &Thread,
    work: &MapState,
    context: &Context<'_>,
    input: &Payload,
) -> Result<Vec<Arc<Value>>, Fault> {
    let environment = Environment::new(input.value(), &thread.scope, context);
    let (value, path) = match &work.items {
        Items::Input => (Cow::Borrowed(input.value()), "$"),
        Items::Path(path) => (environment.value_at(path)?, path.text()),
        Items::Template(template) => (Cow::Owned(template.fill(&environment)?), ""),
        Items::Computed(field) => {
            let value = field.evaluate(&environment)?;
            if !value.is_array() {
                return Err(unexpected_type(field, "array", &value));
            }
            (Cow::Owned(value), "")
        }
    };
    match value.into_owned() {
        Value::Array(items) => Ok(items.into_iter().map(Arc::new).collect()),
        other => Err(match &visit.state.flow {
            Flow::Jsonata(_) => {
                Fault::query_of_state(format!("Map state input must be an array but was: {other}"))
            }
            // AWS writes `$$` as `$` here.
            Flow::JsonPath(_) => Fault::runtime(format!(
                "Reference path \"{}\" must point to array.",
                path.replacen("$$", "$", 1)
            )),
        }),
    }
}

/// What an attempt goes by.
pub(crate) struct Attempt<'a> {
    pub visit: &'a Visit<'a>,
    pub work: &'a MapState,
    pub context: &'a Context<'a>,
    /// After `InputPath`.
    pub input: &'a Payload,
}

impl Attempt<'_> {
    /// What an iteration works on: the item, or what `ItemSelector` makes of it.
    ///
    /// # Errors
    /// An expression in it fails.
    pub fn selected(&self, thread: &Thread, item: &MapItem) -> Result<Payload, Fault> {
        let Some(template) = &self.work.selector else {
            return Ok(Payload::new(Value::clone(&item.value)));
        };
        let context = self.visit.context(self.context.retries, None, Some(item));
        let environment = Environment::new(self.input.value(), &thread.scope, &context);
        filled(template, &environment)
    }

    fn details(&self, index: usize) -> IterationDetails {
        IterationDetails {
            name: self.visit.state.name.clone(),
            index,
        }
    }

    /// Records that the iterations which were running have come to nothing.
    fn abort(&self, thread: &Thread, running: &[Option<Arc<Trace>>]) -> Result<(), Failure> {
        let run = self.visit.run;
        for (index, trace) in running.iter().enumerate() {
            let Some(trace) = trace else { continue };
            let aborted = state::abort(run, &self.work.processor, trace)?;
            let event = Event::MapIterationAborted {
                map_iteration_aborted_event_details: self.details(index),
            };
            thread.record_after(run, aborted, event)?;
        }
        Ok(())
    }

    async fn iterate(
        &self,
        thread: &Thread,
        items: Vec<Arc<Value>>,
        concurrency: usize,
    ) -> Result<Payload, Failure> {
        let run = self.visit.run;
        let count = items.len();
        let details = |index| self.details(index);
        let mut waiting = items.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        let mut traces = vec![None; count];
        let mut results = vec![None; count];
        // Each iteration follows from the start of the state, or from the end of the
        // one whose place it takes.
        let mut free: Vec<u64> = vec![thread.latest(); concurrency.min(count)];
        loop {
            while let Some(previous) = free.pop() {
                let Some((index, value)) = waiting.next() else {
                    break;
                };
                let item = MapItem { index, value };
                let input = match self.selected(thread, &item) {
                    Ok(input) => input,
                    Err(fault) => {
                        drop(running);
                        self.abort(thread, &traces)?;
                        return Err(self.visit.failed(thread, fault));
                    }
                };
                let iteration = Thread::new(previous, thread.scope.inner(), Some(item));
                iteration.record(
                    run,
                    Event::MapIterationStarted {
                        map_iteration_started_event_details: details(index),
                    },
                )?;
                traces[index] = Some(iteration.trace.clone());
                let states = thread::run(run, &self.work.processor, iteration, input);
                running.push(async move { (index, states.await) });
            }
            let Some((index, (iteration, result))) = running.next().await else {
                break;
            };
            let last = iteration.latest();
            traces[index] = None;
            match result {
                Ok(output) => {
                    let event = Event::MapIterationSucceeded {
                        map_iteration_succeeded_event_details: details(index),
                    };
                    thread.record_after(run, last, event)?;
                    results[index] = Some(output);
                    free.push(last);
                }
                Err(failure) => {
                    drop(running);
                    let event = Event::MapIterationFailed {
                        map_iteration_failed_event_details: details(index),
                    };
                    thread.record_after(run, last, event)?;
                    self.abort(thread, &traces)?;
                    thread.set_latest(last);
                    return Err(failure);
                }
            }
        }
        let last = thread.latest();
        thread.record(run, Event::MapStateSucceeded)?;
        // As recorded: leaving the state follows from the last iteration, too.
        thread.set_latest(last);
        Ok(state::list(results.into_iter().flatten().collect()))
    }
}
