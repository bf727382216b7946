//! An AWS account on one loopback port: S3, Lambda, Step Functions, CloudWatch
//! Logs, SNS, SQS, STS, IAM, CloudFormation, and Textract for PDFs, for code that was written
//! for AWS.
//!
//! Functions run as processes behind the real Runtime API, permissions are
//! evaluated on each call, and errors carry AWS's codes and texts.

pub mod account;
pub mod activity;
pub mod arn;
pub mod cloudformation;
mod ecr;
pub mod error;
pub mod front_door;
pub mod iam;
mod integrations;
pub mod lambda;
pub mod logs;
pub mod protocol;
pub mod s3;
mod server;
mod services;
pub mod signature;
pub mod sns;
mod sqs;
pub mod states;
pub mod sts;
pub mod textract;
pub mod time;

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::Value;
use states_language::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use account::Account;
use activity::Activity;
use cloudformation::StackError;

/// A running sandbox. When it is dropped, nothing of it goes on: no
/// connection, no execution, no process.
#[derive(Debug)]
pub struct Sandbox {
    account: Arc<Account>,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Starts an empty account that answers on loopback; port 0 is any free one.
    ///
    /// # Errors
    ///
    /// When the port cannot be listened on.
    pub async fn start(region: &str, port: u16) -> io::Result<Self> {
        Self::start_with(region, port, Arc::new(SystemClock)).await
    }

    /// As [`Sandbox::start`], with a clock of the caller's: executions and the
    /// retries of failed invocations wait for it. What a function may take is
    /// real time all the same.
    ///
    /// # Errors
    ///
    /// When the port cannot be listened on.
    pub async fn start_with(region: &str, port: u16, clock: Arc<dyn Clock>) -> io::Result<Self> {
        hide_environment();
        lambda::remove_leftovers(&std::env::temp_dir());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let account = Arc::new(Account::new(region, &endpoint, clock));
        let server = tokio::spawn(server::serve(listener, account.clone()));
        let watched = account.clone();
        account
            .background
            .spawn(async move { watched.lambda.machine.lag.watch().await });
        Ok(Self { account, server })
    }

    /// The base URL of every service: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.account.endpoint
    }

    /// Makes the resources of a CloudFormation template, and says how many they are.
    /// `executable` is what every function of it runs.
    ///
    /// # Errors
    ///
    /// At the first resource that cannot be made.
    pub fn deploy(
        &self,
        stack: &str,
        template: &Value,
        executable: &Path,
    ) -> Result<usize, StackError> {
        cloudformation::create_stack(&self.account, stack, template, executable)
    }

    /// How many processes have been started for functions.
    pub fn processes(&self) -> usize {
        self.account.lambda.processes.load(Ordering::Relaxed)
    }

    /// Ends the account and all that goes on in it. Dropping it does that too,
    /// but this waits until no process is left.
    pub async fn end(self) {
        self.server.abort();
        self.account.end().await;
    }

    /// What happened after the activity with this id, as far as it is kept, and what happens from
    /// now on.
    pub fn activities_since(&self, id: u64) -> (Vec<Activity>, broadcast::Receiver<Activity>) {
        self.account.feed.since(id)
    }

    /// What happens from now on.
    pub fn activities(&self) -> broadcast::Receiver<Activity> {
        self.account.feed.listen()
    }
}

/// Keeps a function from reading what its parent has in its environment, such as the keys of
/// a real AWS account: on Linux, processes of the same user can read each other's, unless one
/// says that nobody may look into it. Root still may, and so does a debugger that has started
/// the process itself.
#[cfg(target_os = "linux")]
fn hide_environment() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    // Where it does not work, the environment is as open as that of any other process.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(not(target_os = "linux"))]
fn hide_environment() {}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
        self.account.stop();
    }
}
