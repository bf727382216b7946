//! CloudWatch Logs: groups, their streams, and the events in them.

mod api;
mod event;
mod filter;
mod get;
mod groups;
mod input;
mod pattern;
mod put;
mod streams;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::activity::{Feed, What};
use crate::arn::arn;
use crate::error::ServiceError;
use crate::services::{Protocol, Service};
use crate::time::now_millis;
use event::{Event, EventId};

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["logs"],
    is_global: false,
    protocol: Protocol::Json {
        target: "Logs_20140328",
        former: &[],
        call: |account, caller, request| {
            Box::pin(async move {
                let (operation, input) = (&request.operation, &request.input);
                account.logs.call(account, &caller, operation, input)
            })
        },
    },
};

/// How much one stream holds, in bytes. AWS keeps everything; here a
/// flood would fill a laptop's memory, so the oldest events make room.
const LARGEST_STREAM: usize = 64 * 1024 * 1024;

/// All log groups of the account.
#[derive(Debug)]
pub struct Logs {
    region: String,
    feed: Feed,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    groups: BTreeMap<String, Group>,
    /// How many events were ever written: each gets its number as part of its id.
    written: u64,
}

#[derive(Debug)]
struct Group {
    created: i64,
    retention_days: Option<u32>,
    streams: BTreeMap<String, Stream>,
}

#[derive(Debug)]
struct Stream {
    created: i64,
    /// By id, which is to say by time.
    events: BTreeMap<EventId, Event>,
    last_ingested: Option<i64>,
    bytes: usize,
}

impl Logs {
    /// An account without log groups.
    pub fn new(region: &str, feed: Feed) -> Self {
        Self {
            region: region.to_owned(),
            feed,
            state: RwLock::default(),
        }
    }

    /// Makes a log group; `None` keeps its events for ever.
    ///
    /// # Errors
    ///
    /// `InvalidParameterException` for the name or the days,
    /// `ResourceAlreadyExistsException`.
    pub fn create_group(
        &self,
        name: &str,
        retention_days: Option<u32>,
    ) -> Result<(), ServiceError> {
        input::check_group_name(name)?;
        retention_days
            .map(|days| input::check_retention(days.into()))
            .transpose()?;
        let mut state = self.write();
        if state.groups.contains_key(name) {
            return Err(already_exists("The specified log group already exists"));
        }
        state
            .groups
            .insert(name.to_owned(), Group::new(retention_days));
        Ok(())
    }

    /// Deletes a log group with all that is in it.
    ///
    /// # Errors
    ///
    /// `ResourceNotFoundException`.
    pub fn delete_group(&self, name: &str) -> Result<(), ServiceError> {
        self.write()
            .groups
            .remove(name)
            .map(drop)
            .ok_or_else(no_such_group)
    }

    /// Says how many days a group keeps its events; `None` for ever.
    ///
    /// # Errors
    ///
    /// `InvalidParameterException` for the days, `ResourceNotFoundException`.
    pub fn set_retention(&self, name: &str, days: Option<u32>) -> Result<(), ServiceError> {
        days.map(|days| input::check_retention(days.into()))
            .transpose()?;
        self.write().group_mut(name)?.retention_days = days;
        Ok(())
    }

    /// Whether there is such a group.
    pub fn has_group(&self, name: &str) -> bool {
        self.read().groups.contains_key(name)
    }

    /// Makes a stream, and its group too, where they are missing: what Lambda
    /// does before a function's first line.
    pub fn ensure_stream(&self, group: &str, stream: &str) {
        self.write().ensure(group, stream);
    }

    /// Writes events, each with its time in milliseconds since 1970; makes the
    /// group and the stream where they are missing.
    pub fn put(&self, group: &str, stream: &str, events: &[(i64, String)]) {
        self.append(self.write(), group, stream, events);
    }

    fn append(
        &self,
        mut state: RwLockWriteGuard<'_, State>,
        group: &str,
        stream: &str,
        events: &[(i64, String)],
    ) {
        let now = now_millis();
        let mut number = state.written;
        let target = state.ensure(group, stream);
        for (time, message) in events {
            number += 1;
            target.put(
                EventId {
                    time: (*time).max(0),
                    number,
                },
                message.clone(),
                now,
            );
        }
        state.written = number;
        drop(state);
        for (_, message) in events {
            self.feed.tell(What::Log {
                group: group.to_owned(),
                message: message.clone(),
            });
        }
    }

    /// Without the `:*` that IAM's policies have at the end.
    fn group_arn(&self, group: &str) -> String {
        arn("logs", &self.region, &format!("log-group:{group}"))
    }

    fn stream_arn(&self, group: &str, stream: &str) -> String {
        format!("{}:log-stream:{stream}", self.group_arn(group))
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn group(&self, name: &str) -> Result<&Group, ServiceError> {
        self.groups.get(name).ok_or_else(no_such_group)
    }

    fn group_mut(&mut self, name: &str) -> Result<&mut Group, ServiceError> {
        self.groups.get_mut(name).ok_or_else(no_such_group)
    }

    fn ensure(&mut self, group: &str, stream: &str) -> &mut Stream {
        self.groups
            .entry(group.to_owned())
            .or_insert_with(|| Group::new(None))
            .streams
            .entry(stream.to_owned())
            .or_insert_with(Stream::new)
    }
}

impl Group {
    fn new(retention_days: Option<u32>) -> Self {
        Self {
            created: now_millis(),
            retention_days,
            streams: BTreeMap::new(),
        }
    }

    fn stream(&self, name: &str) -> Result<&Stream, ServiceError> {
        self.streams.get(name).ok_or_else(no_such_stream)
    }
}

impl Stream {
    fn new() -> Self {
        Self {
            created: now_millis(),
            events: BTreeMap::new(),
            last_ingested: None,
            bytes: 0,
        }
    }

    /// The events from `from` until before `to`.
    fn between(
        &self,
        from: EventId,
        to: EventId,
    ) -> impl DoubleEndedIterator<Item = (EventId, &Event)> {
        self.events
            .range(from..to.max(from))
            .map(|(id, event)| (*id, event))
    }

    fn put(&mut self, id: EventId, message: String, now: i64) {
        self.bytes += Event::size(&message);
        self.last_ingested = Some(now);
        self.events.insert(
            id,
            Event {
                message,
                ingested: now,
            },
        );
        while self.bytes > LARGEST_STREAM
            && let Some((_, oldest)) = self.events.pop_first()
        {
            self.bytes -= Event::size(&oldest.message);
        }
    }
}

fn no_such_group() -> ServiceError {
    ServiceError::bad_request(
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
}

fn no_such_stream() -> ServiceError {
    ServiceError::bad_request(
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    )
}

fn already_exists(message: &str) -> ServiceError {
    ServiceError::bad_request("ResourceAlreadyExistsException", message)
}
