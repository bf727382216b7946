//! A process's output, line by line, with a bound on how long a line may be.

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest log event that CloudWatch Logs takes, less its overhead.
const LONGEST: usize = 256 * 1024 - 26;

/// Reads lines from a pipe. A line over [`LONGEST`] bytes comes in pieces.
#[derive(Debug)]
pub struct Lines<R> {
    /// Nothing once the pipe has ended.
    pipe: Option<R>,
    read: BytesMut,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Reads from `pipe`; without one there are no lines.
    pub fn new(pipe: Option<R>) -> Self {
        Self {
            pipe,
            read: BytesMut::new(),
        }
    }

    /// The next line, without its end; nothing when the pipe has ended.
    ///
    /// Safe to drop and call again: what was read is kept.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line = self.read.split_to(end + 1);
                return Some(text(&line[..end]));
            }
            if self.read.len() >= LONGEST {
                return Some(text(&self.read.split_to(LONGEST)));
            }
            let pipe = self.pipe.as_mut()?;
            match pipe.read_buf(&mut self.read).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => {
                    self.pipe = None;
                    if !self.read.is_empty() {
                        return Some(text(&self.read.split()));
                    }
                }
            }
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(input: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(Some(input));
        let mut all = Vec::new();
        while let Some(line) = lines.next().await {
            all.push(line);
        }
        all
    }

    #[tokio::test]
    async fn ends_of_lines() {
        assert_eq!(
            lines(b"one\ntwo\r\n\nlast").await,
            ["one", "two", "", "last"]
        );
        assert_eq!(lines(b"").await, Vec::<String>::new());
        assert_eq!(lines(b"\xff\n").await, ["\u{fffd}"]);
    }

    #[tokio::test]
    async fn a_line_without_end_comes_in_pieces() {
        let pieces = lines(&vec![b'x'; LONGEST * 2 + 1]).await;
        let lengths: Vec<usize> = pieces.iter().map(String::len).collect();
        assert_eq!(lengths, [LONGEST, LONGEST, 1]);
    }
}
