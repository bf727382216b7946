//! The build id: a hash of the sources that the functions are compiled from.
//!
//! A function that logs it lets an old deployment be told from a new one. The `build.rs` of the
//! functions' package includes this file by `#[path]` and puts the id into the binary; the
//! checker computes it from the working tree.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The first 16 hex digits of a SHA-256 over `Cargo.toml` and every `*.rs` file
/// under `src` of the package in this folder.
///
/// The same sources give the same id on every machine: paths are sorted and
/// written with `/`, line ends count as LF.
///
/// # Errors
///
/// When a file or folder cannot be read; the error names it.
pub fn build_id(package: &Path) -> io::Result<String> {
    let mut files = vec![("Cargo.toml".to_owned(), package.join("Cargo.toml"))];
    rust_files(&package.join("src"), "src", &mut files)?;
    files.sort();

    let mut hash = Sha256::new();
    for (name, path) in files {
        let text = with_lf(&fs::read(&path).map_err(|error| naming(&path, &error))?);
        // Lengths keep two files from being read as one.
        for part in [name.as_bytes(), &text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    let mut id = String::with_capacity(16);
    for byte in hash.finalize().iter().take(8) {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    Ok(id)
}

/// Adds all `*.rs` files below `folder`; symbolic links are not followed.
fn rust_files(folder: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| naming(folder, &error))? {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            rust_files(&entry.path(), &name, files)?;
        } else if kind.is_file() && name.ends_with(".rs") {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}

/// The text as a checkout with LF line ends has it.
fn with_lf(text: &[u8]) -> Vec<u8> {
    let next = text.iter().copied().skip(1).map(Some).chain([None]);
    text.iter()
        .copied()
        .zip(next)
        .filter(|pair| *pair != (b'\r', Some(b'\n')))
        .map(|(byte, _)| byte)
        .collect()
}

fn naming(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
