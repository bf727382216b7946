//! Ctrl-C at any moment: the checker ends by exit code 3, and no process and no
//! temporary file is left behind.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::project::Project;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Far longer than the system needs to end what was killed, far less than a build takes.
const TO_DIE: Duration = Duration::from_secs(5);

/// What Ctrl-C in a terminal sends.
pub fn interrupt(child: &Child) {
    let id = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(id, Signal::INT).unwrap();
}

/// A checker on its way, with a folder of its own for temporary files.
struct Run {
    child: Child,
    temporary: TempDir,
}

impl Run {
    fn start(checker: &mut Command) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        checker
            .args(["verify", "--task", "1", "--user", "alice"])
            .env("TMPDIR", temporary.path());
        let child = checker
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, temporary }
    }

    /// Waits until something has come.
    fn until(&mut self, what: &str, has_come: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !has_come(self) {
            assert!(begun.elapsed() < LIMIT, "waited for {what}");
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut errors = String::new();
                let mut stderr = self.child.stderr.take().unwrap();
                stderr.read_to_string(&mut errors).unwrap();
                panic!("it ended before {what}: {status}: {errors}");
            }
            std::thread::yield_now();
        }
    }

    fn interrupted(self) {
        interrupt(&self.child);
        let output = self.child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{errors}");
        assert!(
            errors.ends_with("error: interrupted: there is no verdict\n"),
            "{errors}"
        );
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        let left: Vec<_> = fs::read_dir(&self.temporary).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        all_have_ended(self.temporary.path());
    }
}

/// A process that was killed may need a moment more than the checker to be gone: so all with
/// this text in their command line or environment are waited for.
fn all_have_ended(text: impl AsRef<OsStr>) {
    let begun = Instant::now();
    loop {
        let left = processes_of(&text);
        if left.is_empty() {
            return;
        }
        assert!(begun.elapsed() < TO_DIE, "left behind: {left:?}");
        std::thread::yield_now();
    }
}

/// The processes with this text in their command line or environment.
pub fn processes_of(text: impl AsRef<OsStr>) -> Vec<String> {
    let wanted = text.as_ref().to_string_lossy();
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let mut found = Vec::new();
    for process in processes {
        for file in ["cmdline", "environ"] {
            let text = fs::read(process.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).replace('\0', " ");
            if text.contains(&*wanted) {
                found.push(format!("{}: {text}", process.path().display()));
            }
        }
    }
    found
}

/// Never ends on its own within the checker's limit.
fn hanging() -> Project {
    let project = Project::solution();
    project.replace(
        "handler/src/scan_file/mod.rs",
        "        info!(\"Starting SF execution\");",
        "        std::future::pending::<()>().await;",
    );
    project
}

#[test]
fn while_functions_run() {
    // Kept until the end, or another test would take its folder.
    let project = hanging();
    let mut run = Run::start(&mut project.checker());
    let runs = |process: &String| process.contains("/bootstrap");
    run.until("a function", |run| {
        processes_of(run.temporary.path()).iter().any(runs)
    });
    run.interrupted();
}

/// Cargo and the compilers that it runs end too.
#[test]
fn while_it_builds() {
    let target = tempfile::tempdir().unwrap();
    let project = Project::solution();
    // Nothing is built in this folder yet: it takes minutes.
    let mut run = Run::start(
        project
            .checker()
            .env("CARGO_TARGET_DIR", target.path())
            .env("CARGO_BUILD_BUILD_DIR", target.path()),
    );
    let compiles = |process: &String| process.contains("rustc");
    run.until("a compiler", |_| {
        processes_of(target.path()).iter().any(compiles)
    });
    run.interrupted();
    all_have_ended(target.path());
}

#[test]
fn while_it_waits_for_another_build() {
    let target = tempfile::tempdir().unwrap();
    let lock = File::create(target.path().join(".checker-build.lock")).unwrap();
    lock.lock().unwrap();
    let project = Project::solution();
    let mut run = Run::start(project.checker().env("CARGO_TARGET_DIR", target.path()));
    run.until("the lock", |run| {
        let files = fs::read_dir(format!("/proc/{}/fd", run.child.id())).unwrap();
        let paths = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        paths
            .into_iter()
            .any(|path| path.starts_with(target.path()))
    });
    run.interrupted();
}
