//! Whether a sandbox has more to do than its machine can: what waits in line there is not
//! late by a participant's fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sfn::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sfn::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sfn::error::BoxError;

/// The header of a sandbox's answers that says how many events wait in line.
const HEADER: &str = "x-sandbox-waiting";

/// What the last answer said of it. AWS says nothing of the kind.
#[derive(Debug, Clone, Default)]
pub struct Rush(Arc<AtomicUsize>);

impl Rush {
    /// Whether events wait in line.
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
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
