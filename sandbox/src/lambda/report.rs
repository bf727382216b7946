//! The lines that Lambda itself writes to a function's log, and its error texts.
//!
//! As in "Monitoring and troubleshooting Lambda functions" of the Lambda
//! Developer Guide.

use std::io::ErrorKind;
use std::time::Duration;

/// How an invocation ended, other than well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The function's code returned an error, or said that it cannot start.
    /// The payload is what the runtime posted.
    Reported {
        /// The error's type.
        error_type: String,
        /// The JSON that describes it.
        payload: String,
    },
    /// The process ended by itself.
    Exited {
        /// As `exit status 101` or `signal: killed`; empty when it exited with 0.
        how: String,
    },
    /// Time ran out.
    TimedOut(Duration),
    /// The executable cannot be run.
    NoEntrypoint {
        /// Such as `exec format error`.
        why: String,
    },
}

impl Failure {
    /// That an executable cannot be run, in the words of Lambda.
    pub fn no_entrypoint(error: &std::io::Error) -> Self {
        // "Exec format error" has no kind of its own.
        const NO_EXECUTABLE: i32 = 8;
        let why = match error.kind() {
            ErrorKind::NotFound => "no such file or directory".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ if error.raw_os_error() == Some(NO_EXECUTABLE) => "exec format error".to_owned(),
            _ => error.to_string(),
        };
        Self::NoEntrypoint { why }
    }

    /// Lambda's name for it.
    pub fn error_type(&self) -> &str {
        match self {
            Self::Reported { error_type, .. } => error_type,
            Self::Exited { .. } => "Runtime.ExitError",
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::NoEntrypoint { .. } => "Runtime.InvalidEntrypoint",
        }
    }

    /// What a person reads, without the request id.
    pub fn text(&self) -> String {
        match self {
            Self::Reported { payload, .. } => payload.clone(),
            Self::Exited { how } if how.is_empty() => {
                "Runtime exited without providing a reason".to_owned()
            }
            Self::Exited { how } => format!("Runtime exited with error: {how}"),
            Self::NoEntrypoint { why } => format!("fork/exec /var/task/bootstrap: {why}"),
            Self::TimedOut(limit) => {
                format!("Task timed out after {:.2} seconds", limit.as_secs_f64())
            }
        }
    }

    /// The payload that the invoker gets.
    pub fn payload(&self, request_id: &str) -> String {
        match self {
            Self::Reported { payload, .. } => payload.clone(),
            other => serde_json::json!({
                "errorType": other.error_type(),
                "errorMessage": format!("RequestId: {request_id} Error: {}", other.text()),
            })
            .to_string(),
        }
    }

    /// The line in the log, for what the runtime could not log itself.
    pub fn log_line(&self, request_id: &str, now: &str) -> Option<String> {
        match self {
            Self::Reported { .. } => None,
            Self::Exited { .. } | Self::NoEntrypoint { .. } => Some(format!(
                "RequestId: {request_id} Error: {}\n{}",
                self.text(),
                self.error_type()
            )),
            Self::TimedOut(_) => Some(format!("{now} {request_id} {}", self.text())),
        }
    }
}

/// The figures of the REPORT line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// From handing the event over to the answer.
    pub duration: Duration,
    /// Only on a process's first invocation.
    pub init: Option<Duration>,
    /// The function's size, in megabytes.
    pub memory_mb: u32,
    /// The process's peak, in megabytes.
    pub used_mb: u32,
}

/// The line that begins an invocation.
pub fn start(request_id: &str) -> String {
    format!("START RequestId: {request_id} Version: $LATEST")
}

/// The line that ends it.
pub fn end(request_id: &str) -> String {
    format!("END RequestId: {request_id}")
}

/// The line that accounts for it.
pub fn report(request_id: &str, figures: Figures, failure: Option<&Failure>) -> String {
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let billed = millis(figures.duration + figures.init.unwrap_or_default()).ceil();
    let mut line = format!(
        "REPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {billed} ms\t\
         Memory Size: {} MB\tMax Memory Used: {} MB",
        millis(figures.duration),
        figures.memory_mb,
        figures.used_mb,
    );
    if let Some(init) = figures.init {
        line.push_str(&format!("\tInit Duration: {:.2} ms", millis(init)));
    }
    match failure {
        // An error that the function's own code returns does not show here.
        None | Some(Failure::Reported { .. }) => {}
        Some(Failure::TimedOut(_)) => line.push_str("\tStatus: timeout"),
        Some(failure) => {
            line.push_str(&format!(
                "\tStatus: error\tError Type: {}",
                failure.error_type()
            ));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6f0c1d2e-0000-4000-8000-000000000000";

    #[test]
    fn reports() {
        let figures = Figures {
            duration: Duration::from_micros(12_345),
            init: Some(Duration::from_millis(30)),
            memory_mb: 128,
            used_mb: 21,
        };
        assert_eq!(
            report(ID, figures, None),
            format!(
                "REPORT RequestId: {ID}\tDuration: 12.35 ms\tBilled Duration: 43 ms\tMemory Size: \
                 128 MB\tMax Memory Used: 21 MB\tInit Duration: 30.00 ms"
            )
        );
        let figures = Figures {
            init: None,
            ..figures
        };
        let exited = Failure::Exited {
            how: "exit status 101".into(),
        };
        assert!(
            report(ID, figures, Some(&exited))
                .ends_with("\tStatus: error\tError Type: Runtime.ExitError")
        );
        let timeout = Failure::TimedOut(Duration::from_secs(3));
        assert!(report(ID, figures, Some(&timeout)).ends_with("\tStatus: timeout"));
    }

    #[test]
    fn failures() {
        let timeout = Failure::TimedOut(Duration::from_secs(3));
        assert_eq!(
            timeout.payload(ID),
            format!(
                r#"{{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: {ID} Error: Task timed out after 3.00 seconds"}}"#
            )
        );
        assert_eq!(
            timeout.log_line(ID, "2026-01-01T00:00:00.000Z").unwrap(),
            format!("2026-01-01T00:00:00.000Z {ID} Task timed out after 3.00 seconds")
        );
        let exited = Failure::Exited {
            how: "signal: killed".into(),
        };
        assert_eq!(
            exited.log_line(ID, "").unwrap(),
            format!(
                "RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"
            )
        );
        let missing = std::io::Error::from(ErrorKind::NotFound);
        assert_eq!(
            Failure::no_entrypoint(&missing).log_line(ID, "").unwrap(),
            format!(
                "RequestId: {ID} Error: fork/exec /var/task/bootstrap: no such file or directory\n\
                 Runtime.InvalidEntrypoint"
            )
        );
        assert_eq!(
            Failure::Exited { how: String::new() }.text(),
            "Runtime exited without providing a reason"
        );
    }
}
