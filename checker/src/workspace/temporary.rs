//! Folders for what does not outlive a command; also not one that was killed: the next command
//! removes what nobody holds any more.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// How the names of all folders begin.
const PREFIX: &str = "scan-cv-";

/// A file in each, locked for as long as somebody uses the folder.
const LOCK: &str = ".in-use";

/// A folder that goes when it is dropped.
#[derive(Debug)]
pub struct Folder {
    /// Before the folder, which some systems do not remove while a file in it is open: fields
    /// are dropped in this order.
    _lock: File,
    folder: TempDir,
}

impl Folder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes a folder where the system has its temporary files; `what` becomes part of its name.
///
/// # Errors
///
/// Where that is not possible.
pub fn folder(what: &str) -> io::Result<Folder> {
    make(&std::env::temp_dir(), what)
}

/// Makes a folder within another one, and removes what earlier commands left there.
///
/// # Errors
///
/// Where that is not possible.
pub fn folder_in(place: &Path, what: &str) -> io::Result<Folder> {
    sweep(place);
    make(place, what)
}

fn make(place: &Path, what: &str) -> io::Result<Folder> {
    let prefix = format!("{PREFIX}{what}-");
    let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(place)?;
    // Under its own name it is only seen once it is locked.
    let lock = folder.path().join(LOCK);
    let unlocked = lock.with_extension("new");
    let file = File::create(&unlocked)?;
    file.try_lock()?;
    fs::rename(unlocked, lock)?;
    Ok(Folder {
        _lock: file,
        folder,
    })
}

/// Removes the folders of this user's that a command left because it was killed.
pub fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            // What cannot be removed is somebody else's, or gone by now.
            let _ = remove_if_left(&entry.path());
        }
    }
}

fn remove_if_left(folder: &Path) -> io::Result<()> {
    let lock = folder.join(LOCK);
    let (facts, of_lock) = (folder.symlink_metadata()?, lock.symlink_metadata()?);
    if !facts.is_dir() || !of_lock.is_file() || !is_ours(&facts) {
        return Ok(());
    }
    let file = File::open(lock)?;
    if file.try_lock().is_ok() {
        drop(file);
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

#[cfg(unix)]
fn is_ours(facts: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(facts) == rustix::process::geteuid().as_raw()
}

/// There, temporary files lie with each user's own.
#[cfg(not(unix))]
fn is_ours(_: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let held = folder_in(place.path(), "test").unwrap();
        let left = folder_in(place.path(), "test").unwrap();
        // As a killed process leaves it.
        let path = left.path().to_owned();
        let Folder { _lock, folder } = left;
        let _ = folder.keep();
        drop(_lock);
        fs::create_dir_all(path.join("deep/er")).unwrap();
        let (foreign, unknown) = (place.path().join("other"), place.path().join("scan-cv-x"));
        fs::create_dir(&foreign).unwrap();
        fs::create_dir(&unknown).unwrap();
        sweep(place.path());
        assert!(!path.exists());
        assert!(held.path().exists() && foreign.exists() && unknown.exists());
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists());
    }
}
