//! git's index: what is staged, and what is said of paths besides.

use std::collections::{BTreeMap, BTreeSet};

use super::disk::{Mode, RepoPath, lines, os_path};
use super::{Tree, tree};
use crate::error::Error;
use crate::workspace::git::{Git, NOTHING};

/// What the index holds.
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) entries: BTreeMap<RepoPath, (Mode, String)>,
    skip_worktree: BTreeSet<RepoPath>,
    assume_unchanged: BTreeSet<RepoPath>,
}

/// The paths with a flag (`git update-index`, `git add --intent-to-add`).
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) skip_worktree: BTreeSet<RepoPath>,
    pub(super) assume_unchanged: BTreeSet<RepoPath>,
    pub(super) intent_to_add: BTreeSet<RepoPath>,
}

/// Reads the index.
///
/// # Errors
///
/// Where it has conflicts.
pub(super) fn read(git: &Git) -> Result<Staged, Error> {
    let mut staged = Staged::default();
    let listed = git.bytes(["ls-files", "-v", "--stage", "-z"])?;
    for (facts, path) in lines(&listed) {
        // <tag> SP <mode> SP <object> SP <stage> TAB <path>
        let facts: Vec<&str> = facts.split(' ').collect();
        let [tag, mode, object, stage] = facts[..] else {
            continue;
        };
        if stage != "0" {
            let path = os_path(path);
            return Err(Error::Input(format!(
                "{0} has a conflict that is not solved. Mend it and say so by git add {0}, then \
                 run the command again.",
                path.display()
            )));
        }
        let Some(mode) = Mode::of(mode) else { continue };
        if tag.eq_ignore_ascii_case("s") {
            staged.skip_worktree.insert(path.to_owned());
        }
        if tag.chars().all(|it| it.is_ascii_lowercase()) {
            staged.assume_unchanged.insert(path.to_owned());
        }
        let entry = (mode, object.to_owned());
        staged.entries.insert(path.to_owned(), entry);
    }
    Ok(staged)
}

impl Staged {
    /// The flags; a path that is in the index and not in the tree made of it is to be added.
    pub(super) fn flags(&self, written: &Tree) -> Flags {
        let paths = self.entries.keys();
        Flags {
            skip_worktree: self.skip_worktree.clone(),
            assume_unchanged: self.assume_unchanged.clone(),
            intent_to_add: paths
                .filter(|it| !written.contains_key(*it))
                .cloned()
                .collect(),
        }
    }
}

impl Flags {
    fn named(&self) -> [(&'static str, &BTreeSet<RepoPath>); 3] {
        [
            ("assume-unchanged", &self.assume_unchanged),
            ("intent-to-add", &self.intent_to_add),
            ("skip-worktree", &self.skip_worktree),
        ]
    }

    /// Writes them down as a tree, if there are any.
    pub(super) fn write(&self, git: &Git) -> Result<Option<String>, Error> {
        let mut entries = String::new();
        for (name, paths) in self.named() {
            if !paths.is_empty() {
                let arguments = ["hash-object", "-w", "--no-filters", "--stdin"];
                let object = git.line_of(&arguments, &listed(paths))?;
                entries += &format!("100644 blob {object}\t{name}\0");
            }
        }
        match entries.is_empty() {
            true => Ok(None),
            false => git.line_of(&["mktree", "-z"], entries.as_bytes()).map(Some),
        }
    }

    /// Reads what was written down.
    pub(super) fn read(git: &Git, written: Option<&str>) -> Result<Self, Error> {
        let mut flags = Self::default();
        let Some(written) = written else {
            return Ok(flags);
        };
        for (name, (_, object)) in tree(git, written)? {
            let paths = git.bytes(["cat-file", "blob", &object])?;
            let paths = paths.split(|byte| *byte == 0).filter(|it| !it.is_empty());
            let paths = paths.map(<[u8]>::to_vec).collect();
            match name.as_slice() {
                b"assume-unchanged" => flags.assume_unchanged = paths,
                b"intent-to-add" => flags.intent_to_add = paths,
                b"skip-worktree" => flags.skip_worktree = paths,
                _ => {}
            }
        }
        Ok(flags)
    }

    /// Those of the paths that a tree has.
    pub(super) fn only_of(&self, tree: &Tree) -> Self {
        let only = |paths: &BTreeSet<RepoPath>| {
            let paths = paths.iter().filter(|it| tree.contains_key(*it));
            paths.cloned().collect()
        };
        Self {
            skip_worktree: only(&self.skip_worktree),
            assume_unchanged: only(&self.assume_unchanged),
            intent_to_add: BTreeSet::new(),
        }
    }

    /// Sets in the index what says how git looks at paths.
    pub(super) fn set(&self, git: &Git) -> Result<(), Error> {
        for (name, paths) in [
            ("--assume-unchanged", &self.assume_unchanged),
            ("--skip-worktree", &self.skip_worktree),
        ] {
            if !paths.is_empty() {
                let arguments = ["update-index", name, "-z", "--stdin"];
                git.line_of(&arguments, &listed(paths))?;
            }
        }
        Ok(())
    }

    /// Announces the files that are to be added, as far as they are there.
    pub(super) fn set_intent_to_add(&self, git: &Git) -> Result<(), Error> {
        let there = self.intent_to_add.iter();
        let there = there.filter(|it| git.root().join(os_path(it)).symlink_metadata().is_ok());
        let there: BTreeSet<RepoPath> = there.cloned().collect();
        if there.is_empty() {
            return Ok(());
        }
        let arguments = [
            "--literal-pathspecs",
            "add",
            "--force",
            "--intent-to-add",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
        ];
        git.line_of(&arguments, &listed(&there)).map(drop)
    }
}

fn listed(paths: &BTreeSet<RepoPath>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for path in paths {
        bytes.extend(path);
        bytes.push(0);
    }
    bytes
}

/// Replaces a part of the index, which is as the tree `now`, by what another tree has there.
pub(super) fn replace_part(
    git: &Git,
    now: &str,
    other: &str,
    part: impl Fn(&[u8]) -> bool,
) -> Result<(), Error> {
    let mut input = Vec::new();
    let mut add = |facts: &str, path: &[u8]| {
        input.extend(facts.bytes());
        input.extend(path);
        input.push(0);
    };
    // Mode 0 takes a path out.
    for path in tree(git, now)?.keys().filter(|path| part(path)) {
        add(&format!("0 {NOTHING}\t"), path);
    }
    for (path, (mode, object)) in tree(git, other)?.iter().filter(|(path, _)| part(path)) {
        add(&format!("{} {object}\t", mode.text()), path);
    }
    git.line_of(&["update-index", "-z", "--index-info"], &input)
        .map(drop)
}

/// Lets git look by what it tells unchanged files: where it does not, it looks later.
pub(super) fn refresh(git: &Git) {
    let _ = git.line(["update-index", "-q", "--refresh"]);
}
