//! Reads the project's files: regular ones, of a size that a file of the project may have.
//!
//! A pipe in the place of a file would be waited for without end, and a device never ends.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The text of a file.
///
/// # Errors
///
/// Where there is none, it is no regular file, too large, or no UTF-8. Who asked for it names it.
pub fn read(path: &Path) -> io::Result<String> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is no UTF-8 text"))
}

/// The bytes of a file.
///
/// # Errors
///
/// As [`read`].
pub fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Before it is opened: opening a pipe waits for somebody who writes to it.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other(
            "it is no regular file. Put a file in its place",
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB. Make it smaller"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_a_fair_size() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        std::fs::write(&file, "a = 1").unwrap();
        assert_eq!(read(&file).unwrap(), "a = 1");
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no regular file"), "{error}");
        std::fs::write(&file, vec![b'#'; 1024 * 1024 + 1]).unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.contains("larger than 1 MiB"), "{error}");
        let gone = read(&folder.path().join("b.toml")).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
    }
}
