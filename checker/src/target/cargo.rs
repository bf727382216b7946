//! Runs cargo, and reads what it built.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};

use crate::error::Error;

/// What cargo says that it built.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// Where the handler's executable is.
    pub executable: Option<PathBuf>,
    /// The build id that its build script found.
    pub id: Option<String>,
}

/// The cargo that runs the checker, or the one that is found.
pub fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// True for what `cargo run` tells the program that it runs of its package. Build scripts look
/// at some of it (ring's does), and run again where it is another one than the last time: each
/// `cargo checker verify` would compile the TLS library twice.
pub fn is_of_cargo_run(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
    ]
    .iter()
    .any(|it| name.starts_with(it))
        || ["CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&&*name)
}

/// Where cargo puts what it builds.
pub fn target_folder(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root.join(folder),
        None => root.join("target"),
    }
}

/// Where a text is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// On a terminal.
    pub is_one: bool,
    /// That shows colours.
    pub has_colours: bool,
}

/// Where cargo's own messages go.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    /// What they are shown on.
    pub terminal: Terminal,
    /// Takes them as they come.
    pub show: &'a (dyn Fn(&[u8]) + Sync),
}

/// Builds the handler, with cargo's own messages on a screen. Where a build id is expected, the build script runs again unless it was last run for that id.
///
/// # Errors
///
/// Where the handler does not compile, or cargo cannot be run.
pub async fn build(
    root: &Path,
    binary: &str,
    target: &Path,
    id: Option<&str>,
    screen: Screen<'_>,
) -> Result<Built, Error> {
    let mut command = Command::new(program());
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_cargo_run(name)) {
        command.env_remove(name);
    }
    // The checker is built for the whole workspace: the same set of features
    // here means that nothing is compiled twice.
    command
        .args([
            "build",
            "--bin",
            binary,
            "--message-format=json-render-diagnostics",
        ])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(id) = id {
        command.env("EXPECTED_BUILD_ID", id);
    }
    if !screen.terminal.is_one {
        command.arg("--quiet");
    } else {
        // It writes to a pipe, and what comes out of that is shown on a terminal.
        command.env("CARGO_TERM_PROGRESS_WHEN", "always");
        command.env("CARGO_TERM_PROGRESS_WIDTH", "80");
        if screen.terminal.has_colours {
            command.args(["--color", "always"]);
        }
    }
    // A group of its own, so that the compilers that cargo runs end with it.
    #[cfg(unix)]
    command.process_group(0);
    let mut cargo = Group(command.spawn().map_err(|error| {
        Error::Unclear(format!(
            "cannot run cargo: {error}. Install Rust from https://rustup.rs."
        ))
    })?);
    let mut messages = Vec::new();
    let (stdout, stderr) = (cargo.0.stdout.take(), cargo.0.stderr.take());
    let read = async {
        match stdout {
            Some(mut stdout) => stdout.read_to_end(&mut messages).await,
            None => Ok(0),
        }
    };
    let (read, shown) = tokio::join!(read, show(stderr, screen));
    read.map_err(|error| Error::Unclear(format!("cannot read cargo's messages: {error}")))?;
    let status = cargo.0.wait().await;
    let status = status.map_err(|error| Error::Unclear(format!("cargo went away: {error}")))?;
    if status.code().is_none() {
        return Err(Error::Unclear(format!(
            "cargo was ended from outside: {status}. Run the command again."
        )));
    }
    if !status.success() {
        if let Some(trouble) = trouble_of_machine(&shown) {
            return Err(Error::Unclear(format!(
                "the handler could not be built, through no fault of its sources: {trouble}. See \
                 cargo's messages above; make room (disk, memory, processes), then run the command \
                 again."
            )));
        }
        return Err(Error::Input(
            "the handler does not compile: see cargo's messages above. Mend them, then run the \
             checker again."
                .to_owned(),
        ));
    }
    Ok(read_messages(binary, &String::from_utf8_lossy(&messages)))
}

/// How much of cargo's messages is looked at after it has failed, in bytes.
const LOOKED_AT: usize = 256 * 1024;

/// Passes on what cargo shows, and gives its end.
async fn show(stderr: Option<ChildStderr>, screen: Screen<'_>) -> String {
    let mut shown = Vec::new();
    let mut buffer = [0; 8192];
    let Some(mut stderr) = stderr else {
        return String::new();
    };
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        (screen.show)(&buffer[..count]);
        shown.extend_from_slice(&buffer[..count]);
        let over = shown.len().saturating_sub(LOOKED_AT);
        shown.drain(..over);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

/// The line that tells of a machine that had not enough to give, or of a compiler that was killed.
fn trouble_of_machine(shown: &str) -> Option<&str> {
    const SIGNS: [&str; 11] = [
        "(signal: ",
        "terminated with signal",
        "No space left on device",
        "Disk quota exceeded",
        "Read-only file system",
        "Cannot allocate memory",
        "memory allocation of ",
        "LLVM ERROR: out of memory",
        "Resource temporarily unavailable",
        "Too many open files",
        "could not execute process",
    ];
    let mut lines = shown.lines().map(str::trim);
    // A line of source that is quoted begins with its number or a bar.
    lines.find(|line| {
        let is_source = line.starts_with(|c: char| c == '|' || c.is_ascii_digit());
        !is_source && SIGNS.iter().any(|sign| line.contains(sign))
    })
}

/// A process that takes its group with it when it is dropped.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // It has no id any more once it has ended.
        #[cfg(unix)]
        if let Some(group) = self
            .0
            .id()
            .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()))
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// One of cargo's messages, as far as it matters here.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        target: Target,
        executable: Option<PathBuf>,
    },
    BuildScriptExecuted {
        env: Vec<(String, String)>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn read_messages(binary: &str, messages: &str) -> Built {
    let mut built = Built::default();
    for message in messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        match message {
            Message::CompilerArtifact {
                target,
                executable: Some(path),
            } if target.name == binary => {
                built.executable = Some(path);
            }
            Message::BuildScriptExecuted { env } => {
                let id = env.into_iter().find(|(name, _)| name == "BUILD_ID");
                built.id = id.map(|(_, id)| id).or(built.id);
            }
            _ => {}
        }
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_of_the_machine_is_no_mistake() {
        for (shown, expected) in [
            (
                "error[E0425]: cannot find value\n 3 | \"(signal: 9)\"\n",
                false,
            ),
            (
                "  process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)\n",
                true,
            ),
            (
                "collect2: fatal error: ld terminated with signal 9 [Killed]\n",
                true,
            ),
            (
                "error: failed to write: No space left on device (os error 28)\n",
                true,
            ),
            ("error: could not compile `handler`\n", false),
        ] {
            assert_eq!(trouble_of_machine(shown).is_some(), expected, "{shown}");
        }
    }

    #[test]
    fn reads_what_cargo_built() {
        let messages = r#"
            {"reason":"build-script-executed","package_id":"x","env":[["BUILD_ID","f00d"]]}
            {"reason":"build-script-executed","package_id":"y","env":[]}
            {"reason":"compiler-artifact","target":{"name":"handler"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"handler"},"executable":"/t/handler"}
            {"reason":"compiler-artifact","target":{"name":"checker"},"executable":"/t/checker"}
            no json
            {"reason":"build-finished","success":true}"#;
        let built = Built {
            executable: Some("/t/handler".into()),
            id: Some("f00d".into()),
        };
        assert_eq!(read_messages("handler", messages), built);
        assert_eq!(read_messages("handler", ""), Built::default());
    }
}
