//! A function's processes: warm ones wait for work, busy ones are counted.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::instance::Instance;

/// How many processes one function may have at once. AWS throttles at the
/// account's concurrency (1,000); on a laptop further events wait in line.
const LIMIT: usize = 10;

/// The processes of one function.
#[derive(Debug)]
pub struct Pool {
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Instance>>,
}

impl Pool {
    /// No process yet, and never more than are reserved for the function.
    pub fn new(reserved: Option<u32>) -> Self {
        let reserved = reserved.and_then(|it| usize::try_from(it).ok());
        Self {
            places: Arc::new(Semaphore::new(reserved.map_or(LIMIT, |it| it.min(LIMIT)))),
            idle: Mutex::default(),
        }
    }

    /// Waits for a place among the busy ones.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so this does not fail.
        self.places.clone().acquire_owned().await.ok()
    }

    /// The process that was busy last, if one is idle.
    pub fn take(&self) -> Option<Instance> {
        self.idle().pop()
    }

    /// Keeps a process warm.
    pub fn give_back(&self, instance: Instance) {
        self.idle().push(instance);
    }

    /// Ends all idle processes, as a change of the function does.
    pub fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Instance>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
