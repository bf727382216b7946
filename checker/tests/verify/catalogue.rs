//! The catalogue of mistakes, `tests/mistakes/<task>.toml`: small edits of a task's solution.
//! Wrong ones fail at the check that is named, or are not deployed at all, with words that
//! name the mistake; right ones that differ from the reference pass; old deployments are named.

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use checker::regions::Side;
use serde::Deserialize;

use crate::endpoint::{Served, signed_in};
use crate::project::{ORDER, Project};
use crate::report::Report;

/// How many entries are tried at once.
const WORKERS: usize = 2;

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

/// Why a right solution does not pass, if it does not.
fn refused_wrongly(task: &'static str, right: &Right) -> Option<String> {
    let output = edited(task, &right.edits).verify_json();
    let said = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    (output.status.code() != Some(0)).then(|| said.concat())
}

/// An entry of a task.
enum Entry {
    Wrong(Wrong),
    Right(Right),
    Stale(Stale),
}

impl Entry {
    fn problem(&self, task: &'static str) -> Option<String> {
        let (name, problem) = match self {
            Self::Wrong(it) => (&it.name, judged_wrongly(task, it)),
            Self::Right(it) => (&it.name, refused_wrongly(task, it)),
            Self::Stale(it) => (&it.name, stale_wrongly(task, it)),
        };
        problem.map(|it| format!("{task}, {name}: {it}"))
    }
}

/// All entries, or where `CATALOGUE_EVERY` says so each so-manieth, others the next day.
fn entries() -> Vec<(&'static str, Entry)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut entries = Vec::new();
    for task in ORDER {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{task}.toml"))) else {
            continue;
        };
        let catalogue: Catalogue = toml::from_str(&text).unwrap();
        entries.extend(
            catalogue
                .wrong
                .into_iter()
                .map(|it| (task, Entry::Wrong(it))),
        );
        entries.extend(
            catalogue
                .right
                .into_iter()
                .map(|it| (task, Entry::Right(it))),
        );
        entries.extend(
            catalogue
                .stale
                .into_iter()
                .map(|it| (task, Entry::Stale(it))),
        );
    }
    let every = std::env::var("CATALOGUE_EVERY").map_or(1, |it| it.parse().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let today = usize::try_from(now.as_secs() / 86_400).unwrap();
    entries
        .into_iter()
        .skip(today % every)
        .step_by(every)
        .collect()
}

#[test]
fn every_mistake_is_named_and_every_right_solution_passes() {
    let entries = entries();
    let count = |is: fn(&Entry) -> bool| entries.iter().filter(|(_, it)| is(it)).count();
    let wrong = count(|it| matches!(it, Entry::Wrong(_)));
    let right = count(|it| matches!(it, Entry::Right(_)));
    let (all, stale) = (entries.len(), entries.len() - wrong - right);
    let queue = Mutex::new(entries.iter());
    let work = || {
        let next = || queue.lock().unwrap().next();
        std::iter::from_fn(next)
            .filter_map(|(task, entry)| entry.problem(task))
            .collect::<Vec<String>>()
    };
    let problems: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let found = workers.into_iter().flat_map(|it| it.join().unwrap());
        found.collect()
    });
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
