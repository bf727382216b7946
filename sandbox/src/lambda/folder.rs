//! Folders for the code of functions, and what killed sandboxes have left of theirs.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// How the folders' names begin.
const PREFIX: &str = "scan-cv-code-";

/// The file that a folder's owner has locked for as long as it lives.
const LOCK: &str = "lock";

/// A folder that goes when it is dropped; where its owner is killed, with the next sandbox.
#[derive(Debug)]
pub struct Folder {
    folder: TempDir,
    _lock: File,
}

impl Folder {
    /// A new folder among the system's temporary ones.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let lock = lock(folder.path())?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Locks a folder. It has its lock only once that is locked: nobody takes it for one that
/// was left.
fn lock(folder: &Path) -> io::Result<File> {
    let new = folder.join("lock.new");
    let lock = File::create(&new)?;
    lock.lock()?;
    fs::rename(&new, folder.join(LOCK))?;
    Ok(lock)
}

/// Removes the folders whose owners are gone.
pub fn remove_leftovers(among: &Path) {
    let listed = fs::read_dir(among).into_iter().flatten().flatten();
    for entry in listed {
        let name = entry.file_name();
        let ours = name.to_string_lossy().starts_with(PREFIX);
        let left = |lock: File| lock.try_lock().is_ok();
        if ours && File::open(entry.path().join(LOCK)).is_ok_and(left) {
            // Another sandbox may do the same, or it may be another user's.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_left_goes() {
        let among = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = among.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let (alive, dead) = (folder("scan-cv-code-a"), folder("scan-cv-code-b"));
        let (begun, other) = (folder("scan-cv-code-c"), folder("other"));
        let _lock = lock(&alive).unwrap();
        for path in [&dead, &other] {
            drop(lock(path).unwrap());
        }
        remove_leftovers(among.path());
        let there = [&alive, &dead, &begun, &other].map(|it| it.exists());
        assert_eq!(there, [true, false, true, true]);
    }
}
