//! What one invocation writes to its function's log.

use crate::account::Account;
use crate::time::now_millis;

/// How many lines one invocation may write. AWS takes any number; a function
/// that floods its log would fill a laptop's memory, so the rest is dropped.
const MOST_LINES: usize = 20_000;

/// How much one invocation may write, in bytes, for the same reason.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// How much of the log a synchronous invoker may see, in bytes, as on AWS.
const TAIL: usize = 4 * 1024;

/// Writes to one stream, and remembers the tail.
#[derive(Debug)]
pub struct InvocationLog<'a> {
    account: &'a Account,
    group: &'a str,
    stream: String,
    /// Whether the function's role may write its log.
    allowed: bool,
    lines: usize,
    bytes: usize,
    full: bool,
    tail: String,
}

impl<'a> InvocationLog<'a> {
    /// A log that goes to `stream` of `group`; `allowed` says whether the role
    /// of the function may write there: without that, AWS drops the lines.
    pub fn new(account: &'a Account, group: &'a str, stream: String, allowed: bool) -> Self {
        Self {
            account,
            group,
            stream,
            allowed,
            lines: 0,
            bytes: 0,
            full: false,
            tail: String::new(),
        }
    }

    /// A line of the function's own.
    pub fn write(&mut self, line: String) {
        self.lines += 1;
        self.bytes += line.len();
        if self.lines <= MOST_LINES && self.bytes <= MOST_BYTES {
            self.write_always(line);
        } else if !std::mem::replace(&mut self.full, true) {
            self.write_always(format!(
                "[sandbox] This invocation wrote over {MOST_LINES} lines or {} MB; the rest is \
                 dropped.",
                MOST_BYTES / (1024 * 1024)
            ));
        }
    }

    /// A line of Lambda's, which is never dropped.
    pub fn write_always(&mut self, line: String) {
        self.tail.push_str(&line);
        self.tail.push('\n');
        if self.tail.len() > 2 * TAIL {
            self.tail = last(&self.tail, TAIL).to_owned();
        }
        if self.allowed {
            self.account
                .logs
                .put(self.group, &self.stream, &[(now_millis(), line)]);
        }
    }

    /// The last four kilobytes.
    pub fn tail(&self) -> &str {
        last(&self.tail, TAIL)
    }
}

/// The last `length` bytes, or a little less where they would split a character.
fn last(text: &str, length: usize) -> &str {
    let mut start = text.len().saturating_sub(length);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}
