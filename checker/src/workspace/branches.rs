//! The branches of the tasks: what they should be, and what becomes of them.
//!
//! Each holds a task's start, rendered from one commit of `main`, as one commit on top of
//! the task before. The commits are made of nothing but that source: the same source gives
//! the same hashes, here and on every other machine.

mod chain;
pub mod rendered;
mod reset;
mod restore;
mod status;

pub use chain::{Base, Chain, build_in_history};
pub use reset::{Plan, Remote, Step, plan, remote_plan};
pub use restore::restore;
pub use status::{Standing, standing};

use std::path::Path;

use crate::course::file::CourseFile;
use crate::error::Error;
use crate::workspace::git::{Git, NOTHING, paths};

/// The task whose branch is checked out, such as `3a` on `task/3a`, if one is.
pub fn current_task(root: &Path, course: &CourseFile) -> Option<String> {
    let branch = Git::at(root).ok()?.branch()?;
    course.task_of(&branch).map(str::to_owned)
}

/// Makes a branch that is not there yet.
///
/// # Errors
///
/// Where another branch's name is in its way, or it is there by now.
pub fn make(git: &Git, branch: &str, commit: &str, why: &str) -> Result<(), Error> {
    // To git a branch is a file, and this one's folder cannot be a file, too.
    let above = branch.match_indices('/').map(|(at, _)| &branch[..at]);
    for above in above {
        if git.commit(&format!("refs/heads/{above}")).is_some() {
            return Err(Error::Input(format!(
                "there is a branch called {above}, and so git cannot make {branch}. Rename it, then \
                 run the command again: git branch -m {above} my-{above}"
            )));
        }
    }
    git.move_ref(&format!("refs/heads/{branch}"), commit, NOTHING, why)
}

/// What `checker branches build` did with one branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// There was none.
    Created,
    /// It was an older build.
    Moved,
    /// It was right.
    InSync,
    /// It has commits that no build made, or is checked out somewhere: why it stays.
    Left(String),
}

/// Makes the branches that are missing, and brings those up to date that hold nothing but
/// an older build.
///
/// # Errors
///
/// Where the source cannot be rendered, or git fails.
pub fn build(git: &Git, chain: &Chain) -> Result<Vec<(String, Built)>, Error> {
    const WHY: &str = "checker branches build";
    let mut all = Vec::new();
    for (task, expected) in &chain.commits {
        let branch = chain.course.branch_of(task);
        let name = format!("refs/heads/{branch}");
        let built = match git.commit(&name) {
            None => {
                make(git, &branch, expected, WHY)?;
                Built::Created
            }
            Some(tip) if tip == *expected => Built::InSync,
            Some(tip) => match keeps(git, (task, &branch), &tip)? {
                Some(why) => Built::Left(why),
                None => {
                    git.move_ref(&name, expected, &tip, WHY)?;
                    Built::Moved
                }
            },
        };
        all.push((branch, built));
    }
    Ok(all)
}

/// Why a build may not move a branch from its tip, if it may not.
fn keeps(git: &Git, (task, branch): (&str, &str), tip: &str) -> Result<Option<String>, Error> {
    let base = build_in_history(git, tip).filter(|base| base.build == tip);
    let is_build = match base {
        Some(base) => base.is_of(git, task)?,
        None => false,
    };
    if !is_build {
        return Ok(Some(format!(
            "it has commits that no build made. Rename it to keep them: git branch -m {branch} \
             mine/{task}"
        )));
    }
    let place = checked_out_at(git, branch)?;
    Ok(place.map(|place| format!("it is checked out at {place}; check out another branch there")))
}

/// The folder where a branch is checked out, if anywhere.
fn checked_out_at(git: &Git, branch: &str) -> Result<Option<String>, Error> {
    let listed = git.bytes(["worktree", "list", "--porcelain", "-z"])?;
    let mut folder = None;
    let wanted = format!("branch refs/heads/{branch}");
    for line in paths(&listed) {
        if let Some(path) = line.strip_prefix("worktree ") {
            folder = Some(path.to_owned());
        } else if line == wanted {
            return Ok(folder);
        }
    }
    Ok(None)
}

/// Refuses a branch that is checked out in another working tree than this one.
///
/// # Errors
///
/// Says where that is.
pub fn refuse_elsewhere(git: &Git, branch: &str) -> Result<(), Error> {
    if git.branch().as_deref() == Some(branch) {
        return Ok(());
    }
    match checked_out_at(git, branch)? {
        None => Ok(()),
        Some(place) => Err(Error::Input(format!(
            "the branch {branch} is checked out at {place}. Check out another one there, or run \
             the command there."
        ))),
    }
}
