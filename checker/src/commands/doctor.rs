//! `checker doctor`: looks at all that a participant needs, and says what to mend.

mod account;
mod tools;

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};

use crate::commands::cli::Doctor;
use crate::course::stack::Stack;
use crate::error::Error;
use crate::report::plain;
use crate::workspace::project::check_user;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Ok,
    /// Something may be missing later.
    Warning,
    /// Something is in the way.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What, in a word.
    pub subject: &'static str,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub detail: String,
    /// What to do about it; nothing where all is well.
    pub fix: String,
}

impl Line {
    fn ok(subject: &'static str, detail: impl Into<String>) -> Self {
        Self {
            subject,
            state: State::Ok,
            detail: detail.into(),
            fix: String::new(),
        }
    }

    fn warning(subject: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            subject,
            state: State::Warning,
            detail: detail.into(),
            fix: fix.into(),
        }
    }

    fn problem(subject: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            state: State::Problem,
            ..Self::warning(subject, detail, fix)
        }
    }
}

/// Looks at everything: what the sandbox needs, then what AWS needs besides.
pub async fn doctor(root: &Path, arguments: &Doctor) -> Vec<Line> {
    let mut lines = tools::for_the_sandbox();
    let stack = user_and_stack(root, arguments, &mut lines);
    lines.extend(tools::for_aws(root));
    if let Some(stack) = stack {
        lines.extend(account::look(arguments, &stack).await);
    }
    lines
}

/// The user's name, and what it makes of the stack.
fn user_and_stack(root: &Path, arguments: &Doctor, lines: &mut Vec<Line>) -> Option<Stack> {
    let user = &arguments.user;
    let checked = check_user(user)
        .and_then(|()| Stack::compile(root, user, arguments.place.region.as_deref()));
    match checked {
        Ok(stack) => {
            let resources = stack.service.template["Resources"].as_object();
            let resources = resources.map_or(0, serde_json::Map::len);
            let longest = stack.buckets.iter().max_by_key(|it| it.len());
            lines.push(Line::ok(
                "user",
                format!(
                    "{user}: {resources} resources; the longest bucket name is {}",
                    longest.cloned().unwrap_or_default()
                ),
            ));
            Some(stack)
        }
        Err(error) => {
            lines.push(wrong_user(&error));
            None
        }
    }
}

/// The problem and the next step, which an error has in one text.
fn wrong_user(error: &Error) -> Line {
    let text = error.to_string();
    match text.split_once(". ") {
        Some((problem, fix)) => Line::problem("user", problem, fix),
        None => Line::problem("user", text, "Mend serverless.yml."),
    }
}

/// The lines for people.
pub fn text(lines: &[Line]) -> String {
    let width = lines.iter().map(|it| it.subject.len()).max().unwrap_or(0);
    let mut out = String::new();
    for line in lines {
        let (word, colour) = match line.state {
            State::Ok => ("ok     ", AnsiColor::Green),
            State::Warning => ("warning", AnsiColor::Yellow),
            State::Problem => ("problem", AnsiColor::Red),
        };
        let style = Style::new().fg_color(Some(colour.into()));
        let _ = writeln!(
            out,
            "{style}{word}{style:#}  {:<width$}  {}",
            line.subject,
            plain::line(&line.detail)
        );
        if !line.fix.is_empty() {
            let _ = writeln!(
                out,
                "{:9}{:width$}  fix: {}",
                "",
                "",
                plain::line(&line.fix)
            );
        }
    }
    let count = |state| lines.iter().filter(|it| it.state == state).count();
    let many = |word: &str, count: usize| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let _ = writeln!(
        out,
        "\n{} ok, {}, {}",
        count(State::Ok),
        many("warning", count(State::Warning)),
        many("problem", count(State::Problem))
    );
    out
}
