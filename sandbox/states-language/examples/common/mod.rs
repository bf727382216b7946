//! What the benchmarks share.

use serde_json::Value;
use states_language::{BoxFuture, TaskFailure, TaskProgress, TaskRequest, TaskRunner};

/// The machines that are measured call nothing.
pub struct NoTasks;

impl TaskRunner for NoTasks {
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        _progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        let problem = format!("{} cannot be called here", request.resource);
        Box::pin(async move { Err(TaskFailure::new("NoTasks", problem)) })
    }
}

/// Bytes of this process that are in memory; `None` where the system does not say
/// (it is read from `/proc`).
pub fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}
