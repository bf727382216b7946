//! No command loses work: `start`, `reset`, `branches reset` and `branches restore`.

use crate::repository::Repository;

const SCAN_FILE: &str = "handler/src/scan_file/mod.rs";

/// Work of every kind: staged and changed again, deleted, untracked, in a new folder; and a
/// file that git ignores.
fn scribble(repository: &Repository) {
    let old = repository.read(SCAN_FILE).unwrap();
    repository.write(SCAN_FILE, &format!("{old}// staged\n"));
    repository.git(&["add", SCAN_FILE]);
    repository.write(SCAN_FILE, &format!("{old}// staged\n// not staged\n"));
    std::fs::remove_file(repository.root().join("handler/src/aws.rs")).unwrap();
    repository.write("handler/mine.rs", "// new\n");
    repository.write("Zo\u{eb}'s notes.txt", "mine\n");
    // A folder where a file was, and a file where a folder was.
    let folder = repository.root().join("tasks/score.toml");
    std::fs::remove_file(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    repository.write("tasks/score.toml/mine.txt", "mine\n");
    let file = repository.root().join("tasks/5-native-integrations");
    std::fs::remove_dir_all(&file).unwrap();
    std::fs::write(file, "mine\n").unwrap();
    std::fs::create_dir_all(repository.root().join("target")).unwrap();
    repository.write("target/ignored", "ignored\n");
}

/// All that can be lost: what git says of index and working tree, and the files.
fn state(repository: &Repository) -> (String, String, Option<String>) {
    (
        repository.git(&["status", "--porcelain", "--untracked-files=all"]),
        repository.git(&["diff"]) + &repository.git(&["diff", "--cached"]),
        repository.read("Zo\u{eb}'s notes.txt"),
    )
}

#[test]
fn start_keeps_work_and_restore_brings_it_back() {
    let repository = Repository::new();
    let said = repository.said(&["start", "1"]);
    assert_eq!(
        said,
        "Made the branch task/1.\nOn task/1 now: Start the workflow. Read on: cargo checker show \
         1\n"
    );
    scribble(&repository);
    let before = state(&repository);
    let said = repository.said(&["start", "2"]);
    let backup = repository.backups().pop().unwrap();
    assert_eq!(
        said,
        format!(
            "Made the branch task/2.\nKept your uncommitted work on task/1. To go on with it \
             there:\n  cargo checker branches restore {backup}\nOn task/2 now: Add missing \
             workflow parts. Read on: cargo checker show 2\n"
        )
    );
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert_eq!(repository.git(&["branch", "--show-current"]), "task/2");
    assert_eq!(repository.read("target/ignored").unwrap(), "ignored\n");
    // The work belongs to the other branch.
    let refused = repository.refused(&["branches", "restore", &backup]);
    assert!(
        refused.ends_with("Check out its branch first: cargo checker start 1\n"),
        "{refused}"
    );
    let said = repository.said(&["start", "1"]);
    assert!(
        said.contains(&format!("cargo checker branches restore {backup}")),
        "{said}"
    );
    assert_eq!(
        repository.said(&["branches", "restore", &backup]),
        format!("task/1 is back as in {backup}.\n")
    );
    assert_eq!(state(&repository), before);
    let said = repository.said(&["start", "1"]);
    assert!(said.starts_with("You are on task/1 already."), "{said}");
    assert_eq!(state(&repository), before);
}

/// What an instructor has pushed is where a branch begins.
#[test]
fn start_takes_the_branch_of_origin() {
    let repository = Repository::new();
    let clone = repository.cloned();
    repository.built();
    repository.git(&["switch", "--quiet", "task/3a"]);
    repository.write("note-of-the-day.txt", "Lunch is at noon.\n");
    repository.commit("A note");
    repository.git(&["push", "--quiet", "origin", "task/3a"]);
    clone.git(&["fetch", "--quiet"]);
    clone.said(&["start", "3a"]);
    assert_eq!(
        clone.read("note-of-the-day.txt").unwrap(),
        "Lunch is at noon.\n"
    );
    // It has no branch task/4 yet, but the commit of main is known.
    clone.said(&["start", "4"]);
    assert_eq!(clone.read("note-of-the-day.txt"), None);
    let expected = "error: there is no task \"9\". The tasks are: 1, 2, 3a, 3b, 4, 5.\n";
    assert_eq!(clone.refused(&["start", "9"]), expected);
}

#[test]
fn start_refuses_what_it_would_write_over() {
    let repository = Repository::new();
    repository.built();
    repository.git(&["worktree", "add", "--quiet", "../other", "task/2"]);
    let refused = repository.refused(&["start", "2"]);
    assert!(
        refused.contains("the branch task/2 is checked out at"),
        "{refused}"
    );
    // A new file of task/3a is one that is ignored here.
    repository.git(&["switch", "--quiet", "task/1"]);
    std::fs::write(repository.root().join(".git/info/exclude"), "copy_file/\n").unwrap();
    std::fs::create_dir(repository.root().join("handler/src/copy_file")).unwrap();
    repository.write("handler/src/copy_file/mod.rs", "mine\n");
    let refused = repository.refused(&["start", "3a"]);
    assert!(
        refused.starts_with("error: handler/src/copy_file/mod.rs is ignored by git"),
        "{refused}"
    );
    assert_eq!(
        repository.read("handler/src/copy_file/mod.rs").unwrap(),
        "mine\n"
    );
    assert_eq!(repository.git(&["branch", "--show-current"]), "task/1");
}

/// What git has begun is ended first; and a tag of a branch's name confuses nobody.
#[test]
fn start_waits_for_the_end_of_a_merge() {
    let repository = Repository::new();
    repository.said(&["start", "1"]);
    repository.git(&["tag", "task/1", "main"]);
    assert!(
        repository
            .said(&["start", "1"])
            .starts_with("You are on task/1 already.")
    );
    repository.git(&["switch", "--quiet", "--create", "other", "main"]);
    repository.write("both.txt", "theirs\n");
    repository.commit("Theirs");
    repository.git(&["switch", "--quiet", "task/1"]);
    repository.write("mine.txt", "mine\n");
    repository.commit("Mine");
    repository.git(&["merge", "--quiet", "--no-commit", "--no-ff", "other"]);
    let refused = repository.refused(&["start", "2"]);
    assert!(
        refused.starts_with("error: a merge is under way."),
        "{refused}"
    );
    repository.git(&["merge", "--abort"]);
    repository.said(&["start", "2"]);
    assert_eq!(repository.git(&["branch", "--show-current"]), "task/2");
}

#[test]
fn reset_brings_back_the_start_and_nothing_else() {
    let repository = Repository::new();
    let refused = repository.refused(&["reset"]);
    assert!(
        refused.starts_with("error: this is no task's branch."),
        "{refused}"
    );
    repository.said(&["start", "2"]);
    assert_eq!(
        repository.said(&["reset"]),
        "All files are as task 2 starts.\n"
    );
    scribble(&repository);
    let before = state(&repository);
    let said = repository.said(&["reset"]);
    assert!(
        said.starts_with("handler/ and serverless.yml are as task 2 starts."),
        "{said}"
    );
    assert_eq!(
        repository.git(&["status", "--porcelain", "--", "handler"]),
        ""
    );
    assert_eq!(repository.read("Zo\u{eb}'s notes.txt").unwrap(), "mine\n");
    let backup = repository.backups().pop().unwrap();
    repository.said(&["branches", "restore", &backup]);
    assert_eq!(state(&repository), before);
    // Work that is committed comes back to the start, too, as a change to look at.
    repository.commit("Mine");
    repository.said(&["reset"]);
    let changed = repository.git(&["status", "--porcelain"]);
    assert_eq!(
        changed,
        "D handler/mine.rs\n M handler/src/scan_file/mod.rs\n?? handler/src/aws.rs"
    );
}

#[test]
fn solution_is_a_patch() {
    let repository = Repository::new();
    let refused = repository.refused(&["solution", "2", "--give-up"]);
    assert!(
        refused.ends_with("on a task's branch: cargo checker start 2\n"),
        "{refused}"
    );
    repository.said(&["start", "2"]);
    let refused = repository.refused(&["solution"]);
    assert!(refused.starts_with("error: task 2 has not passed yet. A hint: cargo checker hint 2."));
    // Whatever somebody has set for their own eyes.
    repository.git(&["config", "diff.noprefix", "true"]);
    repository.git(&["config", "diff.external", "false"]);
    let patch = repository.said(&["solution", "--give-up"]);
    repository.write("../patch", &patch);
    repository.git(&["config", "--unset", "diff.noprefix"]);
    repository.git(&["apply", "../patch"]);
    assert_eq!(repository.said(&["solution", "--give-up"]), "");
}

/// Here and on a remote: what was there is kept, and comes back.
#[test]
fn branches_are_reset_and_restored() {
    let repository = Repository::new();
    let clone = repository.cloned();
    repository.built();
    repository.git(&["push", "--quiet", "origin", "task/1", "task/2"]);
    repository.git(&["switch", "--quiet", "task/1"]);
    repository.write("mine.txt", "mine\n");
    repository.commit("Mine");
    repository.git(&["push", "--quiet", "origin", "task/1"]);
    let theirs = repository.git(&["rev-parse", "task/1"]);
    scribble(&repository);
    let before = state(&repository);
    repository.git(&["branch", "--quiet", "-D", "task/5"]);
    let status = "Beside a build from ";
    let said = repository.said(&["branches", "status"]);
    assert!(said.starts_with(status), "{said}");
    let rows = said.split_once("\n\n").unwrap().1;
    assert_eq!(
        rows,
        "  branch   here     origin
  task/1   ahead 1  ahead 1
  task/2   in sync  in sync
  task/3a  in sync  missing
  task/3b  in sync  missing
  task/4   in sync  missing
  task/5   missing  missing
"
    );
    let refused = repository.refused(&["branches", "reset", "--all"]);
    assert!(
        refused.starts_with("error: nobody can be asked here. Add --yes"),
        "{refused}"
    );
    let said = repository.said(&["branches", "reset", "1", "--dry-run"]);
    assert!(
        said.ends_with("  task/1  ahead 1, with uncommitted work\n\n"),
        "{said}"
    );
    assert_eq!(state(&repository), before);
    assert!(repository.backups().is_empty());

    let all = ["branches", "reset", "--all", "--remote", "origin", "--yes"];
    repository.said(&all);
    let said = repository.said(&["branches", "status"]);
    assert_eq!(said.matches("in sync").count(), 12, "{said}");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert_eq!(repository.read("target/ignored").unwrap(), "ignored\n");
    // Who fetches gets what was reset.
    clone.git(&["fetch", "--quiet"]);
    let built = repository.git(&["rev-parse", "task/1"]);
    assert_eq!(clone.git(&["rev-parse", "origin/task/1"]), built);
    let said = repository.said(&all);
    assert!(said.ends_with("Nothing has to be done.\n"), "{said}");

    let backups = repository.backups();
    assert_eq!(backups.len(), 2, "{backups:?}");
    let listed = repository.said(&["branches", "restore"]);
    assert!(listed.contains("uncommitted work on"), "{listed}");
    let of_work = backups.iter().find(|it| {
        listed
            .lines()
            .any(|line| line.contains(*it) && line.contains("uncommitted"))
    });
    repository.said(&["branches", "restore", of_work.unwrap()]);
    assert_eq!(repository.git(&["rev-parse", "task/1"]), theirs);
    assert_eq!(state(&repository), before);
    // On another branch, the tip alone comes back.
    repository.said(&["start", "2"]);
    repository.git(&["branch", "--quiet", "--force", "task/1", "main"]);
    let of_tip = backups.iter().find(|it| Some(*it) != of_work).unwrap();
    repository.said(&["branches", "restore", of_tip]);
    assert_eq!(repository.git(&["rev-parse", "task/1"]), theirs);
    let refused = repository.refused(&["branches", "restore", "task/1/never"]);
    assert!(
        refused.contains("there is no backup \"task/1/never\""),
        "{refused}"
    );
}

#[test]
fn branches_reset_refuses_other_worktrees_and_unknown_names() {
    let repository = Repository::new();
    repository.built();
    let tips = repository.tips();
    repository.git(&["worktree", "add", "--quiet", "../other", "task/2"]);
    repository.write("new.txt", "new\n");
    repository.commit("Something new");
    let refused = repository.refused(&["branches", "reset", "--all", "--yes"]);
    assert!(
        refused.contains("the branch task/2 is checked out at"),
        "{refused}"
    );
    let refused = repository.refused(&["branches", "reset", "1", "7", "--yes"]);
    assert!(refused.contains("there is no task \"7\""), "{refused}");
    let unknown = ["branches", "reset", "1", "--yes", "--remote", "nowhere"];
    let refused = repository.refused(&unknown);
    assert!(
        refused.contains("there is no remote \"nowhere\""),
        "{refused}"
    );
    assert_eq!(repository.tips(), tips);
    let said = repository.said(&["branches", "status"]);
    assert!(said.contains("  task/1   behind 1\n"), "{said}");
}
