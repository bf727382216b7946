//! Where large objects are: in files without a name, so that nothing of them is left behind
//! however the sandbox ends. One file holds pieces of many objects, and goes with the last
//! of them: a file for each would need more open files than a system may give.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

/// From how many bytes on a file gets no more pieces.
const FULL: u64 = 64 * 1024 * 1024;

/// How much is read at once, in bytes.
const PAGE: u64 = 256 * 1024;

/// The file that gets the next pieces.
static LAST: Mutex<Option<Arc<Spool>>> = Mutex::new(None);

/// A file with pieces of objects in it.
#[derive(Debug)]
struct Spool(Mutex<File>);

/// A piece of an object, in a file.
#[derive(Debug, Clone)]
pub struct Stored {
    spool: Arc<Spool>,
    place: Range<u64>,
}

impl Stored {
    /// Writes a piece.
    ///
    /// # Errors
    ///
    /// Where the system gives no file, or no room in it.
    pub fn write(segments: &[Bytes]) -> io::Result<Self> {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let spool = match last.take() {
            Some(spool) => spool,
            None => Arc::new(Spool(Mutex::new(tempfile::tempfile()?))),
        };
        let mut file = spool.file();
        let start = file.seek(SeekFrom::End(0))?;
        for segment in segments {
            file.write_all(segment)?;
        }
        let end = file.stream_position()?;
        drop(file);
        // Kept for the next piece as long as somebody needs it anyway.
        if end < FULL {
            *last = Some(spool.clone());
        }
        Ok(Self {
            spool,
            place: start..end,
        })
    }

    /// In bytes.
    pub fn length(&self) -> u64 {
        self.place.end - self.place.start
    }

    /// A part of it; `range` lies within it.
    pub fn slice(&self, range: Range<u64>) -> Self {
        Self {
            spool: self.spool.clone(),
            place: self.place.start + range.start..self.place.start + range.end,
        }
    }

    /// What is in it, a page at a time.
    pub fn pages(self) -> impl Iterator<Item = io::Result<Bytes>> {
        let starts = self.place.clone().step_by(PAGE as usize);
        starts.map(move |start| {
            let length = PAGE.min(self.place.end - start);
            // At most a page.
            let mut page = BytesMut::zeroed(length as usize);
            let mut file = self.spool.file();
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(&mut page)?;
            Ok(page.freeze())
        })
    }
}

impl Spool {
    fn file(&self) -> std::sync::MutexGuard<'_, File> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets go of a file in which nothing is kept any more.
pub fn tidy() {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.as_ref().is_some_and(|it| Arc::strong_count(it) == 1) {
        *last = None;
    }
}
