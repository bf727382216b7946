//! Whether time went on evenly: not where the machine slept, stood still, or had its clock set.
//! What was waited for in such a stretch may be missing for no other reason.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// How often the clocks are looked at.
const TICK: Duration = Duration::from_millis(100);

/// A tick that comes later than this came after a standstill.
const STANDSTILL: Duration = Duration::from_secs(2);

/// By how much the two clocks may differ between two ticks.
const DRIFT: Duration = Duration::from_secs(1);

/// What was wrong with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// Nothing ran for so long: the machine slept, or was too busy.
    Standstill(Duration),
    /// The clock on the wall was moved by so much, or the machine slept while the steady one
    /// stood (as on Linux, where it does not count sleep).
    Jump(Duration),
}

impl std::fmt::Display for Break {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Standstill(gap) => write!(
                f,
                "this machine slept or stood still for {} s",
                gap.as_secs()
            ),
            Self::Jump(by) => write!(
                f,
                "this machine slept, or its clock was moved, by {} s",
                by.as_secs()
            ),
        }
    }
}

/// One look at both clocks, each from a beginning of its own.
#[derive(Debug, Clone, Copy)]
struct Look {
    steady: Duration,
    wall: Duration,
}

/// What there is to say of two looks that should be a tick apart.
fn between(before: Look, now: Look) -> Option<Break> {
    let steady = now.steady.saturating_sub(before.steady);
    if steady > STANDSTILL {
        return Some(Break::Standstill(steady));
    }
    // A clock that was set back has gone the other way.
    let expected = before.wall + steady;
    let by = now.wall.abs_diff(expected);
    (by > DRIFT).then_some(Break::Jump(by))
}

/// A thread that looks at the clocks until it is asked what it saw.
#[derive(Debug)]
pub struct Clocks {
    end: Sender<()>,
    thread: Option<JoinHandle<Option<Break>>>,
}

impl Clocks {
    /// Looks from now on.
    pub fn watch() -> Self {
        let (end, ended) = channel();
        let thread = std::thread::Builder::new().spawn(move || look_on(&ended));
        Self {
            end,
            // Where there is no thread to be had, nothing is seen.
            thread: thread.ok(),
        }
    }

    /// The first break that it saw.
    pub fn end(self) -> Option<Break> {
        drop(self.end);
        self.thread?.join().ok().flatten()
    }
}

fn look_on(ended: &Receiver<()>) -> Option<Break> {
    let begun = Instant::now();
    let look = || Look {
        steady: begun.elapsed(),
        wall: SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default(),
    };
    let mut before = look();
    let mut first = None;
    loop {
        let waited = ended.recv_timeout(TICK);
        let now = look();
        first = first.or_else(|| between(before, now));
        before = now;
        if waited != Err(RecvTimeoutError::Timeout) {
            return first;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks() {
        let look = |steady, wall| Look {
            steady: Duration::from_millis(steady),
            wall: Duration::from_millis(wall),
        };
        let before = look(5_000, 1_000_000_000);
        for (name, steady, wall, expected) in [
            ("a tick", 5_100, 1_000_000_100, None),
            ("a late tick", 6_900, 1_000_001_900, None),
            (
                "stopped",
                17_000,
                1_000_012_000,
                Some(Break::Standstill(Duration::from_secs(12))),
            ),
            (
                "asleep, uncounted",
                5_100,
                1_000_012_100,
                Some(Break::Jump(Duration::from_secs(12))),
            ),
            (
                "set back",
                5_100,
                999_400_100,
                Some(Break::Jump(Duration::from_secs(600))),
            ),
            ("slewed", 5_100, 1_000_000_900, None),
        ] {
            assert_eq!(between(before, look(steady, wall)), expected, "{name}");
        }
    }

    #[test]
    fn an_even_stretch_has_no_break() {
        // Whatever the machine does, it is said with its length.
        if let Some(seen) = Clocks::watch().end() {
            assert!(seen.to_string().starts_with("this machine "));
        }
    }
}
