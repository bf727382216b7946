//! A function's processes: warm ones wait for work, busy ones are counted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::instance::Instance;
use super::machine::{Warm, cores};

/// How many processes one function may have at once. AWS throttles at the
/// account's concurrency (1,000); on a laptop further events wait in line.
const LIMIT: usize = 10;

/// How long an event waits for a process to become idle where as many are busy as there are
/// processors: one more makes nothing quicker, unless they wait for something themselves.
const PATIENCE: Duration = Duration::from_millis(100);

/// The processes of one function.
#[derive(Debug)]
pub struct Pool {
    places: Arc<Semaphore>,
    most_busy: usize,
    /// The one that was busy last comes last.
    idle: Mutex<Vec<Idle>>,
    freed: Notify,
}

/// A process that waits for work.
#[derive(Debug)]
struct Idle {
    instance: Instance,
    since: Instant,
    _warm: Warm,
}

impl Pool {
    /// No process yet, and never more than are reserved for the function.
    pub fn new(reserved: Option<u32>) -> Self {
        let reserved = reserved.and_then(|it| usize::try_from(it).ok());
        let most_busy = reserved.map_or(LIMIT, |it| it.min(LIMIT));
        Self {
            places: Arc::new(Semaphore::new(most_busy)),
            most_busy,
            idle: Mutex::default(),
            freed: Notify::new(),
        }
    }

    /// Waits for a place among the busy ones.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so this does not fail.
        self.places.clone().acquire_owned().await.ok()
    }

    /// The process that was busy last, if one is idle.
    fn take(&self) -> Option<Instance> {
        self.idle().pop().map(|idle| idle.instance)
    }

    /// Takes a process that is idle, or becomes so before another one would be of use.
    pub async fn soon(&self) -> Option<Instance> {
        let busy = self.most_busy - self.places.available_permits();
        match self.take() {
            None if busy > cores() => timeout(PATIENCE, self.next()).await.ok(),
            taken => taken,
        }
    }

    /// Waits until a process is idle, and takes it.
    pub async fn next(&self) -> Instance {
        loop {
            if let Some(instance) = self.take() {
                return instance;
            }
            self.freed.notified().await;
        }
    }

    /// Keeps a process warm.
    pub fn give_back(&self, instance: Instance, warm: Warm) {
        self.idle().push(Idle {
            instance,
            since: Instant::now(),
            _warm: warm,
        });
        self.freed.notify_one();
    }

    /// Since when its oldest idle process waits.
    pub fn oldest(&self) -> Option<Instant> {
        self.idle().first().map(|idle| idle.since)
    }

    /// Gives up the process that waits longest.
    pub fn take_oldest(&self) -> Option<Instance> {
        let mut idle = self.idle();
        (!idle.is_empty()).then(|| idle.remove(0).instance)
    }

    /// Ends all idle processes, as a change of the function does.
    pub fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
