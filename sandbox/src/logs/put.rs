//! PutLogEvents: a batch of events, and which of them are refused.

use serde_json::{Map, Value, json};

use super::Logs;
use super::event::Event;
use super::input::{self, constraint, invalid, list, missing};
use crate::error::ServiceError;
use crate::time::now_millis;

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// The largest batch, in bytes.
const LARGEST_BATCH: usize = 1_048_576;
const MOST_EVENTS: usize = 10_000;

/// PutLogEvents. The rules for a batch are those of its page in the API
/// Reference; sequence tokens are ignored, as AWS does since 2023.
pub(super) fn put(
    logs: &Logs,
    group: &str,
    stream: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let events = read(input)?;
    let state = logs.write();
    let found = state.group(group)?;
    found.stream(stream)?;
    let now = now_millis();
    let before = |limit: i64| events.partition_point(|(time, _)| *time < limit);
    let too_old = before(now - 14 * DAY);
    let expired = found
        .retention_days
        .map_or(0, |days| before(now - i64::from(days) * DAY));
    let too_new = before(now + 2 * HOUR + 1);
    let accepted = events
        .get(too_old.max(expired)..too_new)
        .unwrap_or_default();
    if let (Some((first, _)), Some((last, _))) = (accepted.first(), accepted.last())
        && last - first > DAY
    {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    logs.append(state, group, stream, accepted);
    let mut rejected = Map::new();
    if too_old > 0 {
        rejected.insert("tooOldLogEventEndIndex".to_owned(), json!(too_old));
    }
    if expired > 0 {
        rejected.insert("expiredLogEventEndIndex".to_owned(), json!(expired));
    }
    if too_new < events.len() {
        rejected.insert("tooNewLogEventStartIndex".to_owned(), json!(too_new));
    }
    let mut output = json!({ "nextSequenceToken": format!("{now:056}") });
    if !rejected.is_empty() {
        output["rejectedLogEventsInfo"] = Value::Object(rejected);
    }
    Ok(output)
}

/// The events of a batch, which are in the order of their time.
fn read(input: &Value) -> Result<Vec<(i64, String)>, ServiceError> {
    if input.get("logEvents").is_none_or(Value::is_null) {
        return Err(missing("logEvents"));
    }
    let given = list(input, "logEvents")?;
    let rule = match given.len() {
        0 => Some("have length greater than or equal to 1"),
        1..=MOST_EVENTS => None,
        _ => Some("have length less than or equal to 10000"),
    };
    if let Some(rule) = rule {
        return Err(constraint("'[...]'", "logEvents", rule));
    }
    let mut events = Vec::with_capacity(given.len());
    for (number, event) in (1..).zip(given) {
        let member = |name: &str| format!("logEvents.{number}.member.{name}");
        let time = input::time(event, "timestamp")?.ok_or_else(|| missing(&member("timestamp")))?;
        let message = input::text(event, "message")?.ok_or_else(|| missing(&member("message")))?;
        if message.is_empty() {
            let rule = "have length greater than or equal to 1";
            return Err(constraint("''", &member("message"), rule));
        }
        events.push((time, message.to_owned()));
    }
    let bytes: usize = events.iter().map(|(_, message)| Event::size(message)).sum();
    if bytes > LARGEST_BATCH {
        return Err(invalid(format!(
            "Upload too large: {bytes} bytes exceeds limit of {LARGEST_BATCH}"
        )));
    }
    if !events.is_sorted_by_key(|(time, _)| *time) {
        return Err(invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    Ok(events)
}
