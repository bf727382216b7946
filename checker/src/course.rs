//! What is taught, as data: read from `tasks/` and `serverless.yml`, the same for everybody.

pub mod ability;
pub mod cause;
pub mod cv;
pub mod file;
pub mod inputs;
pub mod keys;
pub mod place;
pub mod probe;
pub mod project_file;
pub mod regions;
pub mod score;
pub mod stack;
pub mod task;
