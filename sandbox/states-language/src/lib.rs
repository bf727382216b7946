//! Amazon States Language: parses a definition, says what is wrong with it in
//! AWS's words, and interprets it as AWS Step Functions does.
//!
//! Services are reached only through [`TaskRunner`], time only through
//! [`Clock`]; what happened is in [`History`].

mod clock;
mod definition;
mod diagnostic;
mod event;
mod execution;
mod history;
mod path;
mod payload;
mod task;
mod text;

pub use clock::{BoxFuture, Clock, DrivenClock, Stalled, SystemClock};
pub use definition::StateMachine;
pub use diagnostic::{Diagnostic, Severity, invalid_definition_message};
pub use event::Event;
pub use execution::{Execution, ExecutionContext, Outcome};
pub use history::{History, HistoryEvent, TaskProgress};
pub use task::{FailureStage, IntegrationPattern, TaskFailure, TaskRequest, TaskRunner};
