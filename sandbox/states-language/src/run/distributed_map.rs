//! The Map run of a distributed Map state: each item, or batch of items, is an
//! execution of its own.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value, json};

use super::failure::{Failure, FailureKind};
use super::flow::filled;
use super::items::{self, Unreadable};
use super::map::Attempt;
use super::map_results::{Child, Ended, outputs};
use super::state;
use super::thread::{self, Thread};
use super::{Run, longest, within};
use crate::context::MapItem;
use crate::definition::map::{Distributed, ItemBatcher, ItemReader};
use crate::definition::{Flow, Kind};
use crate::environment::{Environment, Fault};
use crate::event::{Event, FailureDetails, MapRunDetails};
use crate::history::{History, TaskProgress};
use crate::payload::Payload;
use crate::scope::Scope;
use crate::setting::Number;
use crate::task::{IntegrationPattern, TaskFailure, TaskRequest};

/// How many executions run at once where the state sets no limit ("Distributed
/// mode" in the developer guide).
const CONCURRENCY: usize = 10_000;

/// Runs the state's items.
///
/// # Errors
/// The items cannot be read, the results not be written, or more executions fail
/// than the state tolerates.
pub(crate) async fn run(
    attempt: &Attempt<'_>,
    thread: &Thread,
    distributed: &Distributed,
    items: Vec<Arc<Value>>,
    concurrency: Option<usize>,
) -> Result<Payload, Failure> {
    let visit = attempt.visit;
    let failed = |fault| visit.failed(thread, fault);
    let tolerated = Tolerated::evaluate(attempt, thread, distributed).map_err(failed)?;
    let run_name = uuid::Uuid::new_v4().to_string();
    let label = distributed
        .label
        .clone()
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let map_run_arn = visit.run.context.map_run_arn(&label, &run_name);
    let started = thread.record(
        visit.run,
        Event::MapRunStarted {
            map_run_started_event_details: MapRunDetails {
                map_run_arn: map_run_arn.clone(),
            },
        },
    )?;
    let map_run = MapRun {
        attempt,
        thread,
        distributed,
        label: &label,
        name: &run_name,
        arn: &map_run_arn,
    };
    match map_run.results(items, concurrency, tolerated).await {
        Ok(result) => {
            let succeeded = thread.record(visit.run, Event::MapRunSucceeded)?;
            thread.record(visit.run, Event::MapStateSucceeded)?;
            // As recorded: leaving the state follows from the Map run's end where a
            // JSONPath machine begins with the state, and else from its start.
            let first = visit.before == 0 && matches!(visit.state.flow, Flow::JsonPath(_));
            thread.set_latest(if first { succeeded } else { started });
            Ok(result)
        }
        Err(failure) if failure.kind == FailureKind::Terminal => Err(failure),
        Err(failure) => {
            let details = FailureDetails {
                error: failure.error.clone(),
                cause: failure.cause.clone(),
            };
            thread.record(
                visit.run,
                Event::MapRunFailed {
                    map_run_failed_event_details: details,
                },
            )?;
            Err(failure)
        }
    }
}

/// How many failures a Map run bears.
#[derive(Clone, Copy, Default)]
struct Tolerated {
    count: Option<f64>,
    percentage: Option<f64>,
}

impl Tolerated {
    fn evaluate(
        attempt: &Attempt<'_>,
        thread: &Thread,
        distributed: &Distributed,
    ) -> Result<Self, Fault> {
        let environment = Environment::new(attempt.input.value(), &thread.scope, attempt.context);
        let number = |number: &Option<Number>| {
            let number = number.as_ref().map(|it| it.evaluate(&environment));
            number.transpose()
        };
        Ok(Self {
            percentage: number(&distributed.tolerated_percentage)?,
            count: number(&distributed.tolerated_count)?,
        })
    }

    /// True if so many failures of so many items are too many: where both limits are
    /// given, one that is exceeded is enough; where none is, any failure is too many.
    fn is_exceeded(self, failures: usize, items: usize) -> bool {
        let share = 100.0 * failures as f64 / items.max(1) as f64;
        match (self.count, self.percentage) {
            (None, None) => failures > 0,
            (count, percentage) => {
                count.is_some_and(|it| failures as f64 > it)
                    || percentage.is_some_and(|it| share > it)
            }
        }
    }
}

pub(super) struct MapRun<'a> {
    pub attempt: &'a Attempt<'a>,
    pub thread: &'a Thread,
    distributed: &'a Distributed,
    label: &'a str,
    pub name: &'a str,
    pub arn: &'a str,
}

impl MapRun<'_> {
    async fn results(
        &self,
        items: Vec<Arc<Value>>,
        concurrency: Option<usize>,
        tolerated: Tolerated,
    ) -> Result<Payload, Failure> {
        let items = match &self.distributed.reader {
            None => items,
            Some(reader) => self.read(reader).await?,
        };
        let failed = |fault| self.attempt.visit.failed(self.thread, fault);
        let inputs = self.inputs(items).map_err(failed)?;
        let ended = self.execute(inputs, concurrency, tolerated).await?;
        match &self.distributed.writer {
            None => Ok(outputs(ended)),
            Some(writer) => self.write(writer, ended).await,
        }
    }

    /// Reads the items of `ItemReader`.
    async fn read(&self, reader: &ItemReader) -> Result<Vec<Arc<Value>>, Failure> {
        let failed = |fault| self.attempt.visit.failed(self.thread, fault);
        let (arguments, max_items) = {
            let environment = self.environment();
            let arguments = match &reader.arguments {
                None => json!({}),
                Some(template) => template.fill(&environment).map_err(failed)?,
            };
            let max_items = reader
                .max_items
                .as_ref()
                .map(|it| it.evaluate(&environment));
            let max_items = max_items.transpose().map_err(failed)?.unwrap_or_default();
            (arguments, max_items)
        };
        let answer = self.call(&reader.resource, arguments).await;
        let unreadable =
            |why: String| Failure::new(FailureKind::State, "States.ItemReaderFailed", why);
        let answer = answer.map_err(|failure| unreadable(failure.cause.unwrap_or_default()))?;
        let mut items =
            items::read(&reader.format, answer).map_err(|Unreadable(why)| unreadable(why))?;
        // 0 means all; and there are never more items than that.
        if max_items >= 1.0 {
            items.truncate(max_items as usize);
        }
        Ok(items)
    }

    pub fn environment(&self) -> Environment<'_> {
        Environment::new(
            self.attempt.input.value(),
            &self.thread.scope,
            self.attempt.context,
        )
    }

    /// Calls a service besides the tasks of states; the history does not show it.
    pub async fn call(&self, resource: &str, input: Value) -> Result<Value, TaskFailure> {
        let run = self.attempt.visit.run;
        let request = TaskRequest {
            resource: resource.to_owned(),
            pattern: IntegrationPattern::RequestResponse,
            input,
            timeout: None,
            heartbeat: None,
            task_token: None,
            credentials_role_arn: None,
            state_name: self.attempt.visit.state.name.to_string(),
            execution_arn: run.context.execution_arn.clone(),
        };
        let progress = TaskProgress::unrecorded(run.clock.clone());
        run.tasks.run(request, progress).await
    }

    /// What each execution works on: an item, or a batch of items.
    fn inputs(&self, items: Vec<Arc<Value>>) -> Result<Vec<Payload>, Fault> {
        let mut selected = Vec::with_capacity(items.len());
        for (index, value) in items.into_iter().enumerate() {
            let item = MapItem { index, value };
            selected.push(self.attempt.selected(self.thread, &item)?);
        }
        match &self.distributed.batcher {
            None => Ok(selected),
            Some(batcher) => self.batches(batcher, selected),
        }
    }

    fn batches(&self, batcher: &ItemBatcher, items: Vec<Payload>) -> Result<Vec<Payload>, Fault> {
        let environment = self.environment();
        let limit = |number: &Option<Number>| -> Result<usize, Fault> {
            let number = number.as_ref().map(|it| it.evaluate(&environment));
            Ok(number.transpose()?.map_or(usize::MAX, |it| it as usize))
        };
        let (most_items, most_bytes) = (limit(&batcher.max_items)?, limit(&batcher.max_bytes)?);
        let common = match &batcher.input {
            None => None,
            Some(template) => Some(filled(template, &environment)?.into_value()),
        };
        let batch = |items: Vec<Payload>| {
            let mut batch = Map::new();
            if let Some(common) = &common {
                batch.insert("BatchInput".to_owned(), common.clone());
            }
            batch.insert("Items".to_owned(), state::list(items).into_value());
            Payload::new(Value::Object(batch))
        };
        let mut batches = Vec::new();
        let (mut open, mut bytes) = (Vec::new(), 0);
        for item in items {
            let size = item.text().len();
            if !open.is_empty() && (open.len() >= most_items || bytes + size > most_bytes) {
                batches.push(batch(std::mem::take(&mut open)));
                bytes = 0;
            }
            bytes += size;
            open.push(item);
        }
        if !open.is_empty() {
            batches.push(batch(open));
        }
        Ok(batches)
    }

    /// Runs the executions until all have ended or too many have failed.
    async fn execute(
        &self,
        inputs: Vec<Payload>,
        concurrency: Option<usize>,
        tolerated: Tolerated,
    ) -> Result<Ended, Failure> {
        let count = inputs.len();
        let mut waiting = inputs.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        let mut ended: Ended = (0..count).map(|_| None).collect();
        let mut failures = 0;
        loop {
            while running.len() < concurrency.unwrap_or(CONCURRENCY) {
                let Some((index, input)) = waiting.next() else {
                    break;
                };
                running.push(async move { (index, self.child(input).await) });
            }
            let Some((index, child)) = running.next().await else {
                return Ok(ended);
            };
            failures += usize::from(!child.succeeded());
            ended[index] = Some(child);
            if tolerated.is_exceeded(failures, count) {
                return Err(Failure::new(
                    FailureKind::State,
                    "States.ExceedToleratedFailureThreshold",
                    "The specified tolerated failure threshold was exceeded",
                ));
            }
        }
    }

    async fn child(&self, input: Payload) -> Child {
        let parent = self.attempt.visit.run;
        let name = uuid::Uuid::new_v4().to_string();
        let context = parent.context.of_map_run(self.label, &name);
        let kind = self.distributed.execution_kind;
        let history = match kind {
            Kind::Standard => History::uncounted(),
            Kind::Express => History::unrecorded(),
        };
        let started = parent.clock.now();
        let run = Run {
            context: &context,
            input: input.clone(),
            started,
            tasks: parent.tasks,
            clock: parent.clock,
            history: &history,
            turn: Mutex::new(Instant::now()),
        };
        // Variables of the states around a distributed Map are not seen within.
        let thread = Thread::new(0, Scope::default(), None);
        let processor = &self.attempt.work.processor;
        let states = thread::run(&run, processor, thread, input.clone());
        let ended = within(&run, started + longest(kind), states).await;
        Child {
            arn: context.execution_arn.clone(),
            name,
            input,
            started,
            stopped: parent.clock.now(),
            result: ended.map(|(_, result)| result),
        }
    }
}
