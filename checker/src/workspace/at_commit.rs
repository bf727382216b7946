//! The course as a commit has it.

use crate::course::file::{CourseFile, FILE};
use crate::course::task::{self, Task};
use crate::error::Error;
use crate::workspace::git::{Git, paths};

/// The course file as a commit has it, or that of the working tree where the commit is older than
/// all course files.
///
/// # Errors
///
/// As [`CourseFile::read`].
pub fn course(git: &Git, commit: &str) -> Result<CourseFile, Error> {
    match git.text(["cat-file", "blob", &format!("{commit}:{FILE}")]) {
        Ok(text) => CourseFile::parse(&text),
        Err(_) => CourseFile::read(git.root()),
    }
}

/// The manifests as a commit has them, in the order of the course.
///
/// # Errors
///
/// As [`task::read_all`].
pub fn tasks(git: &Git, commit: &str, course: &CourseFile) -> Result<Vec<Task>, Error> {
    let listed = git.bytes(["ls-tree", "-r", "-z", "--name-only", commit, "tasks/"])?;
    let mut found = Vec::new();
    for path in paths(&listed) {
        let Some(folder) = path.strip_suffix("/task.toml") else {
            continue;
        };
        let text = git.text(["cat-file", "blob", &format!("{commit}:{path}")])?;
        found.push(task::read(folder, &text)?);
    }
    task::in_order(found, course)
}
