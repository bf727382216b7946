//! Proves from the outside that a participant's task works: uploads fresh test
//! CVs and follows each from object to invocation, execution and result,
//! through AWS's own APIs.
//!
//! The parts, in the order in which a run uses them: [`project`] finds the
//! files, [`task`] reads the manifests, [`stack`] knows the names, [`local`]
//! runs the sandbox, [`gather`] collects [`evidence`], [`judge`] turns it into
//! verdicts, [`report`] shows them, [`verify`] holds it all together.

pub mod activity;
pub mod agree;
pub mod author;
pub mod aws;
pub mod backup;
pub mod branches;
pub mod build_id;
pub mod cargo;
pub mod cause;
pub mod clean;
pub mod cleanup;
pub mod cli;
pub mod clock;
pub mod course;
pub mod course_file;
pub mod cv;
pub mod doctor;
pub mod error;
pub mod evidence;
pub mod executions;
pub mod gather;
pub mod git;
pub mod graph;
pub mod handler_binary;
pub mod handler_sources;
pub mod inputs;
pub mod instructor;
pub mod interrupts;
pub mod invocation_lines;
pub mod judge;
pub mod keys;
pub mod lambda;
pub mod left_out;
pub mod local;
pub mod log_reader;
pub mod machine;
pub mod place;
pub mod print;
pub mod probe;
pub mod progress;
pub mod project;
pub mod project_file;
pub mod record;
pub mod regions;
pub mod report;
pub mod rush;
pub mod score;
pub mod signed_call;
pub mod stack;
pub mod stale;
pub mod tampered;
pub mod task;
pub mod temporary;
pub mod verdict;
pub mod verify;
pub mod watch;
pub mod work;
