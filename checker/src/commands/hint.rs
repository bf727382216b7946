//! `checker hint`: one more hint each time.

use std::fmt::Write as _;

use crate::course::task::Task;
use crate::error::Error;
use crate::workspace::progress::Record;

/// The hints that are due for the check of the task that failed last, one more than the last
/// time; notes that they were given.
///
/// # Errors
///
/// Where no check has failed.
pub fn hint(task: &Task, record: &mut Record) -> Result<String, Error> {
    let id = &task.id;
    let of_task = record.tasks.entry(id.clone()).or_default();
    let failed = of_task
        .failed
        .clone()
        .filter(|name| task.checks.contains_key(name));
    let Some(name) = failed else {
        return Err(Error::Input(match of_task.passed {
            true => format!("task {id} passed the last time: there is nothing to hint at."),
            false => format!(
                "no check of task {id} has failed yet. Verify first: cargo checker verify --task \
                 {id} --user <your name>"
            ),
        }));
    };
    let hints = task.checks.get(&name).map_or(&[][..], |check| &check.hints);
    let given = of_task.hints.entry(name.clone()).or_default();
    *given = (*given + 1).min(hints.len());
    let mut said = format!("Task {id}, check {name}\n\n");
    for (number, hint) in (1..).zip(&hints[..*given]) {
        let _ = writeln!(said, "  {number}. {hint}");
    }
    let step = task.checks.get(&name).and_then(|check| check.step);
    let step = step
        .map(|step| format!(", step {step}"))
        .unwrap_or_default();
    let _ = match *given < hints.len() {
        true => writeln!(said, "\nOne more: cargo checker hint {id}"),
        false => writeln!(
            said,
            "\nThat is all. The reference: cargo checker solution {id} --give-up"
        ),
    };
    let _ = writeln!(said, "The page: {}/README.md{step}", task.folder);
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::task;
    use crate::workspace::progress::OfTask;

    #[test]
    fn one_more_each_time() {
        let task = task::read(
            "tasks/1-start",
            r#"
            id = "1"
            title = "Start"
            minutes = 30
            [[probe]]
            name = "a CV"
            key = "{nonce}.txt"
            checks = ["log-entry"]
            [check.log-entry]
            expect = { log-entry = { text = "Starting" } }
            step = 4
            hints = ["A nudge.", "The place."]
            "#,
        )
        .unwrap();
        let mut record = Record::default();
        let error = hint(&task, &mut record).unwrap_err().to_string();
        assert!(
            error.contains("no check of task 1 has failed yet"),
            "{error}"
        );
        let failed = OfTask {
            failed: Some("log-entry".into()),
            ..OfTask::default()
        };
        record.tasks.insert("1".into(), failed);
        assert_eq!(
            hint(&task, &mut record).unwrap(),
            "Task 1, check log-entry\n\n  1. A nudge.\n\nOne more: cargo checker hint 1\n\
             The page: tasks/1-start/README.md, step 4\n"
        );
        let all = hint(&task, &mut record).unwrap();
        assert!(all.contains("  2. The place.\n\nThat is all."), "{all}");
        assert_eq!(hint(&task, &mut record).unwrap(), all);
        // A check that the task does not have any more is no reason to stumble.
        record.tasks.get_mut("1").unwrap().failed = Some("gone".into());
        record.tasks.get_mut("1").unwrap().passed = true;
        let error = hint(&task, &mut record).unwrap_err().to_string();
        assert!(error.contains("passed the last time"), "{error}");
    }
}
