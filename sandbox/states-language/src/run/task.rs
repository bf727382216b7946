//! One attempt of a Task state.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, select};
use serde_json::Value;

use super::failure::{Failure, FailureKind};
use super::flow::{Exit, Visit};
use super::task_events::TaskEvents;
use super::thread::Thread;
use crate::context::Context;
use crate::definition::{Family, TaskState};
use crate::environment::{Environment, Fault};
use crate::history::{Progress, TaskProgress, millis};
use crate::payload::Payload;
use crate::setting::Number;
use crate::task::{FailureStage, IntegrationPattern, TaskFailure, TaskRequest};

/// What an attempt is made with.
struct Prepared {
    input: Payload,
    timeout: Option<Duration>,
    heartbeat: Option<Duration>,
    role: Option<String>,
}

/// Runs the task once.
///
/// # Errors
/// The task fails, takes too long, or an expression of the state fails.
pub(crate) async fn run(
    visit: &Visit<'_>,
    thread: &Thread,
    work: &TaskState,
    retries: u64,
) -> Result<Exit, Failure> {
    let token = token(work);
    let context = visit.context(Some(retries), token.as_deref(), thread.item.as_ref());
    let failed = |fault| visit.failed(thread, fault);
    let prepared = prepare(visit, thread, work, &context).map_err(failed)?;
    let events = TaskEvents::of(work, visit.run.context.region());
    let (timeout, heartbeat) = (prepared.timeout, prepared.heartbeat);
    thread.record(
        visit.run,
        events.scheduled(
            &prepared.input,
            timeout,
            heartbeat,
            prepared.role.as_deref(),
        ),
    )?;
    if let Some(started) = events.started() {
        thread.record(visit.run, started)?;
    }
    let answer = answer(visit, thread, work, prepared, token.clone()).await;
    let failure = match answer {
        Ok(output) => {
            let output = Payload::new(output);
            if !output.is_too_large() && !crate::payload::is_too_deep(output.value()) {
                thread.record(visit.run, events.succeeded(&output))?;
                return visit.exit(thread, &context, output, true).map_err(failed);
            }
            Ended {
                failure: Failure::too_large(FailureKind::Task, events.name()),
                stage: FailureStage::Run,
            }
        }
        Err(failure) => failure,
    };
    thread.record(visit.run, events.failed(&failure.failure, failure.stage))?;
    Err(failure.failure)
}

/// How a task failed.
struct Ended {
    failure: Failure,
    stage: FailureStage,
}

fn prepare(
    visit: &Visit<'_>,
    thread: &Thread,
    work: &TaskState,
    context: &Context<'_>,
) -> Result<Prepared, Fault> {
    let input = visit.input(thread, context)?;
    let arguments = visit.arguments(thread, context, &input)?;
    let environment = Environment::new(input.value(), &thread.scope, context);
    let seconds = |number: &Option<Number>| {
        let seconds = number.as_ref().map(|it| it.evaluate(&environment));
        Ok(seconds.transpose()?.map(Duration::from_secs_f64))
    };
    let role = match &work.role {
        None => None,
        Some(template) => match template.fill(&environment)?.get("RoleArn") {
            Some(Value::String(arn)) => Some(arn.clone()),
            _ => {
                return Err(Fault::runtime(
                    "The field 'RoleArn' of 'Credentials' is not a string.".to_owned(),
                ));
            }
        },
    };
    Ok(Prepared {
        input: arguments,
        timeout: seconds(&work.timeout)?,
        heartbeat: seconds(&work.heartbeat)?,
        role,
    })
}

/// A token for whoever ends the task: of tasks that wait for someone.
fn token(work: &TaskState) -> Option<String> {
    let waits = work.resource.pattern != IntegrationPattern::RequestResponse
        || work.resource.family == Family::Activity;
    waits.then(|| {
        let halves = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        halves.map(|it| it.simple().to_string()).concat()
    })
}

async fn answer(
    visit: &Visit<'_>,
    thread: &Thread,
    work: &TaskState,
    prepared: Prepared,
    task_token: Option<String>,
) -> Result<Value, Ended> {
    let clock = visit.run.clock;
    let now = clock.now();
    let (progress, shared) = TaskProgress::new(Progress {
        history: visit.run.history.clone(),
        clock: clock.clone(),
        family: work.resource.family.clone(),
        latest: AtomicU64::new(thread.latest()),
        heartbeat: AtomicU64::new(millis(now)),
    });
    let Prepared {
        input,
        timeout,
        heartbeat,
        role,
    } = prepared;
    let request = TaskRequest {
        resource: work.resource.text.clone(),
        pattern: work.resource.pattern,
        input: input.into_value(),
        timeout,
        heartbeat,
        task_token,
        credentials_role_arn: role,
        state_name: visit.state.name.to_string(),
        execution_arn: visit.run.context.execution_arn.clone(),
    };
    let task = visit.run.tasks.run(request, progress);
    // Only whoever ends a task by its token, or works on an activity, can tell that
    // the task is alive.
    let listens = work.resource.pattern == IntegrationPattern::WaitForTaskToken
        || work.resource.family == Family::Activity;
    let heartbeat = heartbeat.filter(|_| listens);
    let ended = match limit(visit, now, timeout, heartbeat, &shared) {
        None => Ok(task.await),
        Some(limit) => match select(task, Box::pin(limit)).await {
            Either::Left((answer, _)) => Ok(answer),
            Either::Right((kind, _)) => Err(kind),
        },
    };
    thread.set_latest(shared.latest());
    match ended {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(TaskFailure {
            error,
            cause,
            stage,
        })) => Err(Ended {
            failure: Failure {
                error,
                cause,
                kind: FailureKind::Task,
            },
            stage,
        }),
        Err(kind) => Err(Ended {
            failure: Failure::timeout(kind),
            stage: FailureStage::Run,
        }),
    }
}

/// Waits until the task has taken too long, or has been silent for too long; nothing
/// where it may take any time.
fn limit<'a>(
    visit: &'a Visit<'_>,
    begun: SystemTime,
    timeout: Option<Duration>,
    heartbeat: Option<Duration>,
    progress: &'a Progress,
) -> Option<impl Future<Output = FailureKind> + Send + use<'a>> {
    timeout.or(heartbeat)?;
    let clock = visit.run.clock;
    Some(async move {
        loop {
            let over = timeout.map(|limit| begun + limit);
            let silent = heartbeat.map(|limit| progress.last_heartbeat() + limit);
            let (deadline, kind) = match (over, silent) {
                (Some(over), Some(silent)) if silent < over => (silent, FailureKind::Heartbeat),
                (Some(over), _) => (over, FailureKind::Timeout),
                (None, Some(silent)) => (silent, FailureKind::Heartbeat),
                (None, None) => return FailureKind::Timeout,
            };
            clock.sleep_until(deadline).await;
            let alive = heartbeat.map(|limit| progress.last_heartbeat() + limit);
            if kind == FailureKind::Timeout || alive.is_some_and(|until| until <= clock.now()) {
                return kind;
            }
        }
    })
}
