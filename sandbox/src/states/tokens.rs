//! Task tokens: tasks that wait for somebody to end them.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use states_language::{TaskFailure, TaskProgress, json_problem};
use tokio::sync::oneshot;

use crate::account::Account;
use crate::error::ServiceError;

/// The largest output, in bytes ("Step Functions quotas").
const LARGEST_OUTPUT: usize = 256 * 1024;

/// How a task ended.
pub type Ended = Result<Value, TaskFailure>;

/// All tokens of the account.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    waiting: HashMap<String, Waiting>,
    /// Of tasks that have ended, however.
    over: HashSet<String>,
}

#[derive(Debug)]
struct Waiting {
    end: oneshot::Sender<Ended>,
    progress: TaskProgress,
}

impl Tokens {
    /// A task begins to wait.
    pub fn wait(&self, token: &str, progress: TaskProgress) -> oneshot::Receiver<Ended> {
        let (end, ended) = oneshot::channel();
        let waiting = Waiting { end, progress };
        self.known().waiting.insert(token.to_owned(), waiting);
        ended
    }

    /// A task waits no more.
    pub fn forget(&self, token: &str) {
        let mut known = self.known();
        if known.waiting.remove(token).is_some() {
            known.over.insert(token.to_owned());
        }
    }

    /// Whether a task still waits.
    pub fn is_waiting(&self, token: &str) -> bool {
        self.known().waiting.contains_key(token)
    }

    /// Takes the task of a token out.
    ///
    /// # Errors
    ///
    /// `InvalidToken` for what is none, `TaskTimedOut` for a task that is over.
    fn take(&self, token: &str) -> Result<Waiting, ServiceError> {
        let mut known = self.known();
        match known.waiting.remove(token) {
            Some(waiting) => {
                known.over.insert(token.to_owned());
                Ok(waiting)
            }
            None => Err(gone(&known, token)),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone(known: &Known, token: &str) -> ServiceError {
    if known.over.contains(token) {
        ServiceError::bad_request(
            "TaskTimedOut",
            "Task Timed Out: 'Provided task does not exist anymore'",
        )
    } else {
        ServiceError::bad_request("InvalidToken", "Invalid Token: 'Invalid token'")
    }
}

/// SendTaskSuccess.
///
/// # Errors
///
/// `InvalidOutput`; `InvalidToken` for what is no token, `TaskTimedOut` for a task that is over.
pub fn succeed(account: &Account, token: &str, output: &str) -> Result<Value, ServiceError> {
    let invalid = |why: String| {
        ServiceError::bad_request("InvalidOutput", format!("Invalid Output: '{why}'"))
    };
    if output.len() > LARGEST_OUTPUT {
        return Err(invalid(format!(
            "The output is larger than {LARGEST_OUTPUT} bytes"
        )));
    }
    let value =
        serde_json::from_str(output).map_err(|error| invalid(json_problem(output, &error)))?;
    let waiting = account.states.tokens.take(token)?;
    // Who waited may be gone by now.
    let _ = waiting.end.send(Ok(value));
    Ok(json!({}))
}

/// SendTaskFailure.
///
/// # Errors
///
/// `InvalidToken` for what is no token, `TaskTimedOut` for a task that is over.
pub fn fail(
    account: &Account,
    token: &str,
    error: Option<&str>,
    cause: Option<&str>,
) -> Result<Value, ServiceError> {
    let failure = TaskFailure {
        error: error.map(str::to_owned),
        cause: cause.map(str::to_owned),
        ..TaskFailure::default()
    };
    let waiting = account.states.tokens.take(token)?;
    let _ = waiting.end.send(Err(failure));
    Ok(json!({}))
}

/// SendTaskHeartbeat.
///
/// # Errors
///
/// `InvalidToken` for what is no token, `TaskTimedOut` for a task that is over.
pub fn beat(account: &Account, token: &str) -> Result<Value, ServiceError> {
    let known = account.states.tokens.known();
    match known.waiting.get(token) {
        Some(waiting) => {
            waiting.progress.heartbeat();
            Ok(json!({}))
        }
        None => Err(gone(&known, token)),
    }
}
