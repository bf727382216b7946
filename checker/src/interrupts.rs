//! Signals that ask the checker to end.

/// Ctrl-C, and what the system sends to a process that should end. From the moment
/// it is made, a signal that comes before anyone waits is not lost.
#[derive(Debug)]
pub struct Interrupts {
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
}

impl Interrupts {
    /// Listens from now on: needs a tokio runtime.
    pub fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let kinds = [
                SignalKind::interrupt(),
                SignalKind::terminate(),
                SignalKind::hangup(),
                SignalKind::quit(),
            ];
            Self {
                signals: kinds.into_iter().filter_map(|it| signal(it).ok()).collect(),
            }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        std::future::poll_fn(|context| {
            use std::task::Poll;

            let mut came = self.signals.iter_mut().map(|it| it.poll_recv(context));
            if came.any(|it| it.is_ready()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        #[cfg(not(unix))]
        // Without handler for Ctrl-C, it ends the process by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
