//! The time that counts against a function: not that in which it had no processor, nor
//! that in which the sandbox itself was late. On Lambda a function shares neither.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::proc;

/// How often the sandbox looks how late it is.
const BEAT: Duration = Duration::from_millis(50);

/// What is no lateness yet: timers are that exact.
const EXACT: Duration = Duration::from_millis(10);

/// How much time the sandbox has lost to other work of the machine.
#[derive(Debug, Default)]
pub struct Lag(AtomicU64);

impl Lag {
    /// Takes note of lost time; does not end.
    pub async fn watch(&self) {
        loop {
            let begun = Instant::now();
            sleep(BEAT).await;
            let late = begun.elapsed().saturating_sub(BEAT);
            if late > EXACT {
                let millis = u64::try_from(late.as_millis()).unwrap_or_default();
                self.0.fetch_add(millis, Ordering::Relaxed);
            }
        }
    }

    fn total(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A process's own time from a moment on.
#[derive(Debug)]
pub struct OwnTime<'a> {
    begun: Instant,
    id: Option<u32>,
    delays: BTreeMap<String, Duration>,
    lag: &'a Lag,
    lag_before: Duration,
}

/// That a process has had its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfTime;

impl<'a> OwnTime<'a> {
    /// The time of a process from now on.
    pub fn begin(id: Option<u32>, lag: &'a Lag) -> Self {
        Self {
            begun: Instant::now(),
            delays: id.map(proc::delays).unwrap_or_default(),
            id,
            lag,
            lag_before: lag.total(),
        }
    }

    /// How much it has had.
    pub fn elapsed(&self) -> Duration {
        let passed = self.begun.elapsed();
        let now = self.id.map(proc::delays).unwrap_or_default();
        let before = |thread| self.delays.get(thread).copied().unwrap_or_default();
        // Threads wait side by side: the one that waited longest held the work up.
        let waited = now
            .iter()
            .map(|(thread, delay)| delay.saturating_sub(before(thread)))
            .max();
        let lost = waited.unwrap_or_default() + (self.lag.total() - self.lag_before);
        passed.saturating_sub(lost)
    }

    /// Waits for something until the process has had its time.
    ///
    /// # Errors
    ///
    /// [`OutOfTime`].
    pub async fn limit<T>(
        &self,
        limit: Duration,
        what: impl Future<Output = T>,
    ) -> Result<T, OutOfTime> {
        tokio::pin!(what);
        let mut left = limit.saturating_sub(self.begun.elapsed());
        loop {
            if let Ok(done) = timeout(left, &mut what).await {
                return Ok(done);
            }
            left = limit.saturating_sub(self.elapsed());
            if left.is_zero() {
                return Err(OutOfTime);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lost_time_does_not_count() {
        let lag = Lag::default();
        let time = OwnTime::begin(None, &lag);
        lag.0.fetch_add(60, Ordering::Relaxed);
        let limit = Duration::from_millis(20);
        let ended = time.limit(limit, std::future::pending::<()>()).await;
        assert_eq!(ended, Err(OutOfTime));
        assert!(time.begun.elapsed() >= Duration::from_millis(80));
    }

    #[tokio::test]
    async fn what_is_done_in_time() {
        let lag = Lag::default();
        let time = OwnTime::begin(Some(std::process::id()), &lag);
        assert_eq!(
            time.limit(Duration::from_secs(60), async { 1 }).await,
            Ok(1)
        );
    }
}
