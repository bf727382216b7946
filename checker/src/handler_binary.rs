//! The participant's handler, built from the working tree.

use std::fs::{self, File};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::build_id::build_id;
use crate::error::Error;

/// The file name that Lambda looks for in a function's zip.
const BOOTSTRAP: &str = "bootstrap";

/// A handler that nobody changes any more; its folder goes when it is dropped.
#[derive(Debug)]
pub struct HandlerBinary {
    folder: TempDir,
    /// How long cargo took.
    pub took: Duration,
}

impl HandlerBinary {
    /// Builds the handler, with cargo's own messages on standard error.
    ///
    /// # Errors
    ///
    /// Where the handler does not compile, or cargo cannot be run.
    pub async fn build(root: &Path) -> Result<Self, Error> {
        let begun = Instant::now();
        let target = target_folder(root);
        fs::create_dir_all(&target).map_err(|error| unclear("make", &target, &error))?;
        // Another run may build other sources to the same file: what cargo made
        // has to be set aside before the next one begins.
        let lock = target.join(".checker-build.lock");
        let file = File::create(&lock).map_err(|error| unclear("make", &lock, &error))?;
        let file = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
        let locked = file.await.map_err(|error| Error::Unclear(error.to_string()))?;
        let _locked = locked.map_err(|error| unclear("lock", &lock, &error))?;
        let executable = executable_of(root, &target).await?;
        let folder = tempfile::Builder::new().prefix("scan-cv-").tempdir();
        let folder = folder.map_err(|error| unclear("make", &std::env::temp_dir(), &error))?;
        let copy = folder.path().join(BOOTSTRAP);
        // A link costs nothing; across file systems it takes a copy.
        if fs::hard_link(&executable, &copy).is_err() {
            fs::copy(&executable, &copy).map_err(|error| unclear("copy", &executable, &error))?;
        }
        Ok(Self { folder, took: begun.elapsed() })
    }

    /// The executable.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(BOOTSTRAP)
    }
}

fn unclear(doing: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Unclear(format!("cannot {doing} {}: {error}", path.display()))
}

/// Where cargo puts what it builds.
fn target_folder(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root.join(folder),
        None => root.join("target"),
    }
}

/// Builds the executable of exactly the sources below `root`.
async fn executable_of(root: &Path, target: &Path) -> Result<PathBuf, Error> {
    let handler = root.join("handler");
    let expected = build_id(&handler)
        .map_err(|error| Error::Input(format!("cannot read the handler's sources: {error}")))?;
    let built = cargo_build(root, target, None).await?;
    // Cargo compares times, not contents: where two checkouts share a target
    // folder, it takes the newer one's build for the older one's.
    let built = match built.id {
        Some(id) if id != expected => cargo_build(root, target, Some(&expected)).await?,
        _ => built,
    };
    built.executable.ok_or_else(|| {
        Error::Input(
            "cargo built no binary called \"handler\": see [[bin]] in handler/Cargo.toml.".to_owned(),
        )
    })
}

/// What cargo says that it built.
#[derive(Debug, Default, PartialEq, Eq)]
struct Built {
    executable: Option<PathBuf>,
    id: Option<String>,
}

async fn cargo_build(root: &Path, target: &Path, id: Option<&str>) -> Result<Built, Error> {
    // The checker is built for the whole workspace: the same set of features
    // here means that nothing is compiled twice.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["build", "--bin", "handler", "--message-format=json-render-diagnostics"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if let Some(id) = id {
        command.env("EXPECTED_BUILD_ID", id);
    }
    if !std::io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    let mut cargo = command.spawn().map_err(|error| {
        Error::Unclear(format!("cannot run cargo: {error}. Install Rust from https://rustup.rs."))
    })?;
    let mut messages = Vec::new();
    if let Some(mut stdout) = cargo.stdout.take() {
        let read = stdout.read_to_end(&mut messages).await;
        read.map_err(|error| Error::Unclear(format!("cannot read cargo's messages: {error}")))?;
    }
    let status = cargo.wait().await;
    let status = status.map_err(|error| Error::Unclear(format!("cargo went away: {error}")))?;
    if !status.success() {
        return Err(Error::Input(
            "the handler does not compile: see cargo's messages above. Mend them, then run the \
             checker again."
                .to_owned(),
        ));
    }
    Ok(read_messages(&String::from_utf8_lossy(&messages)))
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

fn read_messages(messages: &str) -> Built {
    let mut built = Built::default();
    for message in messages.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        match message {
            Message::CompilerArtifact { target, executable: Some(path) } if target.name == "handler" => {
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
    fn reads_what_cargo_built() {
        let messages = r#"
            {"reason":"build-script-executed","package_id":"x","env":[["BUILD_ID","f00d"]]}
            {"reason":"build-script-executed","package_id":"y","env":[]}
            {"reason":"compiler-artifact","target":{"name":"handler"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"handler"},"executable":"/t/handler"}
            {"reason":"compiler-artifact","target":{"name":"checker"},"executable":"/t/checker"}
            no json
            {"reason":"build-finished","success":true}"#;
        let built = Built { executable: Some("/t/handler".into()), id: Some("f00d".into()) };
        assert_eq!(read_messages(messages), built);
        assert_eq!(read_messages(""), Built::default());
    }
}
