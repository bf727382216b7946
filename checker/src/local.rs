//! The embedded sandbox with a user's stack in it.

use std::path::Path;
use std::time::{Duration, Instant};

use sandbox::Sandbox;

use crate::error::Error;
use crate::handler_binary::HandlerBinary;
use crate::stack::Stack;

/// A sandbox that runs a stack, until it is dropped.
#[derive(Debug)]
pub struct Local {
    /// The sandbox. Before the executable, which it runs: fields are dropped in
    /// this order.
    pub sandbox: Sandbox,
    /// What its functions run.
    pub handler: HandlerBinary,
    /// How many resources were made.
    pub resources: usize,
    /// How long starting and deploying took.
    pub took: Duration,
}

impl Local {
    /// Builds the handler, starts a sandbox and deploys the stack.
    ///
    /// # Errors
    ///
    /// Where the handler does not compile, the port is taken, or the stack
    /// cannot be deployed.
    pub async fn start(root: &Path, stack: &Stack, port: u16) -> Result<Self, Error> {
        let handler = HandlerBinary::build(root).await?;
        let begun = Instant::now();
        let sandbox = start_sandbox(&stack.service.region, port).await?;
        let service = &stack.service;
        let resources = sandbox
            .deploy(&service.stack_name, &service.template, &handler.path())
            .map_err(|error| {
                let place = error.logical_id().and_then(|id| service.places.get(id));
                let (place, advice) = match place {
                    Some(place) => (format!("{place}: "), "Mend it there."),
                    None => (
                        String::new(),
                        "Mend serverless.yml or a file that it includes.",
                    ),
                };
                let problem = error.to_string();
                Error::Input(format!(
                    "{place}the stack {} cannot be deployed: {}. {advice}",
                    service.stack_name,
                    problem.trim_end_matches('.'),
                ))
            })?;
        Ok(Self {
            resources,
            sandbox,
            handler,
            took: begun.elapsed(),
        })
    }

    /// Ends the sandbox, waits for its processes, and removes the executable.
    pub async fn end(self) {
        self.sandbox.end().await;
    }
}

/// Starts an empty sandbox.
///
/// # Errors
///
/// Where the port is taken.
pub async fn start_sandbox(region: &str, port: u16) -> Result<Sandbox, Error> {
    Sandbox::start(region, port).await.map_err(|error| {
        Error::Unclear(format!(
            "cannot listen on 127.0.0.1:{port}: {error}.{}",
            if port == 0 {
                ""
            } else {
                " Choose another port with --port."
            }
        ))
    })
}
