//! Wait states.

use std::time::{Duration, SystemTime};

use super::failure::Failure;
use super::flow::{Exit, Visit};
use super::state;
use super::thread::Thread;
use crate::definition::Wait;
use crate::environment::{Environment, Fault};
use crate::setting::Source;
use crate::template::Expression;
use crate::timestamp;

/// Waits, and hands the input on.
pub(crate) async fn run(visit: &Visit<'_>, thread: &Thread, work: &Wait) -> Result<Exit, Failure> {
    let until = until(visit, thread, work)?;
    visit.run.clock.sleep_until(until).await;
    state::as_it_is(visit, thread)
}

fn until(visit: &Visit<'_>, thread: &Thread, work: &Wait) -> Result<SystemTime, Failure> {
    let context = visit.context(None, None, thread.item.as_ref());
    let input = visit
        .input(thread, &context)
        .map_err(|fault| visit.failed(thread, fault))?;
    let environment = Environment::new(input.value(), &thread.scope, &context);
    match work {
        Wait::Seconds(number) => {
            let seconds = number
                .evaluate(&environment)
                .map_err(|fault| visit.failed(thread, fault))?;
            Ok(visit.entered + Duration::from_secs(seconds as u64))
        }
        Wait::Timestamp(text) => {
            let given = text
                .evaluate(&environment)
                .map_err(|fault| visit.failed(thread, fault))?;
            timestamp::parse(&given).ok_or_else(|| {
                // As recorded: what is wrong with the text shows after the state
                // was entered, what is wrong with an expression before.
                let fault = no_timestamp(text, &given);
                visit.failed_after(thread, thread.latest(), fault)
            })
        }
    }
}

fn no_timestamp(text: &Source<String>, given: &str) -> Fault {
    match text {
        Source::Computed(field) if matches!(field.expression, Expression::Path(_)) => {
            Fault::runtime(format!(
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset \
                 date-time format string: {} == {given}",
                field.text()
            ))
        }
        _ => Fault::query(
            "Timestamp",
            format!(
                "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time \
                 format string: {given}"
            ),
        ),
    }
}
