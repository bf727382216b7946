//! Whether a sandbox has more to do than its machine can: what waits in line there is not
//! late by a participant's fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_sfn::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sfn::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sfn::error::BoxError;

/// The header of a sandbox's answers that says how many events wait in line.
const HEADER: &str = "x-sandbox-waiting";

/// What the last answer said of it. AWS says nothing of the kind.
#[derive(Debug, Clone, Default)]
pub struct Rush(Arc<AtomicUsize>);

impl Rush {
    /// How many events wait in line.
    pub fn waiting(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether events wait in line.
    pub fn is_on(&self) -> bool {
        self.waiting() > 0
    }
}

/// How long something has been waited for, without the time in which events waited in line:
/// in that it is the machine that is late.
#[derive(Debug)]
pub struct Waiting {
    begun: Instant,
    last: Instant,
    rush: Duration,
}

impl Waiting {
    /// From now on.
    pub fn begin() -> Self {
        let begun = Instant::now();
        Self {
            begun,
            last: begun,
            rush: Duration::ZERO,
        }
    }

    /// How long by now; what has passed since the last time does not count in a rush.
    pub fn so_far(&mut self, is_rush: bool) -> Duration {
        let now = Instant::now();
        if is_rush {
            self.rush += now - self.last;
        }
        self.last = now;
        (now - self.begun).saturating_sub(self.rush)
    }

    /// How long events waited in line meanwhile.
    pub fn rush(&self) -> Duration {
        self.rush
    }
}

impl Intercept for Rush {
    fn name(&self) -> &'static str {
        "Rush"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let waiting = context.response().headers().get(HEADER);
        let waiting = waiting.and_then(|it| it.parse().ok()).unwrap_or_default();
        self.0.store(waiting, Ordering::Relaxed);
        Ok(())
    }
}
