//! `checker verify` as its users run it: the real binary on a real project, with
//! the handler that is built from it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_handler;
mod bad_input;
mod branches;
mod catalogue;
mod clean;
mod courses;
mod doctor;
mod endpoint;
mod interrupt;
mod keeping;
mod killed;
mod mistakes;
mod odd_repositories;
mod output;
mod parallel;
mod project;
mod rehearsal;
mod report;
mod repository;
mod second_course;
mod start;
mod variations;
mod watch;
