//! `checker watch`: a verdict after each save, and an end by Ctrl-C.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Stdio};

use crate::interrupt::interrupt;
use crate::project::Project;

const SCAN_FILE: &str = "handler/src/scan_file/mod.rs";

/// What it shows up to the moment from which it waits.
fn screen(lines: &mut std::io::Lines<BufReader<ChildStdout>>) -> String {
    let mut shown = String::new();
    for line in lines {
        let line = line.unwrap();
        if line.starts_with("Watching handler/, serverless.yml and tasks/.") {
            return shown;
        }
        shown += &line;
        shown.push('\n');
    }
    panic!("it ended: {shown}");
}

#[test]
fn each_save_is_verified() {
    let project = Project::solution();
    let mut child = project
        .checker()
        .args(["watch", "--user", "alice", "--task", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let shown = screen(&mut lines);
    assert!(shown.contains("All 7 probes passed."), "{shown}");
    project.replace(SCAN_FILE, "Starting SF execution", "Starting it");
    let shown = screen(&mut lines);
    assert!(shown.contains("failed   log-entry"), "{shown}");
    project.replace(SCAN_FILE, "\"Starting it\"", "Starting it");
    let shown = screen(&mut lines);
    assert!(
        shown.contains("error: the handler does not compile"),
        "{shown}"
    );
    project.replace(SCAN_FILE, "(Starting it)", "(\"Starting SF execution\")");
    let shown = screen(&mut lines);
    assert!(shown.contains("All 7 probes passed."), "{shown}");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
