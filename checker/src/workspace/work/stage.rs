//! Where new files lie before they take their places: nothing of the working tree is touched
//! before all of them are there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::disk::{Mode, RepoPath, os_path};
use super::{Tree, index_of};
use crate::error::Error;
use crate::workspace::git::Git;
use crate::workspace::temporary::{self, Folder};

/// A folder of files that will be moved.
#[derive(Debug)]
pub(super) struct Stage(Folder);

impl Stage {
    /// Makes it within git's folder: on the same disk, and out of everybody's sight.
    pub(super) fn make(git: &Git) -> Result<Self, Error> {
        let place = git.line(["rev-parse", "--absolute-git-dir"])?;
        let folder = temporary::folder_in(Path::new(&place), "stage");
        folder.map(Self).map_err(|error| failed(&error))
    }

    /// Where the file for a path is.
    pub(super) fn path(&self, path: &[u8]) -> PathBuf {
        self.files().join(os_path(path))
    }

    fn files(&self) -> PathBuf {
        self.0.path().join("files")
    }

    /// Lays down what git checks out of a tree.
    pub(super) fn fill(
        &self,
        git: &Git,
        tree: &str,
        paths: &BTreeMap<RepoPath, Mode>,
    ) -> Result<(), Error> {
        let mut names = Vec::new();
        for (path, _) in paths.iter().filter(|(_, mode)| **mode != Mode::Module) {
            names.extend(path);
            names.push(0);
        }
        if names.is_empty() {
            return Ok(());
        }
        let (_folder, scratch) = index_of(git, tree)?;
        let prefix = format!("--prefix={}/", self.files().display());
        scratch
            .line_of(&["checkout-index", &prefix, "-z", "--stdin"], &names)
            .map(drop)
    }

    /// Lays down what objects hold, byte by byte.
    pub(super) fn fill_raw(
        &self,
        git: &Git,
        tree: &Tree,
        paths: &BTreeMap<RepoPath, Mode>,
    ) -> Result<(), Error> {
        let wanted = paths.iter().filter(|(_, mode)| **mode != Mode::Module);
        let wanted: Vec<(&RepoPath, Mode, &str)> = wanted
            .filter_map(|(path, mode)| Some((path, *mode, tree.get(path)?.1.as_str())))
            .collect();
        let objects: Vec<&str> = wanted.iter().map(|(_, _, object)| *object).collect();
        git.blobs(&objects, |at, blob| {
            let (path, mode, _) = wanted[at];
            let path = self.path(path);
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            if mode == Mode::Link && cfg!(unix) {
                let mut target = Vec::new();
                blob.read_to_end(&mut target)?;
                return link(&target, &path);
            }
            io::copy(blob, &mut File::create(&path)?)?;
            set_executable(&path, mode)
        })
    }

    /// Whether the file for a path holds the bytes that the file in the working tree does.
    pub(super) fn holds_what_is_in(&self, git: &Git, path: &[u8]) -> Result<bool, Error> {
        let here = git.root().join(os_path(path));
        same(&self.path(path), &here).map_err(|error| {
            Error::Unclear(format!("cannot read {}: {error}", os_path(path).display()))
        })
    }
}

fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(one).bytes(), BufReader::new(other).bytes());
    loop {
        match (one.next().transpose()?, other.next().transpose()?) {
            (None, None) => return Ok(true),
            (one, other) if one == other => {}
            _ => return Ok(false),
        }
    }
}

#[cfg(unix)]
fn link(target: &[u8], path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(os_path(target), path)
}

/// Not every system lets everybody make a link: there it is a file that names its target, as
/// git has it.
#[cfg(not(unix))]
fn link(target: &[u8], path: &Path) -> io::Result<()> {
    fs::write(path, target)
}

#[cfg(unix)]
fn set_executable(path: &Path, mode: Mode) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    if mode != Mode::Executable {
        return Ok(());
    }
    let mut permissions = fs::metadata(path)?.permissions();
    // Whoever may read it may run it.
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn set_executable(_: &Path, _: Mode) -> io::Result<()> {
    Ok(())
}

fn failed(error: &io::Error) -> Error {
    Error::Unclear(format!("cannot make a folder within git's: {error}"))
}
