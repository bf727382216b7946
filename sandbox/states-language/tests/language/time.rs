//! Wait states, and how long an execution may take.

use std::time::Duration;

use serde_json::json;
use states_language::{Kind, Outcome};

use crate::machine::{Answer, FUNCTION, one, one_of_jsonata, run, run_as};

const YEAR: u64 = 365 * 24 * 60 * 60;

#[test]
fn waits() {
    for (machine, seconds) in [
        (
            one(json!({ "Type": "Wait", "Seconds": YEAR / 4 })),
            YEAR / 4,
        ),
        (one(json!({ "Type": "Wait", "SecondsPath": "$.n" })), 90),
        (
            one(json!({ "Type": "Wait", "Timestamp": "2027-01-15T09:00:00Z" })),
            3600,
        ),
        (
            one(json!({ "Type": "Wait", "TimestampPath": "$.at" })),
            1800,
        ),
        (
            one(json!({ "Type": "Wait", "Timestamp": "2016-01-01T00:00:00Z" })),
            0,
        ),
        (
            one_of_jsonata(json!({ "Type": "Wait", "Seconds": "{% $states.input.n %}" })),
            90,
        ),
        (
            one_of_jsonata(json!({ "Type": "Wait", "Timestamp": "{% $states.input.at %}" })),
            1800,
        ),
    ] {
        let input = json!({ "n": 90, "at": "2027-01-15T09:30:00+01:00" });
        let ran = run(&machine, &input, &[]);
        assert_eq!(*ran.output(), input);
        assert_eq!(ran.took, Duration::from_secs(seconds), "{machine}");
    }
}

#[test]
fn the_machines_own_limit() {
    let mut machine = one(json!({ "Type": "Task", "Resource": FUNCTION }));
    machine["TimeoutSeconds"] = 30.into();
    let ran = run(&machine, &json!({}), &[Answer::Silent]);
    assert_eq!((&ran.outcome, ran.took.as_secs()), (&Outcome::TimedOut, 30));
    assert_eq!(ran.types().last().unwrap(), &("ExecutionTimedOut", 0));
}

#[test]
fn an_express_execution_has_five_minutes() {
    let wait = one(json!({ "Type": "Wait", "Seconds": 301 }));
    let ran = run_as(Kind::Express, &wait, &json!({}), &[]);
    assert_eq!(
        (&ran.outcome, ran.took.as_secs()),
        (&Outcome::TimedOut, 300)
    );
}

/// A standard execution ends after a year, however long it would wait.
#[test]
fn a_standard_execution_has_a_year() {
    let machine = one(json!({ "Type": "Wait", "Seconds": 99_999_999 }));
    let ran = run(&machine, &json!({}), &[]);
    assert_eq!(ran.outcome, Outcome::TimedOut);
    assert_eq!(ran.took, Duration::from_secs(365 * 24 * 60 * 60));
}
