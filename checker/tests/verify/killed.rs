//! Killed at any moment, no command loses work: a `git` in front of the real one kills the
//! checker before, or in the middle of, its n-th change.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::odd_repositories::{ODDITIES, PARTS};
use crate::repository::Repository;

const WORKFLOW: &str = "handler/workflow/workflow.asl.yml";

/// A `git` that counts the calls which change refs, index or files of the repository itself,
/// and kills the checker at one of them: before it, or after it was carried out.
fn deadly_git(folder: &Path, at: usize, after: bool) {
    let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|it| it.join("git"))
        .find(|it| it.is_file())
        .unwrap();
    let script = format!(
        "#!/bin/sh
real='{real}'
folder='{folder}'
case \"$*\" in
  *' symbolic-ref --quiet '*) changes= ;;
  *' update-ref '*|*' symbolic-ref '*|*' read-tree '*|*' update-index '*|*' push '*) changes=yes ;;
  *' checkout-index '*|*' commit-tree '*) changes=always ;;
  *) changes= ;;
esac
# What is done with another index is of no matter, but for files that come of it.
if test \"$GIT_INDEX_FILE\" && test \"$changes\" = yes; then changes=; fi
if test -z \"$changes\"; then exec \"$real\" \"$@\"; fi
echo x >> \"$folder/count\"
if test \"$(wc -l < \"$folder/count\")\" -eq {at}; then
  if {after}; then \"$real\" \"$@\"; fi
  kill -9 $PPID
  exit 1
fi
exec \"$real\" \"$@\"
",
        real = real.display(),
        folder = folder.display(),
    );
    std::fs::write(folder.join("git"), script).unwrap();
    std::fs::set_permissions(folder.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let _ = std::fs::remove_file(folder.join("count"));
}

/// Runs a command, killed at its first change, its second, and so on until it comes to its end;
/// looks at the repository after each. Gives the number of changes.
fn killed_everywhere(arguments: &[&str], prepare: impl Fn() -> Repository) -> usize {
    let template = prepare();
    for at in 1..100 {
        let mut came_to_its_end = false;
        for after in [false, true] {
            let repository = template.copied();
            let folder = tempfile::tempdir().unwrap();
            deadly_git(folder.path(), at, after);
            let path = std::env::var_os("PATH").unwrap();
            let paths =
                std::iter::once(folder.path().to_owned()).chain(std::env::split_paths(&path));
            let output = repository
                .command()
                .args(arguments)
                .env("PATH", std::env::join_paths(paths).unwrap())
                .output()
                .unwrap();
            came_to_its_end = output.status.code().is_some();
            all_is_there(
                &repository,
                &format!("{arguments:?}, killed at {at}, after: {after}"),
            );
        }
        if came_to_its_end {
            return at - 1;
        }
    }
    panic!("{arguments:?} does not come to its end");
}

const COMMITTED: &str = "# committed\n";
const STAGED: &str = "# staged\n";
const CHANGED: &str = "# changed\n";

/// On `task/2`, with a commit and scribbles.
fn at_work() -> Repository {
    let repository = Repository::of(&PARTS);
    repository.said(&["start", "2"]);
    repository.write("committed.txt", COMMITTED);
    repository.commit("Mine");
    repository.write(WORKFLOW, STAGED);
    repository.git(&["add", WORKFLOW]);
    repository.write(WORKFLOW, CHANGED);
    repository.write("untracked.txt", CHANGED);
    repository
}

/// The commit is on the branch or in a backup; so are the scribbles, or they still lie in the
/// working tree.
fn all_is_there(repository: &Repository, when: &str) {
    let held = |file: &str, text: &str| {
        let names = repository.git(&["for-each-ref", "--format=%(refname)", "refs/backups"]);
        let parents = ["", "^2"].map(|parent| {
            names
                .lines()
                .map(move |name| format!("{name}{parent}:{file}"))
                .collect::<Vec<_>>()
        });
        let objects = parents.into_iter().flatten();
        let kept = objects
            .chain([format!("refs/heads/task/2:{file}"), format!(":{file}")])
            .any(|it| {
                let output = std::process::Command::new("git")
                    .arg("-C")
                    .arg(repository.root())
                    .args(["cat-file", "blob", &it])
                    .output()
                    .unwrap();
                output.stdout == text.as_bytes()
            });
        kept || repository.read(file).as_deref() == Some(text)
    };
    for (file, text) in [
        ("committed.txt", COMMITTED),
        (WORKFLOW, STAGED),
        (WORKFLOW, CHANGED),
        ("untracked.txt", CHANGED),
        ("loud.too", "loud!\n"),
        ("safe.txt", "one\r\ntwo\n"),
        ("staged.txt", "staged\n"),
        ("staged.txt", "staged\nand changed again\n"),
        ("target/ignored", "ignored\n"),
        ("within/mine.txt", "mine\n"),
    ] {
        let is_odd = ![WORKFLOW, "committed.txt", "untracked.txt"].contains(&file);
        if is_odd && !repository.root().join(".git/info/attributes").exists() {
            continue;
        }
        assert!(held(file, text), "{file} with {text:?} is gone: {when}");
    }
    // The history stays whole, and git works on.
    repository.git(&["fsck", "--no-dangling", "--no-progress"]);
    repository.git(&["status"]);
}

/// The same with every oddity that there can be at once.
fn at_odd_work() -> Repository {
    let repository = at_work();
    for (name, prepare) in ODDITIES {
        // Two of them write the scribbled file, and a filter that fails does not let git add.
        if ![
            "a filter that fails",
            "lines that end",
            "a part that",
            "files that git",
        ]
        .iter()
        .any(|it| name.starts_with(it))
        {
            prepare(&repository);
        }
    }
    repository
}

#[test]
fn start_in_an_odd_repository() {
    assert!(killed_everywhere(&["start", "3a"], at_odd_work) >= 8);
}

#[test]
fn reset_in_an_odd_repository() {
    assert!(killed_everywhere(&["reset"], at_odd_work) >= 7);
}

#[test]
fn start() {
    assert!(killed_everywhere(&["start", "3a"], at_work) >= 5);
}

#[test]
fn reset() {
    assert!(killed_everywhere(&["reset"], at_work) >= 5);
}

#[test]
fn branches_build() {
    assert!(killed_everywhere(&["branches", "build"], at_work) >= 5);
}

#[test]
fn branches_reset() {
    let reset = ["branches", "reset", "--all", "--yes"];
    assert!(killed_everywhere(&reset, at_work) >= 8);
}

#[test]
fn branches_reset_on_a_remote() {
    let with_remote = || {
        let repository = at_work();
        drop(repository.cloned());
        repository.git(&["push", "--quiet", "origin", "task/2"]);
        repository
    };
    let reset = ["branches", "reset", "2", "--yes", "--remote", "origin"];
    assert!(killed_everywhere(&reset, with_remote) >= 6);
}
