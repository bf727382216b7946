//! States that can be tried again: their attempts, `Retry` and `Catch`.

use std::time::Duration;

use rand::RngExt as _;

use super::failure::{Failure, FailureKind};
use super::flow::{Exit, Visit, assigned, filled};
use super::thread::Thread;
use super::{map, parallel, state, task};
use crate::definition::error_handling::{Catcher, ErrorHandling, Retrier};
use crate::definition::{Flow, StateIndex, Work};
use crate::environment::{Environment, Fault};
use crate::event::Event;
use crate::payload::Payload;

/// Tries a state until an attempt succeeds, its failure is caught, or neither.
/// Says what the state leaves behind and where it leads.
///
/// # Errors
/// The failure of the last attempt.
pub(crate) async fn run(
    visit: &Visit<'_>,
    thread: &mut Thread,
    handling: &ErrorHandling,
) -> Result<(Exit, Option<StateIndex>), Failure> {
    let mut used = vec![0; handling.retriers.len()];
    let mut retries = 0;
    loop {
        let failure = match attempt(visit, thread, retries).await {
            Ok(exit) => return Ok((exit, visit.state.next)),
            Err(failure) => failure,
        };
        if let Some(delay) = delay(&handling.retriers, &mut used, &failure) {
            let clock = visit.run.clock;
            clock.sleep_until(clock.now() + delay).await;
            retries += 1;
            continue;
        }
        gave_up(visit, thread, &failure)?;
        let mut catchers = handling.catchers.iter();
        let Some(at) = catchers.position(|it| failure.is_one_of(&it.errors)) else {
            return Err(failure);
        };
        let catcher = &handling.catchers[at];
        let exit = caught(visit, thread, catcher, &failure, retries)
            .map_err(|fault| visit.failed(thread, fault))?;
        return Ok((exit, Some(catcher.next)));
    }
}

async fn attempt(visit: &Visit<'_>, thread: &mut Thread, retries: u64) -> Result<Exit, Failure> {
    match &visit.state.work {
        Work::Task(work) => task::run(visit, thread, work, retries).await,
        Work::Parallel(work) => parallel::run(visit, thread, work, retries).await,
        Work::Map(work) => map::run(visit, thread, work, retries).await,
        // No other state has these fields.
        _ => state::as_it_is(visit, thread),
    }
}

/// How long to wait before the next attempt; nothing if there is none.
fn delay(retriers: &[Retrier], used: &mut [u64], failure: &Failure) -> Option<Duration> {
    let at = retriers
        .iter()
        .position(|it| failure.is_one_of(&it.errors))?;
    let (retrier, used) = (&retriers[at], &mut used[at]);
    if *used >= retrier.max_attempts {
        return None;
    }
    // Beyond any bound the rate's power is infinite, and the bound holds.
    let power = i32::try_from(*used).unwrap_or(i32::MAX);
    let seconds = match retrier.interval {
        0.0 => 0.0,
        interval => interval * retrier.backoff_rate.powi(power),
    };
    let seconds = seconds.min(retrier.max_delay);
    *used += 1;
    let seconds = if retrier.jitter {
        seconds * rand::rng().random::<f64>()
    } else {
        seconds
    };
    Some(Duration::from_secs_f64(seconds))
}

/// Records that a state of other states has failed for good.
fn gave_up(visit: &Visit<'_>, thread: &Thread, failure: &Failure) -> Result<(), Failure> {
    let event = match &visit.state.work {
        _ if failure.kind == FailureKind::Terminal => return Ok(()),
        Work::Parallel(_) => Event::ParallelStateFailed,
        Work::Map(_) => Event::MapStateFailed,
        _ => return Ok(()),
    };
    thread.record(visit.run, event).map(|_| ())
}

/// What a catcher makes of a failure. `OutputPath` does not hold for it, as
/// recorded.
fn caught(
    visit: &Visit<'_>,
    thread: &Thread,
    catcher: &Catcher,
    failure: &Failure,
    retries: u64,
) -> Result<Exit, Fault> {
    let context = visit.context(Some(retries), None, thread.item.as_ref());
    let error = Payload::new(failure.output());
    match &visit.state.flow {
        Flow::JsonPath(_) => {
            let environment = Environment::new(error.value(), &thread.scope, &context);
            let assigned = assigned(&catcher.assign, &environment)?;
            let output = match &catcher.result_path {
                None => visit.raw.clone(),
                Some(path) if path.is_whole() => error,
                Some(path) => visit.combine(path, error)?,
            };
            Ok(Exit { output, assigned })
        }
        Flow::Jsonata(_) => {
            let environment = Environment::new(visit.raw.value(), &thread.scope, &context)
                .with("errorOutput", error.value());
            let assigned = assigned(&catcher.assign, &environment)?;
            let output = match &catcher.output {
                None => error.clone(),
                Some(template) => filled(template, &environment)?,
            };
            Ok(Exit { output, assigned })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(retrier: Retrier, count: usize) -> Vec<Option<f64>> {
        let failure = Failure::new(FailureKind::Task, "E", "");
        let mut used = [0];
        let retriers = [retrier];
        let mut next = || delay(&retriers, &mut used, &failure).map(|it| it.as_secs_f64());
        (0..count).map(|_| next()).collect()
    }

    fn retrier() -> Retrier {
        Retrier {
            errors: vec!["States.ALL".to_owned()],
            interval: 1.0,
            max_attempts: 3,
            backoff_rate: 2.0,
            max_delay: 99_999_999.0,
            jitter: false,
        }
    }

    #[test]
    fn grow_up_to_their_bound() {
        assert_eq!(
            delays(retrier(), 4),
            [Some(1.0), Some(2.0), Some(4.0), None]
        );
        let bounded = Retrier {
            max_delay: 3.0,
            ..retrier()
        };
        assert_eq!(delays(bounded, 3), [Some(1.0), Some(2.0), Some(3.0)]);
        let never = Retrier {
            max_attempts: 0,
            ..retrier()
        };
        assert_eq!(delays(never, 1), [None]);
        let many = Retrier {
            max_attempts: 99_999_999,
            backoff_rate: 1e300,
            max_delay: 5.0,
            ..retrier()
        };
        assert_eq!(delays(many, 4)[3], Some(5.0));
    }

    #[test]
    fn jitter_stays_below() {
        let jittery = Retrier {
            interval: 10.0,
            backoff_rate: 1.0,
            jitter: true,
            ..retrier()
        };
        for delay in delays(jittery, 3) {
            assert!((0.0..=10.0).contains(&delay.unwrap()));
        }
    }
}
