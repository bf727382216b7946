//! Amazon States Language: parses a definition, says what is wrong with it in
//! AWS's words, and interprets it as AWS Step Functions does.
//!
//! Services are reached only through [`TaskRunner`], time only through
//! [`Clock`]; what happened is in [`History`]. A [`StateMachine`] is parsed once
//! and run as often as one likes, by an [`Execution`] each:
//!
//! ```
//! use std::sync::Arc;
//! use std::time::SystemTime;
//!
//! use serde_json::{Value, json};
//! use states_language::*;
//!
//! /// Answers every task with the length of the text that it gets.
//! struct Length;
//!
//! impl TaskRunner for Length {
//!     fn run<'a>(
//!         &'a self,
//!         request: TaskRequest,
//!         _progress: TaskProgress,
//!     ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
//!         Box::pin(async move {
//!             let text = request.input.as_str();
//!             let text = text.ok_or_else(|| TaskFailure::new("NoText", "Give me a text."))?;
//!             Ok(json!(text.len()))
//!         })
//!     }
//! }
//!
//! let definition = json!({
//!     "StartAt": "Measure",
//!     "States": {
//!         "Measure": {
//!             "Type": "Task",
//!             "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:length",
//!             "InputPath": "$.name",
//!             "ResultPath": "$.length",
//!             "Next": "Rest",
//!         },
//!         "Rest": { "Type": "Wait", "Seconds": 3600, "End": true },
//!     },
//! });
//! let program = Arc::new(StateMachine::parse(&definition.to_string()).unwrap());
//!
//! // This clock moves on whenever the execution waits: an hour takes no time.
//! let clock = DrivenClock::new(SystemTime::now());
//! let history = History::new();
//! let execution = Execution {
//!     program,
//!     context: ExecutionContext::named("measure", "first", "eu-west-1", "123456789012"),
//!     input: r#"{"name": "Zoe"}"#.to_owned(),
//!     tasks: Arc::new(Length),
//!     clock: Arc::new(clock.clone()),
//!     history: history.clone(),
//! };
//! let outcome = clock.run(execution.run()).unwrap();
//! assert_eq!(outcome, Outcome::Succeeded { output: json!({ "name": "Zoe", "length": 3 }) });
//! assert_eq!(history.len(), 9);
//! ```
//!
//! Where to find a rule of the language: what a definition may say is in `definition`,
//! one file for each kind of thing; what a state then does is in `run`, one file for each
//! type of state; paths, intrinsic functions and JSONata have rooms of their own.

mod budget;
mod clock;
mod context;
mod definition;
mod diagnostic;
mod environment;
mod event;
mod hash;
mod history;
mod intrinsic;
mod json_error;
mod jsonata;
mod path;
mod payload;
mod request;
mod run;
mod scope;
mod setting;
mod task;
mod template;
mod text;
mod timestamp;

pub use clock::{BoxFuture, Clock, DrivenClock, Stalled, SystemClock};
pub use context::ExecutionContext;
pub use definition::{Kind, StateMachine};
pub use diagnostic::{Code, Diagnostic, Severity, invalid_definition_message};
pub use event::Event;
pub use history::{History, HistoryEvent, TaskProgress};
pub use json_error::json_problem;
pub use request::{RequestError, check_request};
pub use run::{Execution, Outcome};
pub use task::{FailureStage, IntegrationPattern, TaskFailure, TaskRequest, TaskRunner};
