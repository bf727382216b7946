//! What is taught, `tasks/course.toml`: the tasks in their order, and the names in the project
//! that the checker has to know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::error::Error;

/// Where it is, relative to the root.
pub const FILE: &str = "tasks/course.toml";

/// The version of the format that this checker reads.
const FORMAT: u32 = 1;

/// A course.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CourseFile {
    format: u32,
    /// For people; and progress is remembered under it.
    pub title: String,
    /// The ids of the tasks, in their order.
    pub tasks: Vec<String>,
    /// How the names of the tasks' branches begin.
    branches: String,
    /// The folders and files with regions, which participants edit: relative to the root.
    pub edited: Vec<String>,
    /// What begins a comment, by the ending of a file.
    pub comments: Comments,
    /// Who takes part.
    pub participant: Participant,
    /// What all names begin with, where it can be chosen.
    pub prefix: Option<Prefix>,
    /// Names in `serverless.yml`.
    pub stack: Names,
    /// What the functions are built from.
    pub handler: Handler,
    /// What is uploaded.
    pub inputs: Inputs,
}

/// What begins a comment, by the ending of a file, such as `#` for `yml`.
pub type Comments = BTreeMap<String, String>;

/// How `serverless.yml` learns who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// The environment variable with the name.
    pub variable: String,
}

/// What all names begin with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prefix {
    /// The environment variable that sets it.
    pub variable: String,
    /// What it is where the variable is not set.
    pub default: String,
}

/// Names in `serverless.yml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Names {
    /// The key of the function that an upload invokes.
    pub function: String,
    /// The logical id of the bucket for uploads.
    pub input_bucket: String,
    /// The logical id of the state machine.
    pub workflow: String,
}

/// What cargo builds the functions from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    /// The package's folder, relative to the root.
    pub folder: String,
    /// The package's name.
    pub package: String,
    /// The name of its binary.
    pub binary: String,
}

/// What is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Inputs {
    /// CVs that are worth something.
    Cv {
        /// The list of words, relative to the root: see [`score`](crate::course::score).
        scores: String,
    },
    /// Files that the course brings along: each probe names one, and what is to be said of it.
    Files {
        /// Where they are, relative to the root.
        folder: String,
    },
}

impl CourseFile {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// Where it is not there or wrong: names the line and the field.
    pub fn read(root: &Path) -> Result<Self, Error> {
        let text = crate::course::project_file::read(&root.join(FILE))
            .map_err(|error| Error::Input(format!("cannot read {FILE}: {error}")))?;
        Self::parse(&text)
    }

    /// The branch of a task.
    pub fn branch_of(&self, task: &str) -> String {
        format!("{}{task}", self.branches)
    }

    /// The task that a branch is of, if it is one's.
    pub fn task_of<'a>(&self, branch: &'a str) -> Option<&'a str> {
        branch.strip_prefix(&self.branches)
    }

    /// True for the files that participants edit.
    pub fn is_edited(&self, path: &[u8]) -> bool {
        self.edited.iter().any(|it| {
            let rest = path.strip_prefix(it.as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        })
    }

    /// What participants edit, as a sentence names it: `a/, b/ and c.yml`.
    pub fn edited_in_words(&self, root: &Path, more: Option<&str>) -> String {
        let shown = |it: &str| match root.join(it).is_dir() {
            true => format!("{it}/"),
            false => it.to_owned(),
        };
        let all = self.edited.iter().map(String::as_str).chain(more);
        let all: Vec<String> = all.map(shown).collect();
        match all.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            _ => all.concat(),
        }
    }

    /// Reads its text.
    ///
    /// # Errors
    ///
    /// Names the line and the field that is wrong.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let course: Self =
            toml::from_str(text).map_err(|error| Error::Input(format!("{FILE}: {error}")))?;
        match course.problem() {
            None => Ok(course),
            Some((named, problem)) => {
                let at = text.lines().position(|line| line.starts_with(named));
                let at = at.map(|at| format!(":{}", at + 1)).unwrap_or_default();
                Err(Error::Input(format!("{FILE}{at}: {named}: {problem}")))
            }
        }
    }

    /// What the types cannot say: the field, and what is wrong with it.
    fn problem(&self) -> Option<(&'static str, String)> {
        let is_id = |it: &String| !it.is_empty() && it.chars().all(|c| c.is_ascii_alphanumeric());
        let distinct: BTreeSet<&String> = self.tasks.iter().collect();
        let outside = self.edited.iter().find(|it| !is_inside(it));
        let inputs = match &self.inputs {
            Inputs::Cv { scores } => ("scores", scores),
            Inputs::Files { folder } => ("folder", folder),
        };
        if self.format != FORMAT {
            let (found, known) = (self.format, FORMAT);
            let problem = format!("this checker reads format {known}, and this is {found}");
            return Some(("format", problem));
        }
        if let Some(id) = self.tasks.iter().find(|it| !is_id(it)) {
            return Some(("tasks", format!("{id:?} is no id: use letters and digits")));
        }
        if self.tasks.is_empty() || distinct.len() < self.tasks.len() {
            return Some(("tasks", "name each task, once".to_owned()));
        }
        if !self.branches.ends_with('/') || !is_inside(self.branches.trim_end_matches('/')) {
            let found = &self.branches;
            return Some((
                "branches",
                format!("{found:?} is no prefix such as \"task/\""),
            ));
        }
        if self.edited.is_empty() {
            return Some(("edited", "name what participants edit".to_owned()));
        }
        if !is_inside(inputs.1) {
            let problem = format!("{:?} is no path within the project, with /", inputs.1);
            return Some((inputs.0, problem));
        }
        if let Some(path) =
            outside.or((!is_inside(&self.handler.folder)).then_some(&self.handler.folder))
        {
            let named = if outside.is_some() {
                "edited"
            } else {
                "folder"
            };
            return Some((
                named,
                format!("{path:?} is no path within the project, with /"),
            ));
        }
        None
    }
}

/// Whether a path with `/` stays within the folder that it is relative to.
pub fn is_inside(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.all(|part| !["", ".", ".."].contains(&part)) && !path.contains(['\\', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r##"format = 1
title = "A"
tasks = ["1", "10", "2"]
branches = "step/"
edited = ["code", "serverless.yml"]
comments = { py = "#" }
participant = { variable = "WHO" }
[stack]
function = "f"
input-bucket = "In"
workflow = "W"
[handler]
folder = "code"
package = "p"
binary = "b"
[inputs.cv]
scores = "tasks/score.toml"
"##;

    #[test]
    fn reads() {
        let course = CourseFile::parse(GOOD).unwrap();
        assert_eq!(course.branch_of("10"), "step/10");
        assert_eq!(course.task_of("step/10"), Some("10"));
        assert_eq!(course.task_of("task/10"), None);
        for (path, expected) in [
            ("code/a.py", true),
            ("serverless.yml", true),
            ("codes", false),
            ("serverless.yml.orig", false),
        ] {
            assert_eq!(course.is_edited(path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (from, to, expected) in [
            (
                "format = 1",
                "format = 2",
                ":1: format: this checker reads format 1, and this is 2",
            ),
            ("\"10\"", "\"1\"", ":3: tasks: name each task, once"),
            (
                "\"10\"",
                "\"a/b\"",
                ":3: tasks: \"a/b\" is no id: use letters and digits",
            ),
            (
                "step/",
                "step",
                ":4: branches: \"step\" is no prefix such as \"task/\"",
            ),
            (
                "\"code\", ",
                "\"../code\", ",
                ":5: edited: \"../code\" is no path within the project, with /",
            ),
            (
                "folder = \"code\"",
                "folder = \"/code\"",
                ":13: folder: \"/code\" is no path within",
            ),
            ("title", "titel", "unknown field `titel`"),
            ("workflow = \"W\"", "", "missing field `workflow`"),
        ] {
            let error = CourseFile::parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with("tasks/course.toml"), "{error}");
            assert!(error.contains(expected), "{error}");
        }
    }
}
