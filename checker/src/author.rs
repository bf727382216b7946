//! `checker author check`: every start fails for its own reason, every solution passes, and
//! the pages tell the truth.
//!
//! What is checked is the working tree as it is, changes included. Each task's start and
//! solution is put into a folder of its own below `target/` and verified by the checker there,
//! as a participant would.

pub mod cvs;
mod pages;
mod tree;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::course::file::CourseFile;
use crate::course::inputs::Generator;
use crate::course::regions::Side;
use crate::course::task::{self, Task};
use crate::error::Error;
use crate::workspace::branches::Chain;
use crate::workspace::branches::rendered::Source;
use crate::workspace::git::Git;
use crate::workspace::work::as_committed;
use tree::Tree;

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// A line for each part that was looked at.
    parts: Vec<String>,
    /// What is wrong, each with its place.
    pub problems: Vec<String>,
    took: Duration,
}

impl Report {
    /// The report for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            let _ = writeln!(out, "  {part}");
        }
        let seconds = self.took.as_secs_f64();
        if self.problems.is_empty() {
            let _ = writeln!(out, "\nAll is well, in {seconds:.0} s.");
            return out;
        }
        let _ = writeln!(
            out,
            "\n{} problems, in {seconds:.0} s:\n",
            self.problems.len()
        );
        for problem in &self.problems {
            let _ = writeln!(out, "  {problem}");
        }
        out
    }
}

/// Checks the whole course; `progress` is told what goes on.
///
/// # Errors
///
/// What keeps it from its end: a manifest that cannot be read, a region that is wrong, git.
pub fn check(root: &Path, progress: &mut dyn FnMut(&str)) -> Result<Report, Error> {
    let begun = Instant::now();
    let mut report = Report::default();
    let course = CourseFile::read(root)?;
    let tasks = task::read_all(root, &course)?;
    let git = Git::at(root)?;
    report.problems.extend(tasks.iter().flat_map(unused));
    report.parts.push(format!(
        "manifests    {} tasks, {} probes, {} checks",
        tasks.len(),
        tasks.iter().map(|task| task.probes.len()).sum::<usize>(),
        tasks.iter().map(|task| task.checks.len()).sum::<usize>(),
    ));

    if let Generator::Cv(scoring) = Generator::read(root, &course, &tasks)? {
        report.problems.extend(cvs::check(root, &scoring));
    }

    progress("rendering the branches");
    let source = commit_of_working_tree(&git)?;
    let (first, second) = (
        Chain::from(&git, &source, &course, &tasks)?,
        Chain::from(&git, &source, &course, &tasks)?,
    );
    if first != second {
        let problem = "two builds of the branches give different commits";
        report.problems.push(problem.to_owned());
    }
    report.parts.push(format!(
        "branches     {}, each twice the same",
        first.commits.len()
    ));

    let annotated = Source::read(&git, &source, &course)?;
    let tree = Tree::new(root, &course.handler.package)?;
    let mut seen = pages::Seen::default();
    for (at, task) in tasks.iter().enumerate() {
        for side in [Side::Start, Side::Solution] {
            let name = match side {
                Side::Start => format!("start {}", task.id),
                Side::Solution => format!("solution {}", task.id),
            };
            progress(&format!("{name}: compiling and verifying"));
            tree.fill(&git, &annotated.tree(&git, &task.id, side)?)?;
            let mut problems = tree.compiles()?;
            problems.extend(match side {
                Side::Start => pages::check_start(root, tree.root(), &course, task, &mut seen)?,
                Side::Solution => pages::check_graph(root, tree.root(), task)?,
            });
            let verified = tree.verify(match side {
                Side::Start => &tasks[at..=at],
                Side::Solution => &tasks[..=at],
            })?;
            let (says, more) = match side {
                Side::Start => tree::fails_as_it_should(task, &verified),
                Side::Solution => tree::passes(&tasks[..=at], &verified),
            };
            problems.extend(more);
            report.parts.push(format!("{name:<12} {says}"));
            report
                .problems
                .extend(problems.into_iter().map(|it| format!("{name}: {it}")));
        }
    }
    for page in ["README.md", "CONTRIBUTING.md"] {
        if root.join(page).is_file() {
            report
                .problems
                .extend(pages::check_links(root, root, page, &mut seen)?);
        }
    }
    report.parts.push(format!(
        "pages        {} TODOs, {} links",
        seen.todos, seen.links
    ));
    report.took = begun.elapsed();
    Ok(report)
}

/// Checks that no probe asks for.
fn unused(task: &Task) -> Vec<String> {
    let asked = |name: &String| task.probes.iter().any(|probe| probe.checks.contains(name));
    let unused = task.checks.keys().filter(|name| !asked(name));
    let unused = unused.map(|name| format!("no probe asks for [check.{name}]"));
    let bare = task.checks.iter().filter(|(_, check)| {
        check.hints.is_empty()
            && task
                .fails
                .iter()
                .any(|it| task.checks.get(&it.check) == Some(check))
    });
    let bare = bare.map(|(name, _)| format!("[check.{name}] fails at the start and has no hints"));
    let place = format!("{}/task.toml", task.folder);
    unused
        .chain(bare)
        .map(|it| format!("{place}: {it}"))
        .collect()
}

/// The working tree as a commit that no branch holds.
fn commit_of_working_tree(git: &Git) -> Result<String, Error> {
    let files = as_committed(git)?;
    let head = git.head()?;
    if files == git.tree(&head)? {
        return Ok(head);
    }
    let git = git
        .with("GIT_AUTHOR_NAME", "checker")
        .with("GIT_AUTHOR_EMAIL", "checker@localhost")
        .with("GIT_COMMITTER_NAME", "checker")
        .with("GIT_COMMITTER_EMAIL", "checker@localhost");
    let arguments = [
        "commit-tree",
        "--no-gpg-sign",
        &files,
        "-p",
        &head,
        "-F",
        "-",
    ];
    git.line_of(&arguments, b"The working tree\n")
}
