//! How a run is asked to end before its time.

use tokio::sync::watch;

/// Hears requests to end: the first ends the verifying, the second the cleaning up after it.
#[derive(Debug, Clone)]
pub struct Stop {
    requests: watch::Receiver<u32>,
    /// How many were heard: two that come at once are two.
    heard: u32,
}

/// Sends such requests.
#[derive(Debug)]
pub struct Stopper(watch::Sender<u32>);

impl Stop {
    /// One that hears those of the other half.
    pub fn new() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(0);
        let stop = Self {
            requests: receiver,
            heard: 0,
        };
        (Stopper(sender), stop)
    }

    /// Waits for the next request.
    pub async fn next(&mut self) {
        while *self.requests.borrow_and_update() <= self.heard {
            if self.requests.changed().await.is_err() {
                // Nobody is left to ask.
                std::future::pending().await
            }
        }
        self.heard += 1;
    }

    /// Whether there has been a request.
    pub fn came(&self) -> bool {
        *self.requests.borrow() > 0
    }
}

impl Stopper {
    /// Asks all who hear it.
    pub fn stop(&self) {
        self.0.send_modify(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_before_anyone_waits_is_heard_by_all() {
        let (stopper, mut first) = Stop::new();
        let mut second = first.clone();
        assert!(!first.came());
        stopper.stop();
        first.next().await;
        second.next().await;
        assert!(first.came() && second.came());
        stopper.stop();
        stopper.stop();
        for _ in 0..2 {
            first.next().await;
        }
    }
}
