//! Verdicts for people and for programs.

pub mod graph;
pub mod junit;
pub mod plain;

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::session::run::{Ready, Run};
use crate::verdict::{CheckResult, ProbeResult, TaskResult, Verdict};
use crate::workspace::tampered;

/// The version of the JSON report, which `report/schema.json` describes.
const FORMAT: u32 = 1;

/// The report as JSON.
pub fn json(run: &Run) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        format: u32,
        #[serde(flatten)]
        run: &'a Run,
    }
    let format = FORMAT;
    // Strings, numbers and lists: nothing that JSON cannot hold.
    serde_json::to_string_pretty(&Report { format, run }).unwrap_or_default()
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
            let _ = writeln!(out, "  Note: {}", plain::line(note));
        }
        let _ = writeln!(out);
    }
    if let Some(note) = tampered::note(&run.changed) {
        let _ = writeln!(out, "Note: {}\n", plain::line(&note));
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
    let _ = writeln!(out, "\n  {bold}{}{bold:#}", plain::line(&probe.name));
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
        plain::line(&check.detail)
    );
    if let Some(place) = &check.look {
        let _ = writeln!(
            out,
            "             look  {}",
            plain::line(&place.to_string())
        );
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::course::place::Place;

    /// A run in which everything happens that can.
    pub(super) fn run() -> Run {
        let check = |check: &str, verdict, detail: &str| CheckResult {
            check: check.to_owned(),
            verdict,
            detail: detail.to_owned(),
            look: None,
            step: None,
        };
        let look = Place {
            file: "a.rs".to_owned(),
            line: Some(7),
            text: Some("x < y".to_owned()),
        };
        let failed = CheckResult {
            look: Some(look),
            step: Some(2),
            ..check("log-entry", Verdict::Failed, "no \"line\" & no\u{7}end")
        };
        let probe = ProbeResult {
            name: "a <CV>".to_owned(),
            key: "k".to_owned(),
            verdict: Verdict::Failed,
            checks: vec![
                check("object-uploaded", Verdict::Passed, "s3://k"),
                failed,
                check("state", Verdict::Skipped, "needs log-entry"),
            ],
        };
        Run {
            user: "alice".to_owned(),
            course: "A course".to_owned(),
            target: "sandbox".to_owned(),
            ready: None,
            tasks: vec![TaskResult {
                id: "1".to_owned(),
                title: "Start".to_owned(),
                doc: "tasks/1/README.md".to_owned(),
                verdict: Verdict::Failed,
                stale: Vec::new(),
                notes: vec!["Left out: b".to_owned()],
                probes: vec![probe],
            }],
            changed: vec!["tasks/1/task.toml".to_owned()],
            took: Duration::from_millis(1500),
            processes: Some(3),
        }
    }

    /// What is wrong with a value by the keywords of JSON Schema that the schema uses.
    fn problem(schema: &Value, value: &Value, all: &Value, at: &str) -> Option<String> {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix('#').unwrap();
            return problem(all.pointer(name).unwrap(), value, all, at);
        }
        if let Some(allowed) = schema["enum"].as_array() {
            return (!allowed.contains(value)).then(|| format!("{at}: {value}"));
        }
        let fits = match schema["type"].as_str().unwrap() {
            "string" => value.is_string(),
            "integer" => value.is_u64(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{other}"),
        };
        if !fits {
            return Some(format!("{at}: {value}"));
        }
        for (number, item) in value.as_array().into_iter().flatten().enumerate() {
            let wrong = problem(&schema["items"], item, all, &format!("{at}/{number}"));
            if wrong.is_some() {
                return wrong;
            }
        }
        let members = value.as_object()?;
        let mut required = schema["required"].as_array().unwrap().iter();
        let missing = required.find(|it| !members.contains_key(it.as_str().unwrap()));
        if let Some(name) = missing {
            return Some(format!("{at} has no {name}"));
        }
        members.iter().find_map(|(name, member)| {
            let at = format!("{at}/{name}");
            match schema["properties"].get(name) {
                Some(schema) => problem(schema, member, all, &at),
                None => Some(format!("{at} is not in the schema")),
            }
        })
    }

    #[test]
    fn the_schema_holds() {
        let schema: Value = serde_json::from_str(include_str!("report/schema.json")).unwrap();
        let report: Value = serde_json::from_str(&json(&run())).unwrap();
        assert_eq!(problem(&schema, &report, &schema, ""), None);
        // It would show what is wrong.
        for (pointer, wrong) in [
            ("/format", json!(2)),
            ("/tasks/0/verdict", json!("fine")),
            ("/tasks/0/probes/0/checks/1/look", json!({ "line": 1 })),
            ("/changed/0", json!(1)),
        ] {
            let mut report = report.clone();
            *report.pointer_mut(pointer).unwrap() = wrong;
            assert!(
                problem(&schema, &report, &schema, "").is_some(),
                "{pointer}"
            );
        }
    }
}
