//! The trees of a task, rendered from one commit of `main`.

use std::path::Path;

use crate::error::Error;
use crate::git::{Git, NOTHING, paths, scratch_index};
use crate::regions::{Side, render};

/// What has regions, and what a participant edits: folders and files of the root.
pub const ANNOTATED: [&str; 2] = ["handler", "serverless.yml"];

/// True for the files that have regions: the checker's own sources speak of markers, too.
fn is_annotated(path: &str) -> bool {
    let folders = ANNOTATED.iter().any(|it| {
        path.strip_prefix(it)
            .is_some_and(|rest| rest.starts_with('/'))
    });
    folders || ANNOTATED.contains(&path)
}

/// A tree of a task, as an object in the repository: the source's, with its regions rendered.
///
/// # Errors
///
/// Where a region is wrong, or git fails.
pub fn tree_of(
    git: &Git,
    source: &str,
    order: &[String],
    task: &str,
    side: Side,
) -> Result<String, Error> {
    let (_folder, index) = scratch_index()?;
    let scratch = git.with("GIT_INDEX_FILE", index);
    scratch.line(["read-tree", source])?;
    let listed = git.bytes(["ls-tree", "-r", "-z", "--full-tree", source])?;
    let mut changes = Vec::new();
    for entry in paths(&listed) {
        // <mode> SP <type> SP <object> TAB <path>
        let Some((facts, path)) = entry.split_once('\t') else {
            continue;
        };
        let mut facts = facts.split(' ');
        let (Some(mode), Some("blob"), Some(object)) = (facts.next(), facts.next(), facts.next())
        else {
            continue;
        };
        if !is_annotated(path) {
            continue;
        }
        let Ok(text) = String::from_utf8(git.bytes(["cat-file", "blob", object])?) else {
            continue;
        };
        match render(Path::new(path), &text, order, task, side)
            .map_err(|error| Error::Input(error.to_string()))?
        {
            Some(same) if same == text => {}
            Some(rendered) => {
                let arguments = ["hash-object", "-w", "--stdin"];
                let object = git.line_of(&arguments, rendered.as_bytes())?;
                changes.push(format!("{mode} {object}\t{path}\0"));
            }
            // Mode 0 takes a path out.
            None => changes.push(format!("0 {}\t{path}\0", NOTHING)),
        }
    }
    let changes = changes.concat();
    scratch.line_of(&["update-index", "-z", "--index-info"], changes.as_bytes())?;
    scratch.line(["write-tree"])
}
