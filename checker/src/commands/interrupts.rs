//! Signals that ask the checker to end.

use std::time::Duration;

use crate::session::stop::{Stop, Stopper};

/// How long the process goes on after a second signal.
const LAST_MOMENT: Duration = Duration::from_millis(1500);

/// Listens from now on for Ctrl-C, and for what the system sends to a process that should end:
/// needs a tokio runtime. After a second signal the process ends within two seconds, whatever it
/// is about, by exit code 3.
pub fn listen() -> Stop {
    let (stopper, stop) = Stop::new();
    let signals = Signals::register();
    tokio::spawn(pass_on(signals, stopper));
    stop
}

async fn pass_on(mut signals: Signals, stopper: Stopper) {
    signals.next().await;
    stopper.stop();
    signals.next().await;
    stopper.stop();
    tokio::time::sleep(LAST_MOMENT).await;
    std::process::exit(3);
}

/// The signals; one that comes after they were registered is not lost.
struct Signals {
    #[cfg(unix)]
    kinds: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    fn register() -> Self {
        use tokio::signal::unix::{SignalKind, signal};

        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
            SignalKind::quit(),
        ];
        Self {
            kinds: kinds.into_iter().filter_map(|it| signal(it).ok()).collect(),
        }
    }

    #[cfg(not(unix))]
    fn register() -> Self {
        Self {}
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        std::future::poll_fn(|context| {
            use std::task::Poll;

            let mut came = self.kinds.iter_mut().map(|it| it.poll_recv(context));
            if came.any(|it| it.is_ready()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        // Without handler for Ctrl-C, it ends the process by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
