//! `checker solution`: from one's own work to the reference, as a patch.

use crate::course::regions::Side;
use crate::error::Error;
use crate::workspace::branches::rendered::Source;
use crate::workspace::course::Course;
use crate::workspace::work::as_committed;

/// The difference between the working tree and a task's solution, in git's colours.
///
/// # Errors
///
/// Where this is no task's branch, or git fails.
pub fn solution(course: &Course, id: &str) -> Result<String, Error> {
    let git = &course.git;
    let task = course.task(id)?;
    if course.current.is_none() {
        return Err(Error::Input(format!(
            "the solution is shown beside your own work, on a task's branch: cargo checker start \
             {id}"
        )));
    }
    let solution =
        Source::read(git, &course.source, &course.file)?.tree(git, &task.id, Side::Solution)?;
    let work = as_committed(git)?;
    // Not `diff`: what somebody has set for their own eyes would make a patch that git does not
    // apply.
    let diff = [
        "--literal-pathspecs",
        "diff-tree",
        "-r",
        "-p",
        "--no-ext-diff",
        "--no-textconv",
        "--color=always",
        &work,
        &solution,
        "--",
    ];
    let edited = course.file.edited.iter().map(String::as_str);
    git.text(diff.into_iter().chain(edited).collect::<Vec<_>>())
}
