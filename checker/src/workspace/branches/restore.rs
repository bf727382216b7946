//! `checker branches restore`: a backup comes back, and what it replaces is kept.

use super::{make, refuse_elsewhere};
use crate::course::file::CourseFile;
use crate::error::Error;
use crate::workspace::backup::{Backup, keep, naming};
use crate::workspace::git::Git;
use crate::workspace::work::Taken;

const WHY: &str = "checker branches restore";

/// Brings back a branch and, where it is checked out here, the work on it. Says under which
/// name it kept what was there.
///
/// # Errors
///
/// Where the branch is checked out elsewhere, the backup holds work on a branch that is not
/// checked out, or git fails.
pub fn restore(git: &Git, backup: &Backup) -> Result<Option<String>, Error> {
    let branch = &backup.branch;
    let full = format!("{}/{}", crate::workspace::backup::ROOM, backup.name);
    if branch == "HEAD" {
        return Err(Error::Input(format!(
            "the backup {} is of no branch. Make one of it: git branch mine {full}",
            backup.name
        )));
    }
    refuse_elsewhere(git, branch)?;
    let here = git.branch().as_deref() == Some(branch.as_str());
    // It may be what has to come back.
    let course = CourseFile::read(git.root()).ok();
    if !here && backup.work.is_some() {
        return Err(Error::Input(format!(
            "the backup {} holds work that was not committed. Check out its branch first: {}",
            backup.name,
            match course.as_ref().and_then(|it| it.task_of(branch)) {
                Some(task) => format!("cargo checker start {task}"),
                None => format!("git switch {branch}"),
            }
        )));
    }
    let name = format!("refs/heads/{branch}");
    let Some(tip) = git.commit(&name) else {
        make(git, branch, &backup.tip, WHY)?;
        return Ok(None);
    };
    if !here {
        let kept = match tip == backup.tip {
            true => None,
            false => Some(keep(git, branch, &tip, None)?),
        };
        git.move_ref(&name, &backup.tip, &tip, WHY)?;
        return Ok(kept);
    }
    let now = Taken::take(git)?;
    let dirty = !now.is_in(git, &tip)?;
    let kept = match dirty || tip != backup.tip {
        true => Some(keep(git, branch, &tip, dirty.then_some(&now.work))?),
        false => None,
    };
    let replaced = match &backup.work {
        Some(work) => now.replace_by_kept(git, work),
        None => git
            .tree(&backup.tip)
            .and_then(|tree| now.replace_by(git, &tree)),
    };
    replaced.map_err(|error| naming(kept.as_deref(), error))?;
    git.move_ref(&name, &backup.tip, &tip, WHY)?;
    Ok(kept)
}
