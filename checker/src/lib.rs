//! Proves from the outside that a participant's task works: uploads fresh test
//! files and follows each from object to invocation, execution and result,
//! through AWS's own APIs.
//!
//! Each room knows those below it, and none above (the tests hold it to that):
//!
//! | room | what is in it |
//! |---|---|
//! | [`commands`] | the command line: one file a command; they alone print |
//! | [`author`] | proves a course: every start fails, every solution passes, pages are true |
//! | [`report`] | a run as text, as JSON and for CI systems; the workflow as a graph |
//! | [`session`] | verifies users and tasks, and tells what happens as it happens |
//! | [`judge`] | from evidence to verdicts |
//! | [`evidence`] | what was seen: uploads, invocations, executions, objects, lines of logs |
//! | [`target`] | what is verified: the sandbox, or AWS; and what it runs |
//! | [`workspace`] | the participant's files: git, backups, branches, progress |
//! | [`verdict`] | what became of checks, probes and tasks |
//! | [`course`] | what is taught, as data: the course file, tasks, regions, inputs, the stack |
//! | [`error`] | what keeps any of them from a verdict |
//!
//! [`build_id`] is the one file that the handler's build script has, too.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | course | what is taught: tasks in their order, names, handler, inputs; data, no Rust |
//! | task | one step of it, with an id, a page, a manifest and a branch |
//! | start, solution | the files that a task begins from, and those after it is done |
//! | region | marked lines of the one annotated source that differ between the two |
//! | probe | a test file that is uploaded under a key with a fresh nonce, and what is expected of it |
//! | nonce | the part of a key that no other upload has |
//! | arrival | a way in which the function is told of an object: an upload, or an event |
//! | check | one named expectation of a probe, of one kind |
//! | evidence | what was seen of a probe: facts, without a verdict |
//! | hop | a link of the chain object, event, invocation, execution, state, result |
//! | verdict | passed, failed, skipped (what it needs failed), error (nobody could tell) |
//! | target | the sandbox, AWS, or another endpoint |
//! | stack | what `serverless.yml` makes for one user |
//! | session | one use of the checker as a library: users and tasks in, events and verdicts out |
//! | run | what a session does for one user |
//! | ability | something that AWS and the sandbox have, and not every endpoint |
//! | build | the commits that `branches build` renders from `main` |
//! | backup | a ref that holds index and files of a working tree, bit by bit |

pub mod author;
pub mod build_id;
pub mod commands;
pub mod course;
pub mod error;
pub mod evidence;
pub mod judge;
pub mod report;
pub mod session;
pub mod target;
pub mod verdict;
pub mod workspace;
