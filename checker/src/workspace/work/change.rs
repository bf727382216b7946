//! What has to be done with files, and doing it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Entry, Mode, RepoPath, os_path, repo_path};
use super::stage::Stage;
use crate::error::Error;

/// Files to write and files to remove.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) write: BTreeMap<RepoPath, Mode>,
    pub(super) remove: Vec<RepoPath>,
}

type Entries = BTreeMap<RepoPath, Entry>;

impl Change {
    pub(super) fn is_nothing(&self) -> bool {
        self.write.is_empty() && self.remove.is_empty()
    }

    /// What is there under the name of a new file, though it was not taken down, is ignored by
    /// git, or in a repository of its own: nobody has kept it.
    pub(super) fn refuse_in_the_way(&self, root: &Path, entries: &Entries) -> Result<(), Error> {
        let new = self.write.iter();
        let mut new = new.filter(|(path, mode)| {
            // A submodule finds what it left.
            let place = root.join(os_path(path));
            let left = **mode == Mode::Module && place.is_dir() && !place.is_symlink();
            !left && !entries.contains_key(*path)
        });
        match new.find_map(|(path, _)| in_the_way(root, path, entries)) {
            None => Ok(()),
            Some(path) => Err(Error::Input(format!(
                "{} is ignored by git or holds what is, and a file has to come in its place. Move \
                 it away, then run the command again.",
                path.display()
            ))),
        }
    }

    /// Removes and writes, each file at once.
    ///
    /// # Errors
    ///
    /// At the first file that has changed since it was taken down, or cannot be replaced.
    pub(super) fn carry_out(
        &self,
        root: &Path,
        entries: &Entries,
        stage: &Stage,
    ) -> Result<(), Error> {
        let taken = self.remove.iter().chain(self.write.keys());
        for path in taken {
            let facts = root.join(os_path(path)).symlink_metadata();
            let entry = entries.get(path).filter(|it| it.mode != Mode::Module);
            if let (Some(entry), Ok(facts)) = (entry, facts)
                && entry.has_changed(&facts)
            {
                return Err(Error::Input(format!(
                    "{} was written to just now. Run the command again.",
                    os_path(path).display()
                )));
            }
        }
        let failed = |path: &RepoPath, error: &io::Error| {
            Error::Unclear(format!(
                "cannot replace {}: {error}",
                os_path(path).display()
            ))
        };
        for path in &self.remove {
            // What a submodule holds is its own affair.
            if entries.get(path).is_some_and(|it| it.mode != Mode::Module) {
                remove(root, &os_path(path)).map_err(|error| failed(path, &error))?;
            }
        }
        for (path, mode) in &self.write {
            let place = root.join(os_path(path));
            place_at(&stage.path(path), &place, *mode).map_err(|error| failed(path, &error))?;
        }
        Ok(())
    }
}

/// The first thing that nobody took down, where a new file has to come.
fn in_the_way(root: &Path, path: &RepoPath, entries: &Entries) -> Option<PathBuf> {
    let relative = os_path(path);
    let known = |it: &Path| entries.contains_key(&repo_path(it));
    let above = relative.ancestors().skip(1);
    let mut above = above.filter(|it| {
        let facts = root.join(it).symlink_metadata();
        facts.is_ok_and(|it| !it.is_dir()) && !known(it)
    });
    if let Some(above) = above.next() {
        return Some(above.to_owned());
    }
    let facts = root.join(&relative).symlink_metadata().ok()?;
    let holds_unknown = if facts.is_dir() {
        any_unknown(root, &relative, &known)
    } else {
        // The place may be seen through a link that makes way.
        !relative.ancestors().skip(1).any(known)
    };
    holds_unknown.then_some(relative)
}

fn any_unknown(root: &Path, folder: &Path, known: &impl Fn(&Path) -> bool) -> bool {
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        return true;
    };
    entries.into_iter().any(|entry| {
        let Ok(entry) = entry else { return true };
        let path = folder.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => any_unknown(root, &path, known),
            _ => !known(&path),
        }
    })
}

/// Removes a file, and the folders that are empty without it.
fn remove(root: &Path, path: &Path) -> io::Result<()> {
    match fs::remove_file(root.join(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let folders = path.ancestors().skip(1);
    for folder in folders.filter(|it| !it.as_os_str().is_empty()) {
        // One that holds something stays.
        if fs::remove_dir(root.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

fn place_at(staged: &Path, place: &Path, mode: Mode) -> io::Result<()> {
    if mode == Mode::Module {
        return fs::create_dir_all(place);
    }
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    if place.symlink_metadata().is_ok_and(|it| it.is_dir()) {
        remove_empty(place)?;
    }
    match fs::rename(staged, place) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(staged, place),
        done => done,
    }
}

/// Removes a folder with nothing but folders in it.
fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

/// Where git's folder is on another disk.
fn copy(staged: &Path, place: &Path) -> io::Result<()> {
    match fs::remove_file(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    #[cfg(unix)]
    if staged.symlink_metadata()?.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(staged)?, place);
    }
    fs::copy(staged, place).map(drop)
}
