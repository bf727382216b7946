//! What an object holds: pieces of memory in a row, shared and never copied.

use std::ops::Range;

use bytes::Bytes;
use futures_util::stream;
use s3s::dto::StreamingBlob;

/// Bytes as they came from the network, in order.
#[derive(Debug, Clone, Default)]
pub struct Content {
    segments: Vec<Bytes>,
    length: u64,
}

impl Content {
    /// Adds bytes at the end.
    pub fn push(&mut self, segment: Bytes) {
        self.length += segment.len() as u64;
        self.segments.push(segment);
    }

    /// Adds another content at the end.
    pub fn append(&mut self, other: &Self) {
        self.length += other.length;
        self.segments.extend_from_slice(&other.segments);
    }

    /// In bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The pieces, in order.
    pub fn segments(&self) -> &[Bytes] {
        &self.segments
    }

    /// The bytes from `range.start` up to `range.end`, as far as there are any.
    pub fn slice(&self, range: &Range<u64>) -> Self {
        let mut part = Self::default();
        let mut at = 0;
        for segment in &self.segments {
            let length = segment.len() as u64;
            let start = range.start.clamp(at, at + length) - at;
            let end = range.end.clamp(at, at + length) - at;
            if start < end {
                // Both are at most the segment's own length.
                part.push(segment.slice(start as usize..end as usize));
            }
            at += length;
        }
        part
    }

    /// All of it in one piece.
    pub fn to_vec(&self) -> Vec<u8> {
        self.segments.concat()
    }

    /// The content as the body of a response.
    pub fn into_body(self) -> StreamingBlob {
        StreamingBlob::wrap(stream::iter(
            self.segments
                .into_iter()
                .map(Ok::<_, std::convert::Infallible>),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices() {
        let mut content = Content::default();
        for segment in ["abc", "", "defg", "h"] {
            content.push(Bytes::from_static(segment.as_bytes()));
        }
        assert_eq!(content.length(), 8);
        for (range, expected) in [
            (0..8, "abcdefgh"),
            (0..0, ""),
            (2..4, "cd"),
            (3..7, "defg"),
            (7..8, "h"),
            (6..99, "gh"),
            (9..12, ""),
        ] {
            let part = content.slice(&range);
            assert_eq!(part.segments().concat(), expected.as_bytes(), "{range:?}");
            assert_eq!(part.length(), expected.len() as u64, "{range:?}");
        }
    }
}
