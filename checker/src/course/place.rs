//! Places in the project's files: where a participant should look.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Relative to the root, with `/`.
    pub file: String,
    /// From 1; nothing where the text was not found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The line itself, without the space around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.text {
            Some(text) => write!(f, "   {text}"),
            None => Ok(()),
        }
    }
}

/// Where a manifest says to look: the first line of a file, or of the files in a folder, that
/// holds a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Relative to the root, with `/`.
    pub file: String,
    /// What the line holds.
    #[serde(default)]
    pub text: String,
}

/// The first place that is there; otherwise the last file, without a line.
pub fn find(root: &Path, looks: &[Look]) -> Option<Place> {
    let place = |look: &Look| first_line(root, &look.file, &look.text);
    looks.iter().find_map(place).or_else(|| {
        let file = looks.last()?.file.clone();
        Some(Place {
            file,
            line: None,
            text: None,
        })
    })
}

/// The first line that holds a text, in a file or in the files of a folder, in the order of their
/// names. Links are not followed.
fn first_line(root: &Path, file: &str, text: &str) -> Option<Place> {
    if text.is_empty() {
        return None;
    }
    let path = root.join(file);
    if path.is_dir() {
        let entries = std::fs::read_dir(&path).ok()?.flatten();
        let real = entries.filter(|it| it.file_type().is_ok_and(|kind| !kind.is_symlink()));
        let mut names: Vec<_> = real.map(|it| it.file_name()).collect();
        names.sort();
        let mut names = names.iter().map(|it| it.to_string_lossy());
        return names.find_map(|name| first_line(root, &format!("{file}/{name}"), text));
    }
    let content = crate::course::project_file::read(&path).ok()?;
    let mut lines = content.lines().enumerate();
    let (at, line) = lines.find(|(_, line)| line.contains(text))?;
    Some(Place {
        file: file.to_owned(),
        line: Some(at + 1),
        text: Some(line.trim().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_that_is_there() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a.rs"), "one\n  // TODO: two\n").unwrap();
        let look = |file: &str, text: &str| Look {
            file: file.into(),
            text: text.into(),
        };
        let looks = [
            look("missing.rs", "x"),
            look("a.rs", "TODO: two"),
            look("a.rs", "one"),
        ];
        let place = find(root.path(), &looks).unwrap();
        assert_eq!(place.to_string(), "a.rs:2   // TODO: two");
        let place = find(root.path(), &[look("a.rs", "three")]).unwrap();
        assert_eq!(place.to_string(), "a.rs");
        assert_eq!(find(root.path(), &[]), None);
        std::fs::create_dir_all(root.path().join("c/d")).unwrap();
        std::fs::write(root.path().join("c/d/e.yml"), "x: 1\nfour: 2\n").unwrap();
        let place = find(root.path(), &[look("c", "three"), look("c", "four")]).unwrap();
        assert_eq!(place.to_string(), "c/d/e.yml:2   four: 2");
    }
}
