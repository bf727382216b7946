//! Operations on log streams.

use serde_json::{Value, json};

use super::api::{Named, page};
use super::input::{self, constraint, invalid};
use super::{Logs, Stream, already_exists, no_such_stream};
use crate::error::ServiceError;

/// CreateLogStream.
pub(super) fn create(logs: &Logs, group: &str, stream: &str) -> Result<Value, ServiceError> {
    let mut state = logs.write();
    let streams = &mut state.group_mut(group)?.streams;
    if streams.contains_key(stream) {
        return Err(already_exists("The specified log stream already exists"));
    }
    streams.insert(stream.to_owned(), Stream::new());
    Ok(json!({}))
}

/// DeleteLogStream.
pub(super) fn delete(logs: &Logs, group: &str, stream: &str) -> Result<Value, ServiceError> {
    match logs.write().group_mut(group)?.streams.remove(stream) {
        Some(_) => Ok(json!({})),
        None => Err(no_such_stream()),
    }
}

/// DescribeLogStreams: by name or by the time of the last event, at most 50 in
/// one answer.
pub(super) fn describe(logs: &Logs, group: &str, input: &Value) -> Result<Value, ServiceError> {
    let prefix = input::text(input, "logStreamNamePrefix")?;
    let by_time = match input::text(input, "orderBy")? {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") => true,
        Some(other) => {
            let rule = "satisfy enum value set: [LogStreamName, LastEventTime]";
            return Err(constraint(&format!("'{other}'"), "orderBy", rule));
        }
    };
    if by_time && prefix.is_some() {
        return Err(invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
        ));
    }
    let descending = input::flag(input, "descending")?;
    let limit = input::limit(input, 50)?;
    let state = logs.read();
    let mut found: Vec<Named<'_, &Stream>> = state
        .group(group)?
        .streams
        .iter()
        .map(|(name, stream)| (name.as_str(), stream))
        .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
        .collect();
    if by_time {
        found.sort_by_key(|(_, stream)| stream.last_event());
    }
    if descending {
        found.reverse();
    }
    let (page, next) = page(&found, limit, input::text(input, "nextToken")?)?;
    let streams: Vec<Value> = page
        .iter()
        .map(|(name, stream)| description(&logs.stream_arn(group, name), name, stream))
        .collect();
    let mut output = json!({ "logStreams": streams });
    if let Some(next) = next {
        output["nextToken"] = json!(next);
    }
    Ok(output)
}

fn description(arn: &str, name: &str, stream: &Stream) -> Value {
    let mut description = json!({
        "logStreamName": name,
        "creationTime": stream.created,
        "arn": arn,
        // Always zero since June 2019 ("LogStream" in the API Reference).
        "storedBytes": 0,
    });
    let times = [
        (
            "firstEventTimestamp",
            stream.events.keys().next().map(|id| id.time),
        ),
        ("lastEventTimestamp", stream.last_event()),
        ("lastIngestionTime", stream.last_ingested),
    ];
    for (member, time) in times {
        if let Some(time) = time {
            description[member] = json!(time);
        }
    }
    description
}

impl Stream {
    fn last_event(&self) -> Option<i64> {
        self.events.keys().next_back().map(|id| id.time)
    }
}
