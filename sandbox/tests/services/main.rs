//! The services other than S3 over a real socket, with functions as real processes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod client;
mod definitions;
mod front_door;
mod integrations;
mod invocations;
mod processes;
mod queues;
mod retries;
mod server;
mod stacks;
mod state_machines;
mod tasks;
