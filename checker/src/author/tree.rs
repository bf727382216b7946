//! A task's start or solution in a folder of its own, compiled and verified as a participant
//! would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::course::task::Task;
use crate::error::Error;
use crate::target::cargo::{is_of_cargo_run, target_folder};
use crate::workspace::git::Git;

/// The folder; what is in it goes from tree to tree.
pub struct Tree {
    root: PathBuf,
    index: PathBuf,
    /// A target folder of its own, kept from run to run: cargo would take what is built of
    /// these trees for what the project builds.
    target: PathBuf,
    /// The package that is compiled.
    package: String,
}

impl Tree {
    /// An empty one.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub fn new(project: &Path, package: &str) -> Result<Self, Error> {
        let folder = target_folder(project).join("author");
        let (root, index) = (folder.join("tree"), folder.join("index"));
        let failed = |error| Error::Unclear(format!("cannot make {}: {error}", root.display()));
        if root.exists() {
            std::fs::remove_dir_all(&root).map_err(failed)?;
        }
        if index.exists() {
            std::fs::remove_file(&index).map_err(failed)?;
        }
        std::fs::create_dir_all(&root).map_err(failed)?;
        Ok(Self {
            root,
            index,
            target: folder.join("target"),
            package: package.to_owned(),
        })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes it what a tree of the repository is; files that are right stay as they are, so
    /// that cargo builds nothing again for them.
    ///
    /// # Errors
    ///
    /// Where git fails.
    pub fn fill(&self, git: &Git, tree: &str) -> Result<(), Error> {
        let git = git
            .with("GIT_INDEX_FILE", &self.index)
            .with("GIT_WORK_TREE", &self.root);
        git.line(["read-tree", "--reset", "-u", tree]).map(drop)
    }

    /// Compiles all of the package, tests included, and looks at its format.
    ///
    /// # Errors
    ///
    /// Where cargo cannot be run.
    pub fn compiles(&self) -> Result<Vec<String>, Error> {
        let check = [
            "check",
            "--package",
            &self.package,
            "--all-targets",
            "--message-format",
            "short",
            "--quiet",
        ];
        let mut problems = Vec::new();
        for arguments in [
            &check[..],
            &[
                "fmt",
                "--package",
                &self.package,
                "--",
                "--check",
                "--files-with-diff",
            ],
        ] {
            let output = self.run(Command::new(crate::target::cargo::program()).args(arguments))?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned()
                + &String::from_utf8_lossy(&output.stdout);
            let lines = said.lines().filter(|line| !line.trim().is_empty());
            problems.extend(lines.map(|line| format!("cargo {}: {line}", arguments[0])));
        }
        Ok(problems)
    }

    /// `checker verify` of these tasks: its report, or why there is none.
    ///
    /// # Errors
    ///
    /// Where it cannot be run.
    pub fn verify(&self, tasks: &[Task]) -> Result<Result<Value, String>, Error> {
        let checker = std::env::current_exe()
            .map_err(|error| Error::Unclear(format!("cannot find the checker itself: {error}")))?;
        let mut command = Command::new(checker);
        command.args(["verify", "--json", "--user", "author"]);
        for task in tasks {
            command.args(["--task", &task.id]);
        }
        let output = self.run(&mut command)?;
        Ok(serde_json::from_slice(&output.stdout)
            .map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    fn run(&self, command: &mut Command) -> Result<Output, Error> {
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_cargo_run(name)) {
            command.env_remove(name);
        }
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .output()
            .map_err(|error| {
                let program = command.get_program().to_string_lossy();
                Error::Unclear(format!("cannot run {program}: {error}"))
            })
    }
}

/// The checks of a report that did not pass: task, check and what is said.
fn failures(report: &Value) -> Vec<(&str, &str, &str)> {
    let mut found = Vec::new();
    for task in report["tasks"].as_array().into_iter().flatten() {
        for probe in task["probes"].as_array().into_iter().flatten() {
            for check in probe["checks"].as_array().into_iter().flatten() {
                if matches!(check["verdict"].as_str(), Some("failed" | "error")) {
                    found.push((
                        task["id"].as_str().unwrap_or_default(),
                        check["check"].as_str().unwrap_or_default(),
                        check["detail"].as_str().unwrap_or_default(),
                    ));
                }
            }
        }
    }
    found
}

/// Says how a start fails, and what is wrong with that.
pub fn fails_as_it_should(task: &Task, report: &Result<Value, String>) -> (String, Vec<String>) {
    let report = match report {
        Ok(report) => report,
        Err(why) => {
            return (
                "has no verdict".to_owned(),
                vec![format!("no verdict: {why}")],
            );
        }
    };
    let found = failures(report);
    let mut problems = Vec::new();
    for (id, check, says) in &found {
        let pinned = task
            .fails
            .iter()
            .any(|it| *id == task.id && it.check == *check && says.contains(&it.says));
        if !pinned {
            problems.push(format!(
                "task {id}, {check} fails, which no [[start]] of {}/task.toml names: {says}",
                task.folder
            ));
        }
    }
    for failure in &task.fails {
        let happens = found.iter().any(|(id, check, says)| {
            *id == task.id && failure.check == *check && says.contains(&failure.says)
        });
        if !happens {
            problems.push(format!(
                "{}/task.toml: no probe fails at {} with {:?}, as a [[start]] says",
                task.folder, failure.check, failure.says
            ));
        }
    }
    if task.fails.is_empty() {
        problems.push(format!("{}/task.toml: there is no [[start]]", task.folder));
    }
    let names: std::collections::BTreeSet<&str> =
        found.iter().map(|(_, check, _)| *check).collect();
    let names: Vec<&str> = names.into_iter().collect();
    (format!("fails at {}", names.join(", ")), problems)
}

/// Says how a solution passes, and what is wrong with that.
pub fn passes(tasks: &[Task], report: &Result<Value, String>) -> (String, Vec<String>) {
    let report = match report {
        Ok(report) => report,
        Err(why) => {
            return (
                "has no verdict".to_owned(),
                vec![format!("no verdict: {why}")],
            );
        }
    };
    let problems: Vec<String> = failures(report)
        .into_iter()
        .map(|(id, check, says)| format!("task {id}, {check} fails: {says}"))
        .collect();
    let passed = report["tasks"].as_array().into_iter().flatten();
    let passed = passed.filter(|task| task["verdict"] == "passed").count();
    (
        format!("passes {passed} of {} tasks", tasks.len()),
        problems,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task() -> Task {
        let text = r#"
            id = "2"
            title = "Two"
            minutes = 1
            [[probe]]
            name = "a CV"
            key = "{nonce}.txt"
            checks = ["a", "b"]
            [check.a]
            expect = "object-uploaded"
            [check.b]
            expect = "execution-started"
            [[start]]
            check = "b"
            says = "no execution"
        "#;
        crate::course::task::read("tasks/2-two", text).unwrap()
    }

    fn report(task: &str, check: &str, detail: &str) -> Result<Value, String> {
        let failed = json!({"check": check, "verdict": "failed", "detail": detail});
        let fine = json!({"check": "z", "verdict": "passed", "detail": ""});
        Ok(
            json!({"tasks": [{"id": task, "verdict": "failed", "probes": [{"checks": [fine, failed]}]}]}),
        )
    }

    #[test]
    fn a_start_fails_where_it_says_and_nowhere_else() {
        let task = task();
        let (says, problems) =
            fails_as_it_should(&task, &report("2", "b", "there is no execution of it"));
        assert_eq!((says.as_str(), problems.len()), ("fails at b", 0));
        for (found, expected) in [
            (
                report("2", "a", "x"),
                ["task 2, a fails, which no", "no probe fails at b"].as_slice(),
            ),
            (
                report("1", "b", "no execution"),
                &["task 1, b fails", "no probe fails at b"],
            ),
            (
                report("2", "b", "else"),
                &["task 2, b fails", "no probe fails at b"],
            ),
            (Ok(json!({"tasks": []})), &["no probe fails at b"]),
            (
                Err("it does not compile".to_owned()),
                &["no verdict: it does not compile"],
            ),
        ] {
            let (_, problems) = fails_as_it_should(&task, &found);
            assert_eq!(problems.len(), expected.len(), "{problems:?}");
            for (problem, expected) in problems.iter().zip(expected) {
                assert!(problem.contains(expected), "{problem}");
            }
        }
    }

    #[test]
    fn a_solution_passes() {
        let tasks = [task()];
        let passed = Ok(json!({"tasks": [{"id": "2", "verdict": "passed", "probes": []}]}));
        assert_eq!(
            passes(&tasks, &passed),
            ("passes 1 of 1 tasks".to_owned(), vec![])
        );
        let (says, problems) = passes(&tasks, &report("2", "b", "why"));
        assert_eq!(says, "passes 0 of 1 tasks");
        assert_eq!(problems, ["task 2, b fails: why"]);
    }
}
