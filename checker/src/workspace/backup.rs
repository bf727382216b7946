//! Backups: what a command is about to replace is kept under `refs/backups/` first.
//!
//! A backup of a branch alone is its tip. A backup of work that was not committed is a commit
//! on top of that: its tree is the working tree byte by byte, untracked files included, and the
//! tree of its second parent is the index. A third parent holds what the index says of paths
//! besides, where it does.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::error::Error;
use crate::workspace::git::{Git, NOTHING};
use crate::workspace::work::Work;

/// Where backups are.
pub const ROOM: &str = "refs/backups";

/// How the first line of a backup of work begins.
const OF_WORK: &str = "Uncommitted work on ";

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Without `refs/backups/`, such as `task/1/20260102T030405Z`.
    pub name: String,
    /// The branch that it is of, `HEAD` if it was none.
    pub branch: String,
    /// What the branch pointed to.
    pub tip: String,
    /// What was not committed.
    pub work: Option<Work>,
}

/// Keeps a branch's tip, and work on top of it; says under which name.
///
/// # Errors
///
/// Where git fails.
pub fn keep(git: &Git, branch: &str, tip: &str, work: Option<&Work>) -> Result<String, Error> {
    let commit = match work {
        None => tip.to_owned(),
        Some(work) => {
            let index = format!("Index on {branch}");
            let index = commit_tree(git, &work.index, &[tip], &index)?;
            let mut parents = vec![tip.to_owned(), index];
            if let Some(flags) = &work.flags {
                let message = format!("Flags of the index on {branch}");
                parents.push(commit_tree(git, flags, &[], &message)?);
            }
            let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
            let message = format!("{OF_WORK}{branch}");
            commit_tree(git, &work.files, &parents, &message)?
        }
    };
    // Two in one second get names of their own: nothing is ever written over.
    let time = now()?;
    for number in 1..100 {
        let name = match number {
            1 => format!("{branch}/{time}"),
            _ => format!("{branch}/{time}-{number}"),
        };
        let full = format!("{ROOM}/{name}");
        if git.commit(&full).is_none() {
            git.move_ref(&full, &commit, NOTHING, "checker backup")?;
            return Ok(name);
        }
    }
    Err(Error::Unclear(format!(
        "there are too many backups of this second: see git for-each-ref {ROOM}"
    )))
}

/// Such as `20260102T030405Z`.
fn now() -> Result<String, Error> {
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |it| it.as_secs());
    let time = DateTime::from_secs(i64::try_from(seconds).unwrap_or_default());
    let time = time
        .fmt(Format::DateTime)
        .map_err(|error| Error::Unclear(format!("the clock of this machine is wrong: {error}")))?;
    Ok(time.replace(['-', ':'], ""))
}

fn commit_tree(git: &Git, tree: &str, parents: &[&str], message: &str) -> Result<String, Error> {
    let mut arguments = vec!["commit-tree", "--no-gpg-sign", tree];
    for parent in parents {
        arguments.extend(["-p", parent]);
    }
    arguments.extend(["-F", "-"]);
    // Whoever has not told git who they are gets a backup all the same.
    let git = match git.line(["var", "GIT_COMMITTER_IDENT"]) {
        Ok(_) => git.clone(),
        Err(_) => git
            .with("GIT_AUTHOR_NAME", "checker")
            .with("GIT_AUTHOR_EMAIL", "checker@localhost")
            .with("GIT_COMMITTER_NAME", "checker")
            .with("GIT_COMMITTER_EMAIL", "checker@localhost"),
    };
    git.line_of(&arguments, message.as_bytes())
}

/// All backups, oldest first for each branch.
///
/// # Errors
///
/// Where git fails.
pub fn list(git: &Git) -> Result<Vec<Backup>, Error> {
    let format = "--format=%(refname)%00%(objectname)%00%(contents:subject)%00%(parent)";
    let listed = git.text(["for-each-ref", "--sort=refname", format, ROOM])?;
    listed.lines().map(|line| read(git, line)).collect()
}

fn read(git: &Git, line: &str) -> Result<Backup, Error> {
    let mut fields = line.split('\0');
    let mut next = || fields.next().unwrap_or_default();
    let (full, commit, subject, parents) = (next(), next(), next(), next());
    let name = full.trim_start_matches(ROOM).trim_start_matches('/');
    let branch = name.rsplit_once('/').map_or(name, |(branch, _)| branch);
    let of_work = subject == format!("{OF_WORK}{branch}");
    let parents: Vec<&str> = parents.split(' ').collect();
    let (tip, work) = match parents[..] {
        [tip, index, ref flags @ ..] if of_work => {
            let work = Work {
                files: git.tree(commit)?,
                index: git.tree(index)?,
                flags: flags.first().map(|it| git.tree(it)).transpose()?,
            };
            (tip, Some(work))
        }
        _ => (commit, None),
    };
    Ok(Backup {
        name: name.to_owned(),
        branch: branch.to_owned(),
        tip: tip.to_owned(),
        work,
    })
}

/// An error that says how what was kept before it comes back.
pub fn naming(kept: Option<&str>, error: Error) -> Error {
    let Some(kept) = kept else { return error };
    let back = format!("Your work is kept: cargo checker branches restore {kept}");
    match error {
        Error::Input(said) => Error::Input(format!("{said}\n{back}")),
        Error::Unclear(said) => Error::Unclear(format!("{said}\n{back}")),
        other @ Error::Interrupted => other,
    }
}

/// Finds one by its name, with or without `refs/backups/`.
///
/// # Errors
///
/// Where there is none of that name.
pub fn find(git: &Git, name: &str) -> Result<Backup, Error> {
    let short = name.trim_start_matches(ROOM).trim_start_matches('/');
    let found = list(git)?.into_iter().find(|it| it.name == short);
    found.ok_or_else(|| {
        Error::Input(format!(
            "there is no backup {name:?}. cargo checker branches restore lists those that there \
             are."
        ))
    })
}
