//! FilterLogEvents: the events of a whole group, in the order of time.

use serde_json::{Value, json};

use super::api::invalid_token;
use super::event::{Event, EventId, page};
use super::input::{self, invalid};
use super::pattern::Pattern;
use super::{Group, Logs, Stream};
use crate::error::ServiceError;

/// FilterLogEvents.
pub(super) fn filter(logs: &Logs, group: &str, input: &Value) -> Result<Value, ServiceError> {
    let pattern = Pattern::read(input::text(input, "filterPattern")?.unwrap_or_default())?;
    let limit = input::limit(input, 10_000)?;
    let start = input::time(input, "startTime")?.map_or(EventId::START, EventId::at);
    // The event at `endTime` is part of it, other than in GetLogEvents.
    let end = input::time(input, "endTime")?
        .map_or(EventId::END, |time| EventId::at(time.saturating_add(1)));
    let from = match input::text(input, "nextToken")? {
        Some(token) => start.max(token.parse().map_err(|()| invalid_token())?),
        None => start,
    };
    let state = logs.read();
    let mut events: Vec<(EventId, &str, &Event)> = streams(state.group(group)?, input)?
        .into_iter()
        .flat_map(|(name, stream)| {
            stream
                .between(from, end)
                .map(move |(id, event)| (id, name, event))
        })
        .collect();
    events.sort_unstable_by_key(|(id, ..)| *id);
    let mut matching = events
        .iter()
        .filter(|(_, _, event)| pattern.matches(&event.message))
        .peekable();
    let page = page(&mut matching, limit, |(_, _, event)| event);
    let next = matching.peek().map(|(id, ..)| id.to_string());
    let events: Vec<Value> = page
        .iter()
        .map(|(id, stream, event)| {
            json!({
                "logStreamName": stream,
                "timestamp": id.time,
                "message": event.message,
                "ingestionTime": event.ingested,
                "eventId": id.to_string(),
            })
        })
        .collect();
    // Empty since June 2020 ("FilterLogEvents" in the API Reference).
    let mut output = json!({ "events": events, "searchedLogStreams": [] });
    if let Some(next) = next {
        output["nextToken"] = json!(next);
    }
    Ok(output)
}

/// The streams that are asked for: all, those with a prefix, or those named.
fn streams<'a>(
    group: &'a Group,
    input: &'a Value,
) -> Result<Vec<(&'a str, &'a Stream)>, ServiceError> {
    let prefix = input::text(input, "logStreamNamePrefix")?.unwrap_or_default();
    let named = input::list(input, "logStreamNames")?;
    if named.is_empty() {
        let all = group
            .streams
            .iter()
            .map(|(name, stream)| (name.as_str(), stream));
        return Ok(all.filter(|(name, _)| name.starts_with(prefix)).collect());
    }
    let mut names: Vec<&str> = named.iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| name.starts_with(prefix));
    if names.is_empty() {
        return Err(invalid(
            "No log stream of logStreamNames begins with logStreamNamePrefix.",
        ));
    }
    names
        .into_iter()
        .map(|name| Ok((name, group.stream(name)?)))
        .collect()
}
