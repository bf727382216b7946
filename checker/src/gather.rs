//! Collects evidence: one round of calls at a time, cheap ones first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::primitives::ByteStream;

use crate::aws::{Aws, text_of};
use crate::error::Error;
use crate::evidence::{Evidence, Execution, Found, Invocation, Surroundings, build_id_in};
use crate::executions::{self, machine_arn, started_since};
use crate::invocation_lines::invocations;
use crate::log_reader::LogReader;
use crate::probe::Probe;
use crate::stack::Stack;

/// How exactly the difference between this machine's clock and AWS's is known: S3 tells
/// whole seconds.
const CLOCK_TOLERANCE_MS: i64 = 2_000;

/// What is looked at besides the first function and the executions.
#[derive(Debug, Clone, Default)]
pub struct Interest<'a> {
    /// Buckets that may get an object under a probe's key, by their short names.
    pub buckets: BTreeSet<&'a str>,
    /// Functions that may log a probe's key.
    pub functions: BTreeSet<&'a str>,
}

/// All that was found out by now.
#[derive(Debug)]
pub struct Gatherer<'a> {
    aws: &'a Aws,
    stack: &'a Stack,
    probes: &'a [Probe],
    /// What marks all probes of the run, those of other tasks, too.
    run: &'a str,
    interest: Interest<'a>,
    /// Milliseconds since 1970, before the first upload.
    pub since: i64,
    log: LogReader,
    /// Those of other functions, by their keys.
    other_logs: BTreeMap<&'a str, LogReader>,
    /// The state machine's ARN, once it was found.
    pub machine_arn: Option<String>,
    executions: BTreeMap<String, Execution>,
    settled_at: Vec<Option<Instant>>,
    ended_at: Vec<Option<Instant>>,
    /// Per probe, in order.
    pub evidence: Vec<Evidence>,
    /// Beyond single probes.
    pub surroundings: Surroundings,
}

impl<'a> Gatherer<'a> {
    /// Nothing is known yet; `since` is in milliseconds since 1970.
    pub fn new(
        aws: &'a Aws,
        stack: &'a Stack,
        probes: &'a [Probe],
        interest: Interest<'a>,
        since: i64,
    ) -> Self {
        Self {
            interest,
            ended_at: vec![None; probes.len()],
            aws,
            stack,
            probes,
            run: probes.first().map_or("", Probe::run),
            since,
            log: LogReader::new(&stack.log_group),
            other_logs: BTreeMap::new(),
            machine_arn: None,
            executions: BTreeMap::new(),
            settled_at: vec![None; probes.len()],
            evidence: vec![Evidence::default(); probes.len()],
            surroundings: Surroundings::default(),
        }
    }

    /// Uploads every probe, those that are uploaded twice one after the other.
    ///
    /// # Errors
    ///
    /// Where S3 does not answer at all; a refusal is evidence.
    pub async fn upload(&mut self) -> Result<(), Error> {
        for at in 0..self.probes.len() {
            let probe = &self.probes[at];
            let mut before = None;
            for number in 0..probe.spec.uploads {
                let sent = self.put(probe, number, before.as_deref()).await;
                let uploaded = match sent {
                    Ok(tag) => {
                        before = tag;
                        Ok(())
                    }
                    // That the bucket is not there is the stack's; whatever else
                    // S3 says is about who asks.
                    Err(error) if error.code() == Some("NoSuchBucket") => Err(text_of(&error)),
                    Err(error) => return Err(self.aws.unclear("upload a CV", &error)),
                };
                self.evidence[at].uploads.push(uploaded);
            }
        }
        self.set_clock().await;
        Ok(())
    }

    /// Uploads a probe, `number` times before now, the last time with the entity tag
    /// `before`; gives the new tag. However often the call is tried because its answer was
    /// lost, only one upload comes of it: the condition holds for the first.
    async fn put(
        &self,
        probe: &Probe,
        number: usize,
        before: Option<&str>,
    ) -> Result<Option<String>, SdkError<PutObjectError>> {
        let (bucket, key) = (&self.stack.input_bucket, &probe.key);
        // Each time with another tag.
        let mut content = probe.content.clone();
        content.extend(std::iter::repeat_n(b'\n', number));
        let put = |content| {
            let put = self.aws.s3.put_object().bucket(bucket).key(key);
            let put = put.set_expected_bucket_owner(self.aws.owner.clone());
            put.body(ByteStream::from(content))
        };
        let conditional = match (number, before) {
            (0, _) => put(content.clone()).if_none_match("*"),
            (_, Some(tag)) => put(content.clone()).if_match(tag),
            (_, None) => put(content.clone()),
        };
        let answer = match conditional.send().await {
            Err(error) if error.code() == Some("PreconditionFailed") => {
                let head = self.aws.s3.head_object().bucket(bucket).key(key);
                return Ok(head.send().await.ok().and_then(|it| it.e_tag));
            }
            // A function has removed the object meanwhile.
            Err(error) if before.is_some() && error.code() == Some("NoSuchKey") => {
                put(content).send().await
            }
            answer => answer,
        };
        Ok(answer?.e_tag)
    }

    /// Takes AWS's time for this machine's where the two differ: log lines and
    /// executions are asked for by time.
    async fn set_clock(&mut self) {
        // This machine has one clock.
        if self.aws.near {
            return;
        }
        let uploaded = self.probes.iter().zip(&self.evidence);
        let Some((probe, _)) = uploaded.rev().find(|(_, it)| it.uploads.contains(&Ok(()))) else {
            return;
        };
        let here = now_millis();
        let request = self.aws.s3.head_object().bucket(&self.stack.input_bucket);
        // Who may not ask keeps this machine's time.
        let answer = request.key(&probe.key).send().await.ok();
        let modified = answer.and_then(|it| it.last_modified?.to_millis().ok());
        let ahead = here - modified.unwrap_or(here);
        self.since -= ahead + CLOCK_TOLERANCE_MS;
    }

    /// One round: log lines, then executions, so that an execution that a
    /// finished invocation started is never overlooked.
    ///
    /// # Errors
    ///
    /// Where AWS does not let the checker see.
    pub async fn look(&mut self) -> Result<(), Error> {
        self.log.read(self.aws, self.since).await?;
        let all = invocations(&self.log.lines);
        let mut strangers = Vec::new();
        for evidence in &mut self.evidence {
            evidence.invocations.clear();
        }
        for invocation in all {
            match self.owner(|nonce| invocation.lines.iter().any(|line| line.contains(nonce))) {
                Some(at) => self.evidence[at].invocations.push(invocation),
                // Those of other tasks of this run are none.
                None if invocation.lines.iter().any(|it| it.contains(self.run)) => {}
                None => strangers.push(invocation),
            }
        }
        self.surroundings.strangers = strangers;
        // The list is as old as the moment at which it is asked for: what follows may wait.
        let listed = Instant::now();
        self.list_executions().await?;
        for (at, probe) in self.probes.iter().enumerate() {
            let ended = |it: &&Invocation| it.report.is_some();
            let ended = self.evidence[at].invocations.iter().filter(ended).count();
            if ended >= probe.spec.uploads {
                let since = self.settled_at[at].get_or_insert(listed);
                self.evidence[at].settled = Some(listed - *since);
            }
            let executions = &self.evidence[at].executions;
            let running = executions.iter().any(|it| it.status == "RUNNING");
            if executions.len() >= probe.spec.uploads && !running {
                let since = self.ended_at[at].get_or_insert_with(Instant::now);
                self.evidence[at].ended = Some(since.elapsed());
            }
        }
        self.look_for_objects().await?;
        self.look_into_other_logs().await
    }

    /// What the executions that have ended left in buckets: nothing is written later.
    async fn look_for_objects(&mut self) -> Result<(), Error> {
        for (probe, evidence) in self.probes.iter().zip(&mut self.evidence) {
            if evidence.ended.is_none() {
                continue;
            }
            for bucket in &self.interest.buckets {
                if evidence.objects.contains_key(*bucket) {
                    continue;
                }
                let name = self.stack.bucket(bucket);
                let get = self.aws.s3.get_object().bucket(&name).key(&probe.key);
                let found = match get.send().await {
                    Ok(object) => match object.body.collect().await {
                        Ok(body) => Found::Object(body.into_bytes().to_vec()),
                        Err(error) => {
                            return Err(Error::Unclear(format!(
                                "cannot read s3://{name}/{}: {error}. Run the checker again.",
                                probe.key
                            )));
                        }
                    },
                    Err(error) => match error.as_service_error().and_then(|it| it.code()) {
                        Some("NoSuchKey") => Found::Nothing,
                        Some("NoSuchBucket") => Found::NoBucket,
                        _ => return Err(self.aws.unclear("read an object", &error)),
                    },
                };
                evidence.objects.insert((*bucket).to_owned(), found);
            }
        }
        Ok(())
    }

    /// Which functions have logged the keys of executions that have ended.
    async fn look_into_other_logs(&mut self) -> Result<(), Error> {
        for function in &self.interest.functions {
            let waits = |it: &Evidence| it.ended.is_some() && !it.logged.contains(*function);
            if !self.evidence.iter().any(waits) {
                continue;
            }
            let Some(group) = self.stack.log_group_of(function) else {
                continue;
            };
            let log = self.other_logs.entry(function);
            let log = log.or_insert_with(|| LogReader::new(group));
            log.read(self.aws, self.since).await?;
            for (probe, evidence) in self.probes.iter().zip(&mut self.evidence) {
                let mut lines = log.lines.iter();
                if lines.any(|line| line.message.contains(&probe.nonce)) {
                    evidence.logged.insert((*function).to_owned());
                }
            }
        }
        Ok(())
    }

    /// The build ids that functions logged; `function` is the one that an upload invokes.
    pub fn builds(&self, function: &'a str) -> Vec<(&'a str, &str)> {
        let mut invocations = self.evidence.iter().flat_map(|it| &it.invocations);
        let first = invocations.find_map(Invocation::build_id);
        let others = self.other_logs.iter().filter_map(|(name, log)| {
            let mut lines = log.lines.iter();
            lines.find_map(|it| Some((*name, build_id_in(&it.message)?)))
        });
        first
            .map(|id| (function, id))
            .into_iter()
            .chain(others)
            .collect()
    }

    /// Whose nonce a text holds.
    fn owner(&self, holds: impl Fn(&str) -> bool) -> Option<usize> {
        self.probes.iter().position(|probe| holds(&probe.nonce))
    }

    async fn list_executions(&mut self) -> Result<(), Error> {
        let Some(machine) = machine_arn(self.aws, self.stack, &mut self.machine_arn).await? else {
            return Ok(());
        };
        for arn in started_since(self.aws, &machine, self.since, None).await? {
            if self
                .executions
                .get(&arn)
                .is_some_and(|it| it.status != "RUNNING")
            {
                continue;
            }
            let execution = self.describe(&arn).await?;
            self.executions.insert(arn, execution);
        }
        for evidence in &mut self.evidence {
            evidence.executions.clear();
        }
        self.surroundings.unclaimed_executions = 0;
        for execution in self.executions.values() {
            let holds =
                |nonce: &str| execution.input.contains(nonce) || execution.name.contains(nonce);
            match self.owner(holds) {
                Some(at) => self.evidence[at].executions.push(execution.clone()),
                None if holds(self.run) => {}
                None => self.surroundings.unclaimed_executions += 1,
            }
        }
        Ok(())
    }

    async fn describe(&self, arn: &str) -> Result<Execution, Error> {
        let described = executions::describe(self.aws, arn).await?;
        let parts: Vec<&str> = [described.error(), described.cause()]
            .into_iter()
            .flatten()
            .collect();
        let mut execution = Execution {
            arn: arn.to_owned(),
            name: described.name().unwrap_or_default().to_owned(),
            input: described.input().unwrap_or_default().to_owned(),
            status: described.status().as_str().to_owned(),
            error: (!parts.is_empty()).then(|| parts.join(": ")),
            ..Execution::default()
        };
        let ours = self
            .owner(|nonce| execution.input.contains(nonce) || execution.name.contains(nonce))
            .is_some();
        if ours && execution.status != "RUNNING" {
            executions::read_history(self.aws, &mut execution).await?;
        }
        Ok(execution)
    }

    /// Finds out in which states the executions are that still run.
    ///
    /// # Errors
    ///
    /// Where AWS does not let the checker see.
    pub async fn look_into_running(&mut self) -> Result<(), Error> {
        let all = self.evidence.iter_mut().flat_map(|it| &mut it.executions);
        for execution in all.filter(|it| it.status == "RUNNING") {
            executions::read_history(self.aws, execution).await?;
        }
        Ok(())
    }

    /// Asks whether the bucket tells the function of new objects: worth a call
    /// only when no invocation has come.
    ///
    /// # Errors
    ///
    /// None: who may not ask does not know.
    pub async fn ask_for_trigger(&mut self) {
        let request = self.aws.s3.get_bucket_notification_configuration();
        let answer = request.bucket(&self.stack.input_bucket).send().await;
        if let Ok(answer) = answer {
            let told = answer.lambda_function_configurations().iter().any(|rule| {
                rule.lambda_function_arn()
                    .ends_with(&format!(":function:{}", self.stack.function))
            });
            self.surroundings.trigger = Some(told);
        }
    }
}

/// Milliseconds since 1970, by this machine's clock.
pub fn now_millis() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// How long to wait before the next round: short at first, then politely longer. On AWS
/// never twice the same, so that the checkers of a class do not all ask at once.
pub fn pause(round: u32, near: bool) -> Duration {
    let (first, longest) = if near { (10, 50) } else { (1000, 4000) };
    let pause = Duration::from_millis((first << round.min(10)).min(longest));
    if near {
        pause
    } else {
        pause.mul_f64(rand::random_range(0.75..1.25))
    }
}
