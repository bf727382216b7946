//! One annotated source, and what each task makes of it.
//!
//! The sources on `main` are the full solution. Where a task's start or solution
//! differs from it, a *region* holds every form that these lines ever take, one
//! *stage* after the other, each headed by the moment from which it holds:
//!
//! ```text
//! //@ task 1 start
//! //~ // TODO: Start the workflow here
//! //@ task 1 solution
//! //~ start(&key).await?;
//! //@ task 4 solution
//! start(&key, score).await?;
//! //@ end
//! ```
//!
//! Moments follow each other as the tasks do: the start of `1`, the solution of `1`,
//! the start of `2`, and so on. Rendered for a moment, a region shows its last stage
//! that has come by then, and nothing before its first one. So a task's solution is
//! the next one's start, less what the next one adds, and several tasks can change
//! the same lines.
//!
//! The last stage is plain code: it is what `main` compiles. All lines of earlier
//! stages are hidden behind `//~` and one space; `//~` alone is an empty line.
//! A file that exists only from some moment on says so on its first line:
//! `//@ file task 3b start`.
//!
//! Markers are comments: Rust is marked with `//@` and `//~` as above, YAML with `#@` and `#~`,
//! and whatever else the course names. Other files have no regions. Each marker has a line for
//! itself.

mod error;
mod lines;
mod output;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::Path;

use crate::course::file::Comments;
pub use error::{Problem, RegionError};
use lines::{Line, Syntax};
use output::Output;

/// The two trees of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What the task begins from.
    Start,
    /// What it is after the task is done.
    Solution,
}

/// The text of the file `path` as `side` of `task` has it, free of markers; `None` if
/// the file does not exist then. `comments` and `order` are the course's.
///
/// Blank lines beside a region that shows nothing are kept to what a formatter keeps.
/// Text without markers comes back unchanged.
///
/// # Errors
///
/// When `task` is not in `order`, or a marker is wrong; then with its file and line.
pub fn render(
    path: &Path,
    text: &str,
    comments: &Comments,
    order: &[impl AsRef<str>],
    task: &str,
    side: Side,
) -> Result<Option<String>, RegionError> {
    let now = moment(order, task, side).ok_or_else(|| RegionError::UnknownTask {
        task: task.to_owned(),
        known: known(order),
    })?;
    let Some(syntax) = Syntax::of(path, comments) else {
        return Ok(Some(text.to_owned()));
    };

    let mut out = Output::default();
    let mut open: Option<Region<'_>> = None;
    let mut exists = true;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let wrong = |line, problem| RegionError::Marker {
            path: path.to_owned(),
            line,
            problem,
        };
        let moment_of = |task: &str, side| {
            moment(order, task, side).ok_or_else(|| {
                wrong(
                    number,
                    Problem::UnknownTask {
                        task: task.to_owned(),
                        known: known(order),
                    },
                )
            })
        };
        match (syntax.read(line), &mut open) {
            (Line::Plain, None) => out.push(line),
            (Line::Plain, Some(region)) => {
                region.plain.get_or_insert(number);
                region.add(line.into());
            }
            (Line::Hidden(_), None) => return Err(wrong(number, Problem::HiddenOutside)),
            (Line::Hidden(line), Some(region)) => {
                region.hidden.get_or_insert(number);
                region.add(line);
            }
            (Line::Stage(task, side), None) => {
                let from = moment_of(task, side)?;
                open = Some(Region::new(number, from, now));
            }
            (Line::Stage(task, side), Some(region)) => {
                if let Some(plain) = region.plain {
                    return Err(wrong(plain, Problem::PlainTooEarly));
                }
                let from = moment_of(task, side)?;
                if from <= region.from {
                    return Err(wrong(number, Problem::OutOfOrder));
                }
                region.next_stage(from, now);
            }
            (Line::End, None) => return Err(wrong(number, Problem::EndOutside)),
            (Line::End, Some(region)) => {
                if let Some(hidden) = region.hidden {
                    return Err(wrong(hidden, Problem::HiddenAtLast));
                }
                out.push_region(std::mem::take(&mut region.shown));
                open = None;
            }
            (Line::File(..), _) if number > 1 => {
                return Err(wrong(number, Problem::FileNotFirst));
            }
            (Line::File(task, side), _) => exists = moment_of(task, side)? <= now,
            (Line::Unknown, _) => return Err(wrong(number, Problem::NotAMarker)),
        }
    }
    if let Some(region) = open {
        return Err(RegionError::Marker {
            path: path.to_owned(),
            line: region.opened,
            problem: Problem::NotClosed,
        });
    }
    Ok(exists.then(|| out.finish()))
}

/// A region that is being read.
struct Region<'a> {
    /// The line of its first marker.
    opened: usize,
    /// The moment from which the current stage holds.
    from: usize,
    /// Whether the current stage has come.
    has_come: bool,
    /// The lines of the last stage that has come.
    shown: Vec<Cow<'a, str>>,
    /// First plain line of the current stage.
    plain: Option<usize>,
    /// First hidden line of the current stage.
    hidden: Option<usize>,
}

impl<'a> Region<'a> {
    fn new(opened: usize, from: usize, now: usize) -> Self {
        Self {
            opened,
            from,
            has_come: from <= now,
            shown: Vec::new(),
            plain: None,
            hidden: None,
        }
    }

    fn next_stage(&mut self, from: usize, now: usize) {
        let shown = std::mem::take(&mut self.shown);
        *self = Self::new(self.opened, from, now);
        if !self.has_come {
            self.shown = shown;
        }
    }

    fn add(&mut self, line: Cow<'a, str>) {
        if self.has_come {
            self.shown.push(line);
        }
    }
}

/// The place of a task's start or solution among all of them.
fn moment(order: &[impl AsRef<str>], task: &str, side: Side) -> Option<usize> {
    let index = order.iter().position(|known| known.as_ref() == task)?;
    Some(2 * index + usize::from(side == Side::Solution))
}

fn known(order: &[impl AsRef<str>]) -> String {
    let ids: Vec<&str> = order.iter().map(AsRef::as_ref).collect();
    ids.join(", ")
}
