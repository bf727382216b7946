//! The embedded sandbox with the stacks of users in it.

use std::path::Path;
use std::time::{Duration, Instant};

use sandbox::Sandbox;
use sandbox::cloudformation::StackError;
use serverless_template::Place;

use crate::course::stack::Stack;
use crate::error::Error;
use crate::target::cargo::Screen;
use crate::target::handler_binary::HandlerBinary;

/// A sandbox that runs the stacks of users, until it is dropped.
#[derive(Debug)]
pub struct Local {
    /// The sandbox. Before the executable, which it runs: fields are dropped in
    /// this order.
    pub sandbox: Sandbox,
    /// What its functions run.
    pub handler: HandlerBinary,
    /// How long starting it took.
    pub took: Duration,
}

/// A stack that was deployed.
#[derive(Debug, Clone, Copy)]
pub struct Deployed {
    /// How many resources were made.
    pub resources: usize,
    /// How long it took.
    pub took: Duration,
}

impl Local {
    /// Builds the handler, and starts an empty sandbox.
    ///
    /// # Errors
    ///
    /// Where the handler does not compile, or the port is taken.
    pub async fn start(
        root: &Path,
        stack: &Stack,
        port: u16,
        screen: Screen<'_>,
    ) -> Result<Self, Error> {
        let handler = HandlerBinary::build(root, &stack.course.handler, screen).await?;
        let begun = Instant::now();
        let sandbox = start_sandbox(&stack.service.region, port).await?;
        Ok(Self {
            sandbox,
            handler,
            took: begun.elapsed(),
        })
    }

    /// Deploys a user's stack.
    ///
    /// # Errors
    ///
    /// Where it cannot be deployed, with its place.
    pub fn deploy(&self, stack: &Stack) -> Result<Deployed, Error> {
        let begun = Instant::now();
        let service = &stack.service;
        let resources = self
            .sandbox
            .deploy(&service.stack_name, &service.template, &self.handler.path())
            .map_err(|error| {
                let place = error.logical_id().and_then(|id| service.places.get(id));
                refused(&error, &service.stack_name, place)
            })?;
        Ok(Deployed {
            resources,
            took: begun.elapsed(),
        })
    }

    /// Ends the sandbox, waits for its processes, and removes the executable.
    pub async fn end(self) {
        self.sandbox.end().await;
    }
}

/// Why a stack cannot be deployed, where to look, and the next step.
fn refused(error: &StackError, stack: &str, place: Option<&Place>) -> Error {
    let at = place.map(|it| format!("{it}: ")).unwrap_or_default();
    // What AWS takes is nothing to mend.
    let (verb, advice) = match (error.is_unserved(), place) {
        (true, _) => ("cannot be deployed here", ""),
        (false, Some(_)) => ("cannot be deployed", " Mend it there."),
        (false, None) => (
            "cannot be deployed",
            " Mend serverless.yml or a file that it includes.",
        ),
    };
    let problem = error.to_string();
    Error::Input(format!(
        "{at}the stack {stack} {verb}: {}.{advice}",
        bare(&problem).trim_end_matches('.'),
    ))
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

/// A reason without what CloudFormation puts around what a service said, such as `Role (...):
/// Resource handler returned message: "Invalid effect (Service: Iam, ...)" (RequestToken: ...)`.
fn bare(reason: &str) -> String {
    let Some((who, said)) = reason.split_once("Resource handler returned message: \"") else {
        return reason.to_owned();
    };
    let ends = [" (Service: ", "\" (RequestToken: "];
    let end = ends.iter().filter_map(|it| said.find(it)).min();
    format!("{who}{}", &said[..end.unwrap_or(said.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_takes_is_nothing_to_mend() {
        let place = Place {
            file: "serverless.yml".into(),
            line: 7,
            column: 5,
        };
        let wrong = StackError::Template {
            problem: "Template format error: unsupported structure.".to_owned(),
            logical_id: None,
        };
        let unserved = StackError::Template {
            problem: sandbox::error::unserved("the resource type AWS::DynamoDB::Table"),
            logical_id: None,
        };
        for (error, place, expected) in [
            (
                &wrong,
                None,
                "the stack s cannot be deployed: Template format error: unsupported structure. \
                 Mend serverless.yml or a file that it includes.",
            ),
            (
                &wrong,
                Some(&place),
                "serverless.yml:7:5: the stack s cannot be deployed: Template format error: \
                 unsupported structure. Mend it there.",
            ),
            (
                &unserved,
                Some(&place),
                "serverless.yml:7:5: the stack s cannot be deployed here: AWS takes the resource \
                 type AWS::DynamoDB::Table; this sandbox does not.",
            ),
        ] {
            assert!(matches!(refused(error, "s", place), Error::Input(text) if text == expected));
        }
    }

    #[test]
    fn reasons() {
        let token = "(RequestToken: 1, HandlerErrorCode: InvalidRequest)";
        for (reason, expected) in [
            ("A (T): wrong".to_owned(), "A (T): wrong"),
            (
                format!(
                    "A (T): Resource handler returned message: \"Bad: 'x' (Service: Iam, Status Code: 400)\" {token}"
                ),
                "A (T): Bad: 'x'",
            ),
            (
                format!("A (T): Resource handler returned message: \"It exists.\" {token}"),
                "A (T): It exists.",
            ),
        ] {
            assert_eq!(bare(&reason), expected);
        }
    }
}
