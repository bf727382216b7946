//! `checker start`: to a task's branch, with all work kept.

use crate::error::Error;
use crate::workspace::backup::{self, keep};
use crate::workspace::branches::{Chain, make, refuse_elsewhere};
use crate::workspace::course::Course;
use crate::workspace::git::Git;
use crate::workspace::work::Taken;

const WHY: &str = "checker start";

/// Switches to the branch of a task; says what became of it.
///
/// # Errors
///
/// Where the branch is checked out elsewhere, an ignored file is in the way, or git fails.
pub fn start(course: &Course, id: &str) -> Result<String, Error> {
    let git = &course.git;
    let task = course.task(id)?;
    let branch = course.file.branch_of(id);
    if git.branch().as_deref() == Some(branch.as_str()) {
        return Ok(format!(
            "You are on {branch} already. Read on: cargo checker show {id}\n"
        ));
    }
    refuse_elsewhere(git, &branch)?;
    let name = format!("refs/heads/{branch}");
    let mut said = String::new();
    let tip = match git.commit(&name) {
        Some(tip) => tip,
        None => {
            let tip = beginning(course, id, &branch)?;
            make(git, &branch, &tip, WHY)?;
            said += &format!("Made the branch {branch}.\n");
            tip
        }
    };
    let head = git.head()?;
    let left = git.branch().unwrap_or_else(|| "HEAD".to_owned());
    let taken = Taken::take(git)?;
    let mut kept = None;
    if !taken.is_in(git, &head)? {
        let name = keep(git, &left, &head, Some(&taken.work))?;
        said += &format!(
            "Kept your uncommitted work on {left}. To go on with it there:\n  \
             cargo checker branches restore {name}\n"
        );
        kept = Some(name);
    }
    let replaced = git.tree(&tip);
    let replaced = replaced.and_then(|tree| taken.replace_by(git, &tree));
    replaced.map_err(|error| backup::naming(kept.as_deref(), error))?;
    git.line(["symbolic-ref", "-m", WHY, "HEAD", &name])?;
    said += &format!(
        "On {branch} now: {}. Read on: cargo checker show {id}\n",
        task.title
    );
    if let Some(waiting) = waiting(git, &branch, &tip)? {
        said += &format!(
            "There is uncommitted work of yours on this branch. To go on with it:\n  \
             cargo checker branches restore {waiting}\n"
        );
    }
    Ok(said)
}

/// Where a branch begins that is not there yet: where the instructor's is, or as a build
/// makes it.
fn beginning(course: &Course, id: &str, branch: &str) -> Result<String, Error> {
    let git = &course.git;
    if let Some(tip) = git.commit(&format!("refs/remotes/origin/{branch}")) {
        return Ok(tip);
    }
    let chain = Chain::from(git, &course.source, &course.file, &course.tasks)?;
    let commit = chain.commit_of(id).map(str::to_owned);
    commit.ok_or_else(|| crate::course::task::unknown(id, &course.tasks))
}

/// The newest backup of work on the branch, if it was made on this tip.
fn waiting(git: &Git, branch: &str, tip: &str) -> Result<Option<String>, Error> {
    let all = backup::list(git)?;
    let newest = all.into_iter().rfind(|it| it.branch == branch);
    let newest = newest.filter(|it| it.tip == tip && it.work.is_some());
    Ok(newest.map(|it| it.name))
}
