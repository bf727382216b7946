//! What the machine has to give before anything is judged on it: too little would be told as a
//! participant's mistake.

use crate::error::Error;

/// Files and connections that a run has open at once.
#[cfg(unix)]
const OPEN_FILES: u64 = 256;

/// How many files are asked for, where the machine lets a process have them.
#[cfg(unix)]
const MANY_FILES: u64 = 4096;

/// Threads and processes that a run has at once, with those of its functions.
const THREADS: usize = 128;

/// Memory, in bytes of addresses.
#[cfg(unix)]
const ADDRESSES: u64 = 1024 * 1024 * 1024;

/// Raises what may be raised, and looks whether it is enough.
///
/// # Errors
///
/// Names the limit, and how to raise it.
pub fn check() -> Result<(), Error> {
    #[cfg(unix)]
    limits()?;
    threads()
}

#[cfg(unix)]
fn limits() -> Result<(), Error> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut files = getrlimit(Resource::Nofile);
    let wanted = files.maximum.unwrap_or(MANY_FILES).min(MANY_FILES);
    if files.current.is_some_and(|it| it < wanted) {
        files.current = Some(wanted);
        // Where that is refused, the look tells.
        let _ = setrlimit(Resource::Nofile, files);
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(MANY_FILES);
    if files < OPEN_FILES {
        return Err(Error::Unclear(format!(
            "a process may open {files} files here, and the checker needs {OPEN_FILES}. Raise the \
             limit (ulimit -n 1024), then run the command again."
        )));
    }
    if let Some(bytes) = getrlimit(Resource::As).current.filter(|it| *it < ADDRESSES) {
        return Err(Error::Unclear(format!(
            "a process may have {} MiB of memory here, and the checker needs {}. Raise the limit \
             (ulimit -v unlimited), then run the command again.",
            bytes >> 20,
            ADDRESSES >> 20
        )));
    }
    Ok(())
}

/// Whether there is room for as many threads, by having them for a moment: the limit counts all
/// that the user runs, so it says nothing alone.
fn threads() -> Result<(), Error> {
    let mut held = Vec::new();
    // Each waits until its sender is dropped.
    let mut senders = Vec::new();
    let mut refused = None;
    for _ in 0..THREADS {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::Builder::new().stack_size(64 * 1024);
        match thread.spawn(move || receiver.recv()) {
            Ok(thread) => held.push(thread),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
        senders.push(sender);
    }
    let had = held.len();
    drop(senders);
    for thread in held {
        // It waits for nothing any more, and has nothing to tell.
        let _ = thread.join();
    }
    match refused {
        None => Ok(()),
        Some(error) => Err(Error::Unclear(format!(
            "this machine gave {had} threads, and the checker needs {THREADS}: {error}. End other \
             programs or raise the limit (ulimit -u), then run the command again."
        ))),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_machine_of_the_tests_is_enough() {
        super::check().unwrap();
    }
}
