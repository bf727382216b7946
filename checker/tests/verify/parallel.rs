//! A whole class on one machine.

use std::process::Stdio;

use crate::project::Project;
use crate::report::Report;

#[test]
fn twenty_users_at_once() {
    let project = Project::solution();
    let runs: Vec<_> = (0..20)
        .map(|number| {
            let mut checker = project.checker();
            checker.args([
                "verify",
                "--task",
                "1",
                "--json",
                "--user",
                &format!("user-{number}"),
            ]);
            checker
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for run in runs {
        Report::read(&run.wait_with_output().unwrap()).passed();
    }
}
