//! A git repository made of the working tree's files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::courses::Course;

/// What is in it: all that has regions, and what tells of the tasks.
const PARTS: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "serverless.yml",
    "handler",
    "tasks",
    ".gitignore",
];

/// A repository with one commit on `main`.
pub struct Repository {
    folder: TempDir,
    root: PathBuf,
}

impl Repository {
    /// With all that the branches are made of.
    pub fn new() -> Self {
        Self::of(&PARTS)
    }

    /// With these files and folders of the project.
    pub fn of(parts: &[&str]) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        Self::filled(|root| {
            for part in parts {
                copy(&source.join(part), &root.join(part));
            }
        })
    }

    /// With all of a course; its crates have a version of their own, or cargo would take
    /// another copy's build for theirs.
    pub fn of_course(course: &Course, version: &str) -> Self {
        Self::filled(|root| {
            for (from, to) in &course.parts {
                copy(from, &root.join(to));
            }
            std::fs::write(root.join("Cargo.toml"), course.manifest(version)).unwrap();
            // What cargo writes is no work of the participant's.
            let lock = Command::new("cargo")
                .current_dir(root)
                .args(["update", "--workspace", "--quiet"])
                .output();
            assert!(lock.unwrap().status.success());
            std::fs::write(root.join(".gitignore"), "/target\n").unwrap();
        })
    }

    fn filled(fill: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("kit");
        let repository = Self { folder, root };
        fill(&repository.root);
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.name_somebody();
        repository.commit("The kit");
        repository
    }

    /// A clone of it, beside it; with a bare repository between the two, `origin` of both.
    pub fn cloned(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bare = self.folder.path().join("origin.git");
        let (bare, root) = (bare.to_str().unwrap(), folder.path().join("kit"));
        self.git(&["clone", "--quiet", "--bare", ".", bare]);
        self.git(&["remote", "add", "origin", bare]);
        self.git(&["clone", "--quiet", bare, root.to_str().unwrap()]);
        let clone = Self { folder, root };
        clone.name_somebody();
        clone
    }

    /// The same in a folder of its own.
    pub fn copied(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("kit");
        copy(&self.root, &root);
        Self { folder, root }
    }

    fn name_somebody(&self) {
        self.git(&["config", "user.name", "Robin"]);
        self.git(&["config", "user.email", "robin@example.com"]);
    }

    /// Its top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What git prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .arg("-C")
            .arg(&self.root)
            .args(arguments)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits all files.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    /// Writes a file.
    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.root.join(file), text).unwrap();
    }

    /// Reads a file, if it is there.
    pub fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(file)).ok()
    }

    /// The command `checker` in it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_checker"));
        command.current_dir(&self.root);
        command
    }

    /// `checker` with these arguments, where it builds: what is built of other crates is shared
    /// with the project that is tested. Nothing of the caller's own AWS settings is seen.
    pub fn building(&self, arguments: &[&str]) -> Output {
        let folders = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let mut command = self.command();
        command
            .env("CARGO_BUILD_BUILD_DIR", folders.parent().unwrap())
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .args(arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command.output().unwrap()
    }

    /// `checker` with these arguments.
    pub fn checker(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// What `checker` prints; it ends well.
    pub fn said(&self, arguments: &[&str]) -> String {
        let output = self.checker(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `checker` says of an error of its user's.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.checker(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// The lines of a build's report, without the first.
    pub fn built(&self) -> Vec<String> {
        let output = self.checker(&["branches", "build"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        text.lines()
            .skip(1)
            .map(|line| line.trim().to_owned())
            .collect()
    }

    /// The branches of the tasks, and where they are.
    pub fn tips(&self) -> String {
        self.git(&[
            "for-each-ref",
            "--format=%(refname:short) %(objectname)",
            "refs/heads/task",
        ])
    }

    /// The names of all backups, oldest first.
    pub fn backups(&self) -> Vec<String> {
        let names = self.git(&[
            "for-each-ref",
            "--format=%(refname:lstrip=2)",
            "refs/backups",
        ]);
        names.lines().map(str::to_owned).collect()
    }
}

fn copy(from: &Path, to: &Path) {
    #[cfg(unix)]
    if from.is_symlink() {
        std::os::unix::fs::symlink(std::fs::read_link(from).unwrap(), to).unwrap();
        return;
    }
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}
