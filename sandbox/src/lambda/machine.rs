//! The machine that all functions share: how many of their processes may be busy, begin
//! or stay warm at once. What is over that waits in line, and its time does not count.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::own_time::Lag;

/// How many processes work at once for each processor. Most of them wait for a service.
const BUSY_PER_CORE: usize = 8;

/// How many work at once on a small machine.
const LEAST_BUSY: usize = 16;

/// How many processes are kept warm for each processor.
const WARM_PER_CORE: usize = 64;

/// How many are kept warm at most, however many processors there are: each takes memory.
const MOST_WARM: usize = 256;

/// The places that a machine has.
#[derive(Debug)]
pub struct Machine {
    busy: Arc<Semaphore>,
    starts: Arc<Semaphore>,
    most_warm: usize,
    warm: Arc<AtomicUsize>,
    waiting: AtomicUsize,
    /// How late the sandbox itself is.
    pub lag: Lag,
}

impl Default for Machine {
    fn default() -> Self {
        let cores = cores();
        let semaphore = |places| Arc::new(Semaphore::new(places));
        Self {
            busy: semaphore(LEAST_BUSY.max(BUSY_PER_CORE * cores)),
            starts: semaphore(cores),
            most_warm: (WARM_PER_CORE * cores).min(MOST_WARM),
            warm: Arc::default(),
            waiting: AtomicUsize::new(0),
            lag: Lag::default(),
        }
    }
}

impl Machine {
    /// Waits for a place among the busy processes.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.wait_for(&self.busy).await
    }

    /// Waits for one's turn to begin.
    pub async fn start(&self) -> Option<OwnedSemaphorePermit> {
        self.wait_for(&self.starts).await
    }

    /// How many events wait for a place.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Counts one more warm process, for as long as the result is kept.
    pub fn warm(&self) -> Warm {
        self.warm.fetch_add(1, Ordering::Relaxed);
        Warm(self.warm.clone())
    }

    /// Whether more processes are warm than there should be.
    pub fn is_too_warm(&self) -> bool {
        self.warm.load(Ordering::Relaxed) > self.most_warm
    }

    async fn wait_for(&self, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = places.clone().try_acquire_owned() {
            return Some(place);
        }
        let _waiting = Waiting::one_more(&self.waiting);
        // The semaphore is never closed, so this does not fail.
        places.clone().acquire_owned().await.ok()
    }
}

/// How many processors the machine has.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// One warm process.
#[derive(Debug)]
pub struct Warm(Arc<AtomicUsize>);

impl Drop for Warm {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One event in line; none when its caller no longer waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn one_more(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_in_line_are_counted() {
        let machine = Arc::new(Machine::default());
        let mut taken = Vec::new();
        while let Ok(place) = machine.busy.clone().try_acquire_owned() {
            taken.push(place);
        }
        assert!(taken.len() >= LEAST_BUSY);
        let in_line = machine.clone();
        let task = tokio::spawn(async move { in_line.place().await.is_some() });
        while machine.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        taken.pop();
        assert!(task.await.unwrap());
        assert_eq!(machine.waiting(), 0);
    }
}
