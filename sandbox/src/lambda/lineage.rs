//! What led to an invocation: which functions worked on it before, and how often.
//!
//! Lambda ends a loop of functions, S3 and SNS after about 16 invocations of the same
//! function in one chain of requests ("Use Lambda recursive loop detection to prevent
//! infinite loops"). It counts by the header `X-Amzn-Trace-Id` that SDKs pass on; the
//! sandbox knows the process that calls, and needs no header.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::error::ServiceError;

/// How often one function works on what came of one event, in one chain.
const MOST: u32 = 16;

/// How often functions may come back to themselves in all chains that began with one
/// event. AWS has no such limit: a loop that writes two objects for each would run
/// 65,536 times there, which a laptop cannot bear.
const MOST_LOOPS: u32 = 1_000;

/// The functions of a chain of requests, by ARN, and how often each was invoked.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    counts: BTreeMap<String, u32>,
    origin: Arc<Origin>,
}

/// What all chains share that began with the same event.
#[derive(Debug, Default)]
struct Origin {
    loops: AtomicU32,
    stopped: AtomicBool,
}

tokio::task_local! {
    static OF_THE_CALLER: Lineage;
}

impl Lineage {
    /// What leads to what the running task invokes: nothing, unless a function called.
    pub fn of_the_caller() -> Self {
        OF_THE_CALLER.try_with(Self::clone).unwrap_or_default()
    }

    /// Runs a task whose invocations come of this.
    pub async fn leads_to<T>(self, task: impl Future<Output = T>) -> T {
        OF_THE_CALLER.scope(self, task).await
    }

    /// Whether a function led to it.
    pub fn is_of_a_function(&self) -> bool {
        !self.counts.is_empty()
    }

    /// The chain with one more invocation of a function; nothing where that is one too many.
    pub fn and(&self, function_arn: &str) -> Option<Self> {
        let mut longer = self.clone();
        let count = longer.counts.entry(function_arn.to_owned()).or_default();
        *count += 1;
        let loops = match *count {
            1 => 0,
            _ => self.origin.loops.fetch_add(1, Ordering::Relaxed) + 1,
        };
        (*count <= MOST && loops <= MOST_LOOPS).then_some(longer)
    }

    /// Whether this is the first time that something of the same origin is stopped.
    pub fn is_first_to_stop(&self) -> bool {
        !self.origin.stopped.swap(true, Ordering::Relaxed)
    }
}

/// What Lambda answers to an invocation that is one too many.
pub fn recursive() -> ServiceError {
    ServiceError::bad_request(
        "RecursiveInvocationException",
        "Lambda has detected your function being invoked in a recursive loop with other Amazon \
         Web Services resources and stopped your function's invocation.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_of_each_function() {
        let mut chain = Lineage::default();
        for _ in 0..16 {
            chain = chain.and("one").unwrap().and("other").unwrap();
        }
        assert!(chain.and("one").is_none());
        assert!(chain.and("other").is_none());
        assert!(chain.and("a third").is_some());
    }

    #[test]
    fn all_chains_of_one_event() {
        let first = Lineage::default().and("one").unwrap();
        let wide = (0..2_000).filter(|_| first.and("other").is_some());
        assert_eq!(wide.count(), 2_000, "many events for another are no loop");
        let loops = (0..2_000).filter(|_| first.and("one").is_some()).count();
        assert_eq!(loops, 1_000);
        assert!(first.is_first_to_stop());
        assert!(!first.is_first_to_stop());
    }

    #[tokio::test]
    async fn only_within_the_task() {
        let chain = Lineage::default().and("one").unwrap();
        let within = chain.leads_to(async { Lineage::of_the_caller() }).await;
        assert!(within.is_of_a_function());
        assert!(!Lineage::of_the_caller().is_of_a_function());
    }
}
