//! Invocations: synchronous, and asynchronous with AWS's retries.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::account::Account;
use crate::activity::{self, What};
use crate::error::ServiceError;
use crate::time::{iso, now_millis};

use super::destination::{self, End};
use super::event_invoke::GivenUp;
use super::function::Function;
use super::instance::{Instance, NotStarted, log_stream_name};
use super::invocation_log::InvocationLog;
use super::lineage::{Lineage, recursive};
use super::report::{self, Failure, Figures};

/// How long a start may keep others from beginning theirs.
const HEAD_START: Duration = Duration::from_secs(1);

/// One event for one function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The same over all tries.
    pub request_id: String,
    /// The event.
    pub payload: Bytes,
    /// What led to it.
    lineage: Lineage,
    /// The activity that did.
    cause: Option<u64>,
}

impl Invocation {
    /// An invocation with a new request id, which comes of what the running task works on.
    pub fn new(payload: Bytes) -> Self {
        Self {
            request_id: uuid::Uuid::new_v4().to_string(),
            payload,
            lineage: Lineage::of_the_caller(),
            cause: activity::cause(),
        }
    }
}

/// An invocation that has ended.
#[derive(Debug, Clone)]
pub struct Completed {
    /// The answer, or the failure.
    pub result: Result<Bytes, Failure>,
    /// The last four kilobytes of the log.
    pub log_tail: String,
    /// The activity of its beginning.
    pub invoked: u64,
}

/// Invokes a function and waits for its answer.
///
/// # Errors
///
/// What AWS answers when a function cannot be invoked at all: the role that
/// Lambda may not assume, no concurrency, a loop without end. A function that fails is no error
/// here.
pub async fn invoke(
    account: &Arc<Account>,
    function: &Arc<Function>,
    invocation: &Invocation,
) -> Result<Completed, ServiceError> {
    if function.config.reserved_concurrency == Some(0) {
        let text = "Rate Exceeded.";
        return Err(ServiceError::new(429, "TooManyRequestsException", text));
    }
    let lineage = invocation.lineage.and(&function.arn);
    let lineage = lineage.ok_or_else(recursive)?;
    let machine = &account.lambda.machine;
    // A function that waits for another has a place already: would the other wait for one,
    // they could all wait for each other.
    let _busy = match Lineage::of_the_caller().is_of_a_function() {
        true => None,
        false => machine.place().await,
    };
    // After that: whoever has a place in the pool has one on the machine, or is waited for by
    // somebody who has.
    let _place = function.pool.place().await;
    let mut turn = None;
    // A new process, unless one becomes idle before it is its turn to begin.
    let started = match function.pool.soon().await {
        Some(instance) => Ok(instance),
        None => tokio::select! {
            biased;
            instance = function.pool.next() => Ok(instance),
            place = machine.start() => {
                turn = place;
                Instance::start(account, function)
            }
        },
    };
    let started = match started {
        Ok(instance) => Ok(Started {
            instance,
            lineage,
            turn,
        }),
        Err(NotStarted::Role(error)) => return Err(error),
        Err(NotStarted::Executable(error)) => Err(Failure::no_entrypoint(&error)),
    };
    let request_id = invocation.request_id.as_str();
    let invoked = What::FunctionInvoked {
        function: function.config.name.clone(),
        request_id: request_id.to_owned(),
    };
    let invoked = account.feed.tell_of(invocation.cause, invoked);
    let work = work_on(account, function, invocation, started, invoked);
    Ok(activity::led_by(Some(invoked), work).await)
}

/// Lets a process work on an event, and writes and tells how that ended.
async fn work_on(
    account: &Arc<Account>,
    function: &Arc<Function>,
    invocation: &Invocation,
    started: Result<Started, Failure>,
    invoked: u64,
) -> Completed {
    let request_id = invocation.request_id.as_str();
    let stream = match &started {
        Ok(started) => started.instance.log_stream.clone(),
        Err(_) => log_stream_name(),
    };
    let mut log = open_log(account, function, &stream);
    let mut figures = Figures {
        memory_mb: function.config.memory_mb,
        ..Figures::default()
    };
    let result = match started {
        Err(failure) => {
            log.write_always(report::start(request_id));
            Err(failure)
        }
        Ok(Started {
            mut instance,
            lineage,
            turn,
        }) => {
            let work = Run {
                function,
                invocation,
                lineage: &lineage,
                turn,
            };
            let result = work.run(&mut instance, &mut log, &mut figures).await;
            figures.used_mb = instance.peak_memory_mb();
            if instance.initialized {
                function
                    .pool
                    .give_back(instance, account.lambda.machine.warm());
                account.lambda.cool_down();
            }
            result
        }
    };
    let failure = result.as_ref().err();
    if let Some(line) = failure.and_then(|it| it.log_line(request_id, &iso(now_millis()))) {
        log.write_always(line);
    }
    log.write_always(report::end(request_id));
    log.write_always(report::report(request_id, figures, failure));
    account.feed.tell(What::FunctionFinished {
        function: function.config.name.clone(),
        request_id: request_id.to_owned(),
        duration_ms: figures.duration.as_secs_f64() * 1000.0,
        error: failure.map(Failure::text),
    });
    Completed {
        log_tail: log.tail().to_owned(),
        result,
        invoked,
    }
}

/// A process that is to work on an event.
struct Started {
    instance: Instance,
    lineage: Lineage,
    /// Lets nobody else begin meanwhile.
    turn: Option<OwnedSemaphorePermit>,
}

/// An invocation that has a process.
struct Run<'a> {
    function: &'a Function,
    invocation: &'a Invocation,
    lineage: &'a Lineage,
    /// Lets nobody else begin meanwhile.
    turn: Option<OwnedSemaphorePermit>,
}

impl Run<'_> {
    /// Runs it, in a process that may be a new one.
    async fn run(
        self,
        instance: &mut Instance,
        log: &mut InvocationLog<'_>,
        figures: &mut Figures,
    ) -> Result<Bytes, Failure> {
        let initialized = if instance.initialized {
            Ok(())
        } else {
            let initialize = instance.initialize(log);
            tokio::pin!(initialize);
            let in_time = timeout(HEAD_START, &mut initialize).await;
            drop(self.turn);
            let initialized = match in_time {
                Ok(initialized) => initialized,
                Err(_) => initialize.await,
            };
            initialized.map(|took| figures.init = Some(took))
        };
        log.write_always(report::start(&self.invocation.request_id));
        initialized?;
        let run = instance.run(self.function, self.invocation, self.lineage, log);
        let (took, result) = run.await;
        figures.duration = took;
        result
    }
}

/// Invokes a function in the background, and again when it fails: twice, one and two minutes
/// later, unless its settings say otherwise ("Error handling for asynchronous invocation").
pub fn enqueue(account: &Arc<Account>, function_arn: &str, invocation: Invocation) {
    let account_of_task = account.clone();
    let function_arn = function_arn.to_owned();
    account.background.spawn(async move {
        let account = account_of_task;
        let clock = &account.clock.0;
        let begun = clock.now();
        for tries in 1.. {
            // Looked up each time: it may be replaced or gone by then.
            let Ok(function) = account.lambda.function(&function_arn) else {
                return;
            };
            let result = invoke(&account, &function, &invocation).await;
            if let Err(error) = &result {
                if error.code == "RecursiveInvocationException" {
                    return stop(&account, &function, &invocation, error);
                }
                let ended = What::FunctionFinished {
                    function: function.config.name.clone(),
                    request_id: invocation.request_id.clone(),
                    duration_ms: 0.0,
                    error: Some(error.to_string()),
                };
                account.feed.tell_of(invocation.cause, ended);
            }
            let completed = result.as_ref().ok();
            let next = if completed.is_some_and(|it| it.result.is_ok()) {
                Err(None)
            } else if function.config.reserved_concurrency == Some(0) {
                Err(Some(GivenUp::ZeroReservedConcurrency))
            } else {
                let age = clock.now().duration_since(begun).unwrap_or_default();
                let settings = function.event_invoke().unwrap_or_default();
                settings.next_wait(tries, age).map_err(Some)
            };
            match next {
                Ok(wait) => clock.sleep_until(clock.now() + wait).await,
                Err(given_up) => {
                    let end = End {
                        tries,
                        given_up,
                        completed,
                    };
                    let cause = completed.map(|it| it.invoked).or(invocation.cause);
                    return activity::led_by_now(cause, || {
                        destination::tell(&account, &function, &invocation, &end);
                    });
                }
            }
        }
    });
}

/// Says that a loop has been ended, once for all that came of the same event.
fn stop(account: &Arc<Account>, function: &Function, invocation: &Invocation, why: &ServiceError) {
    let ended = What::FunctionFinished {
        function: function.config.name.clone(),
        request_id: invocation.request_id.clone(),
        duration_ms: 0.0,
        error: Some(why.to_string()),
    };
    account.feed.tell_of(invocation.cause, ended);
    if invocation.lineage.is_first_to_stop() {
        let mut log = open_log(account, function, &log_stream_name());
        log.write_always(format!("[sandbox] {why}"));
    }
}

/// The log of an invocation: written only if the function's role may do so.
fn open_log<'a>(
    account: &'a Arc<Account>,
    function: &'a Function,
    stream: &str,
) -> InvocationLog<'a> {
    let group = function.log_group.as_str();
    let resource = crate::arn::arn(
        "logs",
        &account.region,
        &format!("log-group:{group}:log-stream:{stream}"),
    );
    let role = account.iam.principal_of_role(
        &function.config.role_arn,
        "lambda.amazonaws.com",
        &function.config.name,
    );
    let allowed = role.is_ok_and(|role| {
        ["logs:CreateLogStream", "logs:PutLogEvents"]
            .iter()
            .all(|action| account.iam.authorize(&role, action, &resource).is_ok())
    });
    if allowed {
        account.logs.ensure_stream(group, stream);
    }
    InvocationLog::new(account, group, stream.to_owned(), allowed)
}
