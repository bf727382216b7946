//! The code of a function: one executable, from a zip or from where a caller has it.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::error::ServiceError;

use super::folder::Folder;

/// The file in a zip that the runtimes `provided.*` run.
const BOOTSTRAP: &str = "bootstrap";

/// How much a zip may unfold to, in bytes ("Lambda quotas").
const LARGEST_UNZIPPED: u64 = 262_144_000;

/// The code of a function.
#[derive(Debug, Clone)]
pub struct Code(Arc<Source>);

#[derive(Debug)]
struct Source {
    executable: PathBuf,
    sha256: OnceLock<String>,
    /// Where a zip was unfolded to; goes with the last function that runs it.
    _folder: Option<Folder>,
}

impl Code {
    /// An executable that a caller keeps in its place.
    pub fn executable(path: &Path) -> Self {
        Self(Arc::new(Source {
            executable: path.to_owned(),
            sha256: OnceLock::new(),
            _folder: None,
        }))
    }

    /// What is run.
    pub fn path(&self) -> &Path {
        &self.0.executable
    }

    /// The size of what is run, in bytes.
    pub fn size(&self) -> u64 {
        fs::metadata(self.path()).map_or(0, |it| it.len())
    }

    /// The SHA-256 of the zip, or of the executable where there was none, in Base64 as
    /// Lambda tells it.
    pub fn sha256(&self) -> &str {
        self.0.sha256.get_or_init(|| {
            let content = fs::read(self.path()).unwrap_or_default();
            BASE64_STANDARD.encode(Sha256::digest(&content))
        })
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.path() == other.path()
    }
}

impl Eq for Code {}

/// The zips that are unfolded now, by their hashes: all functions of a stack share one.
#[derive(Debug, Default)]
pub struct Unfolded(Mutex<Vec<Weak<Source>>>);

impl Unfolded {
    /// The code in a zip.
    ///
    /// # Errors
    ///
    /// `InvalidParameterValueException` for what is no zip, has no `bootstrap`, or
    /// unfolds to over 250 MiB.
    pub fn code(&self, content: &[u8]) -> Result<Code, ServiceError> {
        let sha256 = BASE64_STANDARD.encode(Sha256::digest(content));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|it| it.strong_count() > 0);
        let same = |it: &Arc<Source>| it.sha256.get() == Some(&sha256);
        if let Some(source) = known.iter().filter_map(Weak::upgrade).find(same) {
            return Ok(Code(source));
        }
        let source = Arc::new(unfold(content, sha256)?);
        known.push(Arc::downgrade(&source));
        Ok(Code(source))
    }
}

/// Writes the executable of a zip to a folder of its own, and nothing else of it.
fn unfold(content: &[u8], sha256: String) -> Result<Source, ServiceError> {
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|_| invalid(BROKEN))?;
    let mut size: u64 = 0;
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at).map_err(|_| invalid(BROKEN))?;
        size = size.saturating_add(file.size());
    }
    let too_large = || {
        invalid(&format!(
            "Unzipped size must be smaller than {LARGEST_UNZIPPED} bytes"
        ))
    };
    if size >= LARGEST_UNZIPPED {
        return Err(too_large());
    }
    let file = archive.by_name(BOOTSTRAP).map_err(|_| {
        invalid(
            "The sandbox runs the file bootstrap of a zip, as the runtimes provided.* do, and this \
             zip has none.",
        )
    })?;
    // What the zip says of its sizes may be wrong.
    let mut executable = Vec::new();
    let read = file.take(LARGEST_UNZIPPED).read_to_end(&mut executable);
    read.map_err(|_| invalid(BROKEN))?;
    if executable.len() as u64 >= LARGEST_UNZIPPED {
        return Err(too_large());
    }
    let folder = Folder::new().map_err(|error| unwritable(&error))?;
    let path = folder.path().join(BOOTSTRAP);
    fs::write(&path, executable).map_err(|error| unwritable(&error))?;
    make_executable(&path).map_err(|error| unwritable(&error))?;
    Ok(Source {
        executable: path,
        sha256: OnceLock::from(sha256),
        _folder: Some(folder),
    })
}

const BROKEN: &str =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Elsewhere the name decides.
#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::bad_request("InvalidParameterValueException", message)
}

fn unwritable(error: &std::io::Error) -> ServiceError {
    ServiceError::new(
        500,
        "ServiceException",
        format!("The sandbox cannot write the code of a function: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(name: &str, content: &[u8]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn functions_share_the_code_of_a_zip() {
        let unfolded = Unfolded::default();
        let content = zip("bootstrap", b"#!/bin/sh\n");
        let (one, other) = (
            unfolded.code(&content).unwrap(),
            unfolded.code(&content).unwrap(),
        );
        assert_eq!(one, other);
        assert_eq!(fs::read(one.path()).unwrap(), b"#!/bin/sh\n");
        assert_eq!(one.size(), 10);
        assert_eq!(
            one.sha256(),
            BASE64_STANDARD.encode(Sha256::digest(&content))
        );
        let path = one.path().to_owned();
        drop((one, other));
        assert!(!path.exists());
        assert!(unfolded.code(&content).unwrap().path().exists());
    }

    #[test]
    fn hostile_zips() {
        let bomb = zip("bootstrap", &vec![0; LARGEST_UNZIPPED as usize]);
        assert!(bomb.len() < 1_000_000);
        for (content, expected) in [
            (b"no zip".to_vec(), "Could not unzip"),
            (zip("../bootstrap", b""), "has none"),
            (zip("boot", b""), "has none"),
            (bomb, "Unzipped size must be smaller than 262144000 bytes"),
        ] {
            let error = Unfolded::default().code(&content).unwrap_err();
            assert_eq!(error.code, "InvalidParameterValueException");
            assert!(error.message.contains(expected), "{error}");
        }
    }
}
