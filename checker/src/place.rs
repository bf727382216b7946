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

/// Where a manifest says to look: the first line of a file that holds a text.
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
    let place = |look: &Look| {
        let content = crate::project_file::read(&root.join(&look.file)).ok()?;
        let mut lines = content.lines().enumerate();
        let (at, line) =
            lines.find(|(_, line)| !look.text.is_empty() && line.contains(&look.text))?;
        Some(Place {
            file: look.file.clone(),
            line: Some(at + 1),
            text: Some(line.trim().to_owned()),
        })
    };
    looks.iter().find_map(place).or_else(|| {
        let file = looks.last()?.file.clone();
        Some(Place {
            file,
            line: None,
            text: None,
        })
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
    }
}
