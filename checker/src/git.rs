//! Runs git, which does all of the work on branches.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::Error;

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
        let prefix = git.line(["rev-parse", "--show-prefix"]).map_err(|error| {
            Error::Input(format!(
                "{} is no git repository, which this command works on: {error}",
                root.display()
            ))
        })?;
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
    pub fn bytes<const N: usize>(&self, arguments: [&str; N]) -> Result<Vec<u8>, Error> {
        self.run(&arguments, None)
    }

    /// What git prints, as text.
    ///
    /// # Errors
    ///
    /// As [`Git::bytes`].
    pub fn text<const N: usize>(&self, arguments: [&str; N]) -> Result<String, Error> {
        let bytes = self.run(&arguments, None)?;
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
            // What a participant's settings say of texts must not change what is read.
            .args(["-c", "core.quotePath=false", "-c", "core.autocrlf=false"])
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

fn with_input(command: &mut Command, input: &[u8]) -> std::io::Result<Output> {
    let mut child = command.spawn()?;
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(input));
    let output = child.wait_with_output()?;
    // Why git stopped reading is in its own words.
    if output.status.success() {
        written.transpose()?;
    }
    Ok(output)
}

fn no_git(error: &std::io::Error) -> Error {
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
pub fn scratch_index() -> Result<(tempfile::TempDir, PathBuf), Error> {
    let folder = tempfile::Builder::new().prefix("scan-cv-index-").tempdir();
    let folder = folder
        .map_err(|error| Error::Unclear(format!("cannot make a temporary folder: {error}")))?;
    let file = folder.path().join(OsStr::new("index"));
    Ok((folder, file))
}
