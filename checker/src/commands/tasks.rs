//! `checker tasks`: all tasks, and how far one is.

use std::fmt::Write as _;

use crate::course::task::Task;
use crate::workspace::progress::Record;

/// A line for each task; an arrow marks the one whose branch is checked out.
pub fn overview(tasks: &[Task], current: Option<&str>, record: &Record) -> String {
    let width = tasks.iter().map(|task| task.title.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut said = String::new();
    for task in tasks {
        let arrow = if current == Some(&task.id) { ">" } else { " " };
        let (id, title, minutes) = (&task.id, &task.title, task.minutes);
        let line = format!(
            "{arrow} {id:<3} {title:<width$}  {minutes:>3} min  {}",
            standing(task, record)
        );
        let _ = writeln!(said, "{}", line.trim_end());
    }
    if let (Some(user), [_, ..]) = (&record.user, record.others.as_slice()) {
        let others = record.others.join(", ");
        let _ = writeln!(
            said,
            "\nThis is of {user}; verified here were {others}, too."
        );
    }
    let next = tasks.iter().find(|task| {
        let of_task = record.tasks.get(&task.id);
        !of_task.is_some_and(|it| it.passed)
    });
    let _ = match next {
        None => writeln!(said, "\nAll passed."),
        Some(task) if current == Some(&task.id) => {
            writeln!(said, "\nRead on: cargo checker show {}", task.id)
        }
        Some(task) => writeln!(said, "\nGo on: cargo checker start {}", task.id),
    };
    said
}

fn standing(task: &Task, record: &Record) -> String {
    let Some(of_task) = record.tasks.get(&task.id) else {
        return String::new();
    };
    let hints: usize = of_task.hints.values().sum();
    let hints = match hints {
        0 => String::new(),
        1 => ", 1 hint".to_owned(),
        many => format!(", {many} hints"),
    };
    match (&of_task.failed, of_task.passed) {
        (Some(check), false) => format!("fails at {check}{hints}"),
        (Some(check), true) => format!("passed, now fails at {check}{hints}"),
        (None, true) => format!("passed{hints}"),
        (None, false) => String::new(),
    }
}
