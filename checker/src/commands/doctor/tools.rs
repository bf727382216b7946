//! Programs on this machine, and their versions.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Line;
use crate::target::cargo::program;

/// The least version of Node.js that the Serverless CLI runs on.
const NODE: [u32; 3] = [20, 0, 0];

/// The version that serverless-step-functions asks for; older ones have been seen to work.
const NODE_ASKED: [u32; 3] = [22, 0, 0];

const NODE_FIX: &str = "Install Node.js 22 or later from https://nodejs.org.";

/// What the checker itself needs.
pub fn for_the_sandbox() -> Vec<Line> {
    let least = version(env!("CARGO_PKG_RUST_VERSION")).unwrap_or_default();
    let rust = match (said(Command::new(program()).arg("--version")), least) {
        (None, _) => Line::problem(
            "rust",
            "cargo cannot be run",
            "Install Rust from https://rustup.rs.",
        ),
        (Some(text), least) => match version(&text) {
            Some(found) if found < least => Line::problem(
                "rust",
                format!("{} is too old: {} is needed", shown(found), shown(least)),
                "Run rustup update stable.",
            ),
            Some(found) => Line::ok("rust", shown(found)),
            None => Line::warning(
                "rust",
                format!("cargo says {text:?}"),
                format!("See that it is {} or later.", shown(least)),
            ),
        },
    };
    let git = match said(Command::new("git").arg("--version")) {
        Some(text) => Line::ok("git", version(&text).map_or(text, shown)),
        None => Line::problem(
            "git",
            "git cannot be run: checker start, reset and solution need it",
            "Install it from https://git-scm.com.",
        ),
    };
    vec![rust, git]
}

/// What deploying to AWS needs besides: for the sandbox all of it may be missing.
pub fn for_aws(root: &Path) -> Vec<Line> {
    let node = match said(Command::new("node").arg("--version")) {
        None => Line::warning(
            "node",
            "node cannot be run: npx sls deploy needs it",
            NODE_FIX,
        ),
        Some(text) => match version(&text) {
            Some(found) if found >= NODE_ASKED => Line::ok("node", shown(found)),
            Some(found) if found >= NODE => Line::warning(
                "node",
                format!(
                    "{} works, but serverless-step-functions asks for {}",
                    shown(found),
                    shown(NODE_ASKED)
                ),
                NODE_FIX,
            ),
            _ => Line::warning(
                "node",
                format!(
                    "{text} is too old for npx sls deploy: {} is needed",
                    shown(NODE)
                ),
                NODE_FIX,
            ),
        },
    };
    vec![node, serverless_cli(root), cargo_lambda()]
}

/// The Serverless CLI, as `package.json` pins it.
fn serverless_cli(root: &Path) -> Line {
    let pinned = read(&root.join("package.json"))
        .and_then(|it| it["devDependencies"]["osls"].as_str().map(str::to_owned));
    let installed = read(&root.join("node_modules/osls/package.json"))
        .and_then(|it| it["version"].as_str().map(str::to_owned));
    match (pinned, installed) {
        (Some(pinned), Some(installed)) if pinned == installed => {
            Line::ok("serverless", format!("osls {installed}"))
        }
        (_, Some(installed)) => Line::warning(
            "serverless",
            format!("osls {installed} is not the version that package.json pins"),
            "Run npm ci.",
        ),
        (_, None) => Line::warning(
            "serverless",
            "the Serverless CLI is not installed: npx sls deploy needs it",
            "Run npm ci.",
        ),
    }
}

fn cargo_lambda() -> Line {
    match said(Command::new(program()).args(["lambda", "--version"])) {
        Some(text) => Line::ok("cargo-lambda", version(&text).map_or(text, shown)),
        None => Line::warning(
            "cargo-lambda",
            "it is not installed: npx sls deploy to AWS needs it",
            "Run pip3 install cargo-lambda, or see \
             https://www.cargo-lambda.info/guide/installation.html.",
        ),
    }
}

fn read(file: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// The first line that a program prints, if it runs and succeeds.
fn said(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    output.status.success().then_some(line)
}

/// The first version in a text: `git version 2.47.3`, `v20.20.2`, `1.94`.
fn version(text: &str) -> Option<[u32; 3]> {
    let start = text.find(|it: char| it.is_ascii_digit())?;
    let digits = |it: char| it.is_ascii_digit() || it == '.';
    let rest = &text[start..];
    let end = rest.find(|it| !digits(it)).unwrap_or(rest.len());
    let mut parts = rest[..end].split('.').map(str::parse);
    let first = parts.next()?.ok()?;
    let mut next = || parts.next().and_then(Result::ok).unwrap_or(0);
    Some([first, next(), next()])
}

fn shown([major, minor, patch]: [u32; 3]) -> String {
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expected) in [
            ("git version 2.47.3", Some([2, 47, 3])),
            ("v20.20.2", Some([20, 20, 2])),
            ("cargo 1.95.0 (f2d3ce0bd 2026-03-21)", Some([1, 95, 0])),
            ("1.94", Some([1, 94, 0])),
            ("cargo-lambda 1.8.6", Some([1, 8, 6])),
            ("nightly", None),
            ("99999999999", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
        assert!([20, 1, 0] > NODE && [9, 9, 9] < NODE);
    }
}
