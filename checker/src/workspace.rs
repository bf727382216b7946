//! The participant's files: found, kept and given back. Nothing here loses any.

pub mod at_commit;
pub mod backup;
pub mod branches;
pub mod course;
pub mod git;
pub mod progress;
pub mod project;
pub mod tampered;
pub mod temporary;
pub mod work;
