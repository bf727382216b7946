//! A participant's copy of the project, to change and verify.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use checker::course::regions::{Side, render};

use crate::courses::{Course, SCAN_CV};
use crate::report::Report;

/// The tasks of the kit's own course, in their order.
pub const ORDER: [&str; 6] = ["1", "2", "3a", "3b", "4", "5"];

/// A copy in a folder that no other test uses at the same time.
///
/// The folders are kept from test to test and from run to run: cargo then builds
/// again only what changed, and leaves no more behind than one build for each. What
/// is built of other crates they share with the project that is tested; their own
/// crates have a version of their own, or cargo would take one's build for another's.
pub struct Project {
    root: PathBuf,
    task: String,
    _lock: File,
}

impl Project {
    /// As a participant finds task 1.
    pub fn start() -> Self {
        Self::of("1", Side::Start)
    }

    /// With task 1 solved.
    pub fn solution() -> Self {
        Self::of("1", Side::Solution)
    }

    /// The start or solution of a task.
    pub fn of(task: &str, side: Side) -> Self {
        Self::of_course(&SCAN_CV, task, side)
    }

    /// The start or solution of a task of a course.
    pub fn of_course(course: &Course, task: &str, side: Side) -> Self {
        let (number, lock) = free_number(course.name);
        let root = folders().join(format!("{}-{number}", course.name));
        for (from, to) in &course.parts {
            sync(from, &root, to, course, task, side);
        }
        let manifest = course.manifest(&number.to_string());
        write(&root.join("Cargo.toml"), manifest.as_bytes());
        Self {
            root,
            task: task.to_owned(),
            _lock: lock,
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Replaces a text that stands in the file exactly once.
    pub fn replace(&self, file: &str, from: &str, to: &str) -> &Self {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text.matches(from).count(),
            1,
            "{file} has {from:?} once:\n{text}"
        );
        fs::write(path, text.replace(from, to)).unwrap();
        self
    }

    /// The command `checker`, in the project, with nothing of the caller's own
    /// AWS settings.
    pub fn checker(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_checker"));
        command
            .current_dir(&self.root)
            .env("CARGO_BUILD_BUILD_DIR", folders().parent().unwrap())
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env("TMPDIR", self.temporary());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Where the checker puts what it needs for a while: what a killed one leaves
    /// behind stays here.
    fn temporary(&self) -> PathBuf {
        let folder = self.root.join("target/temporary");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// `checker verify --user <user>`.
    pub fn verify(&self, user: &str) -> Output {
        self.checker()
            .args(["verify", "--task", &self.task, "--user", user])
            .output()
            .unwrap()
    }

    /// `checker verify --json`.
    pub fn verify_json(&self) -> Output {
        self.checker()
            .args(["verify", "--task", &self.task, "--user", "alice", "--json"])
            .output()
            .unwrap()
    }

    /// `checker verify --json`, read.
    pub fn report(&self) -> Report {
        Report::read(&self.verify_json())
    }
}

/// Where the copies are: in the folder that cargo builds to.
fn folders() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The number of the first folder that is not locked.
fn free_number(name: &str) -> (usize, File) {
    (0..)
        .find_map(|number| {
            let lock = File::create(folders().join(format!("{name}-{number}.lock"))).unwrap();
            lock.try_lock().ok()?;
            Some((number, lock))
        })
        .unwrap()
}

/// Makes the file or folder `path` below `root` what `from` is; what participants edit is
/// rendered. Files that are right already keep their time of change, so that cargo builds
/// nothing again for them.
fn sync(from: &Path, root: &Path, path: &str, course: &Course, task: &str, side: Side) {
    let to = root.join(path);
    if from.is_dir() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(&to).unwrap() {
            let entry = entry.unwrap();
            if !from.join(entry.file_name()).exists() {
                remove(&entry.path());
            }
        }
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let path = format!("{path}/{name}");
            sync(&from.join(name), root, &path, course, task, side);
        }
        return;
    }
    let bytes = fs::read(from).unwrap();
    let file = &course.file;
    let rendered = match String::from_utf8(bytes.clone()) {
        Ok(text) if file.is_edited(path.as_bytes()) => {
            render(from, &text, &file.comments, &file.tasks, task, side)
                .unwrap()
                .map(String::into_bytes)
        }
        _ => Some(bytes),
    };
    match rendered {
        Some(bytes) => write(&to, &bytes),
        None => remove(&to),
    }
}

fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return;
    }
    fs::write(path, bytes).unwrap();
}

fn remove(path: &Path) {
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else if path.exists() {
        fs::remove_file(path).unwrap();
    }
}
