//! One line of a log, and its place among the others.

use std::fmt;
use std::iter::Peekable;
use std::str::FromStr;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub message: String,
    /// When it was written, in milliseconds since 1970.
    pub ingested: i64,
}

/// How much one page of events may hold, in bytes of messages, as on AWS.
const LARGEST_PAGE: usize = 1024 * 1024;

/// Takes a page: at most `limit` events and one megabyte, but at least one. What
/// is left begins with the next page.
pub(super) fn page<T>(
    events: &mut Peekable<impl Iterator<Item = T>>,
    limit: usize,
    event: impl Fn(&T) -> &Event,
) -> Vec<T> {
    let mut page = Vec::new();
    let mut bytes = 0;
    while page.len() < limit
        && let Some(next) = events
            .next_if(|next| page.is_empty() || bytes + event(next).message.len() <= LARGEST_PAGE)
    {
        bytes += event(&next).message.len();
        page.push(next);
    }
    page
}

impl Event {
    /// What it counts in batches and streams: its message's bytes and 26, as on AWS.
    pub fn size(message: &str) -> usize {
        message.len() + 26
    }
}

/// An event's id: unique in the account, and in the order of time. Its text has
/// 56 digits, as AWS's ids have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EventId {
    /// The event's own time, in milliseconds since 1970.
    pub time: i64,
    /// The number of the event in the account, from 1.
    pub number: u64,
}

impl EventId {
    /// Before every event.
    pub const START: Self = Self::at(0);

    /// After every event.
    pub const END: Self = Self {
        time: i64::MAX,
        number: u64::MAX,
    };

    /// Before every event of this time.
    pub const fn at(time: i64) -> Self {
        Self { time, number: 0 }
    }

    /// What can come next.
    pub const fn next(self) -> Self {
        Self {
            number: self.number.saturating_add(1),
            ..self
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:028}{:028}", self.time, self.number)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() != 56 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        let (time, number) = text.split_at(28);
        Ok(Self {
            time: time.parse().map_err(drop)?,
            number: number.parse().map_err(drop)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_are_read_back_and_keep_their_order(
            a in (0..i64::MAX, any::<u64>()), b in (0..i64::MAX, any::<u64>()),
        ) {
            let a = EventId { time: a.0, number: a.1 };
            let b = EventId { time: b.0, number: b.1 };
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<EventId>();
        }
    }
}
