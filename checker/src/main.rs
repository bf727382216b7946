//! The `checker` command.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use checker::branches::{self, Built, Chain};
use checker::cli::{Branches, Cli, Command};
use checker::error::Error;
use checker::git::Git;
use checker::interrupts::Interrupts;
use checker::verdict::{Verdict, worst};
use checker::{activity, project, report, task, verify};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Error::Unclear(format!("cannot start: {error}"))),
    };
    let code = runtime
        .block_on(run(cli.command))
        .unwrap_or_else(|error| fail(&error));
    // Nobody waits for what a thread still reads.
    runtime.shutdown_background();
    code
}

async fn run(command: Command) -> Result<ExitCode, Error> {
    let mut interrupts = Interrupts::listen();
    match command {
        Command::Verify(arguments) => {
            let (run, cleaned) = verify::verify(&root()?, &arguments, &mut interrupts).await?;
            print(&if arguments.json {
                format!("{}\n", report::json(&run))
            } else {
                report::text(&run)
            })?;
            cleaned?;
            Ok(match worst(run.tasks.iter().map(|task| task.verdict)) {
                Verdict::Passed | Verdict::Skipped => ExitCode::SUCCESS,
                Verdict::Failed => ExitCode::from(1),
                Verdict::Error => ExitCode::from(3),
            })
        }
        Command::Sandbox(arguments) => {
            let user = arguments.user.as_deref();
            let root = match user {
                Some(user) => {
                    project::check_user(user)?;
                    Some(root()?)
                }
                None => None,
            };
            activity::serve(root.as_deref(), user, arguments.port, &mut interrupts).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Branches(Branches::Build { from }) => {
            let git = Git::at(&root()?)?;
            let source = git.commit(&from).ok_or_else(|| {
                Error::Input(format!(
                    "there is no commit {from:?}. Name the branch or commit that holds the full \
                     solution with --from."
                ))
            })?;
            let chain = Chain::from(&git, &source, &task::read_at(&git, &source)?)?;
            let all = branches::build(&git, &chain)?;
            print(&report::branches(&source, &all))?;
            let left = all.iter().any(|(_, built)| matches!(built, Built::Left(_)));
            Ok(ExitCode::from(u8::from(left)))
        }
    }
}

/// Prints a report.
fn print(text: &str) -> Result<(), Error> {
    let mut output = anstream::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        // Whoever closed the pipe has read what they wanted.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => {
            other.map_err(|error| Error::Unclear(format!("the report cannot be written: {error}")))
        }
    }
}

fn root() -> Result<PathBuf, Error> {
    let current = std::env::current_dir()
        .map_err(|error| Error::Input(format!("the current folder is gone: {error}")))?;
    project::find_root(&current)
}

fn fail(error: &Error) -> ExitCode {
    // Texts of an endpoint or a file must not steer the terminal.
    let text: String = error
        .to_string()
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    // Where even this cannot be written, the exit code has to do.
    let _ = writeln!(anstream::stderr(), "error: {text}");
    error.exit_code()
}
