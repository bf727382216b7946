//! The catalogue of mistakes, `tests/mistakes/<task>.toml`: small edits of a task's solution.
//! Wrong ones fail at the check that is named, or are not deployed at all, with words that
//! name the mistake; right ones that differ from the reference pass; old deployments are named.

use std::io::Write as _;
use std::path::Path;

use checker::regions::Side;
use serde::Deserialize;

use crate::endpoint::{Served, signed_in};
use crate::project::{ORDER, Project};
use crate::report::Report;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    #[serde(default)]
    wrong: Vec<Wrong>,
    #[serde(default)]
    right: Vec<Right>,
    #[serde(default)]
    stale: Vec<Stale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    name: String,
    edits: Vec<Edit>,
    /// The first check that fails; `deploy` where the stack is refused.
    check: String,
    /// A part of what is said of it.
    says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Right {
    name: String,
    edits: Vec<Edit>,
}

/// Edits that were made after the last deployment: what is deployed is judged, and the
/// report says that it is old.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stale {
    name: String,
    edits: Vec<Edit>,
    /// A part of the note.
    says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

fn edited(task: &'static str, edits: &[Edit]) -> Project {
    let project = Project::of(task, Side::Solution);
    edit(&project, edits);
    project
}

fn edit(project: &Project, edits: &[Edit]) {
    for edit in edits {
        project.replace(&edit.file, &edit.from, &edit.to);
    }
}

/// Why an old deployment is judged or named wrongly, if it is.
fn stale_wrongly(task: &'static str, stale: &Stale) -> Option<String> {
    let project = Project::of(task, Side::Solution);
    let served = Served::start(&project);
    edit(&project, &stale.edits);
    let mut checker = signed_in(project.checker());
    checker.args(["verify", "--user", "alice", "--task", task]);
    let output = checker.args(["--endpoint-url", &served.endpoint]).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut notes = text.lines().filter(|line| line.starts_with("  Note: "));
    let named = output.status.success() && notes.any(|line| line.contains(&stale.says));
    (!named).then_some(text)
}

/// Why a mistake is judged or named wrongly, if it is.
fn judged_wrongly(task: &'static str, wrong: &Wrong) -> Option<String> {
    let output = edited(task, &wrong.edits).verify_json();
    let (check, said) = if output.status.code() == Some(2) {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        ("deploy".to_owned(), errors)
    } else {
        match Report::read(&output).first_failure() {
            Some(failure) => failure,
            None => return Some("it passes".to_owned()),
        }
    };
    let named = check == wrong.check && said.contains(&wrong.says);
    (!named).then(|| format!("{check}: {said}"))
}

#[test]
fn every_mistake_is_named_and_every_right_solution_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let (mut wrong, mut right, mut stale, mut problems) = (0, 0, 0, Vec::new());
    for task in ORDER {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{task}.toml"))) else {
            continue;
        };
        let catalogue: Catalogue = toml::from_str(&text).unwrap();
        for entry in &catalogue.wrong {
            wrong += 1;
            let problem = judged_wrongly(task, entry);
            problems.extend(problem.map(|it| format!("{task}, {}: {it}", entry.name)));
        }
        for entry in &catalogue.stale {
            stale += 1;
            let problem = stale_wrongly(task, entry);
            problems.extend(problem.map(|it| format!("{task}, {}: {it}", entry.name)));
        }
        for entry in &catalogue.right {
            right += 1;
            let output = edited(task, &entry.edits).verify_json();
            if output.status.code() != Some(0) {
                let said = String::from_utf8_lossy(&output.stdout).into_owned()
                    + &String::from_utf8_lossy(&output.stderr);
                problems.push(format!("{task}, {}: {said}", entry.name));
            }
        }
    }
    let all = wrong + right + stale;
    // Shown when the test passes, too, which what println! prints is not.
    writeln!(
        std::io::stderr(),
        "catalogue: {} of {all} judged and named correctly: {wrong} wrong, {right} right, {stale} \
         deployed long ago",
        all - problems.len()
    )
    .unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}
