//! The catalogue of mistakes, `tests/mistakes/<task>.toml`: small edits of a task's solution.
//! Wrong ones fail at the check that is named, or are not deployed at all, with words that
//! name the mistake; right ones that differ from the reference pass; old deployments are named.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use checker::course::regions::Side;
use serde::Deserialize;

use crate::courses::{Course, ORDERS, SCAN_CV};
use crate::endpoint::{Served, signed_in};
use crate::project::Project;
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

fn edited(of: &Of<'_>, edits: &[Edit]) -> Project {
    let project = of.solution();
    edit(&project, edits);
    project
}

fn edit(project: &Project, edits: &[Edit]) {
    for edit in edits {
        project.replace(&edit.file, &edit.from, &edit.to);
    }
}

/// Why an old deployment is judged or named wrongly, if it is.
fn stale_wrongly(of: &Of<'_>, stale: &Stale) -> Option<String> {
    let project = of.solution();
    let served = Served::start(&project);
    edit(&project, &stale.edits);
    let mut checker = signed_in(project.checker());
    checker.args(["verify", "--user", "alice", "--task", of.task]);
    let output = checker.args(["--endpoint-url", &served.endpoint]).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut notes = text.lines().filter(|line| line.starts_with("  Note: "));
    let named = output.status.success() && notes.any(|line| line.contains(&stale.says));
    (!named).then_some(text)
}

/// Why a mistake is judged or named wrongly, if it is.
fn judged_wrongly(of: &Of<'_>, wrong: &Wrong) -> Option<String> {
    let output = edited(of, &wrong.edits).verify_json();
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
fn refused_wrongly(of: &Of<'_>, right: &Right) -> Option<String> {
    let output = edited(of, &right.edits).verify_json();
    let said = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    (output.status.code() != Some(0)).then(|| said.concat())
}

/// What an entry is of.
#[derive(Clone, Copy)]
struct Of<'a> {
    course: &'a Course,
    task: &'a str,
}

impl Of<'_> {
    fn solution(&self) -> Project {
        Project::of_course(self.course, self.task, Side::Solution)
    }
}

/// An entry of a task.
enum Entry {
    Wrong(Wrong),
    Right(Right),
    Stale(Stale),
}

impl Entry {
    fn problem(&self, of: &Of<'_>) -> Option<String> {
        let (name, problem) = match self {
            Self::Wrong(it) => (&it.name, judged_wrongly(of, it)),
            Self::Right(it) => (&it.name, refused_wrongly(of, it)),
            Self::Stale(it) => (&it.name, stale_wrongly(of, it)),
        };
        problem.map(|it| format!("{}, {name}: {it}", of.task))
    }
}

/// All entries of a course, or each so-manieth, others the next day.
fn entries(course: &Course, every: usize) -> Vec<(Of<'_>, Entry)> {
    let mut entries = Vec::new();
    for task in course.tasks() {
        let file = course.mistakes.join(format!("{task}.toml"));
        let Ok(text) = std::fs::read_to_string(file) else {
            continue;
        };
        let Catalogue {
            wrong,
            right,
            stale,
        } = toml::from_str(&text).unwrap();
        let wrong = wrong.into_iter().map(Entry::Wrong);
        let all = wrong.chain(right.into_iter().map(Entry::Right));
        let all = all.chain(stale.into_iter().map(Entry::Stale));
        entries.extend(all.map(|it| (Of { course, task }, it)));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let today = usize::try_from(now.as_secs() / 86_400).unwrap();
    entries
        .into_iter()
        .skip(today % every)
        .step_by(every)
        .collect()
}

/// Tries all entries, so many at once.
#[expect(
    clippy::explicit_write,
    reason = "what eprintln! prints is not shown when a test passes"
)]
fn all_are_right(what: &str, course: &Course, every: usize) {
    let entries = entries(course, every);
    let count = |is: fn(&Entry) -> bool| entries.iter().filter(|(_, it)| is(it)).count();
    let wrong = count(|it| matches!(it, Entry::Wrong(_)));
    let right = count(|it| matches!(it, Entry::Right(_)));
    let (all, stale) = (entries.len(), entries.len() - wrong - right);
    let queue = Mutex::new(entries.iter());
    let work = || {
        let next = || queue.lock().unwrap().next();
        std::iter::from_fn(next)
            .filter_map(|(of, entry)| entry.problem(of))
            .collect::<Vec<String>>()
    };
    let problems: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let found = workers.into_iter().flat_map(|it| it.join().unwrap());
        found.collect()
    });
    writeln!(
        std::io::stderr(),
        "{what}: {} of {all} judged and named correctly: {wrong} wrong, {right} right, {stale} \
         deployed long ago",
        all - problems.len()
    )
    .unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// Where `CATALOGUE_EVERY` says so, each so-manieth.
#[test]
fn every_mistake_is_named_and_every_right_solution_passes() {
    let every = std::env::var("CATALOGUE_EVERY").map_or(1, |it| it.parse().unwrap());
    all_are_right("catalogue", &SCAN_CV, every);
}

#[test]
fn the_same_in_a_second_course() {
    all_are_right("catalogue of the second course", &ORDERS, 1);
}
