//! Turns of executions: one that computes must not keep the server from answering.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;
use tokio::task::block_in_place;

use crate::lambda::cores;

/// After a turn as long as that, the next one is taken apart from what answers requests.
const LONG_TURN: Duration = Duration::from_millis(10);

/// The turns that are taken apart from what answers requests: as many at once as there are
/// processors.
#[derive(Debug)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(cores())))
    }
}

impl Turns {
    /// Carries out work. `heavy` says whether its first turn may take long; of the others the
    /// one before tells.
    pub async fn take<T>(&self, mut heavy: bool, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let can_block = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
        loop {
            let place = match heavy && can_block {
                true => self.0.acquire().await.ok(),
                false => None,
            };
            let turn = poll_fn(|context| {
                let begun = Instant::now();
                let polled = match &place {
                    Some(_) => block_in_place(|| work.as_mut().poll(context)),
                    None => work.as_mut().poll(context),
                };
                heavy = begun.elapsed() >= LONG_TURN;
                Poll::Ready(polled)
            });
            if let Poll::Ready(done) = turn.await {
                return done;
            }
            drop(place);
            woken().await;
        }
    }
}

/// Until the task is woken by what it was polled for.
async fn woken() {
    let mut is_first = true;
    poll_fn(|_| match std::mem::take(&mut is_first) {
        true => Poll::Pending,
        false => Poll::Ready(()),
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computes without end, a long turn after the other.
    async fn computes() {
        loop {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(300) {
                std::hint::spin_loop();
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn who_computes_keeps_nobody_waiting() {
        let turns = Arc::new(Turns::default());
        for _ in 0..3 * cores() {
            let turns = turns.clone();
            tokio::spawn(async move { turns.take(true, computes()).await });
        }
        // Where they held the only thread, each of these would wait for a whole turn.
        let others = tokio::spawn(async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        });
        let in_time = tokio::time::timeout(Duration::from_secs(10), others);
        assert!(in_time.await.is_ok());
    }

    #[tokio::test]
    async fn work_is_done_wherever_it_runs() {
        let work = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            7
        };
        assert_eq!(Turns::default().take(true, work).await, 7);
    }
}
