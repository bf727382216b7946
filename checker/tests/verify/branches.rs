//! `checker branches build`, on a repository made of the working tree's files.

use std::process::Command;

use crate::repository::Repository;

const BRANCHES: [&str; 6] = ["task/1", "task/2", "task/3a", "task/3b", "task/4", "task/5"];

#[test]
fn each_is_a_child_of_the_one_before_and_free_of_markers() {
    let repository = Repository::new();
    let built = repository.built();
    assert_eq!(built.len(), 6);
    assert!(
        built.iter().all(|line| line.ends_with("created")),
        "{built:?}"
    );
    let main = repository.git(&["rev-parse", "main"]);
    let mut parent = main.clone();
    for branch in BRANCHES {
        assert_eq!(
            repository.git(&["rev-parse", &format!("{branch}^")]),
            parent
        );
        let trailer = "--format=%(trailers:key=Main-Commit,valueonly)";
        assert_eq!(
            repository.git(&["show", "--no-patch", trailer, branch]),
            main
        );
        let marked = Command::new("git")
            .arg("-C")
            .arg(repository.root())
            .args([
                "grep",
                "-nE",
                "(//|#)[@~]",
                branch,
                "--",
                "handler",
                "serverless.yml",
            ])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(marked.stdout).unwrap(), "", "{branch}");
        parent = repository.git(&["rev-parse", branch]);
    }
    // Nothing in the working tree has changed, and the branch is still main.
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert_eq!(repository.git(&["branch", "--show-current"]), "main");
    // What one task adds is not there before.
    let files =
        |branch: &str| repository.git(&["ls-tree", "-r", "--name-only", branch, "handler/"]);
    assert!(!files("task/1").contains("copy_file"));
    assert!(files("task/2").contains("copy_file"));
    assert!(!files("task/3b").contains("check_node_experience"));
    assert!(files("task/4").contains("check_node_experience"));
}

/// The sources are formatted as `cargo fmt` wants them, on every branch.
#[test]
fn every_branch_is_formatted() {
    let repository = Repository::new();
    repository.built();
    for branch in BRANCHES {
        repository.git(&["switch", "--quiet", branch]);
        let checked = Command::new("rustfmt")
            .current_dir(repository.root())
            .args([
                "--check",
                "--edition",
                "2024",
                "handler/src/lib.rs",
                "handler/src/main.rs",
            ])
            .output()
            .unwrap();
        let difference = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{branch}: {difference}");
    }
}

#[test]
fn the_same_source_gives_the_same_commits() {
    let repository = Repository::new();
    repository.built();
    let tips = repository.tips();
    let built = repository.built();
    assert!(
        built.iter().all(|line| line.ends_with("in sync")),
        "{built:?}"
    );
    for branch in BRANCHES {
        repository.git(&["branch", "--quiet", "-D", branch]);
    }
    repository.git(&["config", "user.name", "Kim"]);
    repository.built();
    assert_eq!(repository.tips(), tips);
}

#[test]
fn older_builds_move_and_work_of_others_stays() {
    let repository = Repository::new();
    repository.built();
    // Somebody works on task/2, and has task/1 checked out in another folder.
    repository.git(&["switch", "--quiet", "task/2"]);
    std::fs::write(repository.root().join("mine.txt"), "mine").unwrap();
    repository.commit("Mine");
    let mine = repository.git(&["rev-parse", "task/2"]);
    repository.git(&["switch", "--quiet", "main"]);
    repository.git(&["worktree", "add", "--quiet", "../other", "task/1"]);
    let other = repository.git(&["rev-parse", "task/1"]);
    std::fs::write(repository.root().join("new.txt"), "new").unwrap();
    repository.commit("Something new");
    let output = repository.checker(&["branches", "build"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |branch: &str| text.lines().find(|it| it.contains(branch)).unwrap();
    assert!(
        line("task/1").contains("left as it is: it is checked out at"),
        "{text}"
    );
    assert!(
        line("task/2").contains("it has commits that no build made"),
        "{text}"
    );
    assert!(line("task/3a").ends_with("brought up to date"), "{text}");
    assert_eq!(repository.git(&["rev-parse", "task/1"]), other);
    assert_eq!(repository.git(&["rev-parse", "task/2"]), mine);
    let trailer = "--format=%(trailers:key=Main-Commit,valueonly)";
    let main = repository.git(&["rev-parse", "main"]);
    assert_eq!(
        repository.git(&["show", "--no-patch", trailer, "task/5"]),
        main
    );
}

#[test]
fn what_cannot_be_built() {
    let repository = Repository::new();
    let path = repository.root().join("serverless.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("#@ end\n", "", 1)).unwrap();
    repository.commit("A region without end");
    let output = repository.checker(&["branches", "build"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("error: serverless.yml:"), "{errors}");
    assert_eq!(repository.tips(), "");
}

/// On a task's branch, that task is verified: with no handler to build, the first thing
/// that is asked for is the task.
#[test]
fn the_branch_says_which_task_is_verified() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "--create", "task/9"]);
    let verify = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_checker"))
            .current_dir(repository.root())
            .args(["verify", "--user", "alice"])
            .args(more)
            .env("CARGO", "/nowhere/cargo")
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let unknown = "error: there is no task \"9\". The tasks are: 1, 2, 3a, 3b, 4, 5.\n";
    assert_eq!(verify(&[]), unknown);
    // The others get as far as building the handler.
    for more in [["--task", "2"].as_slice(), &["--all"]] {
        let errors = verify(more);
        assert!(errors.starts_with("error: cannot run cargo"), "{errors}");
    }
}
