//! The Lambda Runtime API: what a function's process talks to.
//!
//! As in "Using the Lambda runtime API for custom runtimes" of the Lambda
//! Developer Guide. On AWS each process has an address of its own; here all
//! share the sandbox's port, so the address that a process finds in
//! `AWS_LAMBDA_RUNTIME_API` ends in a secret path that says which one it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use serde_json::json;
use tokio::sync::mpsc;

use crate::protocol::set;

use super::process::{Phase, Process};

/// The first segment of the path of every process's address.
pub const PREFIX: &str = "/_runtime/";

/// The largest answer of a function, in bytes, as AWS sets it.
const LARGEST_RESPONSE: usize = 6 * 1024 * 1024 + 100;

/// One event on its way into a process.
#[derive(Debug, Clone)]
pub struct Work {
    /// The invocation's request id.
    pub request_id: String,
    /// The event.
    pub payload: Bytes,
    /// When time runs out.
    pub deadline: SystemTime,
    /// The function's ARN.
    pub function_arn: String,
    /// `Root=...;Parent=...;Sampled=0`.
    pub trace_id: String,
}

/// What a process told the Runtime API.
#[derive(Debug)]
pub enum RuntimeEvent {
    /// It asks for the next event: it is initialized, or done with the last.
    Next,
    /// The answer to the event with this request id.
    Response(String, Bytes),
    /// The function failed on the event with this request id.
    Error {
        /// The invocation's request id.
        request_id: String,
        /// The error's type.
        error_type: String,
        /// The JSON that describes it.
        payload: String,
    },
    /// The process cannot start.
    InitError {
        /// The error's type.
        error_type: String,
        /// The JSON that describes it.
        payload: String,
    },
}

/// The Runtime API's end of one process.
#[derive(Debug)]
struct Link {
    process: Arc<Process>,
    work: tokio::sync::Mutex<mpsc::Receiver<Work>>,
    events: mpsc::UnboundedSender<RuntimeEvent>,
}

/// The instance's end of the same process.
#[derive(Debug)]
pub struct Ends {
    /// What `AWS_LAMBDA_RUNTIME_API` adds to the sandbox's address.
    pub path: String,
    /// Hands an event to the process.
    pub work: mpsc::Sender<Work>,
    /// What the process says.
    pub events: mpsc::UnboundedReceiver<RuntimeEvent>,
}

/// All processes that may talk to the Runtime API.
#[derive(Debug, Default)]
pub struct RuntimeApi {
    links: Mutex<HashMap<String, Arc<Link>>>,
}

impl RuntimeApi {
    /// Lets one more process in.
    pub fn open(&self, process: Arc<Process>) -> Ends {
        let token = uuid::Uuid::new_v4().simple().to_string();
        let (work, work_receiver) = mpsc::channel(1);
        let (events_sender, events) = mpsc::unbounded_channel();
        let link = Link {
            process,
            work: work_receiver.into(),
            events: events_sender,
        };
        self.links().insert(token.clone(), Arc::new(link));
        Ends {
            path: format!("{PREFIX}{token}"),
            work,
            events,
        }
    }

    /// Lets the process with this path in no longer.
    pub fn close(&self, path: &str) {
        self.links().remove(path.trim_start_matches(PREFIX));
    }

    fn links(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request; `next` waits until there is an event.
    pub async fn call(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Response<Bytes> {
        let (token, rest) = path
            .trim_start_matches(PREFIX)
            .split_once('/')
            .unwrap_or_default();
        let Some(link) = self.links().get(token).cloned() else {
            return refuse(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                "No such runtime.",
            );
        };
        let error_type = || {
            let given = headers.get("lambda-runtime-function-error-type");
            let given = given
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned);
            given.unwrap_or_else(|| error_type_in(&body))
        };
        let payload = || String::from_utf8_lossy(&body).into_owned();
        let event = match (method, rest.split('/').collect::<Vec<_>>().as_slice()) {
            (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => {
                return next(&link).await;
            }
            (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
                if body.len() > LARGEST_RESPONSE {
                    let text = format!(
                        "Response payload size exceeded maximum allowed payload size ({LARGEST_RESPONSE} bytes)."
                    );
                    link.process.answered();
                    let _ = link.events.send(RuntimeEvent::Error {
                        request_id: (*id).to_owned(),
                        error_type: "Function.ResponseSizeTooLarge".to_owned(),
                        payload: json!({
                            "errorType": "Function.ResponseSizeTooLarge", "errorMessage": text
                        })
                        .to_string(),
                    });
                    return refuse(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        "RequestEntityTooLarge",
                        &text,
                    );
                }
                RuntimeEvent::Response((*id).to_owned(), body.clone())
            }
            (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
                RuntimeEvent::Error {
                    request_id: (*id).to_owned(),
                    error_type: error_type(),
                    payload: payload(),
                }
            }
            (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
                RuntimeEvent::InitError {
                    error_type: error_type(),
                    payload: payload(),
                }
            }
            _ => {
                return refuse(
                    StatusCode::NOT_FOUND,
                    "NotFound",
                    "No such path in the Runtime API.",
                );
            }
        };
        link.process.answered();
        // An error means that nobody waits for this process any more.
        let _ = link.events.send(event);
        answer(StatusCode::ACCEPTED, json!({ "status": "OK" }).to_string())
    }
}

/// The runtime's error body names the type where its header does not.
fn error_type_in(body: &Bytes) -> String {
    serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|body| Some(body.get("errorType")?.as_str()?.to_owned()))
        .unwrap_or_else(|| "Runtime.Unknown".to_owned())
}

async fn next(link: &Link) -> Response<Bytes> {
    let mut work = link.work.lock().await;
    match link.process.phase() {
        // Its first event waits already.
        Phase::Starting => {}
        Phase::Working => {
            return refuse(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                "State transition from Running to Ready failed for runtime. Error: State \
                 transition is not allowed",
            );
        }
        Phase::Answered | Phase::Frozen(_) | Phase::Ended => link.process.freeze(),
    }
    let _ = link.events.send(RuntimeEvent::Next);
    let Some(work) = work.recv().await else {
        return refuse(
            StatusCode::GONE,
            "InvalidStateTransition",
            "The sandbox is closing.",
        );
    };
    link.process.thaw();
    let deadline = work
        .deadline
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    let mut response = answer(StatusCode::OK, String::new());
    *response.body_mut() = work.payload;
    set(
        &mut response,
        "lambda-runtime-aws-request-id",
        &work.request_id,
    );
    set(
        &mut response,
        "lambda-runtime-deadline-ms",
        &deadline.to_string(),
    );
    set(
        &mut response,
        "lambda-runtime-invoked-function-arn",
        &work.function_arn,
    );
    set(&mut response, "lambda-runtime-trace-id", &work.trace_id);
    response
}

fn answer(status: StatusCode, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    set(&mut response, "content-type", "application/json");
    response
}

fn refuse(status: StatusCode, error_type: &str, text: &str) -> Response<Bytes> {
    answer(
        status,
        json!({ "errorType": error_type, "errorMessage": text }).to_string(),
    )
}
