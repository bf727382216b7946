//! The catalogue of mistakes, `tests/mistakes/<task>.toml`: small edits of a task's solution.
//! Wrong ones fail at the check that is named, or are not deployed at all, with words that
//! name the mistake; right ones that differ from the reference pass.

use std::io::Write as _;
use std::path::Path;

use checker::regions::Side;
use serde::Deserialize;

use crate::project::{ORDER, Project};
use crate::report::Report;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    #[serde(default)]
    wrong: Vec<Wrong>,
    #[serde(default)]
    right: Vec<Right>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    name: String,
    edits: Vec<Edit>,
    /// The first check that fails; `deploy` where the stack is refused.
    check: String,
    /// A part of what is said of it.
    says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Right {
    name: String,
    edits: Vec<Edit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

fn edited(task: &'static str, edits: &[Edit]) -> Project {
    let project = Project::of(task, Side::Solution);
    for edit in edits {
        project.replace(&edit.file, &edit.from, &edit.to);
    }
    project
}

/// Why a mistake is judged or named wrongly, if it is.
fn judged_wrongly(task: &'static str, wrong: &Wrong) -> Option<String> {
    let output = edited(task, &wrong.edits).verify_json();
    let (check, said) = if output.status.code() == Some(2) {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        ("deploy".to_owned(), errors)
    } else {
        match Report::read(&output).first_failure() {
            Some(failure) => failure,
            None => return Some("it passes".to_owned()),
        }
    };
    let named = check == wrong.check && said.contains(&wrong.says);
    (!named).then(|| format!("{check}: {said}"))
}

#[test]
fn every_mistake_is_named_and_every_right_solution_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let (mut wrong, mut right, mut problems) = (0, 0, Vec::new());
    for task in ORDER {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{task}.toml"))) else {
            continue;
        };
        let catalogue: Catalogue = toml::from_str(&text).unwrap();
        for entry in &catalogue.wrong {
            wrong += 1;
            let problem = judged_wrongly(task, entry);
            problems.extend(problem.map(|it| format!("{task}, {}: {it}", entry.name)));
        }
        for entry in &catalogue.right {
            right += 1;
            let output = edited(task, &entry.edits).verify_json();
            if output.status.code() != Some(0) {
                let said = String::from_utf8_lossy(&output.stdout).into_owned()
                    + &String::from_utf8_lossy(&output.stderr);
                problems.push(format!("{task}, {}: {said}", entry.name));
            }
        }
    }
    let all = wrong + right;
    // Shown when the test passes, too, which what println! prints is not.
    writeln!(
        std::io::stderr(),
        "catalogue: {} of {all} judged and named correctly: {wrong} wrong, {right} right",
        all - problems.len()
    )
    .unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}
