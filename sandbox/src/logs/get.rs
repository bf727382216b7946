//! GetLogEvents: one stream, page by page, forward or backward.

use serde_json::{Value, json};

use super::Logs;
use super::api::invalid_token;
use super::event::{EventId, page};
use super::input;
use crate::error::ServiceError;

/// Where a page begins, and in which direction it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// From this event on.
    Forward(EventId),
    /// What came before this event.
    Backward(EventId),
}

impl Position {
    /// Reads `f/ID/s` or `b/ID/s`.
    fn read(token: &str) -> Option<Self> {
        let (direction, rest) = token.split_once('/')?;
        let id = rest.strip_suffix("/s")?.parse().ok()?;
        match direction {
            "f" => Some(Self::Forward(id)),
            "b" => Some(Self::Backward(id)),
            _ => None,
        }
    }
}

/// GetLogEvents. At the end of the stream, the token that came in goes out
/// again: the sign to stop ("GetLogEvents" in the API Reference).
pub(super) fn get(
    logs: &Logs,
    group: &str,
    stream: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let limit = input::limit(input, 10_000)?;
    let start = input::time(input, "startTime")?.map_or(EventId::START, EventId::at);
    // The event at `endTime` is not part of it, other than in FilterLogEvents.
    let end = input::time(input, "endTime")?.map_or(EventId::END, EventId::at);
    let token = input::text(input, "nextToken")?;
    let position = match token {
        Some(token) => Position::read(token).ok_or_else(invalid_token)?,
        None if input::flag(input, "startFromHead")? => Position::Forward(start),
        None => Position::Backward(end),
    };
    let state = logs.read();
    let stream = state.group(group)?.stream(stream)?;
    let events = match position {
        Position::Forward(from) => {
            let mut events = stream.between(start.max(from), end).peekable();
            page(&mut events, limit, |(_, event)| event)
        }
        Position::Backward(to) => {
            let mut events = stream.between(start, end.min(to)).rev().peekable();
            let mut page = page(&mut events, limit, |(_, event)| event);
            page.reverse();
            page
        }
    };
    let (backward, forward) = match (events.first(), events.last(), position) {
        (Some((first, _)), Some((last, _)), _) => (*first, last.next()),
        (_, _, Position::Backward(_)) if token.is_none() => (start, start),
        (_, _, Position::Forward(at) | Position::Backward(at)) => (at, at),
    };
    let events: Vec<Value> = events
        .iter()
        .map(|(id, event)| {
            json!({
                "timestamp": id.time,
                "message": event.message,
                "ingestionTime": event.ingested,
            })
        })
        .collect();
    Ok(json!({
        "events": events,
        "nextForwardToken": format!("f/{forward}/s"),
        "nextBackwardToken": format!("b/{backward}/s"),
    }))
}
