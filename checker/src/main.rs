//! The `checker` command.

use std::path::PathBuf;
use std::process::ExitCode;

use checker::cli::{Cli, Command};
use checker::error::Error;
use checker::verdict::{Verdict, worst};
use checker::{activity, project, report, verify};
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
    let interrupted = interrupted();
    match command {
        Command::Verify(arguments) => {
            let run = verify::verify(&root()?, &arguments, interrupted).await?;
            if arguments.json {
                anstream::println!("{}", report::json(&run));
            } else {
                anstream::print!("{}", report::text(&run));
            }
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
            activity::serve(root.as_deref(), user, arguments.port, interrupted).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn root() -> Result<PathBuf, Error> {
    let current = std::env::current_dir()
        .map_err(|error| Error::Input(format!("the current folder is gone: {error}")))?;
    project::find_root(&current)
}

/// Ends at Ctrl-C, and where the system asks the process to end. From now on:
/// a signal that comes before anyone waits is not lost.
fn interrupted() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use std::task::Poll;
        use tokio::signal::unix::{SignalKind, signal};

        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let mut signals: Vec<_> = kinds
            .into_iter()
            .filter_map(|kind| signal(kind).ok())
            .collect();
        std::future::poll_fn(move |context| {
            let mut came = signals
                .iter_mut()
                .map(|it| it.poll_recv(context).is_ready());
            if came.any(|it| it) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
    #[cfg(not(unix))]
    async {
        // Without handler for Ctrl-C, it ends the process by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

fn fail(error: &Error) -> ExitCode {
    anstream::eprintln!("error: {error}");
    error.exit_code()
}
