//! The `checker` command.

use std::io::Write as _;
use std::process::ExitCode;

use checker::commands;
use checker::commands::cli::{Cli, Command};
use checker::commands::machine;
use checker::error::Error;
use checker::report::plain;
use checker::workspace::temporary;
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runs = matches!(
        cli.command,
        Command::Verify(_) | Command::Watch(_) | Command::Sandbox(_)
    );
    if runs && let Err(error) = machine::check() {
        return fail(&error);
    }
    temporary::sweep(&std::env::temp_dir());
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Error::Unclear(format!("cannot start: {error}"))),
    };
    let code = runtime
        .block_on(commands::run(cli.command))
        .unwrap_or_else(|error| fail(&error));
    // Nobody waits for what a thread still reads.
    runtime.shutdown_background();
    code
}

fn fail(error: &Error) -> ExitCode {
    let text = plain::lines(&error.to_string());
    // Where even this cannot be written, the exit code has to do.
    let _ = writeln!(anstream::stderr(), "error: {text}");
    error.exit_code()
}
