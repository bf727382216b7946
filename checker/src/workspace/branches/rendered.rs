//! The trees of a task, rendered from one commit of `main`.

use std::path::Path;

use crate::course::file::CourseFile;
use crate::course::regions::{Side, render};
use crate::error::Error;
use crate::workspace::git::{Git, NOTHING, paths, scratch_index};

/// The annotated source, as one commit has it.
#[derive(Debug)]
pub struct Source {
    commit: String,
    course: CourseFile,
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    mode: String,
    path: String,
    text: String,
}

impl Source {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// Where git fails.
    pub fn read(git: &Git, commit: &str, course: &CourseFile) -> Result<Self, Error> {
        let listed = git.bytes(["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let mut files = Vec::new();
        for entry in paths(&listed) {
            // <mode> SP <type> SP <object> TAB <path>
            let Some((facts, path)) = entry.split_once('\t') else {
                continue;
            };
            let facts: Vec<&str> = facts.split(' ').collect();
            let [mode, "blob", object] = facts[..] else {
                continue;
            };
            // Sources of the checker's speak of markers, too.
            if !course.is_edited(path.as_bytes()) {
                continue;
            }
            // What is no text has no regions.
            if let Ok(text) = String::from_utf8(git.bytes(["cat-file", "blob", object])?) {
                files.push(File {
                    mode: mode.to_owned(),
                    path: path.to_owned(),
                    text,
                });
            }
        }
        Ok(Self {
            commit: commit.to_owned(),
            course: course.clone(),
            files,
        })
    }

    /// A tree of a task, as an object in the repository: the source's, with its regions
    /// rendered.
    ///
    /// # Errors
    ///
    /// Where a region is wrong, or git fails.
    pub fn tree(&self, git: &Git, task: &str, side: Side) -> Result<String, Error> {
        let mut changes = String::new();
        let CourseFile {
            comments, tasks, ..
        } = &self.course;
        for File { mode, path, text } in &self.files {
            match render(Path::new(path), text, comments, tasks, task, side)
                .map_err(|error| Error::Input(error.to_string()))?
            {
                Some(same) if same == *text => {}
                Some(rendered) => {
                    let arguments = ["hash-object", "-w", "--stdin"];
                    let object = git.line_of(&arguments, rendered.as_bytes())?;
                    changes += &format!("{mode} {object}\t{path}\0");
                }
                // Mode 0 takes a path out.
                None => changes += &format!("0 {NOTHING}\t{path}\0"),
            }
        }
        let (_folder, index) = scratch_index()?;
        let scratch = git.with("GIT_INDEX_FILE", index);
        scratch.line(["read-tree", &self.commit])?;
        scratch.line_of(&["update-index", "-z", "--index-info"], changes.as_bytes())?;
        scratch.line(["write-tree"])
    }
}
