//! `checker sandbox`: a sandbox to look at, until Ctrl-C.

use std::path::Path;

use sandbox::Sandbox;
use sandbox::activity::What;
use tokio::sync::broadcast::error::RecvError;

use super::progress_line;
use crate::course::stack::Stack;
use crate::error::Error;
use crate::report::plain;
use crate::session::stop::Stop;
use crate::target::cargo::Screen;
use crate::target::local::{Local, start_sandbox};

/// The region of an empty sandbox.
const REGION: &str = "eu-west-1";

/// Serves a sandbox, with the user's stack where one is named, and prints what
/// happens in it, until it is interrupted.
///
/// # Errors
///
/// Where it cannot be started.
pub async fn serve(
    root: Option<&Path>,
    user: Option<&str>,
    port: u16,
    stop: &mut Stop,
) -> Result<(), Error> {
    let (started, region) = tokio::select! {
        () = stop.next() => return Ok(()),
        started = start(root, user, port) => started?,
    };
    tokio::select! {
        () = stop.next() => {}
        () = show(started.sandbox(), &region) => {}
    }
    match started {
        Started::Empty(sandbox) => sandbox.end().await,
        Started::Deployed(local) => local.end().await,
    }
    Ok(())
}

/// A sandbox, without or with a stack.
enum Started {
    Empty(Sandbox),
    Deployed(Local),
}

impl Started {
    fn sandbox(&self) -> &Sandbox {
        match self {
            Self::Empty(sandbox) => sandbox,
            Self::Deployed(local) => &local.sandbox,
        }
    }
}

async fn start(
    root: Option<&Path>,
    user: Option<&str>,
    port: u16,
) -> Result<(Started, String), Error> {
    let (Some(root), Some(user)) = (root, user) else {
        let sandbox = start_sandbox(REGION, port).await?;
        return Ok((Started::Empty(sandbox), REGION.to_owned()));
    };
    let stack = Stack::compile(root, user, None)?;
    let screen = Screen {
        terminal: progress_line::terminal(),
        show: &progress_line::write,
    };
    let local = Local::start(root, &stack, port, screen).await?;
    let deployed = local.deploy(&stack)?;
    anstream::println!(
        "Deployed {} resources of the stack {}. Upload CVs to s3://{}.",
        deployed.resources,
        stack.service.stack_name,
        stack.input_bucket
    );
    Ok((Started::Deployed(local), stack.service.region))
}

async fn show(sandbox: &Sandbox, region: &str) {
    let mut activities = sandbox.activities();
    let endpoint = sandbox.endpoint();
    anstream::println!(
        "The sandbox answers at {endpoint} from now on. In another terminal:\n\n  \
         export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region}\n  \
         export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n\n\
         Ctrl-C ends it; nothing in it is kept.\n",
    );
    loop {
        match activities.recv().await {
            Ok(activity) => anstream::println!("{}", line(&activity.what)),
            Err(RecvError::Lagged(missed)) => {
                anstream::println!("         {missed} lines came too fast to be shown");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// One line for people.
fn line(what: &What) -> String {
    let text = match what {
        What::ObjectCreated { bucket, key, size } => {
            format!("object   s3://{bucket}/{key}, {size} bytes")
        }
        What::ObjectRemoved { bucket, key } => format!("removed  s3://{bucket}/{key}"),
        What::FunctionInvoked {
            function,
            request_id,
        } => {
            format!("invoked  {function}, request {request_id}")
        }
        What::FunctionFinished {
            function,
            duration_ms,
            error: None,
            ..
        } => {
            format!("finished {function}, {duration_ms:.0} ms")
        }
        What::FunctionFinished {
            function,
            duration_ms,
            error: Some(error),
            ..
        } => {
            format!("failed   {function}, {duration_ms:.0} ms: {error}")
        }
        What::Log { group, message } => format!("log      {group}: {}", message.trim_end()),
        What::ExecutionStarted { execution } => format!("started  {execution}"),
        What::ExecutionFinished {
            execution,
            status,
            error,
        } => {
            let error = error
                .as_ref()
                .map(|error| format!(": {error}"))
                .unwrap_or_default();
            format!("ended    {execution}, {status}{error}")
        }
        What::Sent { queue, message } => format!("sent     {queue}: {message}"),
        What::Published { topic, message } => format!("message  {topic}: {message}"),
        _ => String::new(),
    };
    plain::line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_do_not_steer_the_terminal() {
        let object = What::ObjectCreated {
            bucket: "b".into(),
            key: "a\x1b[2Jb".into(),
            size: 3,
        };
        assert_eq!(line(&object), "object   s3://b/a [2Jb, 3 bytes");
        let failed = What::FunctionFinished {
            function: "f".into(),
            request_id: "r".into(),
            duration_ms: 1.6,
            error: Some("no".into()),
        };
        assert_eq!(line(&failed), "failed   f, 2 ms: no");
    }
}
