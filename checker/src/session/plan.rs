//! A run: wave by wave of probes, watched until all is decided, then judged.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::Session;
use super::event::What;
use super::left_out::Reach;
use super::stale;
use crate::course::cause::Cause;
use crate::course::probe::Probe;
use crate::course::stack::Stack;
use crate::course::task::Task;
use crate::error::Error;
use crate::evidence::Evidence;
use crate::evidence::gather::{Gatherer, Interest, now_millis, pause};
use crate::judge::{Case, Rules, judge, waits_for};
use crate::target::Target;
use crate::target::aws::Aws;
use crate::target::rush::Waiting;
use crate::verdict::{ProbeResult, TaskResult, Verdict, worst};

/// How long a missing execution may hide from the lists of AWS after the
/// invocation ended.
const AWS_PATIENCE: Duration = Duration::from_secs(5);

/// For how long a line of a log may hide on this machine after the execution ended. On AWS
/// lines come when they come ("It might take 5 to 10 minutes for logs to show up").
const PATIENCE_FOR_LINES: Duration = Duration::from_millis(500);

/// After how long without an invocation the bucket is asked for its trigger: on AWS its lines come
/// later.
const NO_INVOCATION: Duration = Duration::from_secs(1);
const NO_INVOCATION_ON_AWS: Duration = Duration::from_secs(15);

/// How long it stays quiet before the last look at buckets on AWS.
const QUIET: Duration = Duration::from_secs(3);

/// How long to wait at most while a sandbox on this machine has more to do than it can.
const LONGEST_RUSH: Duration = Duration::from_secs(30 * 60);

/// How long one look may take after the limit has passed.
const ONE_MORE_LOOK: Duration = Duration::from_secs(5);

/// Everything of a run that does not change.
pub struct Plan<'a> {
    /// The session that it is part of.
    pub session: &'a Session,
    /// Where its stack is looked at.
    pub aws: &'a Aws,
    /// Whose stack it is about.
    pub stack: &'a Stack,
    /// What is known of errors.
    pub causes: &'a [Cause],
    /// How long to wait for each outcome.
    pub limit: Duration,
}

impl Plan<'_> {
    /// Verifies the tasks one after the other, by the probes that were drawn for each.
    ///
    /// # Errors
    ///
    /// Whatever kept the checker from a verdict.
    pub async fn verify_all(
        &self,
        tasks: &[Task],
        drawn: Vec<Vec<Probe>>,
        since: &mut i64,
    ) -> Result<Vec<TaskResult>, Error> {
        let reach = Reach::of(&self.session.options, tasks);
        let mut results: Vec<TaskResult> = Vec::new();
        for (task, probes) in tasks.iter().zip(drawn) {
            if let Some(why) = reach.without_task(task) {
                let result = result(task, Vec::new(), vec![why], Vec::new());
                self.tell_decided(&result);
                results.push(result);
                continue;
            }
            let (probes, mut notes) = reach.choose(task, probes);
            let (judged, mut stale) = self.verify_task(task, &probes, since, &mut notes).await?;
            // What holds for all of the run is said once.
            let said = |note: &String| {
                let mut said = results
                    .iter()
                    .flat_map(|it| it.notes.iter().chain(&it.stale));
                said.any(|it| it == note)
            };
            notes.extend(reach.in_general().filter(|it| !said(it)));
            stale.retain(|it| !said(it));
            let result = result(task, judged, notes, stale);
            self.tell_decided(&result);
            results.push(result);
        }
        if self.session.options.target == Target::Aws
            && let Some(last) = results.iter_mut().rfind(|it| !it.probes.is_empty())
        {
            last.stale
                .extend(stale::template(self.aws, self.stack).await);
        }
        Ok(results)
    }

    /// The probes, judged, and how old what was deployed is.
    async fn verify_task(
        &self,
        task: &Task,
        probes: &[Probe],
        since: &mut i64,
        notes: &mut Vec<String>,
    ) -> Result<(Vec<ProbeResult>, Vec<String>), Error> {
        let Self {
            session,
            aws,
            stack,
            ..
        } = *self;
        let function = stack.course.stack.function.as_str();
        let rules = Rules {
            root: &session.root,
            stack,
            function,
            causes: self.causes,
            patience: match aws.near {
                true => Duration::ZERO,
                false => AWS_PATIENCE.min(self.limit / 2),
            },
            patience_for_lines: match aws.near {
                true => PATIENCE_FOR_LINES,
                false => self.limit,
            },
            without: &session.options.without,
            is_alone: session.options.target == Target::Sandbox,
            now: now_millis(),
            task,
            probes,
        };
        let interest = Interest {
            buckets: task.buckets(),
            functions: task.functions(),
        };
        let mut gatherer = Gatherer::new(aws, stack, probes, interest, now_millis());
        let (mut waited, mut decided) = (Duration::ZERO, true);
        for last in [false, true] {
            if !probes.iter().any(|it| it.spec.last == last) {
                continue;
            }
            // Who waits for the others to end waits in vain where they do not.
            if last && !decided {
                let names = probes
                    .iter()
                    .filter(|it| it.spec.last)
                    .map(|it| &it.spec.name);
                notes.extend(names.map(|name| {
                    format!(
                        "Left out: {name:?}: it is uploaded once the others have ended, and they \
                         have not."
                    )
                }));
                break;
            }
            let id = || task.id.clone();
            self.tell(What::Uploading { task: id() });
            let limit = self.limit_of_calls();
            let arrived = timeout(limit, gatherer.arrive(last)).await;
            notes.extend(arrived.map_err(|_| aws.silent("upload a CV", limit))??);
            *since = gatherer.since.min(*since);
            for probe in probes.iter().filter(|it| it.spec.last == last) {
                let key = probe.key.clone();
                self.tell(What::Arrived { task: id(), key });
            }
            let which: Vec<bool> = probes.iter().map(|it| it.spec.last <= last).collect();
            (waited, decided) = self.watch(task, &rules, &which, &mut gatherer).await?;
        }
        self.look_once_more(task, &rules, &mut gatherer).await?;
        // Last, as each look makes the list of executions anew.
        gatherer.look_into_running().await?;
        // What is not there by now does not come any more.
        let rules = Rules {
            patience: Duration::ZERO,
            patience_for_lines: Duration::ZERO,
            ..rules
        };
        let judged = cases(probes, &gatherer)
            // One that could not be sent on its way is told of in a note.
            .filter(|case| case.evidence.has_arrived())
            .map(|case| judge(task, case, &rules, waited))
            .collect();
        let mut stale: Vec<String> = Vec::new();
        let folder = &stack.course.handler.folder;
        stale.extend(stale::code(
            &session.root,
            folder,
            &gatherer.builds(function),
        ));
        if let (Target::Aws, Some(machine)) = (session.options.target, &gatherer.machine_arn) {
            let mut executions = gatherer.evidence.iter().flat_map(|it| &it.executions);
            let execution = executions.next().map(|it| it.arn.as_str());
            stale.extend(stale::workflow(aws, stack, machine, execution).await);
        }
        Ok((judged, stale))
    }

    /// Looks until all is decided about the probes marked in `which`, or the time is up; says
    /// how long it took, and whether all is decided.
    async fn watch(
        &self,
        task: &Task,
        rules: &Rules<'_>,
        which: &[bool],
        gatherer: &mut Gatherer<'_>,
    ) -> Result<(Duration, bool), Error> {
        let aws = gatherer.aws;
        let mut waiting = Waiting::begin();
        let mut asked = false;
        // Nothing comes of an upload at once on AWS.
        if !aws.near {
            tokio::time::sleep(pause(0, aws, Duration::ZERO)).await;
        }
        for round in 0.. {
            let waited = waiting.so_far(aws.near && aws.rush.is_on());
            if waiting.rush() > LONGEST_RUSH {
                return Err(aws.silent("see an outcome", LONGEST_RUSH));
            }
            let limit = self.limit_of_calls();
            let begun = Instant::now();
            let looked = timeout(limit, gatherer.look(round)).await;
            looked.map_err(|_| aws.silent("look at the outcome", limit))??;
            let took = begun.elapsed();
            let pending = cases(rules.probes, gatherer)
                .zip(which)
                .filter(|(case, is_one)| **is_one && case.evidence.has_arrived())
                .find_map(|(case, _)| waits_for(task, case, rules));
            let Some(pending) = pending else {
                return Ok((waiting.so_far(false), true));
            };
            // Where calls wait for their turn, a look takes long: only what one does not
            // see that began after the limit is not there.
            if waited >= self.limit {
                break;
            }
            let is_unseen = |it: &Evidence| it.invocations.len() < it.arrivals();
            let unseen = gatherer.evidence.iter().any(is_unseen);
            let is_late = match aws.near {
                true => waited >= NO_INVOCATION,
                false => waited >= NO_INVOCATION_ON_AWS,
            };
            if unseen && is_late && !std::mem::replace(&mut asked, true) {
                gatherer.ask_for_trigger().await;
                continue;
            }
            self.tell(What::Waiting {
                task: task.id.clone(),
                what: pending,
                waited,
            });
            let pause = pause(round, aws, took);
            let left = self.limit.saturating_sub(waited);
            tokio::time::sleep(pause.min(left)).await;
        }
        Ok((waiting.so_far(false), false))
    }

    /// How long calls may take together: on this machine each has a limit of its own.
    fn limit_of_calls(&self) -> Duration {
        match self.aws.near {
            true => LONGEST_RUSH,
            false => self.limit + ONE_MORE_LOOK,
        }
    }

    /// When all is decided: whether something came late that should not have come at all.
    async fn look_once_more(
        &self,
        task: &Task,
        rules: &Rules<'_>,
        gatherer: &mut Gatherer<'_>,
    ) -> Result<(), Error> {
        let (aws, probes) = (gatherer.aws, rules.probes);
        if task.buckets().is_empty() && aws.near {
            return gatherer.look_into_other_logs().await;
        }
        self.tell(What::LookingForLate {
            task: task.id.clone(),
        });
        gatherer.wait_for_what_runs(self.limit).await?;
        let decided = cases(probes, gatherer).all(|it| waits_for(task, it, rules).is_none());
        if decided && !aws.near {
            tokio::time::sleep(QUIET).await;
        }
        let limit = self.limit_of_calls();
        let looked = timeout(limit, gatherer.look_at_the_end()).await;
        looked.map_err(|_| aws.silent("look at the outcome", limit))?
    }

    fn tell(&self, what: What) {
        self.session.tell(&self.stack.user, what);
    }

    fn tell_decided(&self, result: &TaskResult) {
        for probe in &result.probes {
            for check in &probe.checks {
                self.tell(What::Decided {
                    task: result.id.clone(),
                    probe: probe.name.clone(),
                    check: check.check.clone(),
                    verdict: check.verdict,
                });
            }
        }
        self.tell(What::Judged(result.clone()));
    }
}

fn result(
    task: &Task,
    probes: Vec<ProbeResult>,
    notes: Vec<String>,
    stale: Vec<String>,
) -> TaskResult {
    let verdict = if probes.is_empty() {
        Verdict::Skipped
    } else {
        worst(probes.iter().map(|probe| probe.verdict))
    };
    TaskResult {
        id: task.id.clone(),
        title: task.title.clone(),
        doc: format!("{}/README.md", task.folder),
        verdict,
        stale,
        notes,
        probes,
    }
}

/// The probes with what was found out by now.
fn cases<'a>(probes: &'a [Probe], gatherer: &'a Gatherer<'_>) -> impl Iterator<Item = Case<'a>> {
    let found = probes.iter().zip(&gatherer.evidence);
    found.map(|(probe, evidence)| Case {
        probe,
        evidence,
        surroundings: &gatherer.surroundings,
    })
}
