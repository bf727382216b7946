//! Files as they lie on the disk, and as objects in the repository.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::index::Staged;
use crate::error::Error;
use crate::workspace::git::{Git, scratch_index};

/// A path as git has it: with slashes, and in any bytes.
pub(super) type RepoPath = Vec<u8>;

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    File,
    Executable,
    Link,
    /// A repository of its own.
    Module,
}

impl Mode {
    pub(super) fn of(text: &str) -> Option<Self> {
        match text {
            "100644" | "100664" => Some(Self::File),
            "100755" => Some(Self::Executable),
            "120000" => Some(Self::Link),
            "160000" => Some(Self::Module),
            _ => None,
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Link => "120000",
            Self::Module => "160000",
        }
    }

    pub(super) fn is_file(self) -> bool {
        matches!(self, Self::File | Self::Executable)
    }
}

/// A file as it was taken down.
#[derive(Debug)]
pub struct Entry {
    pub(super) mode: Mode,
    pub(super) object: String,
    /// When it was written and how large it was.
    stamp: Option<(SystemTime, u64)>,
}

impl Entry {
    /// True where the file has been written to since.
    pub(super) fn has_changed(&self, facts: &Metadata) -> bool {
        self.stamp != stamp(facts)
    }
}

fn stamp(facts: &Metadata) -> Option<(SystemTime, u64)> {
    Some((facts.modified().ok()?, facts.len()))
}

/// What git prints line by line with a zero byte after each: facts, a tab, a path.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    bytes.split(|byte| *byte == 0).filter_map(|line| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        Some((str::from_utf8(&line[..tab]).ok()?, &line[tab + 1..]))
    })
}

/// A path of the repository as the system has it.
pub(super) fn os_path(path: &[u8]) -> PathBuf {
    #[cfg(unix)]
    return PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path));
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}

/// A path of the system as the repository has it.
pub(super) fn repo_path(path: &Path) -> RepoPath {
    let parts: Vec<&[u8]> = path.iter().map(OsStr::as_encoded_bytes).collect();
    parts.join(b"/".as_slice())
}

/// Takes down all files that git knows or would add. What is no file, such as a pipe, is left
/// alone, and so are repositories within this one.
pub(super) fn read(git: &Git, staged: &Staged) -> Result<BTreeMap<RepoPath, Entry>, Error> {
    let others = git.bytes(["ls-files", "-z", "--others", "--exclude-standard"])?;
    let others = others.split(|byte| *byte == 0);
    // What ends with a slash is a repository of its own.
    let others = others.filter(|path| !path.is_empty() && !path.ends_with(b"/"));
    let mut entries = BTreeMap::new();
    let mut files = Vec::new();
    let mut folders = HashMap::new();
    let tracked = staged.entries.keys().map(Vec::as_slice);
    for path in tracked.chain(others) {
        let known = staged.entries.get(path);
        if let Some((Mode::Module, object)) = known {
            let entry = Entry {
                mode: Mode::Module,
                object: object.clone(),
                stamp: None,
            };
            entries.insert(path.to_owned(), entry);
            continue;
        }
        let Some(facts) = facts_of(git.root(), path, &mut folders)? else {
            continue;
        };
        if facts.is_symlink() {
            let target = std::fs::read_link(git.root().join(os_path(path)));
            let target = target.map_err(|error| unreadable(path, &error))?;
            let arguments = ["hash-object", "-w", "--no-filters", "--stdin"];
            let entry = Entry {
                mode: Mode::Link,
                object: git.line_of(&arguments, target.as_os_str().as_encoded_bytes())?,
                stamp: stamp(&facts),
            };
            entries.insert(path.to_owned(), entry);
        } else if facts.is_file() {
            let mode = mode_of(&facts, known.map(|(mode, _)| *mode));
            files.push((path.to_owned(), mode, stamp(&facts)));
        }
    }
    let mut names = Vec::new();
    for (path, ..) in &files {
        names.extend(quoted(path));
        names.push(b'\n');
    }
    let arguments = ["hash-object", "-w", "--no-filters", "--stdin-paths"];
    let objects = git.line_of(&arguments, &names)?;
    for ((path, mode, stamp), object) in files.into_iter().zip(objects.lines()) {
        let object = object.to_owned();
        entries.insert(
            path,
            Entry {
                mode,
                object,
                stamp,
            },
        );
    }
    Ok(entries)
}

/// What is at a path, if something is that no link leads to.
fn facts_of(
    root: &Path,
    path: &[u8],
    folders: &mut HashMap<PathBuf, bool>,
) -> Result<Option<Metadata>, Error> {
    let relative = os_path(path);
    for above in relative.ancestors().skip(1) {
        let is_folder = folders.entry(above.to_owned()).or_insert_with(|| {
            let facts = root.join(above).symlink_metadata();
            facts.is_ok_and(|it| it.is_dir())
        });
        if !*is_folder {
            return Ok(None);
        }
    }
    match root.join(relative).symlink_metadata() {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &[u8], error: &std::io::Error) -> Error {
    Error::Unclear(format!("cannot read {}: {error}", os_path(path).display()))
}

#[cfg(unix)]
fn mode_of(facts: &Metadata, _known: Option<Mode>) -> Mode {
    use std::os::unix::fs::PermissionsExt as _;

    match facts.permissions().mode() & 0o100 {
        0 => Mode::File,
        _ => Mode::Executable,
    }
}

/// Where no file has such a bit, the index knows.
#[cfg(not(unix))]
fn mode_of(_facts: &Metadata, known: Option<Mode>) -> Mode {
    known.filter(|it| it.is_file()).unwrap_or(Mode::File)
}

/// A path as git reads it of a line, whatever its bytes are.
fn quoted(path: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in path {
        match byte {
            b'"' | b'\\' => text.extend([b'\\', *byte]),
            b' '..=b'~' => text.push(*byte),
            _ => text.extend(format!("\\{byte:03o}").bytes()),
        }
    }
    text.push(b'"');
    text
}

/// The tree of these files.
pub(super) fn tree_of(git: &Git, entries: &BTreeMap<RepoPath, Entry>) -> Result<String, Error> {
    let mut input = Vec::new();
    for (path, entry) in entries {
        input.extend(format!("{} {}\t", entry.mode.text(), entry.object).bytes());
        input.extend(path);
        input.push(0);
    }
    let (_folder, index) = scratch_index()?;
    let scratch = git.with("GIT_INDEX_FILE", index);
    scratch.line_of(&["update-index", "-z", "--index-info"], &input)?;
    scratch.line(["write-tree"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted() {
        for (path, expected) in [
            (b"a b".as_slice(), r#""a b""#),
            (b"a\nb\"c\\", r#""a\012b\"c\\""#),
            ("é".as_bytes(), r#""\303\251""#),
            (b"\xe9", r#""\351""#),
        ] {
            assert_eq!(quoted(path), expected.as_bytes());
        }
    }
}
