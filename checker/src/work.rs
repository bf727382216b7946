//! What lies in the working tree: taken down before a command of ours replaces it.

use std::path::Path;

use crate::error::Error;
use crate::git::{Git, paths, scratch_index};

/// The contents of the working tree and of the index, as objects in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// All files, untracked ones included and ignored ones not: a tree.
    pub files: String,
    /// The index: a tree.
    pub index: String,
}

impl Work {
    /// Takes it all down; nothing changes in the working tree or the index.
    ///
    /// # Errors
    ///
    /// Where a merge or the like is under way, or git fails.
    pub fn take(git: &Git) -> Result<Self, Error> {
        refuse_under_way(git)?;
        let index = git.line(["write-tree"])?;
        let (_folder, file) = scratch_index()?;
        let scratch = git.with("GIT_INDEX_FILE", file);
        scratch.line(["read-tree", &index])?;
        scratch.line(["add", "--all", "."])?;
        Ok(Self {
            files: scratch.line(["write-tree"])?,
            index,
        })
    }

    /// True if there is nothing in it that the commit has not.
    ///
    /// # Errors
    ///
    /// Where git fails.
    pub fn is_in(&self, git: &Git, commit: &str) -> Result<bool, Error> {
        let tree = git.tree(commit)?;
        Ok(self.files == tree && self.index == tree)
    }

    /// Makes the working tree and the index what `tree` is. Ignored files stay.
    ///
    /// # Errors
    ///
    /// Where a file has changed since it was taken down, an ignored one is in the way, or git
    /// fails.
    pub fn replace_by(&self, git: &Git, tree: &str) -> Result<(), Error> {
        self.refuse_ignored_in_the_way(git, tree)?;
        git.line(["read-tree", &self.files])?;
        // The index knows nothing yet by which git tells unchanged files.
        git.line(["update-index", "-q", "--refresh"])?;
        git.line(["read-tree", "-m", "-u", &self.files, tree])
            .map(drop)
    }

    /// What is there under the name of a new file, though it was not taken down, is ignored:
    /// git would write over it.
    fn refuse_ignored_in_the_way(&self, git: &Git, tree: &str) -> Result<(), Error> {
        let new = git.bytes([
            "diff-tree",
            "-r",
            "-z",
            "--name-only",
            "--no-renames",
            "--diff-filter=A",
            &self.files,
            tree,
        ])?;
        for path in paths(&new) {
            let above = Path::new(path).ancestors().skip(1);
            let file_above = above.filter(|it| git.root().join(it).is_file());
            // A file that was taken down makes way for a folder.
            let mut ignored = file_above.filter(|it| {
                let name = format!("{}:{}", self.files, it.to_string_lossy());
                git.line(["rev-parse", "--quiet", "--verify", &name])
                    .is_err()
            });
            let in_the_way = match ignored.next() {
                Some(above) => Some(above.to_owned()),
                None => {
                    let facts = git.root().join(path).symlink_metadata();
                    let ignored = match facts {
                        Err(_) => false,
                        // A folder that was taken down makes way for a file.
                        Ok(facts) if facts.is_dir() => holds_ignored(git, path)?,
                        Ok(_) => true,
                    };
                    ignored.then(|| Path::new(path).to_owned())
                }
            };
            if let Some(it) = in_the_way {
                let it = it.display();
                return Err(Error::Input(format!(
                    "{it} is ignored by git or holds what is, and a file has to come in its place. Move \
                     it away, then run the command again."
                )));
            }
        }
        Ok(())
    }
}

/// True if a folder holds files that are ignored.
fn holds_ignored(git: &Git, path: &str) -> Result<bool, Error> {
    let listed = git.bytes([
        "ls-files",
        "--others",
        "--ignored",
        "--exclude-standard",
        "-z",
        "--",
        path,
    ])?;
    Ok(!listed.is_empty())
}

/// What git has begun and not ended belongs to the branch that it was begun on.
fn refuse_under_way(git: &Git) -> Result<(), Error> {
    for (file, what) in [
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase"),
    ] {
        let path = git.line(["rev-parse", "--git-path", file])?;
        if git.root().join(path).exists() {
            return Err(Error::Input(format!(
                "a {what} is under way. End it (git {what} --continue) or give it up (git {what} \
                 --abort), then run the command again."
            )));
        }
    }
    Ok(())
}
