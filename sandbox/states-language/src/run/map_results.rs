//! What becomes of the results of a Map run: `ResultWriter`, or the state's output.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::distributed_map::MapRun;
use super::failure::{Failure, FailureKind};
use super::state;
use crate::context::iso;
use crate::definition::map::{ResultWriter, Transformation};
use crate::payload::Payload;

/// What has become of the executions of a Map run.
pub(super) type Ended = Vec<Option<Child>>;

/// One execution of a Map run.
pub(super) struct Child {
    pub name: String,
    pub arn: String,
    pub input: Payload,
    pub started: SystemTime,
    pub stopped: SystemTime,
    /// Nothing if it took too long.
    pub result: Option<Result<Payload, Failure>>,
}

impl Child {
    pub fn succeeded(&self) -> bool {
        matches!(self.result, Some(Ok(_)))
    }
}

impl MapRun<'_> {
    /// Writes the results (`ResultWriter`) and answers where they are.
    pub async fn write(&self, writer: &ResultWriter, ended: Ended) -> Result<Payload, Failure> {
        let Some(resource) = &writer.resource else {
            let results = ended.iter().flatten();
            let results = results.flat_map(|child| self.result(writer.transformation, child));
            return Ok(Payload::new(results.collect()));
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
                .filter(|child| child.succeeded() == wanted)
                .flat_map(|child| self.result(writer.transformation, child))
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

    /// An execution as `WriterConfig.Transformation` has it; one that failed is shown
    /// with its metadata in any case.
    fn result(&self, transformation: Transformation, child: &Child) -> Vec<Value> {
        let output = match &child.result {
            Some(Ok(output)) if transformation != Transformation::None => output.value().clone(),
            _ => return vec![self.record(child)],
        };
        match output {
            Value::Array(items) if transformation == Transformation::Flatten => items,
            other => vec![other],
        }
    }

    /// An execution with its metadata.
    fn record(&self, child: &Child) -> Value {
        let machine = &self.attempt.visit.run.context.state_machine_arn;
        let mut record = json!({
            "ExecutionArn": child.arn,
            "Input": &*child.input.text(),
            "InputDetails": { "Included": true },
            "Name": child.name,
            "StartDate": iso(child.started),
            "StateMachineArn": machine,
            "StopDate": iso(child.stopped),
        });
        match &child.result {
            Some(Ok(output)) => {
                record["Output"] = json!(&*output.text());
                record["OutputDetails"] = json!({ "Included": true });
                record["Status"] = json!("SUCCEEDED");
            }
            Some(Err(failure)) => {
                record["Error"] = json!(failure.error);
                record["Cause"] = json!(failure.cause);
                record["Status"] = json!("FAILED");
            }
            None => {
                record["Error"] = json!("States.Timeout");
                record["Status"] = json!("TIMED_OUT");
            }
        }
        record
    }
}

/// The outputs of the executions that succeeded.
pub(super) fn outputs(ended: Ended) -> Payload {
    let results = ended.into_iter().flatten().filter_map(|it| it.result);
    state::list(results.filter_map(Result::ok).collect())
}
