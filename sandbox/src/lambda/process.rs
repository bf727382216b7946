//! A function's process as the rest of the sandbox knows it: frozen between two events,
//! and let through to the services only while Lambda would let it run.
//!
//! Lambda freezes the execution environment once the runtime asks for the next event
//! ("Lambda execution environment lifecycle"): what a function began and did not wait
//! for stays undone until the next event thaws it. On unix the whole process group is
//! stopped by a signal; elsewhere a process runs on, but its calls wait all the same.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::lineage::Lineage;
use super::proc;

/// How long a call takes at most until it is sent. On AWS it begins with a TLS handshake,
/// so that none which a function does not wait for is sent before the freeze; on loopback
/// it would be. It is sent as soon as the process is seen to wait.
const HANDSHAKE: Duration = Duration::from_millis(20);

/// After how long a call with a frozen process's keys is not its own, where nobody can see whose
/// connection it came by: what the process has sent is there sooner.
const LATE: Duration = Duration::from_millis(100);

/// How often to look whether the process waits.
const LOOK: Duration = Duration::from_millis(1);

/// What a process is doing, as Lambda sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It has not asked for an event yet.
    Starting,
    /// It has an event.
    Working,
    /// It has answered, and did not ask for the next event yet.
    Answered,
    /// It has asked for the next event, at that time.
    Frozen(Instant),
    /// It is gone, or about to be.
    Ended,
}

/// One process.
#[derive(Debug)]
pub struct Process {
    phase: watch::Sender<Phase>,
    /// The id of the process, which leads its group; nothing before its start, and once
    /// it has ended.
    id: Mutex<Option<u32>>,
    /// What led to the event that it works on, and the activity of its invocation.
    origin: Mutex<(Lineage, Option<u64>)>,
}

impl Process {
    /// A process that is about to start.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            phase: watch::Sender::new(Phase::Starting),
            id: Mutex::default(),
            origin: Mutex::default(),
        })
    }

    /// Says which one it is, once it has been started.
    pub fn started(&self, id: Option<u32>) {
        *self.id() = id;
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// It has answered its event, well or not.
    pub fn answered(&self) {
        self.phase.send_if_modified(|phase| {
            let works = *phase == Phase::Working;
            if works {
                *phase = Phase::Answered;
            }
            works
        });
    }

    /// Stops it until the next event, as it asks for that.
    pub fn freeze(&self) {
        let freezes = self.phase.send_if_modified(|phase| {
            let lives = *phase != Phase::Ended;
            if lives {
                *phase = Phase::Frozen(Instant::now());
            }
            lives
        });
        if freezes {
            self.signal(Signal::Stop);
        }
    }

    /// Lets it go on, with an event.
    pub fn thaw(&self) {
        self.signal(Signal::Continue);
        self.phase.send_replace(Phase::Working);
    }

    /// Ends it and all that it has started.
    pub fn kill(&self) {
        self.signal(Signal::Kill);
        *self.id() = None;
    }

    /// Lets go of calls that wait: its keys hold no longer.
    pub fn ended(&self) {
        self.phase.send_replace(Phase::Ended);
    }

    /// What led to the event that it works on, and the activity of its invocation.
    pub fn origin(&self) -> (Lineage, Option<u64>) {
        let origin = self.origin.lock();
        origin.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says the same of its next event.
    pub fn set_origin(&self, lineage: Lineage, invoked: Option<u64>) {
        *self.origin.lock().unwrap_or_else(PoisonError::into_inner) = (lineage, invoked);
    }

    /// Waits until a call by the connection from `peer` is one that it sent while it was not
    /// frozen. Whoever else has its keys may call at any time, as on AWS.
    pub async fn turn(&self, peer: SocketAddr) {
        let mut phase = self.phase.subscribe();
        loop {
            let now = *phase.borrow_and_update();
            let changed = phase.changed();
            match now {
                Phase::Starting | Phase::Ended => return,
                Phase::Frozen(since) => {
                    let own = self.id().and_then(|id| proc::has_connection(id, peer));
                    if !own.unwrap_or_else(|| since.elapsed() <= LATE) {
                        return;
                    }
                    // An error would mean that it is gone.
                    let _ = changed.await;
                }
                Phase::Working => {
                    let sent = tokio::select! {
                        _ = changed => false,
                        () = self.waits() => true,
                    };
                    if sent && self.phase() == Phase::Working {
                        return;
                    }
                }
                Phase::Answered => {
                    if timeout(HANDSHAKE, changed).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Waits until the process waits, or for as long as a handshake takes.
    async fn waits(&self) {
        let begun = Instant::now();
        loop {
            sleep(LOOK).await;
            let id = *self.id();
            if begun.elapsed() >= HANDSHAKE || id.is_none_or(proc::waits) {
                return;
            }
        }
    }

    fn id(&self) -> MutexGuard<'_, Option<u32>> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(unix)]
    fn signal(&self, signal: Signal) {
        use rustix::process::{Pid, Signal as Unix, kill_process_group};
        let id = *self.id();
        if let Some(group) = id.and_then(|id| Pid::from_raw(id.cast_signed())) {
            // None of it may be there any more.
            let _ = kill_process_group(
                group,
                match signal {
                    Signal::Stop => Unix::STOP,
                    Signal::Continue => Unix::CONT,
                    Signal::Kill => Unix::KILL,
                },
            );
        }
    }

    #[cfg(not(unix))]
    fn signal(&self, _: Signal) {}
}

/// What is said to all processes of a group.
#[derive(Debug, Clone, Copy)]
enum Signal {
    Stop,
    Continue,
    Kill,
}
