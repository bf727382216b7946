//! Runs git, which does all of the work on branches.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::Error;
use crate::workspace::temporary::{self, Folder};

/// A repository.
#[derive(Debug, Clone)]
pub struct Git {
    root: PathBuf,
    environment: Vec<(&'static str, OsString)>,
}

/// What no ref points to.
pub const NOTHING: &str = "0000000000000000000000000000000000000000";

impl Git {
    /// The repository whose top folder is `root`.
    ///
    /// # Errors
    ///
    /// Where `root` is the top of none, or there is no git.
    pub fn at(root: &Path) -> Result<Self, Error> {
        let git = Self {
            root: root.to_owned(),
            environment: Vec::new(),
        };
        let prefix = git
            .line(["rev-parse", "--show-prefix"])
            .map_err(|error| no_repository(root, &error))?;
        if !prefix.is_empty() {
            return Err(Error::Input(format!(
                "{} is a folder of another git repository. Clone the workshop's repository and \
                 run the command there.",
                root.display()
            )));
        }
        Ok(git)
    }

    /// Its top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The same with a variable in git's environment.
    pub fn with(&self, name: &'static str, value: impl Into<OsString>) -> Self {
        let mut git = self.clone();
        git.environment.push((name, value.into()));
        git
    }

    /// What git prints.
    ///
    /// # Errors
    ///
    /// Where git fails, in its words.
    pub fn bytes<'a>(&self, arguments: impl AsRef<[&'a str]>) -> Result<Vec<u8>, Error> {
        self.run(arguments.as_ref(), None)
    }

    /// What git prints, as text.
    ///
    /// # Errors
    ///
    /// As [`Git::bytes`].
    pub fn text<'a>(&self, arguments: impl AsRef<[&'a str]>) -> Result<String, Error> {
        let bytes = self.run(arguments.as_ref(), None)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The one line that git prints, without its end.
    ///
    /// # Errors
    ///
    /// As [`Git::bytes`].
    pub fn line<const N: usize>(&self, arguments: [&str; N]) -> Result<String, Error> {
        Ok(self
            .text(arguments)?
            .trim_end_matches(['\r', '\n'])
            .to_owned())
    }

    /// As [`Git::line`], with something to read.
    ///
    /// # Errors
    ///
    /// As [`Git::bytes`].
    pub fn line_of(&self, arguments: &[&str], input: &[u8]) -> Result<String, Error> {
        let bytes = self.run(arguments, Some(input))?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Reads objects, one after the other: `each` gets the place of an object in the list and
    /// what it holds.
    ///
    /// # Errors
    ///
    /// Where an object is missing, git fails, or `each` does.
    pub fn blobs(
        &self,
        objects: &[&str],
        mut each: impl FnMut(usize, &mut dyn Read) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut command = self.command(&["cat-file", "--batch"]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().map_err(|error| no_git(&error))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let names: String = objects.iter().map(|it| format!("{it}\n")).collect();
        let read = std::thread::scope(|scope| {
            // Whoever writes all before reading waits for a reader for ever.
            scope.spawn(move || stdin.map(|mut it| it.write_all(names.as_bytes())));
            let mut output = BufReader::new(stdout.ok_or(io::ErrorKind::BrokenPipe)?);
            for at in 0..objects.len() {
                let mut facts = String::new();
                output.read_line(&mut facts)?;
                // <object> SP <type> SP <size>
                let size = facts.trim_end().split(' ').nth(2);
                let size = size.and_then(|it| it.parse::<u64>().ok());
                let size = size.ok_or_else(|| io::Error::other(facts.trim_end().to_owned()))?;
                let mut blob = output.by_ref().take(size);
                each(at, &mut blob)?;
                io::copy(&mut blob, &mut io::sink())?;
                output.read_exact(&mut [0])?;
            }
            Ok(())
        });
        // Where reading has failed, git may wait for somebody who reads on.
        let _ = child.kill();
        let _ = child.wait();
        read.map_err(|error: io::Error| {
            Error::Unclear(format!("cannot read what was kept: {error}"))
        })
    }

    /// The commit that a name stands for, if it stands for one.
    pub fn commit(&self, name: &str) -> Option<String> {
        let commit = format!("{name}^{{commit}}");
        self.line([
            "rev-parse",
            "--quiet",
            "--verify",
            "--end-of-options",
            &commit,
        ])
        .ok()
    }

    /// The tree of a commit.
    ///
    /// # Errors
    ///
    /// Where there is no such commit.
    pub fn tree(&self, commit: &str) -> Result<String, Error> {
        self.line(["rev-parse", "--verify", &format!("{commit}^{{tree}}")])
    }

    /// The commit that is checked out.
    ///
    /// # Errors
    ///
    /// Where there is none yet.
    pub fn head(&self) -> Result<String, Error> {
        self.commit("HEAD").ok_or_else(|| {
            Error::Input("this repository has no commit yet: clone the workshop's.".to_owned())
        })
    }

    /// The branch that is checked out, such as `task/1`, if one is.
    pub fn branch(&self) -> Option<String> {
        // In full: the short name is another one where a tag has it, too.
        let head = self.line(["symbolic-ref", "--quiet", "HEAD"]).ok()?;
        head.strip_prefix("refs/heads/").map(str::to_owned)
    }

    /// Moves a ref from a commit to another one, and only from that.
    ///
    /// # Errors
    ///
    /// Where it is somewhere else by now.
    pub fn move_ref(&self, name: &str, to: &str, from: &str, why: &str) -> Result<(), Error> {
        self.line(["update-ref", "-m", why, name, to, from])
            .map(drop)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.root)
            .args(["-c", "core.quotePath=false"])
            // What has been kept must be what is replaced: nobody's scripts come in between.
            .args([
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "core.fsmonitor=false",
            ])
            .args(arguments)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .stdin(Stdio::null());
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    fn run(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = match input {
            None => command.output(),
            Some(input) => with_input(command.stdin(Stdio::piped()), input),
        };
        let output = output.map_err(|error| no_git(&error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        let verb = arguments.first().copied().unwrap_or_default();
        Err(Error::Unclear(format!(
            "git {verb} failed: {}",
            errors.trim().trim_start_matches("fatal: ")
        )))
    }
}

fn with_input(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let (written, output) = std::thread::scope(|scope| {
        let writing = scope.spawn(move || stdin.map(|mut it| it.write_all(input)));
        let output = child.wait_with_output();
        (writing.join(), output)
    });
    let output = output?;
    // Why git stopped reading is in its own words.
    if output.status.success()
        && let Ok(Some(written)) = written
    {
        written?;
    }
    Ok(output)
}

/// Why git finds no repository, and what to do.
fn no_repository(root: &Path, error: &Error) -> Error {
    let place = root.display();
    let said = error.to_string();
    Error::Input(if said.contains("dubious ownership") {
        format!(
            "{place} belongs to another user of this machine, so git does not work in it. If you \
             trust what is in it, say so, then run the command again:\n  git config --global --add \
             safe.directory '{place}'"
        )
    } else if said.contains("not a git repository") {
        format!(
            "{place} is no git repository, which this command works on. Clone the workshop's \
             repository and run the command there."
        )
    } else {
        return match error {
            Error::Unclear(said) => Error::Unclear(said.clone()),
            _ => Error::Input(said),
        };
    })
}

fn no_git(error: &io::Error) -> Error {
    Error::Unclear(format!(
        "cannot run git: {error}. Install it from https://git-scm.com."
    ))
}

/// Paths that git prints with a zero byte after each.
pub fn paths(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let parts = bytes.split(|byte| *byte == 0);
    parts.filter_map(|part| std::str::from_utf8(part).ok().filter(|it| !it.is_empty()))
}

/// A file that git may use as its index instead of the real one.
///
/// # Errors
///
/// Where there is no room for it.
pub fn scratch_index() -> Result<(Folder, PathBuf), Error> {
    let folder = temporary::folder("index");
    let folder = folder
        .map_err(|error| Error::Unclear(format!("cannot make a temporary folder: {error}")))?;
    let file = folder.path().join(OsStr::new("index"));
    Ok((folder, file))
}

/// As [`scratch_index`], as a copy of the real one.
///
/// # Errors
///
/// Where there is no room for it, or the real one cannot be read.
pub fn copied_index(git: &Git) -> Result<(Folder, PathBuf), Error> {
    let (folder, file) = scratch_index()?;
    let real = git.line(["rev-parse", "--git-path", "index"])?;
    match std::fs::copy(git.root().join(&real), &file) {
        // Nothing has ever been staged.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::Unclear(format!("cannot copy {real}: {error}"))),
        Ok(_) => {}
    }
    Ok((folder, file))
}
