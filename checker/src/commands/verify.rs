//! `checker verify`: from the user's name to the verdict.

use std::path::Path;
use std::process::ExitCode;

use super::cli::Verify;
use super::print::print;
use super::{interrupts, progress_line};
use crate::error::Error;
use crate::report;
use crate::session::Session;
use crate::session::run::Run;
use crate::verdict::{Verdict, worst};
use crate::workspace::course::is_begun;
use crate::workspace::progress::Record;

/// Verifies a user's tasks and prints the report. The verdicts are remembered for `tasks` and
/// `hint`.
///
/// # Errors
///
/// Whatever kept the checker from a verdict, or left something of the run behind.
pub async fn verify(root: &Path, arguments: &Verify) -> Result<ExitCode, Error> {
    let mut stop = interrupts::listen();
    // Nobody takes a former run's report for one of this run.
    if let Some(file) = &arguments.junit {
        let _ = std::fs::remove_file(file);
    }
    let listener = progress_line::listener();
    let session = Session::new(root.to_owned(), arguments.options()?, listener);
    let wanted = arguments.wanted();
    let verified = session.verify(&arguments.user, &wanted, &mut stop).await;
    session.end().await;
    let verified = verified?;
    let run = verified.run;
    let remembered = remember(root, &run);
    print(&if arguments.json {
        format!("{}\n", report::json(&run))
    } else {
        report::text(&run)
    })?;
    verified.cleaned.and(remembered)?;
    if let Some(file) = &arguments.junit {
        report::junit::write(&run, file)?;
    }
    if run.tasks.iter().all(|it| it.verdict == Verdict::Skipped) {
        return Err(Error::Unclear(
            "nothing was judged: verify where nothing has to be left out".to_owned(),
        ));
    }
    Ok(match worst(run.tasks.iter().map(|task| task.verdict)) {
        Verdict::Passed | Verdict::Skipped => ExitCode::SUCCESS,
        Verdict::Failed => ExitCode::from(1),
        Verdict::Error => ExitCode::from(3),
    })
}

/// Remembers a participant's verdicts; those of `main` are nobody's progress.
///
/// # Errors
///
/// Where they cannot be written. A verdict is worth more than what is remembered of it.
pub fn remember(root: &Path, run: &Run) -> Result<(), Error> {
    if !is_begun(root) {
        return Ok(());
    }
    Record::update(root, &run.course, Some(&run.user), |record| {
        record.take_down(&run.tasks);
        Ok(())
    })
}
