//! Signals that ask the checker to end.

use std::time::Duration;

/// How long a process goes on after a second signal.
const LAST_MOMENT: Duration = Duration::from_millis(1500);

/// Ctrl-C, and what the system sends to a process that should end. From the moment
/// it is made, a signal that comes before anyone waits is not lost.
#[derive(Debug)]
pub struct Interrupts {
    /// Whether one has come.
    pub came: bool,
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
}

impl Interrupts {
    /// Listens from now on: needs a tokio runtime. After a second signal the process ends within
    /// two seconds, whatever it is about, by exit code 3.
    pub fn listen() -> Self {
        let mut second = Self::new();
        tokio::spawn(async move {
            second.next().await;
            second.next().await;
            tokio::time::sleep(LAST_MOMENT).await;
            std::process::exit(3);
        });
        Self::new()
    }

    fn new() -> Self {
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
                came: false,
                signals: kinds.into_iter().filter_map(|it| signal(it).ok()).collect(),
            }
        }
        #[cfg(not(unix))]
        Self { came: false }
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
        self.came = true;
    }
}
