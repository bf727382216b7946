//! What an object holds: pieces in a row, shared and never copied. Small ones are in memory,
//! large ones in files.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream;
use s3s::dto::StreamingBlob;

use super::spool::{self, Stored};

/// From how many bytes on a content goes to a file.
const LARGE: u64 = 1024 * 1024;

/// Bytes as they came from the network, in order.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pieces: Vec<Piece>,
    length: u64,
    /// How much of the end is in memory, in bytes.
    in_memory: u64,
}

#[derive(Debug, Clone)]
enum Piece {
    Memory(Bytes),
    Stored(Stored),
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Stored(stored) => stored.length(),
        }
    }

    /// A part of it; `range` lies within it.
    fn slice(&self, range: Range<u64>) -> Self {
        match self {
            // At most the piece's own length.
            Self::Memory(bytes) => {
                Self::Memory(bytes.slice(range.start as usize..range.end as usize))
            }
            Self::Stored(stored) => Self::Stored(stored.slice(range)),
        }
    }

    fn pages(self) -> Box<dyn Iterator<Item = io::Result<Bytes>> + Send + Sync> {
        match self {
            Self::Memory(bytes) => Box::new(std::iter::once(Ok(bytes))),
            Self::Stored(stored) => Box::new(stored.pages()),
        }
    }
}

impl Content {
    /// Adds bytes at the end.
    pub fn push(&mut self, segment: Bytes) {
        self.length += segment.len() as u64;
        self.in_memory += segment.len() as u64;
        self.pieces.push(Piece::Memory(segment));
        if self.in_memory >= LARGE {
            self.store();
        }
    }

    /// Moves what is in memory at the end to a file. Where there is no room it stays.
    fn store(&mut self) {
        let is_stored = |piece: &Piece| matches!(piece, Piece::Stored(_));
        let first = self
            .pieces
            .iter()
            .rposition(is_stored)
            .map_or(0, |it| it + 1);
        let segments: Vec<Bytes> = self.pieces[first..]
            .iter()
            .filter_map(|piece| match piece {
                Piece::Memory(bytes) => Some(bytes.clone()),
                Piece::Stored(_) => None,
            })
            .collect();
        if let Ok(stored) = Stored::write(&segments) {
            self.pieces.truncate(first);
            self.pieces.push(Piece::Stored(stored));
        }
        self.in_memory = 0;
    }

    /// Adds another content at the end.
    pub fn append(&mut self, other: &Self) {
        self.length += other.length;
        self.in_memory = other.in_memory;
        self.pieces.extend_from_slice(&other.pieces);
    }

    /// In bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// What is in it, piece by piece.
    pub fn pages(&self) -> impl Iterator<Item = io::Result<Bytes>> + Send + Sync + use<> {
        self.pieces.clone().into_iter().flat_map(Piece::pages)
    }

    /// The bytes from `range.start` up to `range.end`, as far as there are any.
    pub fn slice(&self, range: &Range<u64>) -> Self {
        let mut part = Self::default();
        let mut at = 0;
        for piece in &self.pieces {
            let length = piece.length();
            let start = range.start.clamp(at, at + length) - at;
            let end = range.end.clamp(at, at + length) - at;
            if start < end {
                part.length += end - start;
                part.pieces.push(piece.slice(start..end));
            }
            at += length;
        }
        part
    }

    /// All of it in one piece. What cannot be read, as on a broken disk, is missing.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for page in self.pages().flatten() {
            all.extend_from_slice(&page);
        }
        all
    }

    /// The content as the body of a response.
    pub fn into_body(self) -> StreamingBlob {
        StreamingBlob::wrap(stream::iter(self.pages()))
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        if pieces.iter().any(|it| matches!(it, Piece::Stored(_))) {
            drop(pieces);
            spool::tidy();
        }
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
            assert_eq!(part.to_vec(), expected.as_bytes(), "{range:?}");
            assert_eq!(part.length(), expected.len() as u64, "{range:?}");
        }
    }

    #[test]
    fn large_ones_are_in_files() {
        let bytes: Vec<u8> = (0..5_000_000_u32).map(|it| (it / 1000) as u8).collect();
        let mut content = Content::default();
        for segment in bytes.chunks(300_000) {
            content.push(Bytes::copy_from_slice(segment));
        }
        let in_memory = |it: &&Piece| matches!(it, Piece::Memory(_));
        let kept: u64 = content
            .pieces
            .iter()
            .filter(in_memory)
            .map(Piece::length)
            .sum();
        assert!(kept < LARGE, "{kept}");
        assert_eq!(content.length(), 5_000_000);
        assert!(content.to_vec() == bytes);
        let part = content.slice(&(1_100_000..4_700_000));
        assert!(part.to_vec() == bytes[1_100_000..4_700_000]);
        let mut twice = content.clone();
        twice.append(&part);
        drop((content, part));
        assert_eq!(twice.length(), 8_600_000);
        assert!(twice.to_vec()[..5_000_000] == bytes);
    }
}
