//! `checker doctor`, with its exact output: where all is well, and where much is not.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::endpoint::{Served, signed_in};
use crate::project::Project;

/// Programs that print their versions, in a folder that is all of PATH.
fn programs(project: &Project, versions: &[(&str, &str)]) -> PathBuf {
    let folder = project.root().join("target/programs");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, script) in versions {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn doctor(project: &Project, programs: &Path, arguments: &[&str]) -> Command {
    let mut checker = signed_in(project.checker());
    checker
        .env("PATH", programs)
        .env("CARGO", programs.join("cargo"))
        .env_remove("WORKSHOP")
        .arg("doctor")
        .args(arguments);
    checker
}

fn printed(output: Output, code: i32) -> String {
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

#[test]
fn all_is_well() {
    let project = Project::solution();
    // Under the names of this workshop, whose buckets are there and in the same account.
    let served = Served::start(&project);
    let programs = programs(
        &project,
        &[
            (
                "cargo",
                "case $1 in lambda) echo cargo-lambda 1.8.6;; *) echo cargo 1.96.0;; esac",
            ),
            ("git", "echo git version 2.47.3"),
            ("node", "echo v22.12.0"),
        ],
    );
    let root = project.root();
    let osls = root.join("node_modules/osls");
    fs::create_dir_all(&osls).unwrap();
    fs::write(osls.join("package.json"), r#"{ "version": "4.3.1" }"#).unwrap();
    let pinned = r#"{ "devDependencies": { "osls": "4.3.1" } }"#;
    fs::write(root.join("package.json"), pinned).unwrap();
    let output = doctor(
        &project,
        &programs,
        &["--user", "alice", "--endpoint-url", &served.endpoint],
    )
    .env("WORKSHOP", "our-town")
    .output()
    .unwrap();
    fs::remove_dir_all(root.join("node_modules")).unwrap();
    fs::remove_file(root.join("package.json")).unwrap();
    // How long the answer took, and where from, is another one each time.
    let text: Vec<String> = printed(output, 0)
        .lines()
        .map(|line| match line.split_once(" answers in ") {
            Some((begin, _)) => format!("{} answers", begin.replace(&served.endpoint, "URL")),
            None => line.to_owned(),
        })
        .collect();
    assert_eq!(
        text.join("\n"),
        "ok       rust          1.96.0\n\
         ok       git           2.47.3\n\
         ok       user          alice: 10 resources; the longest bucket name is our-town-input-alice\n\
         ok       node          22.12.0\n\
         ok       serverless    osls 4.3.1\n\
         ok       cargo-lambda  1.8.6\n\
         ok       region        eu-west-1\n\
         ok       workshop      our-town\n\
         ok       credentials   arn:aws:iam::123456789012:root\n\
         ok       endpoint      URL answers\n\
         ok       clock         right\n\
         ok       names         of the bucket names 0 are yours and 1 are free\n\
         ok       quotas        2 of 10000 buckets, this stack has 2; all functions share the \
         account's concurrency, which is 10 in a new account\n\
         \n\
         13 ok, 0 warnings, 0 problems"
    );
}

#[test]
fn much_is_missing() {
    let project = Project::solution();
    let programs = programs(&project, &[("node", "echo v16.0.0"), ("git", "exit 1")]);
    let output = doctor(&project, &programs, &["--user", "Alice"]).output();
    assert_eq!(
        printed(output.unwrap(), 1),
        "problem  rust          cargo cannot be run\n                       \
         fix: Install Rust from https://rustup.rs.\n\
         problem  git           git cannot be run: checker start, reset and solution need it\n                       \
         fix: Install it from https://git-scm.com.\n\
         problem  user          the user name \"Alice\" has a character that bucket names cannot have\n                       \
         fix: Use 1 to 20 characters of a-z, 0-9 and -, such as --user alice.\n\
         warning  node          v16.0.0 is too old for npx sls deploy: 20.0.0 is needed\n                       \
         fix: Install Node.js 22 or later from https://nodejs.org.\n\
         warning  serverless    the Serverless CLI is not installed: npx sls deploy needs it\n                       \
         fix: Run npm ci.\n\
         warning  cargo-lambda  it is not installed: npx sls deploy to AWS needs it\n                       \
         fix: Run pip3 install cargo-lambda, or see https://www.cargo-lambda.info/guide/installation.html.\n\
         \n\
         0 ok, 3 warnings, 3 problems\n"
    );
}

#[test]
fn nobody_lets_it_in() {
    let project = Project::solution();
    let served = Served::start(&project);
    let programs = programs(
        &project,
        &[("cargo", "echo cargo 1.80.1"), ("git", "echo 2.1")],
    );
    let mut refused = doctor(
        &project,
        &programs,
        &["--user", "alice", "--endpoint-url", &served.endpoint],
    );
    let text = printed(
        refused.env("AWS_ACCESS_KEY_ID", "nobody").output().unwrap(),
        1,
    );
    for expected in [
        "problem  rust          1.80.1 is too old: 1.94.1 is needed\n                       fix: Run rustup \
         update stable.\n",
        "warning  workshop      bucket names are global on AWS, and WORKSHOP still is scan-cv\n",
        "problem  credentials   InvalidClientTokenId: The security token included in the request is \
         invalid.\n",
        "ok       clock         right\n\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    let mut nothing = doctor(
        &project,
        &programs,
        &["--user", "alice", "--endpoint-url", "http://127.0.0.1:1"],
    );
    let text = printed(nothing.output().unwrap(), 1);
    assert!(
        text.contains("problem  endpoint      http://127.0.0.1:1 does not answer: "),
        "{text}"
    );
}
