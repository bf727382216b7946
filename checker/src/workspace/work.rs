//! What lies in the working tree: taken down before a command of ours replaces it.
//!
//! It is taken down byte by byte, as it is on the disk and without what filters and line ends
//! make of it on the way into a commit: so it comes back as it was. How it stands beside a commit
//! is asked the other way round: what git would check out of that commit is held against it.

mod change;
mod disk;
mod index;
mod stage;

use std::collections::BTreeMap;

use crate::error::Error;
use crate::workspace::git::{Git, copied_index, scratch_index};
use crate::workspace::temporary::Folder;

use change::Change;
pub use disk::Entry;
use disk::{Mode, RepoPath};
use stage::Stage;

/// The contents of the working tree and of the index, as objects in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// All files, untracked ones included and ignored ones not: a tree.
    pub files: String,
    /// The index: a tree.
    pub index: String,
    /// What the index says of paths beside their contents, where it says something: a tree with
    /// a list of paths for each flag.
    pub flags: Option<String>,
}

/// The working tree at one moment.
#[derive(Debug)]
pub struct Taken {
    /// What was taken down.
    pub work: Work,
    entries: BTreeMap<RepoPath, Entry>,
    flags: index::Flags,
    /// Whether the executable bits on this disk, and its symbolic links, mean something.
    modes: bool,
    links: bool,
}

/// The files of a tree.
type Tree = BTreeMap<RepoPath, (Mode, String)>;

impl Taken {
    /// Takes it all down; nothing changes in the working tree or the index.
    ///
    /// # Errors
    ///
    /// Where a merge or the like is under way, a file cannot be read, or git fails.
    pub fn take(git: &Git) -> Result<Self, Error> {
        refuse_under_way(git)?;
        let staged = index::read(git)?;
        let index = git.line(["write-tree"])?;
        let flags = staged.flags(&tree(git, &index)?);
        let entries = disk::read(git, &staged)?;
        let setting = |name| git.line(["config", "--type=bool", "--default=true", "--get", name]);
        Ok(Self {
            work: Work {
                files: disk::tree_of(git, &entries)?,
                index,
                flags: flags.write(git)?,
            },
            entries,
            flags,
            modes: cfg!(unix) && setting("core.fileMode")? == "true",
            links: cfg!(unix) && setting("core.symlinks")? == "true",
        })
    }

    /// True if there is nothing in it that the commit has not.
    ///
    /// # Errors
    ///
    /// Where git fails.
    pub fn is_in(&self, git: &Git, commit: &str) -> Result<bool, Error> {
        let wanted = git.tree(commit)?;
        if self.work.index != wanted || !self.flags.intent_to_add.is_empty() {
            return Ok(false);
        }
        self.has(git, &wanted, |_| true)
    }

    /// True if the files in a part of the tree are as git checks them out of another one.
    ///
    /// # Errors
    ///
    /// Where git fails.
    pub fn has(&self, git: &Git, tree: &str, part: impl Fn(&[u8]) -> bool) -> Result<bool, Error> {
        let stage = Stage::make(git)?;
        let change = self.to_commit(git, tree, part, &stage)?;
        Ok(change.is_nothing())
    }

    /// Makes the working tree and the index what git checks out of `wanted`. Ignored files stay,
    /// and what the index leaves out of the working tree stays left out.
    ///
    /// # Errors
    ///
    /// Where a file has changed since it was taken down, an ignored one is in the way, or git
    /// fails.
    pub fn replace_by(&self, git: &Git, wanted: &str) -> Result<(), Error> {
        let stage = Stage::make(git)?;
        let change = self.to_commit(git, wanted, |_| true, &stage)?;
        change.refuse_in_the_way(git.root(), &self.entries)?;
        git.line(["read-tree", wanted])?;
        self.flags.only_of(&tree(git, wanted)?).set(git)?;
        change.carry_out(git.root(), &self.entries, &stage)?;
        index::refresh(git);
        Ok(())
    }

    /// Makes a part of the working tree what git checks out of `wanted`, and that part of the
    /// index what `staged` has there.
    ///
    /// # Errors
    ///
    /// As [`Taken::replace_by`].
    pub fn replace_part_by(
        &self,
        git: &Git,
        wanted: &str,
        staged: &str,
        part: impl Fn(&[u8]) -> bool,
    ) -> Result<(), Error> {
        let stage = Stage::make(git)?;
        let change = self.to_commit(git, wanted, &part, &stage)?;
        change.refuse_in_the_way(git.root(), &self.entries)?;
        index::replace_part(git, &self.work.index, staged, part)?;
        self.flags.only_of(&tree(git, staged)?).set(git)?;
        change.carry_out(git.root(), &self.entries, &stage)?;
        index::refresh(git);
        Ok(())
    }

    /// Makes the working tree and the index what was taken down before, byte by byte.
    ///
    /// # Errors
    ///
    /// As [`Taken::replace_by`].
    pub fn replace_by_kept(&self, git: &Git, kept: &Work) -> Result<(), Error> {
        let stage = Stage::make(git)?;
        let mut change = Change::default();
        let wanted = tree(git, &kept.files)?;
        for (path, (mode, object)) in &wanted {
            let same = |entry: &Entry| entry.mode == *mode && entry.object == *object;
            if !self.entries.get(path).is_some_and(same) {
                change.write.insert(path.clone(), *mode);
            }
        }
        stage.fill_raw(git, &wanted, &change.write)?;
        let gone = self.entries.keys().filter(|it| !wanted.contains_key(*it));
        change.remove = gone.cloned().collect();
        change.refuse_in_the_way(git.root(), &self.entries)?;
        let flags = index::Flags::read(git, kept.flags.as_deref())?;
        git.line(["read-tree", &kept.index])?;
        flags.set(git)?;
        change.carry_out(git.root(), &self.entries, &stage)?;
        flags.set_intent_to_add(git)?;
        index::refresh(git);
        Ok(())
    }

    /// What has to be done to have in a part of the tree what git checks out of `wanted`, with
    /// the files for it on the stage.
    fn to_commit(
        &self,
        git: &Git,
        wanted: &str,
        part: impl Fn(&[u8]) -> bool,
        stage: &Stage,
    ) -> Result<Change, Error> {
        let files = tree(git, wanted)?;
        let mut change = Change::default();
        for (path, (mode, object)) in files.iter().filter(|(path, _)| part(path)) {
            match self.entries.get(path) {
                None if self.flags.skip_worktree.contains(path) => {}
                Some(entry) if self.is_same(entry, *mode, object) => {}
                _ => drop(change.write.insert(path.clone(), *mode)),
            }
        }
        stage.fill(git, wanted, &change.write)?;
        let mut same = Vec::new();
        for (path, mode) in &change.write {
            let alike = |entry: &Entry| {
                entry.mode == *mode || !self.modes && entry.mode.is_file() && mode.is_file()
            };
            let entry = self.entries.get(path).filter(|entry| alike(entry));
            if entry.is_some_and(|it| it.mode.is_file()) && stage.holds_what_is_in(git, path)? {
                same.push(path.clone());
            }
        }
        change.write.retain(|path, _| !same.contains(path));
        let ours = self.entries.keys().filter(|path| part(path));
        change.remove = ours
            .filter(|it| !files.contains_key(*it))
            .cloned()
            .collect();
        Ok(change)
    }

    /// True where what is on the disk is, byte by byte, what the object holds.
    fn is_same(&self, entry: &Entry, mode: Mode, object: &str) -> bool {
        let same_kind = match (entry.mode, mode) {
            (one, other) if one == other => true,
            // What a submodule holds is its own affair.
            (Mode::Module, _) | (_, Mode::Module) => false,
            (Mode::Link, _) | (_, Mode::Link) => !self.links,
            _ => !self.modes,
        };
        let own_affair = entry.mode == Mode::Module && mode == Mode::Module;
        own_affair || (same_kind && entry.object == object)
    }
}

/// The working tree as git would commit it: a tree.
///
/// # Errors
///
/// Where a merge or the like is under way, or git fails.
pub fn as_committed(git: &Git) -> Result<String, Error> {
    refuse_under_way(git)?;
    // A copy knows what is left out of the working tree.
    let (_folder, index) = copied_index(git)?;
    let scratch = git.with("GIT_INDEX_FILE", index);
    scratch.line(["-c", "core.safecrlf=false", "add", "--all", "."])?;
    scratch.line(["write-tree"])
}

fn tree(git: &Git, tree: &str) -> Result<Tree, Error> {
    let listed = git.bytes(["ls-tree", "-r", "-z", "--full-tree", tree])?;
    Ok(disk::lines(&listed)
        .filter_map(|(facts, path)| {
            // <mode> SP <type> SP <object> TAB <path>
            let mut facts = facts.split(' ');
            let mode = Mode::of(facts.next()?)?;
            Some((path.to_owned(), (mode, facts.nth(1)?.to_owned())))
        })
        .collect())
}

/// A file that git may use as its index, with all that a tree holds.
fn index_of(git: &Git, tree: &str) -> Result<(Folder, Git), Error> {
    let (folder, file) = scratch_index()?;
    let scratch = git.with("GIT_INDEX_FILE", file);
    scratch.line(["read-tree", tree])?;
    Ok((folder, scratch))
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
