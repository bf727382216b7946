//! Tasks: their manifests, `tasks/<id>-<slug>/task.toml`.

mod kind;

pub use kind::{Content, Kind, Mistaken, Output};

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::course::ability::Ability;
use crate::course::cv::CvSpec;
use crate::course::file::{CourseFile, FILE as COURSE};
use crate::course::place::Look;
use crate::course::score::Values;
use crate::error::Error;

/// One step of the workshop.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Such as `1` or `3a`.
    pub id: String,
    /// For people.
    pub title: String,
    /// How long it takes, about.
    pub minutes: u32,
    /// What it is about: it cannot be judged where that is missing.
    #[serde(default)]
    pub needs: Vec<Ability>,
    /// The test CVs.
    #[serde(rename = "probe")]
    pub probes: Vec<ProbeSpec>,
    /// What is expected of them, by name.
    #[serde(rename = "check")]
    pub checks: BTreeMap<String, CheckSpec>,
    /// The checks at which the task's start fails; no others do.
    #[serde(default, rename = "start")]
    pub fails: Vec<Failure>,
    /// The folder, relative to the root, with `/`.
    #[serde(skip)]
    pub folder: String,
}

/// A check at which a task's start fails.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Its name.
    pub check: String,
    /// A part of what is said of it.
    pub says: String,
}

/// One test CV.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSpec {
    /// What it is about.
    pub name: String,
    /// The object's key; `{nonce}` and what else stands in braces is replaced, see
    /// [`keys`](crate::course::keys).
    pub key: String,
    /// What kind of file it is, where its key's extension does not say: an extension.
    pub format: Option<String>,
    /// The file that is uploaded, in a course that brings its files along.
    pub file: Option<String>,
    /// What is to be said of that file: texts for what stands in braces in the checks.
    #[serde(default)]
    pub values: Values,
    /// How the function is told of it, each time in another way if so.
    #[serde(default = "once")]
    pub arrives: Vec<Arrival>,
    /// Whether it is uploaded only once the others have ended: processes of functions are
    /// there that have worked on another CV before.
    #[serde(default)]
    pub last: bool,
    /// What its CV is like.
    #[serde(default)]
    pub cv: CvSpec,
    /// The checks, in the order in which they are judged.
    pub checks: Vec<String>,
}

/// A way in which the function is told of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// It is uploaded by one call.
    Put,
    /// It is uploaded in parts.
    Parts,
    /// It is copied onto itself.
    Copy,
    /// The function is invoked with one event that has a record of each CV that arrives so.
    SharedEvent,
    /// The function is invoked with an event that has a record of this CV only. Nothing is
    /// uploaded for it.
    OwnEvent,
}

impl Arrival {
    /// Whether S3 tells the function, and not the checker.
    pub fn is_upload(self) -> bool {
        matches!(self, Self::Put | Self::Parts | Self::Copy)
    }
}

impl ProbeSpec {
    /// The ways in which it is uploaded.
    pub fn uploads(&self) -> impl Iterator<Item = Arrival> {
        self.arrives.iter().copied().filter(|it| it.is_upload())
    }

    /// The extension that says what kind of file it is.
    pub fn format(&self) -> String {
        let format = self.format.clone();
        format.unwrap_or_else(|| crate::course::keys::extension(&self.key))
    }
}

fn once() -> Vec<Arrival> {
    vec![Arrival::Put]
}

/// One expectation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSpec {
    /// What is looked at.
    pub expect: Kind,
    /// The check that has to pass first.
    pub needs: Option<String>,
    /// The step of the doc that it is about.
    pub step: Option<u32>,
    /// Where a participant should look when it fails; the first that is there.
    #[serde(default)]
    pub look: Vec<Look>,
    /// From a nudge to the idea.
    #[serde(default)]
    pub hints: Vec<String>,
}

impl Task {
    /// The buckets that its checks look into, by their short names.
    pub fn buckets(&self) -> BTreeSet<&str> {
        let kinds = self.checks.values().map(|check| &check.expect);
        let named = kinds.filter_map(|kind| match kind {
            Kind::ObjectIn { bucket, .. } | Kind::NoObjectIn { bucket } => Some(bucket.as_str()),
            _ => None,
        });
        named.collect()
    }

    /// The functions whose logs its checks read, besides that of the first one.
    pub fn functions(&self) -> BTreeSet<&str> {
        let kinds = self.checks.values().map(|check| &check.expect);
        let named = kinds.filter_map(|kind| match kind {
            Kind::FunctionLogged { function } => Some(function.as_str()),
            _ => None,
        });
        named.collect()
    }
}

/// Reads the manifests of all tasks, in the order of the course.
///
/// # Errors
///
/// Names the file, and where in it something is wrong.
pub fn read_all(root: &Path, course: &CourseFile) -> Result<Vec<Task>, Error> {
    let folder = root.join("tasks");
    let unreadable = |path: &Path, error: &std::io::Error| {
        Error::Input(format!("cannot read {}: {error}", path.display()))
    };
    let mut tasks = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
        let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
        let file = path.join("task.toml");
        // What is there and no file is told of.
        if !file.exists() {
            continue;
        }
        let text =
            crate::course::project_file::read(&file).map_err(|error| unreadable(&file, &error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        tasks.push(read(&format!("tasks/{name}"), &text)?);
    }
    in_order(tasks, course)
}

/// The course's tasks, each once; no others are there.
///
/// # Errors
///
/// Names the one that is missing, or is not the course's.
pub fn in_order(mut tasks: Vec<Task>, course: &CourseFile) -> Result<Vec<Task>, Error> {
    let mut ordered = Vec::new();
    for id in &course.tasks {
        let Some(at) = tasks.iter().position(|task| task.id == *id) else {
            return Err(Error::Input(format!(
                "{COURSE}: tasks: there is no tasks/{id}-.../task.toml with id = {id:?}"
            )));
        };
        ordered.push(tasks.remove(at));
    }
    match tasks.first() {
        None => Ok(ordered),
        Some(task) if course.tasks.contains(&task.id) => Err(Error::Input(format!(
            "{}/task.toml: there is another task with the id {:?}. Give it one of its own.",
            task.folder, task.id
        ))),
        Some(task) => Err(Error::Input(format!(
            "{COURSE}: tasks does not name the task {:?} of {}/task.toml",
            task.id, task.folder
        ))),
    }
}

/// Reads one manifest, in a folder such as `tasks/1-start-the-workflow`.
///
/// # Errors
///
/// As [`read_all`].
pub fn read(folder: &str, text: &str) -> Result<Task, Error> {
    let wrong = |what: String| Error::Input(format!("{folder}/task.toml: {what}"));
    // What the types cannot say is said with the line that names it.
    let wrong_at = |named: &str, what: String| {
        let at = text.lines().position(|line| line.contains(named));
        let at = at.map(|at| format!(":{}", at + 1)).unwrap_or_default();
        Error::Input(format!("{folder}/task.toml{at}: {what}"))
    };
    let mut task: Task = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    for name in task.probes.iter().flat_map(|probe| &probe.checks) {
        if !task.checks.contains_key(name) {
            return Err(wrong_at(
                &format!("{name:?}"),
                format!("a probe asks for the check {name:?}, but there is no [check.{name}]"),
            ));
        }
    }
    for failure in &task.fails {
        if !task.checks.contains_key(&failure.check) {
            return Err(wrong_at(
                &format!("{:?}", failure.check),
                format!(
                    "[[start]] names the check {0:?}, but there is no [check.{0}]",
                    failure.check
                ),
            ));
        }
    }
    for (name, check) in &task.checks {
        if let Some(needed) = check
            .needs
            .as_ref()
            .filter(|it| !task.checks.contains_key(*it))
        {
            return Err(wrong_at(
                &format!("needs = {needed:?}"),
                format!("[check.{name}] needs {needed:?}, but there is no [check.{needed}]"),
            ));
        }
    }
    if let Some(probe) = task
        .probes
        .iter()
        .find(|probe| !probe.key.contains("{nonce}"))
    {
        return Err(wrong_at(
            &probe.key,
            format!("the key {:?} has no {{nonce}} in it", probe.key),
        ));
    }
    folder.clone_into(&mut task.folder);
    Ok(task)
}

/// The tasks with these ids, in their own order; all where none is named.
///
/// # Errors
///
/// Names the ids that there are.
pub fn select(tasks: Vec<Task>, ids: &[String]) -> Result<Vec<Task>, Error> {
    if let Some(id) = ids
        .iter()
        .find(|id| tasks.iter().all(|task| task.id != **id))
    {
        return Err(unknown(id, &tasks));
    }
    let chosen = |task: &Task| ids.is_empty() || ids.contains(&task.id);
    Ok(tasks.into_iter().filter(chosen).collect())
}

/// There is no task of this id: names those that there are.
pub fn unknown(id: &str, tasks: &[Task]) -> Error {
    let known: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
    Error::Input(format!(
        "there is no task {id:?}. The tasks are: {}.",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        id = "1"
        title = "Start"
        minutes = 30
        [[probe]]
        name = "a CV"
        key = "{nonce}.txt"
        checks = ["log-entry"]
        [check.log-entry]
        expect = { log-entry = { text = "Starting" } }
    "#;

    #[test]
    fn reads() {
        let task = read("tasks/1-start", GOOD).unwrap();
        assert_eq!(task.probes[0].arrives, [Arrival::Put]);
        assert_eq!(
            task.checks["log-entry"].expect,
            Kind::LogEntry {
                text: "Starting".into()
            }
        );
        assert_eq!(select(vec![task.clone()], &[]).unwrap().len(), 1);
        let error = select(vec![task], &["9".into()]).unwrap_err().to_string();
        assert_eq!(error, "there is no task \"9\". The tasks are: 1.");
    }

    #[test]
    fn says_what_is_wrong() {
        for (from, to, expected) in [
            ("minutes = 30", "minutes = \"x\"", "line 4"),
            ("title", "titel", "titel"),
            (
                "\"log-entry\"]",
                "\"log\"]",
                ".toml:8: a probe asks for the check \"log\", but there is no [check.log]",
            ),
            (
                "{nonce}.txt",
                "cv.txt",
                ".toml:7: the key \"cv.txt\" has no {nonce}",
            ),
            (
                "expect =",
                "needs = \"x\"\nexpect =",
                ".toml:10: [check.log-entry] needs \"x\"",
            ),
            ("text = \"Starting\"", "", "text"),
            ("log-entry = { text", "log-entri = { text", "log-entri"),
        ] {
            let error = read("tasks/1-start", &GOOD.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("tasks/1-start/task.toml:"), "{error}");
            assert!(error.contains(expected), "{to}: {error}");
        }
    }
}
