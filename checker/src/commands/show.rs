//! `checker show`: a task's page in the terminal.
//!
//! The page's own line breaks stay: pages are written for narrow windows.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::report::plain;

const TITLE: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();

/// A page in Markdown, with colours; who prints it takes them out where nobody sees them.
pub fn show(markdown: &str) -> String {
    let mut page = Page::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.add(event);
    }
    page.out
}

#[derive(Default)]
struct Page {
    out: String,
    /// What each line of the current block begins with.
    indent: String,
    /// The number of the next item, list by list; nothing for bullets.
    lists: Vec<Option<u64>>,
    /// Rows of cells, in a table.
    table: Vec<Vec<String>>,
    cell: Option<String>,
    link: Option<String>,
    code_block: bool,
}

impl Page {
    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.code_block => {
                for line in text.lines() {
                    let line = plain::line(line);
                    let _ = match line.trim().is_empty() {
                        true => writeln!(self.out),
                        false => writeln!(self.out, "{}    {CODE}{line}{CODE:#}", self.indent),
                    };
                }
            }
            Event::Text(text) => self.push(&plain::line(&text)),
            Event::Code(text) => self.push(&format!("{CODE}{}{CODE:#}", plain::line(&text))),
            Event::SoftBreak | Event::HardBreak => {
                let indent = format!("\n{}", self.indent);
                self.push(&indent);
            }
            Event::Rule => self.out.push_str("\n----\n"),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.blank_line();
                let _ = write!(self.out, "{TITLE}");
            }
            Tag::Paragraph if self.lists.is_empty() => {
                self.blank_line();
                self.out.push_str(&self.indent);
            }
            Tag::CodeBlock(_) => {
                self.blank_line();
                self.code_block = true;
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.blank_line();
                } else if !self.out.ends_with('\n') {
                    self.out.push('\n');
                }
                self.lists.push(first);
            }
            Tag::Item => {
                let depth = "  ".repeat(self.lists.len().saturating_sub(1));
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                let _ = write!(self.out, "{depth}{mark}");
                self.indent = format!("{depth}{}", " ".repeat(mark.len()));
            }
            Tag::BlockQuote(_) => self.indent.push_str("| "),
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            Tag::TableCell => self.cell = Some(String::new()),
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let _ = writeln!(self.out, "{TITLE:#}");
            }
            TagEnd::Paragraph | TagEnd::Item if !self.out.ends_with('\n') => self.out.push('\n'),
            TagEnd::CodeBlock => self.code_block = false,
            TagEnd::List(_) => {
                self.lists.pop();
                self.indent.clear();
            }
            TagEnd::BlockQuote(_) => self.indent.clear(),
            TagEnd::TableCell => {
                let cell = self.cell.take().unwrap_or_default();
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.write_table(),
            TagEnd::Link => {
                let target = self.link.take().unwrap_or_default();
                // Files of the project are named in the text.
                if target.starts_with("http") {
                    self.push(&format!(" <{}>", plain::line(&target)));
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        match &mut self.cell {
            Some(cell) => cell.push_str(text),
            None => self.out.push_str(text),
        }
    }

    fn blank_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn write_table(&mut self) {
        self.blank_line();
        let rows = std::mem::take(&mut self.table);
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let width_of = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| width(cell)).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width_of).collect();
        for (number, row) in rows.iter().enumerate() {
            let mut line = String::from("  ");
            for (cell, widest) in row.iter().zip(&widths) {
                let space = " ".repeat(widest - width(cell) + 2);
                let _ = write!(line, "{cell}{space}");
            }
            let line = line.trim_end();
            let empty = row.iter().all(String::is_empty);
            let _ = match number {
                0 if empty => Ok(()),
                0 => writeln!(self.out, "{TITLE}{line}{TITLE:#}"),
                _ => writeln!(self.out, "{line}"),
            };
        }
    }
}

/// How wide a text is on a terminal, without what colours it.
fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text)
        .to_string()
        .chars()
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page() {
        let page = show(
            "# Title\n\nSome `code` and\na [link](https://example.com/a), [here](x.md).\n\n\
             | name | what |\n|---|---|\n| `a` | first |\n| bb | second |\n\n\
             1. one\n2. two\n   - deep\n\n```rust\nlet a = 1;\n\nb();\n```\n\n\
             ```mermaid\na --> b\n```\n\n- x \u{1b}[2J\n",
        );
        assert_eq!(
            anstream::adapter::strip_str(&page).to_string(),
            "Title\n\nSome code and\na link <https://example.com/a>, here.\n\n  \
             name  what\n  a     first\n  bb    second\n\n1. one\n2. two\n  - deep\n\n    \
             let a = 1;\n\n    b();\n\n    a --> b\n\n- x  [2J\n"
        );
    }
}
