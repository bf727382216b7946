//! `checker reset`: the files of a task back to its start, with all work kept.

use crate::course::regions::Side;
use crate::error::Error;
use crate::workspace::backup::{keep, naming};
use crate::workspace::branches::rendered::Source;
use crate::workspace::course::Course;
use crate::workspace::work::Taken;

/// Brings back the files that the tasks change; says what became of them.
///
/// # Errors
///
/// Where this is no task's branch, an ignored file is in the way, or git fails.
pub fn reset(course: &Course) -> Result<String, Error> {
    let git = &course.git;
    let id = &course.task_or_current(None)?.id;
    let start = Source::read(git, &course.source, &course.file)?.tree(git, id, Side::Start)?;
    let head = git.head()?;
    let is_edited = |path: &[u8]| course.file.is_edited(path);
    let taken = Taken::take(git)?;
    if taken.has(git, &start, is_edited)? {
        return Ok(format!("All files are as task {id} starts.\n"));
    }
    let kept = keep(git, &course.file.branch_of(id), &head, Some(&taken.work))?;
    // The branch stays, so what differs from it is a change that is not staged.
    taken
        .replace_part_by(git, &start, &head, is_edited)
        .map_err(|error| naming(Some(&kept), error))?;
    Ok(format!(
        "{} are as task {id} starts. To have your work back:\n  \
         cargo checker branches restore {kept}\n",
        course.file.edited_in_words(git.root(), None)
    ))
}
