//! `checker watch`: verifies again whenever a file is saved.
//!
//! Files are looked at ten times a second. There are a few dozen, so that costs nothing that
//! can be felt, and it works alike on every system and in shared folders, where notices of
//! the system's do not arrive.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::cli::Watch;
use super::print::print;
use super::progress_line;
use super::verify::remember;
use crate::course::file::CourseFile;
use crate::error::Error;
use crate::report::{self, plain};
use crate::session::run::Verified;
use crate::session::stop::Stop;
use crate::session::{Options, Session, Wanted};
use crate::workspace::git::Git;

/// Where manifests and pages are.
const TASKS: &str = "tasks";

/// How often the files are looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// Verifies now and after each change, until it is interrupted. Each round has a sandbox of
/// its own: nothing of an earlier one is left to mislead.
///
/// # Errors
///
/// Where the arguments cannot be used, or standard output is gone.
pub async fn watch(root: &Path, arguments: &Watch, stop: &mut Stop) -> Result<(), Error> {
    crate::workspace::project::check_user(&arguments.user)?;
    let course = CourseFile::read(root)?;
    let shown = course.edited_in_words(root, Some(TASKS));
    let parts: Vec<String> = course
        .edited
        .into_iter()
        .chain([TASKS.to_owned()])
        .collect();
    let options = Options::on_sandbox(progress_line::terminal());
    let wanted = match arguments.task.as_slice() {
        [] => Wanted::Branch,
        ids => Wanted::Tasks(ids.to_vec()),
    };
    let listener = progress_line::listener();
    loop {
        // What is saved from now on is verified in the next round.
        let mut seen = files(root, &parts);
        redraw()?;
        let session = Session::new(root.to_owned(), options.clone(), listener.clone());
        let verified = session.verify(&arguments.user, &wanted, stop).await;
        session.end().await;
        match verified {
            Ok(Verified { run, cleaned }) => {
                let remembered = remember(root, &run);
                print(&report::text(&run))?;
                cleaned.and(remembered)?;
            }
            Err(_) if stop.came() => return Ok(()),
            // A file that is half written, a handler that does not compile: mended in a moment.
            Err(error) => print(&format!("error: {}\n", plain::lines(&error.to_string())))?,
        }
        if stop.came() {
            return Ok(());
        }
        print(&format!("\nWatching {shown}. Ctrl-C ends it.\n"))?;
        while !has_changed(root, &parts, &mut seen) {
            tokio::select! {
                () = stop.next() => return Ok(()),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}

/// Begins a new screen, where there is one.
fn redraw() -> Result<(), Error> {
    let mut output = std::io::stdout();
    if output.is_terminal() {
        let cleared = output
            .write_all(b"\x1b[2J\x1b[3J\x1b[H")
            .and_then(|()| output.flush());
        cleared.map_err(|error| Error::Unclear(format!("the screen is gone: {error}")))?;
    }
    Ok(())
}

/// Name, time of change and size of each file.
type Files = BTreeSet<(PathBuf, Option<SystemTime>, u64)>;

/// Whether a file that counts is another one than was seen. What git ignores does not count.
fn has_changed(root: &Path, parts: &[String], seen: &mut Files) -> bool {
    let now = files(root, parts);
    if now == *seen {
        return false;
    }
    let changed = now.symmetric_difference(seen);
    let paths: BTreeSet<&Path> = changed.map(|(path, ..)| path.as_path()).collect();
    let counts = !are_ignored(root, &paths);
    if !counts {
        *seen = now;
    }
    counts
}

/// True where git ignores all of the paths; without git, nothing is ignored.
fn are_ignored(root: &Path, paths: &BTreeSet<&Path>) -> bool {
    let mut names = Vec::new();
    for path in paths {
        names.extend(
            path.strip_prefix(root)
                .unwrap_or(path)
                .as_os_str()
                .as_encoded_bytes(),
        );
        names.push(0);
    }
    let ignored =
        Git::at(root).and_then(|git| git.line_of(&["check-ignore", "-z", "--stdin"], &names));
    ignored.is_ok_and(|it| it.split('\0').filter(|it| !it.is_empty()).count() == paths.len())
}

/// True for what editors and desktops leave beside a file: locks, backups, swap files.
fn is_left_by_editor(name: &str) -> bool {
    let is_swap = |end: &str| name.starts_with('.') && name.ends_with(end);
    name.starts_with(".#")
        || name.starts_with('#') && name.ends_with('#')
        || name.ends_with('~')
        || [".swp", ".swo", ".swx"].into_iter().any(is_swap)
        || ["4913", ".DS_Store"].contains(&name)
}

/// All files but what editors leave.
fn files(root: &Path, parts: &[String]) -> Files {
    let mut found = Files::new();
    for part in parts {
        add(&root.join(part), &mut found);
    }
    found
}

fn add(path: &Path, found: &mut Files) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if is_left_by_editor(&name) {
        return;
    }
    // What is gone by now is no file any more.
    let Ok(facts) = path.symlink_metadata() else {
        return;
    };
    if facts.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| add(&entry.path(), found));
    } else {
        found.insert((path.to_owned(), facts.modified().ok(), facts.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave() {
        for name in [
            ".#mod.rs",
            "#mod.rs#",
            ".mod.rs.swp",
            "mod.rs~",
            "4913",
            ".DS_Store",
        ] {
            assert!(is_left_by_editor(name), "{name}");
        }
        for name in ["mod.rs", ".env", "a#", "swp", "task.toml"] {
            assert!(!is_left_by_editor(name), "{name}");
        }
    }

    #[test]
    fn what_counts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let source = root.join("handler/src");
        std::fs::create_dir_all(&source).unwrap();
        let git = std::process::Command::new("git")
            .current_dir(root)
            .args(["init", "-q"])
            .status();
        assert!(git.unwrap().success());
        std::fs::write(root.join(".gitignore"), "*.orig\n").unwrap();
        let parts = ["handler".to_owned()];
        let mut seen = files(root, &parts);
        for (name, expected) in [("mod.rs~", false), ("mod.rs.orig", false), ("mod.rs", true)] {
            std::fs::write(source.join(name), name).unwrap();
            assert_eq!(has_changed(root, &parts, &mut seen), expected, "{name}");
        }
    }
}
