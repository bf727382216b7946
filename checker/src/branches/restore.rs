//! `checker branches restore`: a backup comes back, and what it replaces is kept.

use super::refuse_elsewhere;
use crate::backup::{Backup, keep};
use crate::error::Error;
use crate::git::{Git, NOTHING};
use crate::work::Work;

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
    let full = format!("{}/{}", crate::backup::ROOM, backup.name);
    if branch == "HEAD" {
        return Err(Error::Input(format!(
            "the backup {} is of no branch. Make one of it: git branch mine {full}",
            backup.name
        )));
    }
    refuse_elsewhere(git, branch)?;
    let here = git.branch().as_deref() == Some(branch.as_str());
    if !here && backup.work.is_some() {
        return Err(Error::Input(format!(
            "the backup {} holds work that was not committed. Check out its branch first: {}",
            backup.name,
            match branch.strip_prefix("task/") {
                Some(task) => format!("cargo checker start {task}"),
                None => format!("git switch {branch}"),
            }
        )));
    }
    let name = format!("refs/heads/{branch}");
    let Some(tip) = git.commit(&name) else {
        git.move_ref(&name, &backup.tip, NOTHING, WHY)?;
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
    let now = Work::take(git)?;
    let dirty = !now.is_in(git, &tip)?;
    let kept = match dirty || tip != backup.tip {
        true => Some(keep(git, branch, &tip, dirty.then_some(&now))?),
        false => None,
    };
    let files = match &backup.work {
        Some(work) => work.files.clone(),
        None => git.tree(&backup.tip)?,
    };
    now.replace_by(git, &files)?;
    git.move_ref(&name, &backup.tip, &tip, WHY)?;
    if let Some(work) = &backup.work {
        // What was staged is staged again, and no more.
        git.line(["read-tree", &work.index])?;
        git.line(["update-index", "-q", "--refresh"])?;
    }
    Ok(kept)
}
