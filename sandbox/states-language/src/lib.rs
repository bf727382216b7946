//! Amazon States Language: parses a definition, says what is wrong with it in
//! AWS's words, and interprets it as AWS Step Functions does.
//!
//! Services are reached only through [`TaskRunner`], time only through
//! [`Clock`]; what happened is in [`History`].

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
pub use run::{Execution, Outcome};
pub use task::{FailureStage, IntegrationPattern, TaskFailure, TaskRequest, TaskRunner};
