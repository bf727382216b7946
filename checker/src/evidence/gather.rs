//! Collects evidence: one round of calls at a time, cheap ones first.

mod arrive;
mod other_logs;
mod trigger;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_sfn::types::ExecutionListItem;

use crate::course::probe::Probe;
use crate::course::stack::Stack;
use crate::error::Error;
use crate::evidence::executions::{self, error_text, machine_arn, started_since};
use crate::evidence::invocation_lines::invocations;
use crate::evidence::log_reader::LogReader;
use crate::evidence::objects::find_objects;
use crate::evidence::{Evidence, Execution, Found, Invocation, Surroundings, build_id_in};
use crate::target::aws::Aws;

/// How exactly the difference between this machine's clock and AWS's is known: S3 tells
/// whole seconds.
const CLOCK_TOLERANCE_MS: i64 = 2_000;

/// The status of an execution that has not ended.
const RUNNING: &str = "RUNNING";

/// How long a pause is at most on this machine: at least as long as the round before took.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How many of the events that wait in line may well be those of one run alone.
const OWN_EVENTS: usize = 10;

/// How much longer a pause is for each event in line beyond those.
const PAUSE_PER_EVENT: Duration = Duration::from_millis(50);

/// The round from which on a log is read although its executions have not ended: there may be none.
const LATE_ROUND: u32 = 2;

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
    /// Where it looks.
    pub aws: &'a Aws,
    stack: &'a Stack,
    probes: &'a [Probe],
    /// What marks all probes of the run, those of other tasks, too.
    run: &'a str,
    interest: Interest<'a>,
    /// Milliseconds since 1970, before the first upload.
    pub since: i64,
    /// Whether `since` is by AWS's clock.
    clock_is_set: bool,
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
            clock_is_set: false,
            log: LogReader::new(&stack.log_group),
            other_logs: BTreeMap::new(),
            machine_arn: None,
            executions: BTreeMap::new(),
            settled_at: vec![None; probes.len()],
            evidence: vec![Evidence::default(); probes.len()],
            surroundings: Surroundings::default(),
        }
    }

    /// Takes AWS's time for this machine's where the two differ: log lines and
    /// executions are asked for by time.
    async fn set_clock(&mut self) {
        // This machine has one clock; and of another one once is enough.
        if self.aws.near || std::mem::replace(&mut self.clock_is_set, true) {
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

    /// One round, the `round`th since the last upload: log lines, then executions, so that an
    /// execution that a finished invocation started is never overlooked.
    ///
    /// # Errors
    ///
    /// Where AWS does not let the checker see.
    pub async fn look(&mut self, round: u32) -> Result<(), Error> {
        // On AWS a whole class shares the calls: what is known is not asked for again, and a log
        // is read when it is likely to be complete.
        let is_open = |it: &Evidence| it.has_arrived() && !it.is_complete();
        let is_likely = |it: &Evidence| is_open(it) && (it.ended.is_some() || round >= LATE_ROUND);
        if self.aws.near || self.evidence.iter().any(is_likely) {
            self.read_log().await?;
        }
        self.look_at_executions(self.aws.near).await?;
        let runs = |it: &Evidence| it.has_arrived() && it.ended.is_none();
        if self.aws.near || !self.evidence.iter().any(runs) {
            self.look_into_other_logs().await?;
        }
        self.look_into_failed_functions().await
    }

    /// One round that leaves nothing out, and what the buckets hold by now.
    ///
    /// # Errors
    ///
    /// Where AWS does not let the checker see.
    pub async fn look_at_the_end(&mut self) -> Result<(), Error> {
        self.read_log().await?;
        self.look_at_executions(true).await?;
        self.look_into_other_logs().await?;
        self.look_into_failed_functions().await?;
        self.look_into_buckets().await
    }

    /// The invocations of the function that uploads invoke.
    async fn read_log(&mut self) -> Result<(), Error> {
        self.log.read(self.aws, self.since).await?;
        let all = invocations(&self.log.lines);
        let mut strangers = Vec::new();
        for evidence in &mut self.evidence {
            evidence.invocations.clear();
        }
        for invocation in all {
            let holds = |text: &str| invocation.lines.iter().any(|line| line.contains(text));
            // An event of several records is of several probes.
            let mut owners = self.probes.iter().zip(&mut self.evidence);
            let mut owned = false;
            for (_, evidence) in owners.by_ref().filter(|(probe, _)| holds(&probe.nonce)) {
                evidence.invocations.push(invocation.clone());
                owned = true;
            }
            // Those of other tasks of this run are none.
            if !owned && !holds(self.run) {
                strangers.push(invocation);
            }
        }
        self.surroundings.strangers = strangers;
        Ok(())
    }

    /// What the buckets hold, each listed once: objects under the probes' keys, and others whose
    /// keys carry a nonce. Whoever looks when all has ended sees all that is written.
    async fn look_into_buckets(&mut self) -> Result<(), Error> {
        let stack = self.stack;
        let interest: Vec<(&str, String)> = self
            .interest
            .buckets
            .iter()
            .map(|it| (*it, stack.bucket(it)))
            .collect();
        if interest.is_empty() {
            return Ok(());
        }
        let mut names: BTreeSet<&str> = stack.buckets.iter().map(String::as_str).collect();
        names.extend(interest.iter().map(|(_, name)| name.as_str()));
        for name in names {
            let short = interest.iter().find(|it| it.1 == name).map(|it| it.0);
            let listed = find_objects(self.aws, name).await?;
            for (probe, evidence) in self.probes.iter().zip(&mut self.evidence) {
                let mut found = if listed.exists {
                    Found::Nothing
                } else {
                    Found::NoBucket
                };
                for key in listed.keys.iter().filter(|it| it.contains(&probe.nonce)) {
                    if *key != probe.key {
                        evidence.strays.push((name.to_owned(), key.clone()));
                    } else if short.is_some() {
                        found = read_object(self.aws, name, key).await?;
                    }
                }
                evidence
                    .objects
                    .extend(short.map(|it| (it.to_owned(), found)));
            }
        }
        Ok(())
    }

    /// Waits for what the uploads have begun besides the executions that were seen: executions
    /// of other state machines of the stack, and on this machine invocations of any function,
    /// which write into buckets late.
    ///
    /// # Errors
    ///
    /// Where AWS does not let the checker see.
    pub async fn wait_for_what_runs(&mut self, limit: Duration) -> Result<(), Error> {
        let begun = Instant::now();
        for round in 0.. {
            let looked = Instant::now();
            let mut runs =
                executions::others_run(self.aws, self.stack, self.run, self.since).await?;
            if self.aws.near {
                runs |= self.functions_run().await?;
            }
            if !runs || begun.elapsed() > limit {
                return Ok(());
            }
            tokio::time::sleep(pause(round, self.aws, looked.elapsed())).await;
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

    /// Lists the executions, if it must or one is missing, and looks at those that are new or have
    /// ended; else at those that ran, one after the other, up to one that still runs.
    async fn look_at_executions(&mut self, must_list: bool) -> Result<(), Error> {
        // The list is as old as the moment at which it is asked for.
        let asked = Instant::now();
        let lacks_one = |it: &Evidence| it.has_arrived() && it.executions.len() < it.arrivals();
        let lists = must_list || self.evidence.iter().any(lacks_one);
        let known: Vec<Execution> = if lists {
            self.list_executions().await?
        } else {
            // What has come of the one that ran is not known.
            let ran = self.executions.values().filter(|it| it.status == RUNNING);
            let ran = ran.map(|it| Execution {
                status: String::new(),
                ..it.clone()
            });
            ran.collect()
        };
        for seen in known {
            let known = self.executions.get(&seen.arn);
            if known.is_some_and(|it| it.status != RUNNING) {
                continue;
            }
            let is_known = known.is_some();
            // Of one that runs the name is enough, where it tells whose it is.
            let is_named = self.owner(|nonce| seen.name.contains(nonce)).is_some();
            let execution = match seen.status == RUNNING {
                true if is_known => continue,
                true if is_named => seen,
                _ => self.describe(&seen.arn).await?,
            };
            let still_runs = execution.status == RUNNING;
            self.executions.insert(execution.arn.clone(), execution);
            if still_runs && !lists {
                break;
            }
        }
        for evidence in &mut self.evidence {
            evidence.executions.clear();
        }
        self.surroundings.unclaimed_executions.clear();
        for execution in self.executions.values() {
            let holds =
                |nonce: &str| execution.input.contains(nonce) || execution.name.contains(nonce);
            match self.owner(holds) {
                Some(at) => self.evidence[at].executions.push(execution.clone()),
                None if holds(self.run) => {}
                None => {
                    let name = execution.name.clone();
                    self.surroundings.unclaimed_executions.push(name);
                }
            }
        }
        for at in 0..self.probes.len() {
            let evidence = &mut self.evidence[at];
            let expected = evidence.arrivals();
            if expected == 0 {
                continue;
            }
            let ended = |it: &&Invocation| it.report.is_some();
            if evidence.invocations.iter().filter(ended).count() >= expected {
                let since = self.settled_at[at].get_or_insert(asked);
                evidence.settled = Some(asked - *since);
            }
            let executions = &evidence.executions;
            let running = executions.iter().any(|it| it.status == RUNNING);
            if executions.len() >= expected && !running {
                let since = self.ended_at[at].get_or_insert_with(Instant::now);
                evidence.ended = Some(since.elapsed());
            }
        }
        Ok(())
    }

    /// The executions since the first upload, as far as a list tells of them: none where there is
    /// no such state machine, or AWS does not list its executions.
    async fn list_executions(&mut self) -> Result<Vec<Execution>, Error> {
        if self.machine_arn.is_none() {
            self.machine_arn = machine_arn(self.aws, self.stack).await?;
        }
        let Some(machine) = &self.machine_arn else {
            return Ok(Vec::new());
        };
        let listed = started_since(self.aws, machine, self.since, None).await?;
        self.surroundings.is_express = listed.is_none();
        Ok(listed.iter().flatten().map(as_listed).collect())
    }

    async fn describe(&self, arn: &str) -> Result<Execution, Error> {
        let described = executions::describe(self.aws, arn).await?;
        let mut execution = Execution {
            arn: arn.to_owned(),
            name: described.name().unwrap_or_default().to_owned(),
            input: described.input().unwrap_or_default().to_owned(),
            status: described.status().as_str().to_owned(),
            output: described.output().map(str::to_owned),
            error: error_text(described.error(), described.cause()),
            ..Execution::default()
        };
        let ours = self
            .owner(|nonce| execution.input.contains(nonce) || execution.name.contains(nonce))
            .is_some();
        if ours && execution.status != RUNNING {
            executions::read_history(self.aws, &mut execution).await?;
        }
        Ok(execution)
    }

    /// Finds out what the executions work on that still run, and in which states they are.
    ///
    /// # Errors
    ///
    /// Where AWS does not let the checker see.
    pub async fn look_into_running(&mut self) -> Result<(), Error> {
        let all = self.evidence.iter_mut().flat_map(|it| &mut it.executions);
        for execution in all.filter(|it| it.status == RUNNING) {
            let described = executions::describe(self.aws, &execution.arn).await?;
            execution.input = described.input().unwrap_or_default().to_owned();
            executions::read_history(self.aws, execution).await?;
        }
        Ok(())
    }
}

/// What a list tells of an execution.
fn as_listed(listed: &ExecutionListItem) -> Execution {
    Execution {
        arn: listed.execution_arn().to_owned(),
        name: listed.name().to_owned(),
        status: listed.status().as_str().to_owned(),
        ..Execution::default()
    }
}

async fn read_object(aws: &Aws, bucket: &str, key: &str) -> Result<Found, Error> {
    let object = match aws.s3.get_object().bucket(bucket).key(key).send().await {
        Ok(object) => object,
        // It was there a moment ago.
        Err(error) if error.code() == Some("NoSuchKey") => return Ok(Found::Nothing),
        Err(error) => return Err(aws.unclear("read an object", &error)),
    };
    match object.body.collect().await {
        Ok(body) => Ok(Found::Object(body.into_bytes().to_vec())),
        Err(error) => Err(Error::Unclear(format!(
            "cannot read s3://{bucket}/{key}: {error}. Run the checker again."
        ))),
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
/// never twice the same, so that the checkers of a class do not all ask at once; on this
/// machine longer where the round before took long or others' events wait in line, as asking
/// keeps them from their work.
pub fn pause(round: u32, aws: &Aws, took: Duration) -> Duration {
    let (first, longest) = if aws.near { (10, 50) } else { (1000, 4000) };
    let pause = Duration::from_millis((first << round.min(10)).min(longest));
    if aws.near {
        let line = pause_for(aws.rush.waiting());
        pause.max(took.max(line).min(LONGEST_PAUSE))
    } else {
        pause.mul_f64(rand::random_range(0.75..1.25))
    }
}

/// How long to keep from asking while so many events wait in line.
fn pause_for(waiting: usize) -> Duration {
    let others = u32::try_from(waiting.saturating_sub(OWN_EVENTS)).unwrap_or(u32::MAX);
    PAUSE_PER_EVENT.saturating_mul(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_one_s_own_makes_no_pause_longer() {
        for (waiting, expected) in [(0, 0), (OWN_EVENTS, 0), (OWN_EVENTS + 40, 2_000)] {
            assert_eq!(pause_for(waiting), Duration::from_millis(expected));
        }
        assert!(pause_for(usize::MAX) > LONGEST_PAUSE);
    }
}
