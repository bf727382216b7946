//! Time, behind a trait: Wait states, timeouts and timestamps read it from here.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where an execution gets its time from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> SystemTime;

    /// A future that is ready once [`Clock::now`] has reached `deadline`.
    fn sleep_until(&self, deadline: SystemTime) -> BoxFuture<'static, ()>;
}

/// The machine's own clock, with tokio's timers: needs a tokio runtime with
/// time enabled.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep_until(&self, deadline: SystemTime) -> BoxFuture<'static, ()> {
        let remaining = deadline
            .duration_since(SystemTime::now())
            .unwrap_or(Duration::ZERO);
        Box::pin(tokio::time::sleep(remaining))
    }
}

/// A clock that stands still until it is told to move: a Wait of a year takes
/// no time in a test.
///
/// [`DrivenClock::run`] moves it by itself, from one deadline to the next.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use states_language::{Clock, DrivenClock};
///
/// let clock = DrivenClock::new(SystemTime::UNIX_EPOCH);
/// let year = SystemTime::UNIX_EPOCH + Duration::from_secs(365 * 24 * 60 * 60);
/// clock.run(clock.sleep_until(year)).unwrap();
/// assert_eq!(clock.now(), year);
/// ```
#[derive(Debug, Clone)]
pub struct DrivenClock {
    state: Arc<Mutex<Driven>>,
}

#[derive(Debug)]
struct Driven {
    now: SystemTime,
    /// Keyed by deadline, then by order of arrival.
    sleepers: BTreeMap<(SystemTime, u64), Waker>,
    next_key: u64,
}

/// A future can never finish: it waits, but not for the [`DrivenClock`] that
/// runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the future waits for something other than the clock, and nothing has woken it")]
pub struct Stalled;

impl DrivenClock {
    /// A clock that shows `now`.
    pub fn new(now: SystemTime) -> Self {
        Self {
            state: Arc::new(Mutex::new(Driven {
                now,
                sleepers: BTreeMap::new(),
                next_key: 0,
            })),
        }
    }

    /// Moves to the next deadline that somebody sleeps for and wakes the
    /// sleeper. False if nobody sleeps.
    pub fn advance(&self) -> bool {
        let waker = {
            let mut driven = self.lock();
            let Some(((deadline, _), waker)) = driven.sleepers.pop_first() else {
                return false;
            };
            driven.now = driven.now.max(deadline);
            waker
        };
        waker.wake();
        true
    }

    /// Runs a future to its end on this thread, moving the clock on whenever
    /// the future has nothing else to do.
    ///
    /// # Errors
    /// [`Stalled`] if the future waits for neither this clock nor a wake-up of
    /// its own.
    pub fn run<F: Future>(&self, future: F) -> Result<F::Output, Stalled> {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(flag.clone());
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            while flag.0.swap(false, Ordering::AcqRel) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                    return Ok(output);
                }
            }
            if !self.advance() {
                return Err(Stalled);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Driven> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DrivenClock {
    fn now(&self) -> SystemTime {
        self.lock().now
    }

    fn sleep_until(&self, deadline: SystemTime) -> BoxFuture<'static, ()> {
        Box::pin(Sleep {
            clock: self.clone(),
            deadline,
            key: None,
        })
    }
}

/// Lets others have their turn once: pending, then ready.
pub(crate) async fn yield_now() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// One sleeper; leaving early takes its entry out of the clock again.
struct Sleep {
    clock: DrivenClock,
    deadline: SystemTime,
    key: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut driven = this.clock.lock();
        if driven.now >= this.deadline {
            return Poll::Ready(());
        }
        let key = *this.key.get_or_insert_with(|| {
            driven.next_key += 1;
            driven.next_key
        });
        driven
            .sleepers
            .insert((this.deadline, key), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.lock().sleepers.remove(&(self.deadline, key));
        }
    }
}
