//! `checker verify`: from the user's name to the verdict.

mod plan;

use std::path::Path;
use std::time::Instant;

use crate::branches::current_task;
use crate::cause;
use crate::cleanup::Mess;
use crate::cli::{Target, Verify};
use crate::clock::Clocks;
use crate::course::is_begun;
use crate::error::Error;
use crate::gather::now_millis;
use crate::inputs::Generator;
use crate::interrupts::Interrupts;
use crate::keys::{Nonces, run_nonce};
use crate::left_out::Reach;
use crate::probe::{Probe, probes};
use crate::progress::Progress;
use crate::project::check_user;
use crate::record::Record;
use crate::report::{Ready, Run};
use crate::stack::Stack;
use crate::tampered;
use crate::task::{self, Task};
use crate::verdict::{TaskResult, Verdict};
use plan::Plan;

/// Verifies a user's tasks. What the run caused is cleaned up in any case; the second
/// result says where that failed. The verdicts are remembered for `tasks` and `hint`.
///
/// # Errors
///
/// Whatever kept the checker from a verdict. An interrupt ends the run early, and a
/// second one ends the cleaning up.
pub async fn verify(
    root: &Path,
    arguments: &Verify,
    interrupts: &mut Interrupts,
) -> Result<(Run, Result<(), Error>), Error> {
    let begun = Instant::now();
    let place = root.to_owned();
    let changed = tokio::task::spawn_blocking(move || tampered::changed(&place));
    check_user(&arguments.user)?;
    let target = arguments.target()?;
    let stack = Stack::compile(root, &arguments.user, arguments.place.region.as_deref())?;
    let mut wanted = arguments.task.clone();
    if wanted.is_empty() && !arguments.all {
        wanted.extend(current_task(root, &stack.course));
    }
    let all = task::read_all(root, &stack.course)?;
    let other_buckets = match target {
        Target::Sandbox => Vec::new(),
        Target::Aws => stack.other_buckets(&all),
    };
    let tasks = task::select(all, &wanted)?;
    let plan = Plan {
        root,
        causes: cause::read(root, &stack)?,
        stack,
        limit: arguments.limit(target),
        without: arguments.without.clone(),
        target,
    };
    let nonce = run_nonce(&mut rand::rng());
    let drawing = {
        let generator = Generator::read(root, &plan.stack.course, &tasks)?;
        let (tasks, nonce) = (tasks.clone(), nonce.clone());
        tokio::task::spawn_blocking(move || draw(&tasks, &generator, &nonce))
    };
    let mut progress = Progress::new();
    let (aws, local) = tokio::select! {
        () = interrupts.next() => return Err(Error::Interrupted),
        ready = plan.get_ready(arguments) => ready?,
    };
    let ready = local.as_ref().map(|local| Ready {
        built: local.handler.took,
        deployed: local.took,
        resources: local.resources,
    });
    let mut mess = Mess {
        aws: &aws,
        stack: &plan.stack,
        other_buckets,
        nonce,
        since: now_millis(),
        settles: false,
    };
    let drawn = drawing.await;
    let drawn = drawn.map_err(|error| Error::Unclear(format!("cannot draw test CVs: {error}")))?;
    let mut since = mess.since;
    let reach = Reach::of(arguments, &tasks, target == Target::Aws);
    let clocks = Clocks::watch();
    let verified = tokio::select! {
        () = interrupts.next() => Err(Error::Interrupted),
        verified = plan.verify_all(&aws, &tasks, drawn, &mut since, &mut progress, reach) => verified,
    };
    let verified = in_even_time(verified, clocks);
    mess.settles = verified.is_err() && target == Target::Aws;
    mess.since = since;
    progress.show("removing what the probes caused (Ctrl-C leaves it)");
    let cleaned = tokio::select! {
        () = interrupts.next() => Err(mess.left("the cleaning up was interrupted")),
        cleaned = mess.clean_up(), if target == Target::Aws => cleaned,
        // What a sandbox of its own holds ends with it.
        () = std::future::ready(()), if target == Target::Sandbox => Ok(()),
    };
    progress.clear();
    let took = begun.elapsed();
    let processes = local.as_ref().map(|local| local.sandbox.processes());
    if let Some(local) = local {
        local.end().await;
    }
    let tasks = match (verified, &cleaned) {
        (Ok(tasks), _) => tasks,
        (Err(error), Ok(())) => return Err(error),
        (Err(error), Err(left)) => {
            let error = error.to_string();
            let error = error.trim_end_matches('.');
            return Err(Error::Unclear(format!("{error}. Besides, {left}")));
        }
    };
    let run = Run {
        user: arguments.user.clone(),
        target: match (&arguments.place.endpoint_url, target) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Target::Sandbox) => "sandbox".to_owned(),
            (None, Target::Aws) => "aws".to_owned(),
        },
        ready,
        tasks,
        // It does not panic; and of what it would say no verdict depends.
        changed: changed.await.unwrap_or_default(),
        took,
        processes,
    };
    // A verdict is worth more than what is remembered of it.
    let remembered = if is_begun(root) {
        let mut record = Record::read(root, &plan.stack.course.title, Some(&arguments.user));
        record.take_down(&run.tasks);
        record.write(root)
    } else {
        Ok(())
    };
    Ok((run, cleaned.and(remembered)))
}

/// The probes of each task, drawn while the handler is built.
fn draw(tasks: &[Task], generator: &Generator, run_nonce: &str) -> Vec<Vec<Probe>> {
    let mut random = rand::rng();
    let nonces: Vec<String> = Nonces::of(run_nonce, &mut random)
        .take(tasks.len())
        .collect();
    let drawn = tasks.iter().zip(nonces);
    drawn
        .map(|(task, nonce)| probes(task, generator, &nonce, &mut random))
        .collect()
}

/// Something that did not come is nobody's fault where time itself did not go on.
fn in_even_time(
    verified: Result<Vec<TaskResult>, Error>,
    clocks: Clocks,
) -> Result<Vec<TaskResult>, Error> {
    let seen = clocks.end();
    match (&verified, seen) {
        (Ok(tasks), Some(seen)) if tasks.iter().any(|it| it.verdict == Verdict::Failed) => {
            Err(Error::Unclear(format!(
                "{seen} while the checker waited: what did not come may be missing for no other \
                 reason. Run the checker again."
            )))
        }
        _ => verified,
    }
}
