//! Work comes back byte by byte, whatever somebody has told git of line ends, bits, links,
//! filters, hooks or files that are not to be seen.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::repository::Repository;

/// Enough of the project for branches to be built of.
pub const PARTS: [&str; 5] = [
    "Cargo.toml",
    "serverless.yml",
    "handler/workflow",
    "tasks",
    ".gitignore",
];

const WORKFLOW: &str = "handler/workflow/workflow.asl.yml";

/// What is odd in a repository.
type Oddity = (&'static str, fn(&Repository));

/// Each makes work of its kind in a repository that is on `task/1`.
pub const ODDITIES: [Oddity; 13] = [
    ("lines that end as on Windows", |it| {
        it.git(&["config", "core.autocrlf", "true"]);
        it.write("windows.txt", "one\r\ntwo\r\n");
        it.write("mixed.txt", "one\r\ntwo\nthree\r\n");
        it.write(WORKFLOW, "a: 1\r\nb: 2\n");
    }),
    ("git that refuses such lines", |it| {
        it.git(&["config", "core.autocrlf", "input"]);
        it.git(&["config", "core.safecrlf", "true"]);
        it.write("safe.txt", "one\r\ntwo\n");
    }),
    ("bits that git does not look at", |it| {
        it.git(&["config", "core.fileMode", "false"]);
        it.write("tool.sh", "#!/bin/sh\n");
        let both = ["tool.sh", "tasks/course.toml", "Cargo.toml"].map(|file| it.root().join(file));
        for file in both.iter().filter(|it| it.exists()) {
            std::fs::set_permissions(file, PermissionsExt::from_mode(0o755)).unwrap();
        }
    }),
    ("links that git does not make", |it| {
        it.git(&["config", "core.symlinks", "false"]);
        symlink("nowhere", it.root().join("link")).unwrap();
        std::fs::remove_file(it.root().join("tasks/score.toml")).unwrap();
        symlink("../Cargo.toml", it.root().join("tasks/score.toml")).unwrap();
    }),
    ("a filter on the way into a commit", |it| {
        it.git(&["config", "filter.quiet.clean", "tr -d '!'"]);
        it.git(&["config", "filter.quiet.smudge", "sed s/$/?/"]);
        write_bytes(it, ".git/info/attributes", b"loud* filter=quiet\n");
        it.write("loud.txt", "loud!\n");
        it.git(&["add", "loud.txt"]);
        it.write("loud.too", "loud!\n");
    }),
    ("a filter that fails", |it| {
        it.git(&["config", "filter.none.clean", "false"]);
        it.git(&["config", "filter.none.required", "true"]);
        write_bytes(it, ".git/info/attributes", b"large* filter=none\n");
        it.write("large.bin", "large\n");
    }),
    ("hooks that remove files", |it| {
        it.write("hooked.txt", "mine\n");
        for hook in [
            "post-checkout",
            "post-index-change",
            "reference-transaction",
        ] {
            let hook = it.root().join(".git/hooks").join(hook);
            std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
            std::fs::write(&hook, "#!/bin/sh\nrm -f hooked.txt\n").unwrap();
            std::fs::set_permissions(hook, PermissionsExt::from_mode(0o755)).unwrap();
        }
    }),
    ("a part that is not checked out", |it| {
        it.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/tasks/cvs/"]);
        it.write(WORKFLOW, "mine: 1\n");
    }),
    ("files that git does not look at", |it| {
        it.git(&["update-index", "--skip-worktree", WORKFLOW]);
        it.git(&["update-index", "--assume-unchanged", "serverless.yml"]);
        it.write(WORKFLOW, "mine: 1\n");
        it.write("serverless.yml", "mine: 1\n");
    }),
    ("an index of every kind", |it| {
        it.git(&["update-index", "--split-index"]);
        it.write("staged.txt", "staged\n");
        it.write("staged then gone.txt", "staged\n");
        it.git(&["add", "staged.txt", "staged then gone.txt"]);
        it.write("staged.txt", "staged\nand changed again\n");
        std::fs::remove_file(it.root().join("staged then gone.txt")).unwrap();
        it.git(&["rm", "--quiet", "--cached", "Cargo.toml"]);
        it.write("announced.txt", "announced\n");
        it.git(&["add", "--intent-to-add", "announced.txt"]);
    }),
    ("names of every kind", |it| {
        for name in [
            b"new\nline.txt".as_slice(),
            b"Zo\xc3\xab \"quoted\" \\.txt",
            b"latin-\xe9.txt",
            b" begins with a space",
            b".in-use",
        ] {
            std::fs::write(it.root().join(OsStr::from_bytes(name)), name).unwrap();
        }
    }),
    ("repositories within", |it| {
        let within = it.root().join("within");
        std::fs::create_dir(&within).unwrap();
        it.git(&["init", "--quiet", "within"]);
        std::fs::write(within.join("mine.txt"), "mine\n").unwrap();
    }),
    ("what git ignores", |it| {
        std::fs::create_dir_all(it.root().join("target")).unwrap();
        it.write("target/ignored", "ignored\n");
        it.write(".env", "STUDENT_NAME=zoe\n");
    }),
];

fn write_bytes(repository: &Repository, file: &str, bytes: &[u8]) {
    let path = repository.root().join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// All files with their bits, links with their targets, and all that the index says.
#[derive(Debug, PartialEq, Eq)]
struct State {
    files: BTreeMap<String, (u32, Vec<u8>)>,
    index: String,
    announced: String,
}

fn state(repository: &Repository) -> State {
    let mut files = BTreeMap::new();
    add(repository.root(), &mut files);
    State {
        files,
        index: repository.git(&["ls-files", "-v", "--stage"]),
        announced: repository.git(&["diff", "--cached", "--name-status"]),
    }
}

fn add(folder: &Path, files: &mut BTreeMap<String, (u32, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let facts = path.symlink_metadata().unwrap();
        if path.ends_with(".git") {
            continue;
        }
        let found = if facts.is_dir() {
            add(&path, files);
            continue;
        } else if facts.is_symlink() {
            (
                0,
                std::fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_vec(),
            )
        } else {
            (
                facts.permissions().mode() & 0o100,
                std::fs::read(&path).unwrap(),
            )
        };
        files.insert(format!("{path:?}"), found);
    }
}

#[test]
fn work_comes_back_as_it_was() {
    let template = Repository::of(&PARTS);
    template.said(&["branches", "build"]);
    template.said(&["start", "1"]);
    std::thread::scope(|scope| {
        for (name, prepare) in ODDITIES {
            let template = &template;
            scope.spawn(move || comes_back(name, &template.copied(), prepare));
        }
    });
}

fn comes_back(name: &str, repository: &Repository, prepare: fn(&Repository)) {
    prepare(repository);
    let before = state(repository);
    let on_disk_only = name == "what git ignores" || name == "repositories within";
    for command in [
        ["start", "2"].as_slice(),
        &["reset"],
        &["branches", "reset", "1", "--yes"],
    ] {
        repository.said(command);
        if command[0] == "start" {
            // Nothing of it is left where it does not belong.
            let branch = repository.git(&["branch", "--show-current"]);
            assert_eq!(branch, "task/2", "{name}");
            let tracked = repository.git(&["diff", "HEAD", "--name-only"]);
            assert_eq!(tracked, "", "{name}: {command:?}");
            repository.said(&["start", "1"]);
        }
        if on_disk_only {
            assert_eq!(state(repository), before, "{name}: {command:?}");
        } else if let Some(backup) = repository.backups().pop() {
            repository.said(&["branches", "restore", &backup]);
            assert_eq!(state(repository), before, "{name}: {command:?}");
        } else {
            assert_eq!(command, ["reset"], "{name} was not kept");
        }
    }
}

/// What somebody has told git of texts makes nobody's work of what nobody has touched.
#[test]
fn what_git_checked_out_is_no_work() {
    let repository = Repository::of(&PARTS);
    repository.git(&["config", "core.autocrlf", "true"]);
    repository.git(&["config", "core.symlinks", "false"]);
    repository.git(&["rm", "-r", "--quiet", "--cached", "."]);
    repository.git(&["reset", "--quiet", "--hard"]);
    let text = repository.read("Cargo.toml").unwrap();
    assert!(text.contains("\r\n"));
    repository.said(&["start", "1"]);
    assert!(repository.read(WORKFLOW).unwrap().contains("\r\n"));
    repository.said(&["start", "2"]);
    assert_eq!(
        repository.said(&["reset"]),
        "All files are as task 2 starts.\n"
    );
    assert_eq!(repository.backups(), Vec::<String>::new());
}

/// Each is told with the next step.
#[test]
fn what_cannot_be_done() {
    let branch = Repository::of(&PARTS);
    branch.git(&["branch", "task"]);
    for command in [["start", "1"].as_slice(), &["branches", "build"]] {
        assert_eq!(
            branch.refused(command),
            "error: there is a branch called task, and so git cannot make task/1. Rename it, then \
             run the command again: git branch -m task my-task\n"
        );
    }
    let conflict = Repository::of(&PARTS);
    conflict.said(&["start", "1"]);
    for text in ["mine: 1\n", "theirs: 1\n"] {
        conflict.write(WORKFLOW, text);
        conflict.git(&["stash", "--quiet"]);
    }
    conflict.git(&["stash", "pop", "--quiet"]);
    conflict.commit("Theirs");
    let root = conflict.root().to_str().unwrap();
    let popped = std::process::Command::new("git")
        .args(["-C", root, "stash", "pop", "--quiet"])
        .output();
    assert!(!popped.unwrap().status.success());
    assert_eq!(
        conflict.refused(&["start", "2"]),
        format!(
            "error: {WORKFLOW} has a conflict that is not solved. Mend it and say so by git add \
             {WORKFLOW}, then run the command again.\n"
        )
    );
    let folder = Repository::of(&PARTS);
    std::fs::remove_dir_all(folder.root().join(".git")).unwrap();
    let refused = folder.refused(&["show", "1"]);
    assert!(
        refused.ends_with(
            " is no git repository, which this command works on. Clone the workshop's repository \
             and run the command there.\n"
        ),
        "{refused}"
    );
}
