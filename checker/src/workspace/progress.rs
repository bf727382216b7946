//! What is remembered of a participant's way: which tasks passed, where the others failed, and
//! how many hints were given. It lies in git's folder, where no commit and no switch of
//! branches touches it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::verdict::{TaskResult, Verdict};
use crate::workspace::git::Git;

/// The name of the file.
const FILE: &str = "checker-progress.json";

/// That of checkers that did not know whose progress it was: read, and left as it is for them.
const OLD: &str = "scan-cv-progress.json";

/// Held by whoever changes it.
const LOCK: &str = "checker-progress.lock";

/// The version of the file's format.
const FORMAT: u32 = 2;

/// One user's way through a course, task by task.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Record {
    course: String,
    /// Whose it is; nobody's where nobody was verified yet.
    pub user: Option<String>,
    /// The others of whom something is remembered.
    pub others: Vec<String>,
    /// By the task's id.
    pub tasks: BTreeMap<String, OfTask>,
    /// How many runs were taken down since it was read.
    runs: u32,
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

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct File {
    format: u32,
    /// By the course's title, then by the user.
    courses: BTreeMap<String, BTreeMap<String, OfUser>>,
}

/// The file of old.
#[derive(Debug, Default, Deserialize)]
struct Old {
    tasks: BTreeMap<String, OfTask>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
struct OfUser {
    /// How many were remembered before.
    before: usize,
    /// How many runs were taken down.
    runs: u32,
    tasks: BTreeMap<String, OfTask>,
}

impl Record {
    /// Reads what is remembered of a user; without one, of whoever was verified most often, and
    /// first among equals: an instructor who looks at somebody else's work once does not become
    /// them. Nothing is remembered where there is no repository, or no file that can be read.
    pub fn read(root: &Path, course: &str, user: Option<&str>) -> Self {
        let mut file: File = read(root, FILE);
        let mut users = file.courses.remove(course).unwrap_or_default();
        let most = users
            .iter()
            .max_by_key(|(_, it)| (it.runs, std::cmp::Reverse(it.before)));
        let user = user.or(most.map(|(name, _)| name.as_str()));
        let user = user.map(str::to_owned);
        let own = user.as_ref().and_then(|it| users.remove(it));
        let tasks = match own {
            Some(own) => own.tasks,
            // What was taken down before users were known is of the first one that comes.
            None if file.courses.is_empty() && users.is_empty() => read::<Old>(root, OLD).tasks,
            None => BTreeMap::new(),
        };
        Self {
            course: course.to_owned(),
            user,
            others: users.into_keys().collect(),
            tasks,
            runs: 0,
        }
    }

    /// Reads it as [`read`](Self::read), lets it be changed, and writes it, if there is a
    /// repository to remember it in, and a user to remember. Of two processes that do so at once
    /// neither forgets what the other has written.
    ///
    /// # Errors
    ///
    /// What keeps it from being changed, or where the file cannot be written.
    pub fn update<T>(
        root: &Path,
        course: &str,
        user: Option<&str>,
        change: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let lock = path(root, LOCK).and_then(|it| fs::File::create(it).ok());
        // Where files cannot be locked, the last one wins.
        let _locked = lock.filter(|it| it.lock().is_ok());
        let mut record = Self::read(root, course, user);
        let changed = change(&mut record)?;
        record.write(root)?;
        Ok(changed)
    }

    fn write(&self, root: &Path) -> Result<(), Error> {
        let (Some(path), Some(user)) = (path(root, FILE), &self.user) else {
            return Ok(());
        };
        let mut file: File = read(root, FILE);
        // A newer checker's has more in it than this one knows.
        if file.format > FORMAT {
            return Ok(());
        }
        file.format = FORMAT;
        let users = file.courses.entry(self.course.clone()).or_default();
        let before = users.len();
        let own = users.entry(user.clone()).or_insert_with(|| OfUser {
            before,
            ..OfUser::default()
        });
        own.runs = own.runs.saturating_add(self.runs);
        own.tasks = self.tasks.clone();
        let failed = |error: &std::io::Error| {
            Error::Unclear(format!("cannot write {}: {error}", path.display()))
        };
        let folder = path.parent().unwrap_or(root);
        let folder =
            crate::workspace::temporary::folder_in(folder, "progress").map_err(|it| failed(&it))?;
        let new = folder.path().join(FILE);
        let text = serde_json::to_string_pretty(&file).unwrap_or_default();
        fs::write(&new, text).map_err(|it| failed(&it))?;
        // Whoever reads it meanwhile sees the former one or this one, whole.
        fs::rename(new, &path).map_err(|it| failed(&it))
    }

    /// Takes down how tasks were judged.
    pub fn take_down(&mut self, results: &[TaskResult]) {
        self.runs += 1;
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

fn read<T: Default + for<'a> Deserialize<'a>>(root: &Path, file: &str) -> T {
    let text = path(root, file).and_then(|path| crate::course::project_file::read(&path).ok());
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

fn path(root: &Path, file: &str) -> Option<PathBuf> {
    let git = Git::at(root).ok()?;
    let folder = git.line(["rev-parse", "--git-common-dir"]).ok()?;
    Some(root.join(folder).join(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(ids: &[&str]) -> BTreeMap<String, OfTask> {
        let passed = || OfTask {
            passed: true,
            ..OfTask::default()
        };
        ids.iter().map(|id| ((*id).to_owned(), passed())).collect()
    }

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let git = std::process::Command::new("git")
            .current_dir(folder.path())
            .args(["init", "-q"])
            .status();
        assert!(git.unwrap().success());
        folder
    }

    #[test]
    fn everybody_has_their_own() {
        let folder = repository();
        let root = folder.path();
        let read = |user| Record::read(root, "Scan CV", user);
        assert_eq!(read(None).user, None);
        // As it was written before users were known.
        let old = r#"{"tasks":{"1":{"passed":true,"failed":null,"hints":{}}}}"#;
        std::fs::write(root.join(".git").join(OLD), old).unwrap();
        assert_eq!(read(None).tasks, tasks(&["1"]));
        let update = |user: &str, ids: &[&str]| {
            Record::update(root, "Scan CV", Some(user), |record| {
                let before = record.clone();
                record.take_down(&[]);
                record.tasks.extend(tasks(ids));
                Ok(before)
            })
            .unwrap()
        };
        assert!(update("alice", &["2"]).tasks.contains_key("1"));
        let bob = update("bob", &["5"]);
        assert_eq!((bob.tasks.len(), bob.others), (0, vec!["alice".to_owned()]));
        let mine = read(None);
        assert_eq!(mine.user.as_deref(), Some("alice"));
        assert_eq!(
            (mine.tasks, mine.others),
            (tasks(&["1", "2"]), vec!["bob".to_owned()])
        );
        assert_eq!(read(Some("bob")).tasks, tasks(&["5"]));
        assert_eq!(
            Record::read(root, "Orders", None),
            Record {
                course: "Orders".to_owned(),
                ..Record::default()
            }
        );
    }

    #[test]
    fn nobody_forgets_what_another_has_written() {
        let folder = repository();
        let root = folder.path();
        let ids: Vec<String> = (0..8).map(|it| it.to_string()).collect();
        std::thread::scope(|scope| {
            for id in &ids {
                scope.spawn(move || {
                    Record::update(root, "Scan CV", Some("alice"), |record| {
                        record.tasks.extend(tasks(&[id.as_str()]));
                        Ok(())
                    })
                    .unwrap();
                });
            }
        });
        let all = Record::read(root, "Scan CV", None);
        assert_eq!(all.tasks.into_keys().collect::<Vec<_>>(), ids);
    }
}
