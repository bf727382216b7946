//! Leaves a stack as it was: what a run caused is stopped and removed.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::course::probe::Probe;
use crate::course::stack::Stack;
use crate::error::Error;
use crate::evidence::executions::running_with;
use crate::evidence::gather::{Gatherer, Interest};
use crate::evidence::objects::{find_objects, remove_objects};
use crate::target::aws::Aws;

/// How long cleaning up may take.
const LIMIT: Duration = Duration::from_secs(60);

/// How long it may take after a run that had no end of its own.
const LIMIT_AFTER_BREAK: Duration = Duration::from_secs(30);

/// How long of it is spent on waiting for what the uploads may still cause.
const SETTLE: Duration = Duration::from_secs(10);

/// How long a function may go on writing after its execution was stopped, on AWS and on this
/// machine.
const LAST_WORDS: Duration = Duration::from_secs(2);
const LAST_WORDS_HERE: Duration = Duration::from_millis(200);

/// After how long without news nothing more is expected of the uploads of a run that
/// was broken off.
const QUIET: Duration = Duration::from_secs(5);

/// What a run has caused.
#[derive(Debug)]
pub struct Mess<'a> {
    /// Where.
    pub aws: &'a Aws,
    /// The stack that was verified.
    pub stack: &'a Stack,
    /// Buckets that it may have besides.
    pub other_buckets: Vec<String>,
    /// What every key of the run carries, and so every execution's input.
    pub nonce: String,
    /// Milliseconds since 1970, before the first upload.
    pub since: i64,
    /// Whether the run was broken off, so that its uploads may still cause
    /// executions.
    pub settles: bool,
}

impl Mess<'_> {
    /// Stops the executions and removes the objects that carry the nonce of the run,
    /// in every bucket of the stack, and nothing else.
    ///
    /// # Errors
    ///
    /// Says what could not be removed; the rest is.
    pub async fn clean_up(&self) -> Result<(), Error> {
        let limit = if self.settles {
            LIMIT_AFTER_BREAK
        } else {
            LIMIT
        };
        timeout(limit, self.remove_all()).await.unwrap_or_else(|_| {
            Err(self.left(&format!("cleaning up took over {} s", limit.as_secs())))
        })
    }

    /// Tells what may be left.
    pub fn left(&self, why: &str) -> Error {
        Error::Unclear(format!(
            "{why}: objects whose keys hold {} may be left in {}, and executions of them may run \
             on.",
            self.nonce,
            self.stack.buckets.join(", ")
        ))
    }

    async fn remove_all(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        let mut stopped = self.stop_executions(&mut problems).await;
        let removed = self.remove_objects(&mut problems).await;
        if removed && self.settles {
            // What is stopped by now matters more than that nothing follows.
            let _ = timeout(SETTLE, self.settle()).await;
            stopped |= self.stop_executions(&mut problems).await;
        }
        if stopped {
            let here = self.aws.near;
            sleep(if here { LAST_WORDS_HERE } else { LAST_WORDS }).await;
        }
        if stopped || (removed && self.settles) {
            self.remove_objects(&mut problems).await;
        }
        if problems.is_empty() {
            return Ok(());
        }
        problems.dedup();
        Err(self.left(&problems.join(" ")))
    }

    /// Whether there were any to stop.
    async fn stop_executions(&self, problems: &mut Vec<String>) -> bool {
        let running = running_with(self.aws, self.stack, &self.nonce, self.since).await;
        let running = running.unwrap_or_else(|error| {
            problems.push(error.to_string());
            Vec::new()
        });
        for arn in &running {
            problems.extend(stop(self.aws, arn).await.err().map(|it| it.to_string()));
        }
        !running.is_empty()
    }

    /// Whether there were any to remove.
    async fn remove_objects(&self, problems: &mut Vec<String>) -> bool {
        let mut removed = false;
        for bucket in &self.stack.buckets {
            match self.remove_from(bucket).await {
                Ok(count) => removed |= count > 0,
                Err(error) => problems.push(error.to_string()),
            }
        }
        for bucket in &self.other_buckets {
            // One that cannot be looked into may be anybody's.
            removed |= self.remove_from(bucket).await.is_ok_and(|count| count > 0);
        }
        removed
    }

    async fn remove_from(&self, bucket: &str) -> Result<usize, Error> {
        let mut keys = find_objects(self.aws, bucket).await?.keys;
        keys.retain(|key| key.contains(&self.nonce));
        remove_objects(self.aws, bucket, &keys).await?;
        Ok(keys.len())
    }

    /// Waits until the function has dealt with what was uploaded, so that no
    /// execution starts after they were stopped.
    async fn settle(&self) {
        let probe = Probe::of_run(&self.nonce);
        let probes = [probe];
        let mut gatherer = Gatherer::new(
            self.aws,
            self.stack,
            &probes,
            Interest::default(),
            self.since,
        );
        let (mut news, mut seen) = (Instant::now(), 0);
        while news.elapsed() < QUIET && gatherer.look_at_the_end().await.is_ok() {
            let invocations = &gatherer.evidence[0].invocations;
            let ended = invocations.iter().filter(|it| it.report.is_some()).count();
            if seen != invocations.len() + ended {
                (news, seen) = (Instant::now(), invocations.len() + ended);
            }
            sleep(Duration::from_millis(500)).await;
        }
    }
}

async fn stop(aws: &Aws, arn: &str) -> Result<(), Error> {
    let stop = aws
        .sfn
        .stop_execution()
        .execution_arn(arn)
        .error("CheckerStopped")
        .cause("The checker ended before the execution did.");
    let stopped = stop.send().await;
    stopped
        .map(|_| ())
        .map_err(|error| aws.unclear("stop an execution", &error))
}
