//! The Map run of a distributed Map state: each item, or batch of items, is an
//! execution of its own.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value, json};

use super::Run;
use super::failure::{Failure, FailureKind};
use super::flow::filled;
use super::items::{self, Unreadable};
use super::map::Attempt;
use super::state;
use super::thread::{self, Thread};
use crate::context::{MapItem, iso};
use crate::definition::Flow;
use crate::definition::map::{Distributed, ItemBatcher, ItemReader, ResultWriter, Transformation};
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

/// What has become of the executions of a Map run.
type Ended = Vec<Option<Child>>;

/// One execution of a Map run.
struct Child {
    name: String,
    arn: String,
    input: Payload,
    result: Result<Payload, Failure>,
}

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

struct MapRun<'a> {
    attempt: &'a Attempt<'a>,
    thread: &'a Thread,
    distributed: &'a Distributed,
    label: &'a str,
    name: &'a str,
    arn: &'a str,
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

    fn environment(&self) -> Environment<'_> {
        Environment::new(
            self.attempt.input.value(),
            &self.thread.scope,
            self.attempt.context,
        )
    }

    /// Calls a service besides the tasks of states; the history does not show it.
    async fn call(&self, resource: &str, input: Value) -> Result<Value, TaskFailure> {
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
            failures += usize::from(child.result.is_err());
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
        let history = History::uncounted();
        let run = Run {
            context: &context,
            input: input.clone(),
            started: parent.clock.now(),
            tasks: parent.tasks,
            clock: parent.clock,
            history: &history,
            states: AtomicU32::new(0),
        };
        // Variables of the states around a distributed Map are not seen within.
        let thread = Thread::new(0, Scope::default(), None);
        let processor = &self.attempt.work.processor;
        let (_, result) = thread::run(&run, processor, thread, input.clone()).await;
        Child {
            arn: context.execution_arn.clone(),
            name,
            input,
            result,
        }
    }

    /// Writes the results (`ResultWriter`) and answers where they are.
    async fn write(&self, writer: &ResultWriter, ended: Ended) -> Result<Payload, Failure> {
        let Some(resource) = &writer.resource else {
            return Ok(formatted(writer.transformation, ended));
        };
        let failed = |fault| self.attempt.visit.failed(self.thread, fault);
        let arguments = match &writer.arguments {
            None => json!({}),
            Some(template) => template.fill(&self.environment()).map_err(failed)?,
        };
        let part = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
        let (bucket, prefix) = (part("Bucket"), part("Prefix"));
        let folder = match prefix.trim_end_matches('/') {
            "" => self.name.to_owned(),
            prefix => format!("{prefix}/{}", self.name),
        };
        let extension = if writer.lines { "jsonl" } else { "json" };
        let mut files = Map::new();
        for (kind, wanted) in [("SUCCEEDED", true), ("FAILED", false)] {
            let of_kind: Vec<Value> = ended
                .iter()
                .flatten()
                .filter(|child| child.result.is_ok() == wanted)
                .map(|child| self.record(child))
                .collect();
            let mut listed = Vec::new();
            if !of_kind.is_empty() {
                let key = format!("{folder}/{kind}_0.{extension}");
                let body = if writer.lines {
                    of_kind.iter().map(|it| format!("{it}\n")).collect()
                } else {
                    Value::Array(of_kind).to_string()
                };
                listed.push(json!({ "Key": key, "Size": body.len() }));
                self.put(resource, &bucket, &key, body).await?;
            }
            files.insert(kind.to_owned(), Value::Array(listed));
        }
        files.insert("PENDING".to_owned(), json!([]));
        let key = format!("{folder}/manifest.json");
        let manifest = json!({
            "DestinationBucket": bucket,
            "MapRunArn": self.arn,
            "ResultFiles": files,
        });
        self.put(resource, &bucket, &key, manifest.to_string())
            .await?;
        Ok(Payload::new(json!({
            "MapRunArn": self.arn,
            "ResultWriterDetails": { "Bucket": bucket, "Key": key },
        })))
    }

    async fn put(
        &self,
        resource: &str,
        bucket: &str,
        key: &str,
        body: String,
    ) -> Result<(), Failure> {
        let object = json!({ "Bucket": bucket, "Key": key, "Body": body });
        let written = self.call(resource, object).await;
        written.map(|_| ()).map_err(|failure| {
            let cause = failure.cause.unwrap_or_default();
            Failure::new(FailureKind::State, "States.ResultWriterFailed", cause)
        })
    }

    /// An execution as result files list it.
    fn record(&self, child: &Child) -> Value {
        let now = iso(self.attempt.visit.run.clock.now());
        let mut record = json!({
            "ExecutionArn": child.arn,
            "Input": &*child.input.text(),
            "InputDetails": { "Included": true },
            "Name": child.name,
            "StartDate": now,
            "StateMachineArn": self.attempt.visit.run.context.state_machine_arn,
            "StopDate": now,
        });
        match &child.result {
            Ok(output) => {
                record["Output"] = json!(&*output.text());
                record["OutputDetails"] = json!({ "Included": true });
                record["Status"] = json!("SUCCEEDED");
            }
            Err(failure) => {
                record["Error"] = json!(failure.error);
                record["Cause"] = json!(failure.cause);
                record["Status"] = json!("FAILED");
            }
        }
        record
    }
}

/// The outputs of the executions that succeeded.
fn outputs(ended: Ended) -> Payload {
    let succeeded = ended.into_iter().flatten().filter_map(|it| it.result.ok());
    state::list(succeeded.collect())
}

/// The outputs as `WriterConfig.Transformation` has them.
fn formatted(transformation: Transformation, ended: Ended) -> Payload {
    let outputs = outputs(ended);
    match (transformation, outputs.into_value()) {
        (Transformation::Flatten, Value::Array(items)) => {
            let flat = items.into_iter().flat_map(|item| match item {
                Value::Array(inner) => inner,
                other => vec![other],
            });
            Payload::new(flat.collect())
        }
        (_, other) => Payload::new(other),
    }
}
