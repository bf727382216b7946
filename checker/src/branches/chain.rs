//! The commits that the branches should point to.

use std::path::Path;

use crate::error::Error;
use crate::git::{Git, paths, scratch_index};
use crate::regions::{Side, render};
use crate::task::Task;

/// The trailer that names the commit of `main` that a build was made from.
const TRAILER: &str = "Main-Commit";

/// One build: a commit for each task, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The commit of `main`.
    pub source: String,
    /// The ids of all tasks.
    pub order: Vec<String>,
    /// Task by task.
    pub commits: Vec<(String, String)>,
}

/// True for the files that have regions: the checker's own sources speak of markers, too.
fn is_annotated(path: &str) -> bool {
    path == "serverless.yml" || path.starts_with("handler/")
}

impl Chain {
    /// Renders the starts of all tasks from a commit of `main`.
    ///
    /// # Errors
    ///
    /// Where a region is wrong, or git fails.
    pub fn from(git: &Git, source: &str, tasks: &[Task]) -> Result<Self, Error> {
        let order: Vec<String> = tasks.iter().map(|task| task.id.clone()).collect();
        let mut commits = Vec::new();
        let mut parent = source.to_owned();
        for task in tasks {
            let tree = start_tree(git, source, &order, &task.id)?;
            let message = message(&task.id, &task.title, source);
            parent = commit(git, source, &tree, &parent, &message)?;
            commits.push((task.id.clone(), parent.clone()));
        }
        Ok(Self {
            source: source.to_owned(),
            order,
            commits,
        })
    }
}

fn message(task: &str, title: &str, source: &str) -> String {
    format!(
        "Task {task}: {title}\n\nThe start of the task, rendered from main.\n\n{TRAILER}: {source}\n"
    )
}

/// The tree of a task's start, as an object in the repository.
fn start_tree(git: &Git, source: &str, order: &[String], task: &str) -> Result<String, Error> {
    let (_folder, index) = scratch_index()?;
    let scratch = git.with("GIT_INDEX_FILE", index);
    scratch.line(["read-tree", source])?;
    let listed = git.bytes(["ls-tree", "-r", "-z", "--full-tree", source])?;
    let mut changes = Vec::new();
    for entry in paths(&listed) {
        // <mode> SP <type> SP <object> TAB <path>
        let Some((facts, path)) = entry.split_once('\t') else {
            continue;
        };
        let mut facts = facts.split(' ');
        let (Some(mode), Some("blob"), Some(object)) = (facts.next(), facts.next(), facts.next())
        else {
            continue;
        };
        if !is_annotated(path) {
            continue;
        }
        let Ok(text) = String::from_utf8(git.bytes(["cat-file", "blob", object])?) else {
            continue;
        };
        match render(Path::new(path), &text, order, task, Side::Start)
            .map_err(|error| Error::Input(error.to_string()))?
        {
            Some(same) if same == text => {}
            Some(rendered) => {
                let arguments = ["hash-object", "-w", "--stdin"];
                let object = git.line_of(&arguments, rendered.as_bytes())?;
                changes.push(format!("{mode} {object}\t{path}\0"));
            }
            // Mode 0 takes a path out.
            None => changes.push(format!("0 {}\t{path}\0", crate::git::NOTHING)),
        }
    }
    let changes = changes.concat();
    scratch.line_of(&["update-index", "-z", "--index-info"], changes.as_bytes())?;
    scratch.line(["write-tree"])
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

/// True if a commit is exactly what a build of its source makes for the task.
///
/// # Errors
///
/// Where git fails.
pub(super) fn is_build(
    git: &Git,
    order: &[String],
    task: &str,
    commit: &str,
) -> Result<bool, Error> {
    let format = format!("--format=%(trailers:key={TRAILER},valueonly,separator=%x20)");
    let named = git.line(["show", "--no-patch", &format, commit])?;
    let Some(source) = git.commit(&named).filter(|_| !named.is_empty()) else {
        return Ok(false);
    };
    // The tasks of that source are in its own manifests, which may be others than today's.
    let tasks = match crate::task::read_at(git, &source) {
        Ok(tasks) => tasks,
        Err(_) => return Ok(false),
    };
    if !order.iter().any(|known| known == task) {
        return Ok(false);
    }
    let chain = Chain::from(git, &source, &tasks)?;
    Ok(chain
        .commits
        .iter()
        .any(|(id, made)| id == task && made == commit))
}
