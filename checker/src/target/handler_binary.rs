//! The participant's handler, built from the working tree.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::build_id::build_id;
use crate::course::file::Handler;
use crate::error::Error;
use crate::target::cargo::{self, Screen};
use crate::target::handler_sources;
use crate::workspace::temporary::{self, Folder};

/// The file name that Lambda looks for in a function's zip.
const BOOTSTRAP: &str = "bootstrap";

/// A handler that nobody changes any more; its folder goes when it is dropped.
#[derive(Debug)]
pub struct HandlerBinary {
    folder: Folder,
    /// How long cargo took.
    pub took: Duration,
}

impl HandlerBinary {
    /// Builds the handler, with cargo's own messages on a screen.
    ///
    /// # Errors
    ///
    /// Where the handler does not compile, or cargo cannot be run.
    pub async fn build(root: &Path, handler: &Handler, screen: Screen<'_>) -> Result<Self, Error> {
        let begun = Instant::now();
        let target = cargo::target_folder(root);
        fs::create_dir_all(&target).map_err(|error| unclear("make", &target, &error))?;
        // Another run may build other sources to the same file: what cargo made
        // has to be set aside before the next one begins.
        let lock = target.join(".checker-build.lock");
        let file = File::create(&lock).map_err(|error| unclear("make", &lock, &error))?;
        let file = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
        let locked = file
            .await
            .map_err(|error| Error::Unclear(error.to_string()))?;
        let _locked = locked.map_err(|error| unclear("lock", &lock, &error))?;
        let executable = executable_of(root, handler, &target, screen).await?;
        let folder = temporary::folder_in(&std::env::temp_dir(), "handler");
        let folder = folder.map_err(|error| unclear("make", &std::env::temp_dir(), &error))?;
        let copy = folder.path().join(BOOTSTRAP);
        // A link costs nothing; across file systems it takes a copy.
        if fs::hard_link(&executable, &copy).is_err() {
            fs::copy(&executable, &copy).map_err(|error| unclear("copy", &executable, &error))?;
        }
        Ok(Self {
            folder,
            took: begun.elapsed(),
        })
    }

    /// The executable.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(BOOTSTRAP)
    }
}

fn unclear(doing: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Unclear(format!("cannot {doing} {}: {error}", path.display()))
}

/// Builds the executable of exactly the sources below `root`.
async fn executable_of(
    root: &Path,
    handler: &Handler,
    target: &Path,
    screen: Screen<'_>,
) -> Result<PathBuf, Error> {
    let Handler { folder, binary, .. } = handler;
    handler_sources::check(root, folder)?;
    let expected = build_id(&root.join(folder))
        .map_err(|error| Error::Input(format!("cannot read the handler's sources: {error}")))?;
    let built = cargo::build(root, binary, target, None, screen).await?;
    // Cargo compares times, not contents: where two checkouts share a target
    // folder, it takes the newer one's build for the older one's.
    let built = match built.id {
        Some(id) if id != expected => {
            cargo::build(root, binary, target, Some(&expected), screen).await?
        }
        _ => built,
    };
    built.executable.ok_or_else(|| {
        Error::Input(format!(
            "cargo built no binary called {binary:?}: see [[bin]] in {folder}/Cargo.toml."
        ))
    })
}
