//! The rendered text.

use std::borrow::Cow;

/// Collects lines. Where a region shows nothing, it drops the blank lines that would
/// be left over: a second one in a row, and those at the start or end of a block.
#[derive(Debug, Default)]
pub(super) struct Output<'a> {
    lines: Vec<Cow<'a, str>>,
    /// Since a region that showed nothing, nothing but blank lines has come.
    after_nothing: bool,
}

impl<'a> Output<'a> {
    /// Adds one line, with its line end.
    pub(super) fn push(&mut self, line: impl Into<Cow<'a, str>>) {
        let line = line.into();
        if self.after_nothing {
            if is_blank(&line) {
                if self.needs_no_blank() {
                    return;
                }
            } else {
                self.after_nothing = false;
                if line.trim_start().starts_with(['}', ')', ']']) {
                    self.drop_blanks();
                }
            }
        }
        self.lines.push(line);
    }

    /// Adds what a region shows.
    pub(super) fn push_region(&mut self, lines: Vec<Cow<'a, str>>) {
        self.after_nothing |= lines.is_empty();
        for line in lines {
            self.push(line);
        }
    }

    /// The text as a whole.
    pub(super) fn finish(mut self) -> String {
        if self.after_nothing {
            self.drop_blanks();
        }
        self.lines.concat()
    }

    /// Whether a blank line here would be the second one, or the first in a block.
    fn needs_no_blank(&self) -> bool {
        self.lines
            .last()
            .is_none_or(|last| is_blank(last) || last.trim_end().ends_with(['{', '(', '[']))
    }

    fn drop_blanks(&mut self) {
        while self.lines.pop_if(|last| is_blank(last)).is_some() {}
    }
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}
