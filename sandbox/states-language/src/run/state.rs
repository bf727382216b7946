//! One state: entered, at work, left.

use serde_json::Value;

use super::failure::{Failure, FailureKind};
use super::flow::{Exit, Visit, texts};
use super::thread::{Step, Thread, Trace};
use super::{Run, choice, retry, wait};
use crate::definition::{Fail, Program, State, StateIndex, Work};
use crate::environment::{Environment, Fault};
use crate::event::{EnteredDetails, Event, ExitedDetails, StateType, Truncation};
use crate::payload::Payload;

/// Runs a state and says where it leads.
///
/// # Errors
/// The state failed and caught nothing of it.
pub(crate) async fn run(
    run: &Run<'_>,
    state: &State,
    thread: &mut Thread,
    raw: Payload,
) -> Result<Step, Failure> {
    let before = thread.latest();
    let details = EnteredDetails {
        name: state.name.clone(),
        input: raw.text(),
        input_details: Truncation::NONE,
    };
    let entered = run.clock.now();
    let entered_id = thread.record(run, Event::entered(state.work.state_type(), details))?;
    let visit = Visit {
        run,
        state,
        raw,
        entered,
        entered_id,
        before,
    };
    let (exit, next) = match &state.work {
        Work::Pass { result } => (pass(&visit, thread, result.as_ref())?, state.next),
        Work::Succeed => (as_it_is(&visit, thread)?, None),
        Work::Wait(work) => (wait::run(&visit, thread, work).await?, state.next),
        Work::Fail(work) => return Err(fail(&visit, thread, work)),
        Work::Choice(work) => {
            let (exit, next) = choice::run(&visit, thread, work)?;
            (exit, Some(next))
        }
        Work::Task(work) => retry::run(&visit, thread, &work.errors).await?,
        Work::Parallel(work) => retry::run(&visit, thread, &work.errors).await?,
        Work::Map(work) => retry::run(&visit, thread, &work.errors).await?,
    };
    leave(&visit, thread, exit, next)
}

/// Records that the state was left, and sets its variables.
fn leave(
    visit: &Visit<'_>,
    thread: &mut Thread,
    exit: Exit,
    next: Option<StateIndex>,
) -> Result<Step, Failure> {
    visit.check_size(thread, &exit)?;
    let variables = texts(&exit.assigned);
    let details = ExitedDetails {
        name: visit.state.name.clone(),
        output: exit.output.text(),
        output_details: Truncation::NONE,
        assigned_variables_details: variables.as_ref().map(|_| Truncation::NONE),
        assigned_variables: variables,
    };
    let event = Event::exited(visit.state.work.state_type(), details);
    thread.record(visit.run, event)?;
    let values = exit.assigned.into_iter();
    thread
        .scope
        .assign(values.map(|(name, value, text)| (name, value, text.len())));
    Ok(match next {
        Some(next) => Step::To(next, exit.output),
        None => Step::End(exit.output),
    })
}

/// A Pass state: its `Result`, or what its `Parameters` make of the input.
fn pass(visit: &Visit<'_>, thread: &mut Thread, result: Option<&Payload>) -> Result<Exit, Failure> {
    let context = visit.context(None, None, thread.item.as_ref());
    let exit = || {
        let input = visit.input(thread, &context)?;
        let result = match result {
            Some(result) => result.clone(),
            None => visit.arguments(thread, &context, &input)?,
        };
        visit.exit(thread, &context, result, false)
    };
    exit().map_err(|fault| visit.failed(thread, fault))
}

/// A state that hands its input on.
pub(crate) fn as_it_is(visit: &Visit<'_>, thread: &Thread) -> Result<Exit, Failure> {
    let context = visit.context(None, None, thread.item.as_ref());
    let exit = || {
        let input = visit.input(thread, &context)?;
        visit.exit(thread, &context, input, false)
    };
    exit().map_err(|fault| visit.failed(thread, fault))
}

/// The failure that a Fail state is.
fn fail(visit: &Visit<'_>, thread: &Thread, work: &Fail) -> Failure {
    let context = visit.context(None, None, thread.item.as_ref());
    let environment = Environment::new(visit.raw.value(), &thread.scope, &context);
    let text = |setting: &Option<crate::setting::Text>| -> Result<Option<String>, Fault> {
        setting
            .as_ref()
            .map(|it| it.evaluate(&environment))
            .transpose()
    };
    let made = || {
        Ok(Failure {
            error: text(&work.error)?,
            cause: text(&work.cause)?,
            kind: FailureKind::State,
        })
    };
    made().unwrap_or_else(|fault| visit.failed(thread, fault))
}

/// Records that another branch's failure ends a state in the middle of its work, and
/// answers the id of the thread's latest event.
///
/// # Errors
/// The history is full.
pub(crate) fn abort(run: &Run<'_>, program: &Program, trace: &Trace) -> Result<u64, Failure> {
    let Some(state) = trace.state().and_then(|at| program.states.get(at)) else {
        return Ok(trace.latest());
    };
    let Some(event) = Event::aborted(state.work.state_type()) else {
        return Ok(trace.latest());
    };
    let now = run.clock.now();
    run.history
        .record(trace.latest(), now, event)
        .ok_or_else(Failure::history_is_full)
}

impl Work {
    pub fn state_type(&self) -> StateType {
        match self {
            Self::Pass { .. } => StateType::Pass,
            Self::Task(_) => StateType::Task,
            Self::Choice(_) => StateType::Choice,
            Self::Wait(_) => StateType::Wait,
            Self::Succeed => StateType::Succeed,
            Self::Fail(_) => StateType::Fail,
            Self::Parallel(_) => StateType::Parallel,
            Self::Map(_) => StateType::Map,
        }
    }
}

/// The result of a state that has one of its own.
pub(crate) fn list(items: Vec<Payload>) -> Payload {
    Payload::new(Value::Array(
        items.into_iter().map(Payload::into_value).collect(),
    ))
}
