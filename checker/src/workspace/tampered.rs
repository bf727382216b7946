//! Whether what judges is as the workshop's authors left it: whoever changes a manifest or the
//! checker itself is judged all the same, and the report says so.

use std::path::Path;

use crate::course::file::{CourseFile, Inputs};
use crate::workspace::branches::build_in_history;
use crate::workspace::git::{Git, paths};

/// What judges.
const JUDGES: [&str; 3] = ["checker", "sandbox", ":(glob)tasks/**/*.toml"];

/// What judges in this course: what is uploaded, too, where files are.
fn judges(root: &Path) -> Vec<String> {
    let course = CourseFile::read(root).ok();
    let files = course.and_then(|it| match it.inputs {
        Inputs::Files { folder } => Some(format!(":(literal){folder}")),
        Inputs::Cv { .. } => None,
    });
    let judges = JUDGES.into_iter().map(str::to_owned);
    judges.chain(files).collect()
}

/// Where the workshop's own commits are seen last, on a branch that no build has made.
const UPSTREAM: &str = "refs/remotes/origin/main";

/// The files that judge and are others than in the commit that the branch was begun from. None
/// where there is no such commit to be found.
pub fn changed(root: &Path) -> Vec<String> {
    let Ok(git) = Git::at(root) else {
        return Vec::new();
    };
    let base = build_in_history(&git, "HEAD").map(|it| it.build);
    let base = base.or_else(|| git.line(["merge-base", "HEAD", UPSTREAM]).ok());
    let base = base.unwrap_or_else(|| "HEAD".to_owned());
    let judges = judges(root);
    let of_judges = |command: &[&str]| {
        let judges = judges.iter().map(String::as_str);
        git.bytes(command.iter().copied().chain(judges).collect::<Vec<_>>())
    };
    let listed = of_judges(&[
        "diff",
        "--name-only",
        "-z",
        "--no-ext-diff",
        "--no-renames",
        &base,
        "--",
    ]);
    let new = of_judges(&["ls-files", "--others", "--exclude-standard", "-z", "--"]);
    let all = [listed, new].into_iter().flatten();
    all.flat_map(|it| paths(&it).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// What the report says of them.
pub fn note(changed: &[String]) -> Option<String> {
    const NAMED: usize = 3;
    if changed.is_empty() {
        return None;
    }
    let named = changed.iter().take(NAMED).map(String::as_str);
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match changed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "what judges is not as it was when this branch was begun: {named}{more} differ. git \
         status and git diff show how."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said() {
        let files = |count: usize| -> Vec<String> {
            let letters = ["a", "b", "c", "d", "e"];
            letters[..count].iter().map(|it| (*it).to_owned()).collect()
        };
        assert_eq!(note(&files(0)), None);
        for (count, named) in [
            (1, "begun: a differ"),
            (3, "a, b, c differ"),
            (5, "a, b, c and 2 more differ"),
        ] {
            let said = note(&files(count)).unwrap_or_default();
            assert!(said.contains(named), "{said}");
        }
    }
}
