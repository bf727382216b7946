//! Verifies several users at once by one session, and prints a line of JSON for each: how a
//! program uses the checker as a library.
//!
//! ```sh
//! cargo run --example class -- http://127.0.0.1:4566 1 alice bob carol
//! ```
//!
//! Their stacks have to be deployed at the endpoint; `1` is the task.

use std::process::ExitCode;
use std::sync::Arc;

use checker::error::Error;
use checker::session::stop::Stop;
use checker::session::{Options, Session, Wanted};
use checker::target::cargo::Terminal;
use checker::target::{Endpoint, Target};
use checker::workspace::project::find_root;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(endpoint), Some(task)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: class ENDPOINT TASK USER...");
        return ExitCode::from(2);
    };
    match verify(endpoint, &Wanted::Tasks(vec![task]), arguments.collect()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}

async fn verify(endpoint: String, wanted: &Wanted, users: Vec<String>) -> Result<(), Error> {
    let options = Options {
        target: Target::Aws,
        endpoint: Endpoint {
            url: Some(endpoint),
            ..Endpoint::default()
        },
        without: Vec::new(),
        is_polite: true,
        limit: None,
        terminal: Terminal::default(),
    };
    let here = std::env::current_dir().map_err(|error| Error::Input(error.to_string()))?;
    let root = find_root(&here)?;
    let session = Arc::new(Session::new(root, options, Arc::new(|_| {})));
    let (stopper, stop) = Stop::new();
    tokio::spawn(async move {
        // Each Ctrl-C is a request: the first ends the verifying, the second the cleaning up.
        while tokio::signal::ctrl_c().await.is_ok() {
            stopper.stop();
        }
    });
    let mut runs = tokio::task::JoinSet::new();
    for user in users {
        let (session, mut stop, wanted) = (session.clone(), stop.clone(), wanted.clone());
        runs.spawn(async move {
            let verified = session.verify(&user, &wanted, &mut stop).await;
            (user, verified)
        });
    }
    while let Some(run) = runs.join_next().await {
        let Ok((user, verified)) = run else { continue };
        let said = match verified {
            Ok(it) => serde_json::json!({ "user": user, "tasks": it.run.tasks }),
            Err(error) => serde_json::json!({ "user": user, "error": error.to_string() }),
        };
        println!("{said}");
    }
    // All runs have let go of it.
    if let Some(session) = Arc::into_inner(session) {
        session.end().await;
    }
    Ok(())
}
