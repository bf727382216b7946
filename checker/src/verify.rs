//! `checker verify`: from the user's name to the verdict.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::aws::Aws;
use crate::build_id::build_id;
use crate::cause::{self, Cause};
use crate::cleanup::clean_up;
use crate::cli::{Target, Verify};
use crate::error::Error;
use crate::evidence::{Evidence, Invocation};
use crate::gather::{Gatherer, pause};
use crate::judge::{Case, Rules, judge, waits_for};
use crate::local::Local;
use crate::probe::{Probe, probes, run_nonce};
use crate::progress::Progress;
use crate::project::check_user;
use crate::report::{Ready, Run};
use crate::stack::Stack;
use crate::task::{self, Task};
use crate::verdict::{TaskResult, worst};

/// The name of the function that an upload invokes, for people.
const FUNCTION: &str = "scan-file";

/// How long a missing execution may hide from the lists of AWS after the
/// invocation ended.
const AWS_PATIENCE: Duration = Duration::from_secs(5);

/// After how long without an invocation the bucket is asked for its trigger.
const NO_INVOCATION: Duration = Duration::from_secs(1);

/// Everything of a run that does not change.
struct Plan<'a> {
    root: &'a Path,
    stack: Stack,
    causes: Vec<Cause>,
    limit: Duration,
    target: Target,
}

/// Verifies a user's tasks.
///
/// # Errors
///
/// Whatever kept the checker from a verdict. `interrupted` ends the run early;
/// what it caused is cleaned up all the same.
pub async fn verify(
    root: &Path,
    arguments: &Verify,
    interrupted: impl Future<Output = ()>,
) -> Result<Run, Error> {
    check_user(&arguments.user)?;
    let target = arguments.target()?;
    let tasks = task::select(task::read_all(root)?, arguments.task.as_deref())?;
    let stack = Stack::compile(root, &arguments.user)?;
    let plan = Plan {
        root,
        causes: cause::read(root, &stack.workflow)?,
        stack,
        limit: arguments.limit(target),
        target,
    };
    let mut interrupted = std::pin::pin!(interrupted);
    let mut progress = Progress::new();
    let (aws, local) = tokio::select! {
        () = &mut interrupted => return Err(Error::Interrupted),
        ready = plan.get_ready(arguments) => ready?,
    };
    let ready = local.as_ref().map(|local| Ready {
        built: local.handler.took,
        deployed: local.took,
        resources: local.resources,
    });
    let run_nonce = run_nonce();
    let since = now_millis();
    let verified = tokio::select! {
        () = &mut interrupted => Err(Error::Interrupted),
        verified = plan.verify_all(&aws, &tasks, &run_nonce, since, &mut progress) => verified,
    };
    progress.show("removing what the probes caused");
    let cleaned = clean_up(&aws, &plan.stack, &run_nonce, since).await;
    progress.clear();
    if let Some(local) = local {
        local.end().await;
    }
    let tasks = verified?;
    cleaned?;
    Ok(Run {
        user: arguments.user.clone(),
        target: match (&arguments.endpoint_url, target) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Target::Sandbox) => "sandbox".to_owned(),
            (None, Target::Aws) => "aws".to_owned(),
        },
        ready,
        tasks,
    })
}

impl Plan<'_> {
    async fn get_ready(&self, arguments: &Verify) -> Result<(Aws, Option<Local>), Error> {
        let region = arguments
            .region
            .as_deref()
            .unwrap_or(&self.stack.service.region);
        match self.target {
            Target::Sandbox => {
                let local = Local::start(self.root, &self.stack, 0).await?;
                let aws = Aws::sandbox(local.sandbox.endpoint(), region);
                Ok((aws, Some(local)))
            }
            Target::Aws => Ok((
                Aws::real(arguments.endpoint_url.as_deref(), region).await?,
                None,
            )),
        }
    }

    async fn verify_all(
        &self,
        aws: &Aws,
        tasks: &[Task],
        run_nonce: &str,
        since: i64,
        progress: &mut Progress,
    ) -> Result<Vec<TaskResult>, Error> {
        let mut results = Vec::new();
        for (at, task) in tasks.iter().enumerate() {
            let nonce = format!("{run_nonce}{at:02}");
            results.push(self.verify_task(aws, task, &nonce, since, progress).await?);
        }
        Ok(results)
    }

    async fn verify_task(
        &self,
        aws: &Aws,
        task: &Task,
        nonce: &str,
        since: i64,
        progress: &mut Progress,
    ) -> Result<TaskResult, Error> {
        let probes = probes(task, nonce);
        let rules = Rules {
            root: self.root,
            workflow: &self.stack.workflow,
            function: FUNCTION,
            bucket: &self.stack.input_bucket,
            causes: &self.causes,
            patience: match self.target {
                Target::Sandbox => Duration::ZERO,
                Target::Aws => AWS_PATIENCE,
            },
        };
        let mut gatherer = Gatherer::new(aws, &self.stack, &probes, since);
        progress.show("uploading test CVs");
        gatherer.upload().await?;
        let begun = Instant::now();
        for round in 0.. {
            gatherer.look().await?;
            let pending = cases(&probes, &gatherer).find_map(|case| waits_for(task, case, &rules));
            let Some(pending) = pending else { break };
            let waited = begun.elapsed();
            if waited >= self.limit {
                break;
            }
            let unseen = gatherer.evidence.iter().all(|it| it.invocations.is_empty());
            let asked = gatherer.surroundings.trigger.is_some();
            if unseen && waited >= NO_INVOCATION && !asked {
                gatherer.ask_for_trigger().await;
                continue;
            }
            progress.show(&format!("waiting for {pending} ({} s)", waited.as_secs()));
            tokio::time::sleep(pause(round, self.target == Target::Sandbox)).await;
        }
        let results: Vec<_> = cases(&probes, &gatherer)
            .map(|case| judge(task, case, &rules, begun.elapsed()))
            .collect();
        Ok(TaskResult {
            id: task.id.clone(),
            title: task.title.clone(),
            doc: format!("{}/README.md", task.folder),
            verdict: worst(results.iter().map(|probe| probe.verdict)),
            notes: self
                .old_deployment(&gatherer.evidence)
                .into_iter()
                .collect(),
            probes: results,
        })
    }
}

impl Plan<'_> {
    /// Says so where what was judged was built from other sources than those of
    /// the working tree.
    fn old_deployment(&self, evidence: &[Evidence]) -> Option<String> {
        let deployed = evidence
            .iter()
            .flat_map(|it| &it.invocations)
            .find_map(Invocation::build_id)?;
        let here = build_id(&self.root.join("handler")).ok()?;
        (deployed != here).then(|| {
            format!(
                "{FUNCTION} was deployed from other sources than those in handler/ (build {deployed}, \
                 here {here}). Deploy again to verify what you see here."
            )
        })
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

fn now_millis() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
