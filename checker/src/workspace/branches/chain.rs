//! The commits that the branches should point to.

use super::rendered::Source;
use crate::course::file::CourseFile;
use crate::course::regions::Side;
use crate::course::task::Task;
use crate::error::Error;
use crate::workspace::at_commit;
use crate::workspace::git::Git;

/// The trailer that names the commit of `main` that a build was made from.
const TRAILER: &str = "Main-Commit";

/// One build: a commit for each task, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The commit of `main`.
    pub source: String,
    /// The course, as that commit has it.
    pub course: CourseFile,
    /// Task by task.
    pub commits: Vec<(String, String)>,
}

impl Chain {
    /// Renders the starts of all tasks from a commit of `main`.
    ///
    /// # Errors
    ///
    /// Where a region is wrong, or git fails.
    pub fn from(
        git: &Git,
        source: &str,
        course: &CourseFile,
        tasks: &[Task],
    ) -> Result<Self, Error> {
        let annotated = Source::read(git, source, course)?;
        let mut commits = Vec::new();
        let mut parent = source.to_owned();
        for task in tasks {
            let tree = annotated.tree(git, &task.id, Side::Start)?;
            let message = message(&task.id, &task.title, source);
            parent = commit(git, source, &tree, &parent, &message)?;
            commits.push((task.id.clone(), parent.clone()));
        }
        Ok(Self {
            source: source.to_owned(),
            course: course.clone(),
            commits,
        })
    }

    /// The commit of a task.
    pub fn commit_of(&self, task: &str) -> Option<&str> {
        let mut commits = self.commits.iter();
        commits
            .find(|(id, _)| id == task)
            .map(|(_, commit)| commit.as_str())
    }
}

fn message(task: &str, title: &str, source: &str) -> String {
    format!(
        "Task {task}: {title}\n\nThe start of the task, rendered from main.\n\n{TRAILER}: {source}\n"
    )
}

/// Makes a commit of which every part comes from the source.
fn commit(
    git: &Git,
    source: &str,
    tree: &str,
    parent: &str,
    message: &str,
) -> Result<String, Error> {
    let facts = git.line([
        "show",
        "--no-patch",
        "--format=%an%x00%ae%x00%ad",
        "--date=raw",
        source,
    ])?;
    let mut facts = facts.split('\0');
    let mut next = || facts.next().unwrap_or_default().to_owned();
    let (name, email, date) = (next(), next(), next());
    let git = git
        .with("GIT_AUTHOR_NAME", &name)
        .with("GIT_AUTHOR_EMAIL", &email)
        .with("GIT_AUTHOR_DATE", &date)
        .with("GIT_COMMITTER_NAME", &name)
        .with("GIT_COMMITTER_EMAIL", &email)
        .with("GIT_COMMITTER_DATE", &date);
    // Whoever signs their own commits does not sign these: a signature is never the same.
    let arguments = [
        "commit-tree",
        "--no-gpg-sign",
        tree,
        "-p",
        parent,
        "-F",
        "-",
    ];
    git.line_of(&arguments, message.as_bytes())
}

/// The commit of `main` that the newest build in the history of a commit was made from, and
/// that build's commit. Its task is whoever asks for it to know.
pub fn build_in_history(git: &Git, commit: &str) -> Option<Base> {
    let format = format!("--format=%H %(trailers:key={TRAILER},valueonly,separator=%x20)");
    let grep = format!("--grep=^{TRAILER}: [0-9a-f]+$");
    let line = git.line([
        "log",
        "-1",
        "--first-parent",
        "--extended-regexp",
        &grep,
        &format,
        commit,
    ]);
    let line = line.ok()?;
    let (build, source) = line.split_once(' ')?;
    Some(Base {
        build: build.to_owned(),
        source: source.to_owned(),
    })
}

/// What a branch was begun from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The commit of the build.
    pub build: String,
    /// The commit of `main` that it was made from, as its trailer says.
    pub source: String,
}

impl Base {
    /// True if the commit is exactly what a build of its source makes for the task.
    ///
    /// # Errors
    ///
    /// Where git fails.
    pub fn is_of(&self, git: &Git, task: &str) -> Result<bool, Error> {
        let Some(source) = git.commit(&self.source) else {
            return Ok(false);
        };
        // The tasks of that source are in its own manifests, which may be others than today's.
        let Ok(course) = at_commit::course(git, &source) else {
            return Ok(false);
        };
        let Ok(tasks) = at_commit::tasks(git, &source, &course) else {
            return Ok(false);
        };
        let Ok(chain) = Chain::from(git, &source, &course, &tasks) else {
            return Ok(false);
        };
        Ok(chain.commit_of(task) == Some(self.build.as_str()))
    }
}
