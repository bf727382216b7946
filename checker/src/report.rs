//! Verdicts for people and for programs.

use std::fmt::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::tampered;
use crate::verdict::{CheckResult, ProbeResult, TaskResult, Verdict};

/// Whom and what a run was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The user.
    pub user: String,
    /// `sandbox` or `aws`.
    pub target: String,
    /// How the sandbox was made ready; nothing on `aws`.
    #[serde(skip)]
    pub ready: Option<Ready>,
    /// The tasks, judged.
    pub tasks: Vec<TaskResult>,
    /// The files that judge and are not as they were when the branch was begun.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// How long it took, from the command to the verdict.
    #[serde(skip)]
    pub took: Duration,
    /// How many processes ran the functions; nothing on `aws`, where they are not seen.
    #[serde(skip)]
    pub processes: Option<usize>,
}

/// How long it took until the sandbox could be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// To build the handler.
    pub built: Duration,
    /// To start the sandbox and deploy the stack.
    pub deployed: Duration,
    /// How many resources the stack has.
    pub resources: usize,
}

/// The report as JSON.
pub fn json(run: &Run) -> String {
    // Strings, numbers and lists: nothing that JSON cannot hold.
    serde_json::to_string_pretty(run).unwrap_or_default()
}

/// The line that says how the sandbox was made ready.
pub fn ready(ready: Ready) -> String {
    format!(
        "built the handler in {:.1} s, deployed {} resources in {} ms",
        ready.built.as_secs_f64(),
        ready.resources,
        ready.deployed.as_millis()
    )
}

/// The report for people, with colours; who prints it takes them out where
/// nobody sees them.
pub fn text(run: &Run) -> String {
    let mut out = String::new();
    for (at, task) in run.tasks.iter().enumerate() {
        let bold = Style::new().bold();
        let _ = writeln!(
            out,
            "{bold}Task {}  {}{bold:#}   {}, {}",
            task.id, task.title, run.user, run.target
        );
        if let Some(it) = run.ready.filter(|_| at == 0) {
            let _ = writeln!(out, "  {}", ready(it));
        }
        for probe in &task.probes {
            write_probe(&mut out, probe);
        }
        let _ = write!(out, "\n  {}\n", summary(task));
        for note in task.notes.iter().chain(&task.stale) {
            let _ = writeln!(out, "  Note: {}", printable(note));
        }
        let _ = writeln!(out);
    }
    if let Some(note) = tampered::note(&run.changed) {
        let _ = writeln!(out, "Note: {}\n", printable(&note));
    }
    let count = |verdict| run.tasks.iter().filter(|it| it.verdict == verdict).count();
    let (passed, all) = (count(Verdict::Passed), run.tasks.len());
    let _ = write!(out, "{passed} of {all} tasks passed");
    match count(Verdict::Skipped) {
        0 => {}
        skipped => {
            let _ = write!(out, ", {skipped} not judged");
        }
    }
    let _ = write!(out, ": {:.1} s", run.took.as_secs_f64());
    if let Some(processes) = run.processes {
        let _ = write!(out, ", {processes} processes of functions");
    }
    if run.tasks.iter().any(|it| !it.stale.is_empty()) {
        out += ". It is not what is in this folder that was verified: see the notes";
    }
    out.push('\n');
    out
}

fn write_probe(out: &mut String, probe: &ProbeResult) {
    let bold = Style::new().bold();
    let _ = writeln!(out, "\n  {bold}{}{bold:#}", printable(&probe.name));
    let width = probe
        .checks
        .iter()
        .map(|check| check.check.len())
        .max()
        .unwrap_or_default();
    for check in &probe.checks {
        write_check(out, check, width);
    }
}

fn write_check(out: &mut String, check: &CheckResult, width: usize) {
    let (word, colour) = match check.verdict {
        Verdict::Passed => ("passed ", AnsiColor::Green),
        Verdict::Skipped => ("skipped", AnsiColor::BrightBlack),
        Verdict::Failed => ("failed ", AnsiColor::Red),
        Verdict::Error => ("error  ", AnsiColor::Yellow),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    let _ = writeln!(
        out,
        "    {style}{word}{style:#}  {:<width$}  {}",
        check.check,
        printable(&check.detail)
    );
    if let Some(place) = &check.look {
        let _ = writeln!(out, "             look  {}", printable(&place.to_string()));
    }
}

fn summary(task: &TaskResult) -> String {
    if task.verdict == Verdict::Skipped {
        return "Not judged.".to_owned();
    }
    let total = task.probes.len();
    let count = |verdict| {
        let probes = task.probes.iter();
        probes.filter(|probe| probe.verdict == verdict).count()
    };
    let (failed, unclear) = (count(Verdict::Failed), count(Verdict::Error));
    match (failed, unclear) {
        (0, 0) => return format!("All {total} probes passed."),
        (0, _) => return format!("{unclear} of {total} probes could not be judged."),
        _ => {}
    }
    let step = task
        .probes
        .iter()
        .flat_map(|probe| &probe.checks)
        .find(|check| check.verdict == Verdict::Failed)
        .and_then(|check| check.step)
        .map(|step| format!(", step {step}"))
        .unwrap_or_default();
    format!(
        "{failed} of {total} probes failed. Doc: {}{step}. A hint: cargo checker hint {}",
        task.doc, task.id
    )
}

/// Text from logs and AWS, without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
