//! What is remembered of a participant's way: which tasks passed, where the others failed, and
//! how many hints were given. It lies in git's folder, where no commit and no switch of
//! branches touches it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::git::Git;
use crate::verdict::{TaskResult, Verdict};

/// The name of the file.
const FILE: &str = "scan-cv-progress.json";

/// Task by task.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// By the task's id.
    pub tasks: BTreeMap<String, OfTask>,
}

/// What is remembered of one task.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfTask {
    /// It passed at least once.
    pub passed: bool,
    /// The first check that failed, the last time.
    pub failed: Option<String>,
    /// How many hints were given, check by check.
    pub hints: BTreeMap<String, usize>,
}

impl Record {
    /// Reads it; nothing is remembered where there is no repository, or no record that can
    /// be read.
    pub fn read(root: &Path) -> Self {
        let text = path(root).and_then(|path| crate::project_file::read(&path).ok());
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Writes it, if there is a repository to remember it in.
    ///
    /// # Errors
    ///
    /// Where the file cannot be written.
    pub fn write(&self, root: &Path) -> Result<(), Error> {
        let Some(path) = path(root) else {
            return Ok(());
        };
        let failed = |error: &std::io::Error| {
            Error::Unclear(format!("cannot write {}: {error}", path.display()))
        };
        let folder = path.parent().unwrap_or(root);
        let folder = crate::temporary::folder_in(folder, "progress").map_err(|it| failed(&it))?;
        let file = folder.path().join(FILE);
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        std::fs::write(&file, text).map_err(|it| failed(&it))?;
        // Whoever reads it meanwhile sees the former one or this one, whole.
        std::fs::rename(file, &path).map_err(|it| failed(&it))
    }

    /// Takes down how tasks were judged.
    pub fn take_down(&mut self, results: &[TaskResult]) {
        for result in results {
            let task = self.tasks.entry(result.id.clone()).or_default();
            let mut checks = result.probes.iter().flat_map(|probe| &probe.checks);
            let failed = checks.find(|check| check.verdict == Verdict::Failed);
            match (result.verdict, failed) {
                (Verdict::Passed, _) => {
                    task.passed = true;
                    task.failed = None;
                }
                (_, Some(check)) => task.failed = Some(check.check.clone()),
                // Where the checker could not tell, nothing is new.
                (_, None) => {}
            }
        }
    }
}

fn path(root: &Path) -> Option<PathBuf> {
    let git = Git::at(root).ok()?;
    let folder = git.line(["rev-parse", "--git-common-dir"]).ok()?;
    Some(root.join(folder).join(FILE))
}
