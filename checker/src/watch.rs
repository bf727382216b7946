//! `checker watch`: verifies again whenever a file is saved.
//!
//! Files are looked at ten times a second. There are a few dozen, so that costs nothing that
//! can be felt, and it works alike on every system and in shared folders, where notices of
//! the system's do not arrive.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::branches::rendered::ANNOTATED;
use crate::cli::Verify;
use crate::error::Error;
use crate::interrupts::Interrupts;
use crate::print::print;
use crate::report;
use crate::verify::verify;

/// How often the files are looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// Verifies now and after each change, until it is interrupted. Each round has a sandbox of
/// its own: nothing of an earlier one is left to mislead.
///
/// # Errors
///
/// Where the arguments cannot be used, or standard output is gone.
pub async fn watch(
    root: &Path,
    arguments: &Verify,
    interrupts: &mut Interrupts,
) -> Result<(), Error> {
    crate::project::check_user(&arguments.user)?;
    loop {
        // What is saved from now on is verified in the next round.
        let seen = files(root);
        redraw()?;
        match verify(root, arguments, interrupts).await {
            Ok((run, cleaned)) => {
                print(&report::text(&run))?;
                cleaned?;
            }
            Err(Error::Interrupted) => return Ok(()),
            // A file that is half written, a handler that does not compile: mended in a moment.
            Err(error) => print(&format!("error: {error}\n"))?,
        }
        print("\nWatching handler/, serverless.yml and tasks/. Ctrl-C ends it.\n")?;
        while files(root) == seen {
            tokio::select! {
                () = interrupts.next() => return Ok(()),
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

/// Name, time of change and size of each file that counts.
fn files(root: &Path) -> Vec<(PathBuf, Option<SystemTime>, u64)> {
    let mut found = Vec::new();
    for part in ANNOTATED.into_iter().chain(["tasks"]) {
        add(&root.join(part), &mut found);
    }
    found.sort();
    found
}

fn add(path: &Path, found: &mut Vec<(PathBuf, Option<SystemTime>, u64)>) {
    // What is gone by now is no file any more.
    let Ok(facts) = path.symlink_metadata() else {
        return;
    };
    if facts.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| add(&entry.path(), found));
    } else {
        found.push((path.to_owned(), facts.modified().ok(), facts.len()));
    }
}
