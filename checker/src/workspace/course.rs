//! What a participant asks of the course: where they are, what to read, how to go on.
//!
//! A task's branch has no regions. What its start and its solution are, and what its hints
//! say, is read from the commit of `main` that the branch was built from.

use std::path::Path;

use crate::course::file::CourseFile;
use crate::course::task::{self, Task};
use crate::error::Error;
use crate::workspace::at_commit;
use crate::workspace::branches::{build_in_history, current_task};
use crate::workspace::git::Git;
use crate::workspace::progress::Record;

/// The course of a working tree.
#[derive(Debug)]
pub struct Course {
    /// The repository.
    pub git: Git,
    /// The commit with the annotated source: of `main`, or what is checked out if no build is
    /// in its history.
    pub source: String,
    /// What that commit says of the course.
    pub file: CourseFile,
    /// Its tasks, in their order.
    pub tasks: Vec<Task>,
    /// The task whose branch is checked out.
    pub current: Option<String>,
}

/// Whether the working tree is a participant's: on a branch that comes of a build. What
/// `main` passes is nobody's progress.
pub fn is_begun(root: &Path) -> bool {
    let Ok(git) = Git::at(root) else { return false };
    let head = git.head();
    head.is_ok_and(|head| build_in_history(&git, &head).is_some())
}

impl Course {
    /// Finds it.
    ///
    /// # Errors
    ///
    /// Where `root` is no repository, or the commit of `main` is not in it.
    pub fn at(root: &Path) -> Result<Self, Error> {
        let git = Git::at(root)?;
        let head = git.head()?;
        let source = match build_in_history(&git, &head) {
            None => head,
            Some(base) => git.commit(&base.source).ok_or_else(|| {
                Error::Input(format!(
                    "the commit {} of main, which this branch was built from, is not in this \
                     repository. Fetch it: git fetch --unshallow, or git fetch origin main",
                    base.source
                ))
            })?,
        };
        let file = at_commit::course(&git, &source)?;
        Ok(Self {
            tasks: at_commit::tasks(&git, &source, &file)?,
            current: current_task(root, &file),
            file,
            git,
            source,
        })
    }

    /// What is remembered of whoever takes part here: of whom the environment names, else of
    /// whoever was verified most often.
    pub fn record(&self) -> Record {
        Record::read(self.git.root(), &self.file.title, self.named().as_deref())
    }

    /// Changes it.
    ///
    /// # Errors
    ///
    /// What keeps it from being changed, or where it cannot be written.
    pub fn update_record<T>(
        &self,
        change: impl FnOnce(&mut Record) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let named = self.named();
        Record::update(self.git.root(), &self.file.title, named.as_deref(), change)
    }

    fn named(&self) -> Option<String> {
        let named = std::env::var(&self.file.participant.variable).ok();
        named.filter(|it| !it.is_empty())
    }

    /// A task by its id.
    ///
    /// # Errors
    ///
    /// Names the ids that there are.
    pub fn task(&self, id: &str) -> Result<&Task, Error> {
        let found = self.tasks.iter().find(|task| task.id == id);
        found.ok_or_else(|| task::unknown(id, &self.tasks))
    }

    /// The task with this id, or that of the branch.
    ///
    /// # Errors
    ///
    /// Where neither is there.
    pub fn task_or_current(&self, id: Option<&str>) -> Result<&Task, Error> {
        let id = id.or(self.current.as_deref()).ok_or_else(|| {
            Error::Input(
                "this is no task's branch. Name the task, such as 1, or go to its branch: \
                 cargo checker start 1"
                    .to_owned(),
            )
        })?;
        self.task(id)
    }
}
