//! The lines of an annotated source.

use std::borrow::Cow;
use std::path::Path;

use super::Side;
use crate::course::file::Comments;

/// How markers look in a kind of file.
#[derive(Debug, Clone)]
pub(super) struct Syntax {
    marker: String,
    hidden: String,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Text of the file itself.
    Plain,
    /// A line of an earlier stage, as it reads when it is shown.
    Hidden(Cow<'a, str>),
    /// The head of a stage: from the start or solution of a task on.
    Stage(&'a str, Side),
    /// The end of a region.
    End,
    /// The file exists from the start or solution of a task on.
    File(&'a str, Side),
    /// Begins like a marker and is none.
    Unknown,
}

impl Syntax {
    /// The syntax for the file `path`, by its extension; `None` if it can have no markers.
    pub(super) fn of(path: &Path, comments: &Comments) -> Option<Self> {
        let comment = comments.get(path.extension()?.to_str()?)?;
        Some(Self {
            marker: format!("{comment}@"),
            hidden: format!("{comment}~"),
        })
    }

    /// Reads one line, with its line end.
    pub(super) fn read<'a>(&self, line: &'a str) -> Line<'a> {
        let text = line.trim_start();
        if let Some(marker) = text.strip_prefix(&self.marker) {
            let words: Vec<&str> = marker.split_whitespace().collect();
            return match words.as_slice() {
                ["end"] => Line::End,
                ["task", task, side] => with_side(side, |side| Line::Stage(task, side)),
                ["file", "task", task, side] => with_side(side, |side| Line::File(task, side)),
                _ => Line::Unknown,
            };
        }
        let Some(hidden) = text.strip_prefix(&self.hidden) else {
            return Line::Plain;
        };
        if hidden.trim().is_empty() {
            return Line::Hidden(hidden.trim_start_matches([' ', '\t']).into());
        }
        let hidden = hidden.strip_prefix(' ').unwrap_or(hidden);
        let indent = line.strip_suffix(text).unwrap_or_default();
        Line::Hidden(format!("{indent}{hidden}").into())
    }
}

fn with_side<'a>(side: &str, line: impl Fn(Side) -> Line<'a>) -> Line<'a> {
    match side {
        "start" => line(Side::Start),
        "solution" => line(Side::Solution),
        _ => Line::Unknown,
    }
}
