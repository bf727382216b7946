//! One process of a function: started, handed one event at a time, ended.

use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::account::Account;
use crate::activity;
use crate::error::ServiceError;
use crate::iam::SessionCredentials;

use super::function::Function;
use super::invocation_log::InvocationLog;
use super::invoke::Invocation;
use super::lineage::Lineage;
use super::lines::Lines;
use super::own_time::{OutOfTime, OwnTime};
use super::proc;
use super::process::Process;
use super::report::Failure;
use super::runtime_api::{Ends, RuntimeEvent, Work};

/// How long a process may take to ask for its first event, as on AWS.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How long a killed process may take to go.
const KILL_LIMIT: Duration = Duration::from_millis(500);

/// How long to read on after a process ended, in case another holds its pipes.
const DRAIN_LIMIT: Duration = Duration::from_millis(500);

/// How often to look how much memory a process needs.
const BETWEEN_MEMORY: Duration = Duration::from_millis(50);

/// A process, and all that is its own.
#[derive(Debug)]
pub struct Instance {
    account: Arc<Account>,
    child: Child,
    process: Arc<Process>,
    memory: Memory,
    stdout: Lines<ChildStdout>,
    stderr: Lines<ChildStderr>,
    ends: Ends,
    credentials: SessionCredentials,
    started: Instant,
    /// Whether it has asked for its first event.
    pub initialized: bool,
    /// The stream in the function's log group.
    pub log_stream: String,
}

/// How much memory a process may need, and did.
#[derive(Debug)]
struct Memory {
    /// The function's size, in megabytes.
    limit_mb: u32,
    peak_mb: u32,
    looks: Interval,
}

/// What kept a process from starting.
#[derive(Debug)]
pub enum NotStarted {
    /// The role that Lambda may not assume.
    Role(ServiceError),
    /// The executable is not there or does not run.
    Executable(std::io::Error),
}

/// What a process did next.
enum Step {
    Event(RuntimeEvent),
    Exited(String),
}

impl Instance {
    /// Starts a process for the function, as its role.
    ///
    /// # Errors
    ///
    /// What kept the process from starting.
    pub fn start(account: &Arc<Account>, function: &Function) -> Result<Self, NotStarted> {
        let config = &function.config;
        let credentials = account
            .iam
            .assume(&config.role_arn, "lambda.amazonaws.com", &config.name)
            .map_err(|error| {
                let denied = ServiceError::new(403, "AccessDeniedException", error.message);
                NotStarted::Role(denied)
            })?;
        let process = Process::new();
        let ends = account.lambda.runtime_api.open(process.clone());
        let log_stream = log_stream_name();
        let environment = environment(account, function, &credentials, &ends.path, &log_stream);
        let mut command = Command::new(config.code.path());
        command
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(folder) = config.code.path().parent() {
            command.current_dir(folder);
        }
        // A group of its own: Ctrl-C in a terminal is for the checker, which
        // then ends its functions itself, and their children with them.
        #[cfg(unix)]
        command.process_group(0);
        let spawned = command.spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => {
                account.lambda.runtime_api.close(&ends.path);
                account.iam.forget(&credentials.access_key_id);
                return Err(NotStarted::Executable(error));
            }
        };
        account.lambda.processes.fetch_add(1, Ordering::Relaxed);
        process.started(child.id());
        let key = credentials.access_key_id.clone();
        account.lambda.callers().insert(key, process.clone());
        let mut looks = interval(BETWEEN_MEMORY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            account: account.clone(),
            process,
            memory: Memory {
                limit_mb: config.memory_mb,
                peak_mb: 0,
                looks,
            },
            stdout: Lines::new(child.stdout.take()),
            stderr: Lines::new(child.stderr.take()),
            child,
            ends,
            credentials,
            started: Instant::now(),
            initialized: false,
            log_stream,
        })
    }

    /// Waits until the process asks for its first event; says how long it took.
    ///
    /// # Errors
    ///
    /// The failure, when it ends or takes over ten seconds instead.
    pub async fn initialize(&mut self, log: &mut InvocationLog<'_>) -> Result<Duration, Failure> {
        let account = self.account.clone();
        let time = OwnTime::begin(self.child.id(), &account.lambda.machine.lag);
        match time.limit(INIT_LIMIT, self.step(log)).await {
            Err(OutOfTime) => Err(Failure::TimedOut(INIT_LIMIT)),
            Ok(Step::Event(RuntimeEvent::Next)) => {
                self.initialized = true;
                Ok(self.started.elapsed())
            }
            Ok(Step::Event(RuntimeEvent::InitError { error_type, payload })) => {
                Err(Failure::Reported { error_type, payload })
            }
            Ok(Step::Event(_)) => Err(Failure::Reported {
                error_type: "Runtime.InvalidStateTransition".to_owned(),
                payload: r#"{"errorType":"Runtime.InvalidStateTransition","errorMessage":"The runtime answered before it had an event."}"#.to_owned(),
            }),
            Ok(Step::Exited(how)) => Err(Failure::Exited { how }),
        }
    }

    /// Hands over one event and waits for the answer; says how long it took.
    ///
    /// The process is fit for another event only if `initialized` is still set.
    ///
    /// # Errors
    ///
    /// The failure that the process reported, or that ended it.
    pub async fn run(
        &mut self,
        function: &Function,
        invocation: &Invocation,
        lineage: &Lineage,
        log: &mut InvocationLog<'_>,
    ) -> (Duration, Result<Bytes, Failure>) {
        let begun = Instant::now();
        let account = self.account.clone();
        let time = OwnTime::begin(self.child.id(), &account.lambda.machine.lag);
        let request_id = invocation.request_id.as_str();
        let limit = function.timeout();
        let work = Work {
            request_id: request_id.to_owned(),
            payload: invocation.payload.clone(),
            deadline: SystemTime::now() + limit,
            function_arn: function.arn.clone(),
            trace_id: trace_id(),
        };
        self.process.set_origin(lineage.clone(), activity::cause());
        // The channel has room: the process takes one event at a time.
        let _ = self.ends.work.try_send(work);
        let answer = time.limit(limit, self.answer(request_id, log)).await;
        let took = begun.elapsed();
        let result = match answer {
            Ok(result) => result,
            Err(OutOfTime) => {
                self.end();
                Err(Failure::TimedOut(limit))
            }
        };
        if self.initialized {
            // The invocation is over when the process asks for the next event:
            // until then it may still write to its log.
            let next = time.limit(limit, self.next(log)).await;
            self.initialized = matches!(next, Ok(true));
            self.drain(log).await;
        }
        (took, result)
    }

    /// Waits until the process asks for the next event; says whether it did.
    async fn next(&mut self, log: &mut InvocationLog<'_>) -> bool {
        loop {
            match self.step(log).await {
                Step::Event(RuntimeEvent::Next) => return true,
                // A second answer to the same event.
                Step::Event(RuntimeEvent::Response(..) | RuntimeEvent::Error { .. }) => {}
                Step::Event(RuntimeEvent::InitError { .. }) | Step::Exited(_) => return false,
            }
        }
    }

    async fn answer(
        &mut self,
        request_id: &str,
        log: &mut InvocationLog<'_>,
    ) -> Result<Bytes, Failure> {
        loop {
            match self.step(log).await {
                Step::Event(RuntimeEvent::Response(id, body)) if id == request_id => {
                    return Ok(body);
                }
                Step::Event(RuntimeEvent::Error {
                    request_id: id,
                    error_type,
                    payload,
                }) if id == request_id => {
                    return Err(Failure::Reported {
                        error_type,
                        payload,
                    });
                }
                // An answer to an event that timed out, or a second `next`.
                Step::Event(_) => {}
                Step::Exited(how) => {
                    self.initialized = false;
                    return Err(Failure::Exited { how });
                }
            }
        }
    }

    /// Writes the process's output to its log until it does something else.
    async fn step(&mut self, log: &mut InvocationLog<'_>) -> Step {
        loop {
            // In this order: what was written before an answer comes before it.
            tokio::select! {
                biased;
                Some(line) = self.stdout.next() => log.write(line),
                Some(line) = self.stderr.next() => log.write(line),
                Some(event) = self.ends.events.recv() => return Step::Event(event),
                _ = self.memory.looks.tick() => self.look_at_memory(),
                status = self.child.wait() => {
                    // What it started must not outlive it, nor hold its pipes.
                    self.process.kill();
                    let _ = timeout(DRAIN_LIMIT, async {
                        while let Some(line) = self.stdout.next().await { log.write(line); }
                        while let Some(line) = self.stderr.next().await { log.write(line); }
                    }).await;
                    return Step::Exited(status.map(how_it_ended).unwrap_or_default());
                }
            }
        }
    }

    /// Writes what the pipes hold by now.
    async fn drain(&mut self, log: &mut InvocationLog<'_>) {
        loop {
            tokio::select! {
                biased;
                Some(line) = self.stdout.next() => log.write(line),
                Some(line) = self.stderr.next() => log.write(line),
                () = std::future::ready(()) => return,
            }
        }
    }

    /// Ends a process that needs more memory than its function has, as Lambda does.
    /// Pages of files do not count: the system takes them back when it needs to.
    fn look_at_memory(&mut self) {
        let own = self.child.id().and_then(proc::own_memory);
        if own.is_some_and(|it| it > u64::from(self.memory.limit_mb) * 1024) {
            self.memory.peak_mb = self.memory.limit_mb;
            self.process.kill();
        }
    }

    /// The process's peak memory in megabytes, where the system tells it.
    pub fn peak_memory_mb(&self) -> u32 {
        let peak = self.child.id().and_then(proc::peak_memory);
        let peak = u32::try_from(peak.unwrap_or_default().div_ceil(1024));
        peak.unwrap_or(u32::MAX).max(self.memory.peak_mb)
    }

    fn end(&mut self) {
        self.initialized = false;
        self.process.kill();
        let _ = self.child.start_kill();
        // It takes the system a moment; without it, a process could be seen
        // after its sandbox has gone.
        let begun = Instant::now();
        while begun.elapsed() < KILL_LIMIT && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.end();
        self.account.lambda.runtime_api.close(&self.ends.path);
        let key = &self.credentials.access_key_id;
        self.account.iam.forget(key);
        self.account.lambda.callers().remove(key);
        // Only now: a call that was never sent must not be answered.
        self.process.ended();
    }
}

/// What the process finds in its environment: only this, nothing of the user's.
fn environment(
    account: &Account,
    function: &Function,
    credentials: &SessionCredentials,
    runtime_path: &str,
    log_stream: &str,
) -> BTreeMap<String, String> {
    let config = &function.config;
    // The whole URL, not host and port alone as on AWS: the secret path would make
    // no address that lambda_runtime accepts.
    let runtime_api = format!("{}{runtime_path}", account.endpoint);
    let folder = config
        .code
        .path()
        .parent()
        .map(|folder| folder.display().to_string());
    let mut environment = config.environment.clone();
    environment.extend(
        [
            ("_HANDLER", config.handler.clone()),
            ("AWS_REGION", account.region.clone()),
            ("AWS_DEFAULT_REGION", account.region.clone()),
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id.clone()),
            (
                "AWS_SECRET_ACCESS_KEY",
                credentials.secret_access_key.clone(),
            ),
            ("AWS_SESSION_TOKEN", credentials.session_token.clone()),
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("AWS_LAMBDA_FUNCTION_NAME", config.name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                config.memory_mb.to_string(),
            ),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", function.log_group.clone()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream.to_owned()),
            ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".to_owned()),
            ("LAMBDA_TASK_ROOT", folder.unwrap_or_default()),
            ("LANG", "en_US.UTF-8".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
            ("TZ", ":UTC".to_owned()),
            // Not on AWS: where the SDKs find this account, and only this one.
            ("AWS_ENDPOINT_URL", account.endpoint.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    // Windows cannot start a process's sockets without it.
    if let Ok(root) = std::env::var("SystemRoot") {
        environment.insert("SystemRoot".to_owned(), root);
    }
    environment
}

/// Such as `2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef`.
pub fn log_stream_name() -> String {
    let now = time::OffsetDateTime::now_utc();
    format!(
        "{:04}/{:02}/{:02}/[$LATEST]{}",
        now.year(),
        u8::from(now.month()),
        now.day(),
        uuid::Uuid::new_v4().simple()
    )
}

/// As X-Ray has it. How often the function was invoked in this chain is not part of it:
/// the sandbox counts without it.
fn trace_id() -> String {
    let seconds = time::OffsetDateTime::now_utc().unix_timestamp();
    let random = uuid::Uuid::new_v4().simple().to_string();
    let parent = uuid::Uuid::new_v4().simple().to_string();
    format!(
        "Root=1-{seconds:08x}-{};Parent={};Sampled=0",
        &random[..24],
        &parent[..16]
    )
}

/// As Lambda words it: `exit status 101`, `signal: killed`; empty for exit code 0.
fn how_it_ended(status: ExitStatus) -> String {
    if status.success() {
        return String::new();
    }
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            4 => "illegal instruction",
            6 => "aborted",
            7 => "bus error",
            9 => "killed",
            11 => "segmentation fault",
            15 => "terminated",
            other => return format!("signal: {other}"),
        };
        return format!("signal: {name}");
    }
    format!("exit status {}", status.code().unwrap_or(1))
}
