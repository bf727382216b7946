//! The language as it runs: each rule with data of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod choices;
mod data_flow;
mod errors;
mod history;
mod hostile;
mod jsonata;
mod machine;
mod maps;
mod tasks;
mod time;
