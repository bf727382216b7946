//! The verdict as JUnit's XML, which CI systems read: a suite for each task, a case for each
//! check of each probe.

use std::path::Path;

use aws_smithy_xml::encode::{ScopeWriter, XmlWriter};

use super::{Run, plain};
use crate::error::Error;
use crate::verdict::{CheckResult, TaskResult, Verdict};

/// Writes it to a file.
///
/// # Errors
///
/// Where it cannot be written.
pub fn write(run: &Run, file: &Path) -> Result<(), Error> {
    std::fs::write(file, xml(run)).map_err(|error| {
        let file = file.display();
        Error::Unclear(format!("cannot write the report to {file}: {error}"))
    })
}

/// The text of the file.
pub fn xml(run: &Run) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut writer = XmlWriter::new(&mut out);
    let took = format!("{:.3}", run.took.as_secs_f64());
    let mut root = writer.start_el("testsuites");
    root.write_attribute("name", &clean(&format!("{}, {}", run.user, run.target)));
    root.write_attribute("time", &took);
    let mut suites = root.finish();
    for task in &run.tasks {
        write_suite(&mut suites, task);
    }
    suites.finish();
    out
}

fn write_suite(suites: &mut ScopeWriter<'_, '_>, task: &TaskResult) {
    let checks = || task.probes.iter().flat_map(|probe| &probe.checks);
    let count = |verdict| checks().filter(|it| it.verdict == verdict).count();
    let mut suite = suites.start_el("testsuite");
    suite.write_attribute("name", &clean(&format!("Task {}: {}", task.id, task.title)));
    for (name, number) in [
        ("tests", checks().count()),
        ("failures", count(Verdict::Failed)),
        ("errors", count(Verdict::Error)),
        ("skipped", count(Verdict::Skipped)),
    ] {
        suite.write_attribute(name, &number.to_string());
    }
    let mut cases = suite.finish();
    for probe in &task.probes {
        for check in &probe.checks {
            write_case(&mut cases, &probe.name, check);
        }
    }
    let notes: Vec<String> = task
        .notes
        .iter()
        .chain(&task.stale)
        .map(|it| clean(it))
        .collect();
    if !notes.is_empty() {
        let mut out = cases.start_el("system-out").finish();
        out.data(&notes.join("\n"));
    }
}

fn write_case(cases: &mut ScopeWriter<'_, '_>, probe: &str, check: &CheckResult) {
    let mut case = cases.start_el("testcase");
    case.write_attribute("classname", &clean(probe));
    case.write_attribute("name", &clean(&check.check));
    let mut case = case.finish();
    let outcome = match check.verdict {
        Verdict::Passed => return,
        Verdict::Failed => "failure",
        Verdict::Error => "error",
        Verdict::Skipped => "skipped",
    };
    let mut outcome = case.start_el(outcome);
    outcome.write_attribute("message", &clean(&check.detail));
    let mut text = outcome.finish();
    if let Some(place) = &check.look {
        text.data(&clean(&place.to_string()));
    }
}

/// Text as XML may hold it.
fn clean(text: &str) -> String {
    plain::line(text).replace(['\u{fffe}', '\u{ffff}'], " ")
}

#[cfg(test)]
mod tests {
    use aws_smithy_xml::decode::Document;

    use super::super::tests::run;
    use super::*;

    #[test]
    fn suites_and_cases() {
        let text = xml(&run());
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"alice, sandbox\" time=\"1.500\">\
            <testsuite name=\"Task 1: Start\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\">\
            <testcase classname=\"a &lt;CV&gt;\" name=\"object-uploaded\"></testcase>\
            <testcase classname=\"a &lt;CV&gt;\" name=\"log-entry\">\
            <failure message=\"no &quot;line&quot; &amp; no end\">a.rs:7   x &lt; y</failure></testcase>\
            <testcase classname=\"a &lt;CV&gt;\" name=\"state\">\
            <skipped message=\"needs log-entry\"></skipped></testcase>\
            <system-out>Left out: b</system-out>\
            </testsuite></testsuites>";
        assert_eq!(text, expected);
        assert!(Document::new(&text).root_element().is_ok());
    }
}
