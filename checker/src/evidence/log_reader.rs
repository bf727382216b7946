//! Reads a function's log, on from where it stopped.

use std::collections::HashSet;

use crate::error::Error;
use crate::evidence::invocation_lines::LogLine;
use crate::target::aws::Aws;

/// How many pages of log lines one round reads at most: a function that floods
/// its log must not keep the checker from looking at the rest.
const MOST_PAGES: usize = 20;

/// How far back each round looks again for log lines that came late: another
/// stream's may, long after the latest line.
const OVERLAP_MS: i64 = 60_000;

/// The same for an endpoint on this machine, where no line is that long under way.
const OVERLAP_NEAR_MS: i64 = 5_000;

/// How much of a line is kept, in bytes: each look goes through all of them, and nobody reads on.
const LONGEST_LINE: usize = 16 * 1024;

/// One log group, read round by round.
#[derive(Debug)]
pub struct LogReader {
    group: String,
    /// All lines by now.
    pub lines: Vec<LogLine>,
    seen: HashSet<String>,
    latest: Option<i64>,
    /// Where a round stopped that had read its share.
    unread: Option<(i64, String)>,
}

impl LogReader {
    /// Nothing is read yet.
    pub fn new(group: &str) -> Self {
        Self {
            group: group.to_owned(),
            lines: Vec::new(),
            seen: HashSet::new(),
            latest: None,
            unread: None,
        }
    }

    /// Reads what came since the last time, from `since` at the earliest, in milliseconds
    /// since 1970.
    ///
    /// # Errors
    ///
    /// Where AWS does not let the checker see. A group that is not there has no lines: it
    /// comes with the function's first invocation, if the stack does not declare it.
    pub async fn read(&mut self, aws: &Aws, since: i64) -> Result<(), Error> {
        let (from, mut token) = match self.unread.take() {
            Some((from, token)) => (from, Some(token)),
            None => {
                let overlap = match aws.near {
                    true => OVERLAP_NEAR_MS,
                    false => OVERLAP_MS,
                };
                let late = self.latest.map_or(since, |latest| latest - overlap);
                (late.max(since), None)
            }
        };
        for _ in 0..MOST_PAGES {
            aws.turn_for_logs().await;
            let request = aws.logs.filter_log_events();
            let request = request.log_group_name(&self.group).start_time(from);
            let page = match request.set_next_token(token).send().await {
                Ok(page) => page,
                Err(error) => match error.as_service_error() {
                    Some(it) if it.is_resource_not_found_exception() => return Ok(()),
                    _ => {
                        let doing = format!("read the log group {}", self.group);
                        return Err(aws.unclear(&doing, &error));
                    }
                },
            };
            for event in page.events() {
                let message = event.message().unwrap_or_default();
                let end = message.floor_char_boundary(LONGEST_LINE);
                let line = LogLine {
                    stream: event.log_stream_name().unwrap_or_default().to_owned(),
                    time: event.timestamp().unwrap_or_default(),
                    message: message[..end].to_owned(),
                };
                // AWS gives each event an id; not every endpoint does.
                let id = match event.event_id() {
                    Some(id) => id.to_owned(),
                    None => format!("{} {} {}", line.time, line.stream, line.message),
                };
                if self.seen.insert(id) {
                    self.latest = self.latest.max(Some(line.time));
                    self.lines.push(line);
                }
            }
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(());
            }
        }
        self.unread = token.map(|token| (from, token));
        Ok(())
    }
}
