//! How much a document may ask of the sandbox: its bytes once inflated, and the work of
//! drawing it. Small documents can hold gigabytes, and draw for hours.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flate2::read::ZlibDecoder;

/// How much all streams but pictures may inflate to, in bytes.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// The same for pictures, which are not looked at.
const MOST_BYTES_OF_PICTURES: u64 = 256 * 1024 * 1024;

/// How much longer a byte becomes by the filters `RunLengthDecode` and `LZWDecode`.
const FACTOR_OF_OTHERS: u64 = 64;

/// How many filters of a stream are looked into.
const MOST_FILTERS: usize = 8;

/// How many times something may be drawn.
const MOST_OPERATIONS: u32 = 500_000;

/// How long a document may take.
const LONGEST: Duration = Duration::from_secs(10);

/// Whether a document inflates to more than it may.
pub fn is_too_large(document: &[u8]) -> bool {
    let (mut bytes, mut of_pictures) = (0, 0);
    let mut rest = document;
    let mut before: &[u8] = &[];
    while let Some(at) = find(rest, b"stream") {
        let (head, tail) = rest.split_at(at);
        rest = &tail[b"stream".len()..];
        if head.ends_with(b"end") {
            before = &[];
            continue;
        }
        let dictionary = if head.is_empty() { before } else { head };
        before = head;
        let content = rest.strip_prefix(b"\r").unwrap_or(rest);
        let content = content.strip_prefix(b"\n").unwrap_or(content);
        let last = dictionary.len().saturating_sub(LONGEST_DICTIONARY);
        let dictionary = &dictionary[last..];
        let has = |name: &[u8]| find(dictionary, name).is_some();
        let picture = has(b"/Image");
        let most = match picture {
            true => MOST_BYTES_OF_PICTURES,
            false => MOST_BYTES,
        };
        let mut length = inflated(content, most);
        if has(b"/RunLengthDecode") || has(b"/LZWDecode") {
            let raw = find(content, b"endstream").unwrap_or(content.len());
            length = length.max(raw as u64) * FACTOR_OF_OTHERS;
        }
        match picture {
            true => of_pictures += length,
            false => bytes += length,
        }
        if bytes > MOST_BYTES || of_pictures > MOST_BYTES_OF_PICTURES {
            return true;
        }
    }
    false
}

/// How far before a stream its dictionary is looked for, in bytes.
const LONGEST_DICTIONARY: usize = 4096;

/// How long a stream becomes, filter by filter, up to a little over `most`; 0 where it is
/// not compressed.
fn inflated(content: &[u8], most: u64) -> u64 {
    let mut length = 0;
    let mut inner = Vec::new();
    let mut source = content;
    for _ in 0..MOST_FILTERS {
        if !is_zlib(source) {
            break;
        }
        let mut out = Vec::new();
        // What is damaged counts as far as it can be read.
        let _ = ZlibDecoder::new(source)
            .take(most + 1)
            .read_to_end(&mut out);
        length = length.max(out.len() as u64);
        if length > most {
            break;
        }
        inner = out;
        source = &inner;
    }
    drop(inner);
    length
}

/// Whether bytes begin as RFC 1950 has it.
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)).is_multiple_of(31))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|it| it == what)
}

/// Says that nobody waits for a document any more, once it is dropped.
#[derive(Debug, Default)]
pub struct Caller(Arc<AtomicBool>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What is left for drawing a document.
#[derive(Debug)]
pub struct Budget {
    operations: u32,
    until: Instant,
    caller_left: Arc<AtomicBool>,
}

/// Why drawing has been ended: the library that draws cannot be told to stop, so that this
/// unwinds it.
#[derive(Debug)]
pub struct Exhausted;

impl Budget {
    /// All that one document may use.
    pub fn of(caller: &Caller) -> Self {
        Self {
            operations: MOST_OPERATIONS,
            until: Instant::now() + LONGEST,
            caller_left: caller.0.clone(),
        }
    }

    /// Takes one operation off it; does not come back when nothing is left.
    pub fn spend(&mut self) {
        self.operations = self.operations.saturating_sub(1);
        let left = self.caller_left.load(Ordering::Relaxed);
        if self.operations == 0 || left || Instant::now() > self.until {
            // Not a panic: there is nothing to report.
            std::panic::resume_unwind(Box::new(Exhausted));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
        let head = format!("1 0 obj\n<< {dictionary} >>\nstream\n");
        [head.as_bytes(), content, b"\nendstream\nendobj\n"].concat()
    }

    #[test]
    fn sizes() {
        let mib = |count: usize| vec![b' '; count * 1024 * 1024];
        let (small, large) = (deflated(&mib(1)), deflated(&mib(33)));
        let nested = deflated(&large);
        let runs = deflated(&[0x81, b'A'].repeat(500_000));
        for (document, expected) in [
            (b"%PDF-1.7".to_vec(), false),
            (stream("", &small), false),
            (stream("/Subtype /Image", &large), false),
            (stream("", &large), true),
            (stream("", &nested), true),
            (stream("", &small).repeat(33), true),
            (stream("/Filter /RunLengthDecode", &runs), true),
            (stream("", b"x\x9cno zlib"), false),
            (b"endstream stream stream".to_vec(), false),
        ] {
            assert_eq!(is_too_large(&document), expected, "{}", document.len());
        }
    }

    #[test]
    fn a_budget_ends() {
        let caller = Caller::default();
        let mut budget = Budget::of(&caller);
        budget.spend();
        drop(caller);
        let spent = std::panic::catch_unwind(move || budget.spend());
        assert!(spent.unwrap_err().is::<Exhausted>());
    }
}
