//! Which log line belongs to which invocation.
//!
//! A process works on one event at a time and writes to a log stream of its
//! own, so in a stream all that stands between START and the next START belongs
//! to one invocation. What stands before the first START, a process wrote when
//! it started: that belongs to its first invocation.

use std::collections::BTreeMap;

use crate::evidence::{Invocation, InvocationReport};

/// One log event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The stream's name.
    pub stream: String,
    /// Milliseconds since 1970.
    pub time: i64,
    /// The text.
    pub message: String,
}

/// The invocations that log lines tell of, in the order of their lines.
/// An event that is tried again has the same request id: only its first try
/// is kept.
pub fn invocations(lines: &[LogLine]) -> Vec<Invocation> {
    let mut streams: BTreeMap<&str, Vec<&LogLine>> = BTreeMap::new();
    for line in lines {
        streams.entry(&line.stream).or_default().push(line);
    }
    let mut found: Vec<(i64, Invocation)> = Vec::new();
    for mut lines in streams.into_values() {
        // Stable: lines of the same millisecond stay in the order they came in.
        lines.sort_by_key(|line| line.time);
        let mut early: Vec<String> = Vec::new();
        let mut open: Option<(i64, Invocation)> = None;
        for line in lines {
            let text = line.message.trim_end();
            if let Some(rest) = text.strip_prefix("START RequestId: ") {
                found.extend(open.take());
                let request_id = rest
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let lines = std::mem::take(&mut early);
                open = Some((
                    line.time,
                    Invocation {
                        request_id,
                        lines,
                        report: None,
                    },
                ));
            } else if let Some((_, invocation)) = &mut open {
                if let Some(rest) = text.strip_prefix("REPORT RequestId: ") {
                    // It may come after the next START, in the same millisecond.
                    let id = rest.split_whitespace().next().unwrap_or_default();
                    let mut before = found.iter_mut().map(|(_, it)| it);
                    match before.find(|it| it.request_id == id && it.report.is_none()) {
                        Some(earlier) if invocation.request_id != id => {
                            earlier.report = Some(report(rest));
                        }
                        _ => invocation.report = Some(report(rest)),
                    }
                } else if !text.starts_with("END RequestId: ") {
                    invocation.lines.push(text.to_owned());
                }
            } else if !text.starts_with("INIT_") {
                early.push(text.to_owned());
            }
        }
        found.extend(open);
    }
    found.sort_by_key(|(time, _)| *time);
    let mut kept: Vec<Invocation> = Vec::new();
    for (_, invocation) in found {
        if !kept.iter().any(|it| it.request_id == invocation.request_id) {
            kept.push(invocation);
        }
    }
    kept
}

/// Fields of a REPORT line are separated by tabs: `Duration: 12.35 ms`.
fn report(rest: &str) -> InvocationReport {
    let field = |name: &str| {
        rest.split('\t')
            .find_map(|field| Some(field.trim().strip_prefix(name)?.trim().to_owned()))
    };
    let duration = field("Duration:");
    let duration = duration
        .as_deref()
        .and_then(|it| it.strip_suffix("ms"))
        .map(str::trim);
    InvocationReport {
        duration_ms: duration.and_then(|it| it.parse().ok()).unwrap_or_default(),
        status: field("Status:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stream: &str, time: i64, message: &str) -> LogLine {
        LogLine {
            stream: stream.into(),
            time,
            message: message.into(),
        }
    }

    #[test]
    fn lines_belong_to_the_invocation_of_their_stream() {
        let found = invocations(&[
            line("a", 1, "starting up"),
            line("a", 2, "START RequestId: r1 Version: $LATEST"),
            line("b", 2, "START RequestId: r2 Version: $LATEST"),
            line("b", 3, "of r2"),
            line("a", 3, "of r1"),
            line("a", 4, "END RequestId: r1"),
            line(
                "a",
                4,
                "REPORT RequestId: r1\tDuration: 12.35 ms\tBilled Duration: 13 ms\tStatus: timeout",
            ),
            line("a", 5, "START RequestId: r3 Version: $LATEST"),
            line("a", 9, "START RequestId: r1 Version: $LATEST"),
            line("a", 9, "the second try"),
            line("c", 1, "START RequestId: r4 Version: $LATEST"),
            line("c", 2, "START RequestId: r5 Version: $LATEST"),
            line("c", 2, "REPORT RequestId: r4\tDuration: 1.00 ms"),
        ]);
        let of = |id: &str| found.iter().find(|it| it.request_id == id).unwrap();
        assert!(of("r4").report.is_some() && of("r5").report.is_none());
        let found: Vec<Invocation> = found
            .into_iter()
            .filter(|it| !["r4", "r5"].contains(&it.request_id.as_str()))
            .collect();
        let seen: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|it| {
                (
                    it.request_id.as_str(),
                    it.lines.iter().map(String::as_str).collect(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("r1", vec!["starting up", "of r1"]),
                ("r2", vec!["of r2"]),
                ("r3", vec![])
            ]
        );
        let report = found[0].report.clone().unwrap();
        assert_eq!(
            report,
            InvocationReport {
                duration_ms: 12.35,
                status: Some("timeout".into())
            }
        );
        assert_eq!(found[1].report, None);
    }

    #[test]
    fn failures() {
        let failure = |lines: &[&str], status: Option<&str>| {
            let report = InvocationReport {
                duration_ms: 1.0,
                status: status.map(str::to_owned),
            };
            let lines = lines.iter().map(|it| (*it).to_owned()).collect();
            Invocation {
                request_id: String::new(),
                lines,
                report: Some(report),
            }
            .failure()
        };
        assert_eq!(failure(&["ERROR an error that was dealt with"], None), None);
        assert_eq!(
            failure(
                &[r#"ERROR x: Diagnostic { error_type: "E", error_message: "it \"broke\"" }"#],
                None
            ),
            Some(r#"it "broke""#.to_owned())
        );
        assert_eq!(
            failure(&["thread 'main' panicked at src/a.rs:1:2:", "no", "r Error: Runtime exited with error: exit status 101\nRuntime.ExitError"], Some("error")),
            Some("thread 'main' panicked at src/a.rs:1:2: no; Runtime exited with error: exit status 101".to_owned())
        );
        assert_eq!(
            failure(
                &[
                    "thread 'main' panicked at src/a.rs:1:2:",
                    "no",
                    "ERROR x: user handler panicked error=Any { .. }"
                ],
                None
            ),
            Some("thread 'main' panicked at src/a.rs:1:2: no".to_owned())
        );
        assert_eq!(
            failure(
                &[
                    "ERROR no X",
                    "r Error: Runtime exited with error: exit status 1"
                ],
                Some("error")
            ),
            Some("ERROR no X; Runtime exited with error: exit status 1".to_owned())
        );
        assert_eq!(
            failure(
                &["2026 r Task timed out after 10.00 seconds"],
                Some("timeout")
            ),
            Some("2026 r Task timed out after 10.00 seconds".to_owned())
        );
    }
}
