//! `checker reset`: the files of a task back to its start, with all work kept.

use super::Course;
use crate::backup::keep;
use crate::branches::branch_of;
use crate::branches::rendered::{ANNOTATED, Source};
use crate::error::Error;
use crate::git::{Git, scratch_index};
use crate::regions::Side;
use crate::work::Work;

/// Brings back the files that the tasks change; says what became of them.
///
/// # Errors
///
/// Where this is no task's branch, an ignored file is in the way, or git fails.
pub fn reset(course: &Course) -> Result<String, Error> {
    let git = &course.git;
    let id = &course.task_or_current(None)?.id;
    let start = Source::read(git, &course.source, &course.tasks)?.tree(git, id, Side::Start)?;
    let head = git.head()?;
    let work = Work::take(git)?;
    let target = with_files_of(git, &work.files, &start)?;
    if target == work.files {
        return Ok(format!("All files are as task {id} starts.\n"));
    }
    let kept = keep(git, &branch_of(id), &head, Some(&work))?;
    work.replace_by(git, &target)?;
    // The branch stays, so what differs from it is a change that is not staged.
    git.line(["read-tree", "HEAD"])?;
    git.line(["update-index", "-q", "--refresh"])?;
    Ok(format!(
        "{} are as task {id} starts. To have your work back:\n  \
         checker branches restore {kept}\n",
        ANNOTATED.join("/ and ")
    ))
}

/// A tree with the annotated files of another one.
fn with_files_of(git: &Git, tree: &str, other: &str) -> Result<String, Error> {
    let (_folder, index) = scratch_index()?;
    let scratch = git.with("GIT_INDEX_FILE", index);
    scratch.line(["read-tree", tree])?;
    let [folder, file] = ANNOTATED;
    scratch.line([
        "rm",
        "-r",
        "--cached",
        "--quiet",
        "--ignore-unmatch",
        "--",
        folder,
        file,
    ])?;
    let listed = scratch.bytes([
        "ls-tree",
        "-r",
        "-z",
        "--full-tree",
        other,
        "--",
        folder,
        file,
    ])?;
    scratch.line_of(&["update-index", "-z", "--index-info"], &listed)?;
    scratch.line(["write-tree"])
}
