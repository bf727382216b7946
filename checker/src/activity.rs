//! `checker sandbox`: a sandbox to look at, until Ctrl-C.

use std::path::Path;

use sandbox::activity::Activity;
use tokio::sync::broadcast::error::RecvError;

use crate::error::Error;
use crate::local::{Local, start_sandbox};
use crate::stack::Stack;

/// The region of an empty sandbox.
const REGION: &str = "eu-west-1";

/// Serves a sandbox, with the user's stack where one is named, and prints what
/// happens in it.
///
/// # Errors
///
/// Where it cannot be started; it ends by [`Error::Interrupted`] only.
pub async fn serve(root: Option<&Path>, user: Option<&str>, port: u16) -> Result<(), Error> {
    let (local, empty);
    let sandbox = match (root, user) {
        (Some(root), Some(user)) => {
            let stack = Stack::compile(root, user)?;
            local = Local::start(root, &stack, port).await?;
            anstream::println!(
                "Deployed {} resources of the stack {}. Upload CVs to s3://{}.",
                local.resources,
                stack.service.stack_name,
                stack.input_bucket
            );
            &local.sandbox
        }
        _ => {
            empty = start_sandbox(REGION, port).await?;
            &empty
        }
    };
    let mut activities = sandbox.activities();
    anstream::println!(
        "The sandbox answers at {}. In another terminal:\n\n  \
         export AWS_ENDPOINT_URL={} AWS_REGION={REGION}\n  \
         export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n\n\
         Ctrl-C ends it; nothing in it is kept.\n",
        sandbox.endpoint(),
        sandbox.endpoint()
    );
    loop {
        match activities.recv().await {
            Ok(activity) => anstream::println!("{}", line(&activity)),
            Err(RecvError::Lagged(missed)) => {
                anstream::println!("         {missed} lines came too fast to be shown");
            }
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

/// One line for people.
fn line(activity: &Activity) -> String {
    let text = match activity {
        Activity::ObjectCreated { bucket, key, size } => {
            format!("object   s3://{bucket}/{key}, {size} bytes")
        }
        Activity::ObjectRemoved { bucket, key } => format!("removed  s3://{bucket}/{key}"),
        Activity::FunctionInvoked { function, request_id } => {
            format!("invoked  {function}, request {request_id}")
        }
        Activity::FunctionFinished { function, duration_ms, error: None, .. } => {
            format!("finished {function}, {duration_ms:.0} ms")
        }
        Activity::FunctionFinished { function, duration_ms, error: Some(error), .. } => {
            format!("failed   {function}, {duration_ms:.0} ms: {error}")
        }
        Activity::Log { group, message } => format!("log      {group}: {}", message.trim_end()),
        Activity::ExecutionStarted { execution } => format!("started  {execution}"),
        Activity::ExecutionFinished { execution, status, error } => {
            let error = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            format!("ended    {execution}, {status}{error}")
        }
        Activity::Published { topic, message } => format!("message  {topic}: {message}"),
        _ => String::new(),
    };
    // What comes from outside must not steer the terminal.
    text.chars().map(|c| if c.is_control() && c != '\t' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_do_not_steer_the_terminal() {
        let object = Activity::ObjectCreated { bucket: "b".into(), key: "a\x1b[2Jb".into(), size: 3 };
        assert_eq!(line(&object), "object   s3://b/a [2Jb, 3 bytes");
        let failed = Activity::FunctionFinished {
            function: "f".into(),
            request_id: "r".into(),
            duration_ms: 1.6,
            error: Some("no".into()),
        };
        assert_eq!(line(&failed), "failed   f, 2 ms: no");
    }
}
