//! SQS: standard queues, their messages, and who may use them.

mod api;
mod attributes;
mod queue;

pub use api::{SERVICE, call};
pub use attributes::{UNSERVED, defaults, numbers};

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::account::Account;
use crate::activity::What;
use crate::arn::{ACCOUNT_ID, arn};
use crate::error::ServiceError;
use crate::iam::{Principal, Source};
use crate::time::now_millis;
use queue::{Message, Queue};

/// How many messages one call receives at most ("ReceiveMessage").
const MOST_RECEIVED: i64 = 10;

/// The account's queues.
#[derive(Debug, Default)]
pub struct Sqs {
    /// By name.
    queues: Mutex<BTreeMap<String, Queue>>,
    /// Something was sent somewhere.
    sent: Notify,
}

/// What is sent besides the text of a message.
#[derive(Debug, Default)]
pub struct Sending {
    /// After how many seconds it is seen, if not as the queue says.
    pub delay: Option<i64>,
    /// What the sender says of it.
    pub attributes: Map<String, Value>,
}

/// What a call wants to receive.
#[derive(Debug, Default)]
pub struct Receiving {
    /// How many messages at most, 1 to 10.
    pub most: Option<i64>,
    /// For how many seconds nobody else sees them, if not as the queue says.
    pub hidden: Option<i64>,
    /// How many seconds to wait for one, if not as the queue says.
    pub wait: Option<i64>,
    /// Which of SQS's own attributes to show.
    pub system: Vec<String>,
    /// Which of the senders' attributes to show.
    pub own: Vec<String>,
}

impl Sqs {
    /// Makes a queue; one that is there and has the same attributes is as good.
    ///
    /// # Errors
    ///
    /// `QueueNameExists` where it has others; what is wrong with the name or an attribute.
    pub fn create(&self, name: &str, given: &Map<String, Value>) -> Result<(), ServiceError> {
        check_name(name)?;
        let mut queues = self.queues();
        let known = queues.get(name).map(|it| &it.attributes);
        let mut asked = known.cloned().unwrap_or_default();
        asked.set(given)?;
        let Some(known) = known else {
            queues.insert(name.to_owned(), Queue::new(name, asked, now_millis()));
            return Ok(());
        };
        match known.difference(&asked) {
            None => Ok(()),
            Some(attribute) => Err(ServiceError::bad_request(
                "QueueNameExists",
                format!(
                    "A queue already exists with the same name and a different value for \
                     attribute {attribute}"
                ),
            )),
        }
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &str) -> bool {
        self.queues().contains_key(name)
    }

    /// Deletes a queue with all its messages.
    ///
    /// # Errors
    ///
    /// `QueueDoesNotExist`.
    pub fn delete(&self, name: &str) -> Result<(), ServiceError> {
        let removed = self.queues().remove(name);
        removed.map(drop).ok_or_else(missing)
    }

    /// Changes attributes.
    ///
    /// # Errors
    ///
    /// `QueueDoesNotExist`, and what is wrong with an attribute.
    pub fn set(&self, name: &str, given: &Map<String, Value>) -> Result<(), ServiceError> {
        self.with(name, |queue| {
            let mut changed = queue.attributes.clone();
            changed.set(given)?;
            queue.attributes = changed;
            queue.modified = now_millis() / 1000;
            Ok(())
        })?
    }

    /// Runs something with a queue.
    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Queue) -> T) -> Result<T, ServiceError> {
        self.queues().get_mut(name).map(act).ok_or_else(missing)
    }

    /// The names of the queues that begin so.
    pub fn names(&self, begin: &str) -> Vec<String> {
        let queues = self.queues();
        let names = queues.keys().filter(|it| it.starts_with(begin));
        names.cloned().collect()
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a message as somebody who may; says its id and the sum of its text.
///
/// # Errors
///
/// `QueueDoesNotExist`, and what is wrong with the message.
pub fn send(
    account: &Account,
    sender: &Principal,
    name: &str,
    body: &str,
    sending: Sending,
) -> Result<(String, String), ServiceError> {
    let sent = account.sqs.with(name, |queue| {
        let largest = queue.attributes.largest();
        check_body(body, largest)?;
        let delay = sending.delay.unwrap_or_else(|| queue.attributes.delay());
        let message = Message::new(
            body.to_owned(),
            sending.attributes,
            sender.user_id(),
            now_millis(),
        );
        let sent = (message.id.clone(), message.md5());
        queue.send(message, delay);
        Ok(sent)
    })??;
    tell(account, name, body);
    Ok(sent)
}

/// Receives messages, and waits for one as long as is asked for.
///
/// # Errors
///
/// `QueueDoesNotExist`.
pub async fn receive(
    account: &Account,
    name: &str,
    receiving: &Receiving,
) -> Result<Vec<Value>, ServiceError> {
    let wait = account.sqs.with(name, |queue| {
        receiving.wait.unwrap_or_else(|| queue.attributes.wait())
    })?;
    let most = usize::try_from(receiving.most.unwrap_or(1).clamp(1, MOST_RECEIVED)).unwrap_or(1);
    let until = Instant::now() + Duration::from_secs(u64::try_from(wait).unwrap_or_default());
    loop {
        // Before the look, so that what comes after it wakes.
        let sent = account.sqs.sent.notified();
        let now = now_millis();
        let (received, dead, target, next) = account.sqs.with(name, |queue| {
            let hidden = receiving
                .hidden
                .unwrap_or_else(|| queue.attributes.visibility());
            let (received, dead) = queue.receive(most, hidden, now);
            let target = queue.attributes.redrive().map(|it| it.target.clone());
            (received, dead, target, queue.next_visible())
        })?;
        for message in dead {
            bury(account, target.as_deref(), message);
        }
        let left = until.saturating_duration_since(Instant::now());
        if !received.is_empty() || left.is_zero() {
            let shown = received.iter();
            return Ok(shown
                .map(|it| it.shown(&receiving.system, &receiving.own))
                .collect());
        }
        // A message that is hidden may be seen before another one is sent.
        let next = next.map(|at| u64::try_from((at - now).max(1)).unwrap_or(1));
        let pause = next.map_or(left, |next| left.min(Duration::from_millis(next)));
        let _ = timeout(pause, sent).await;
    }
}

/// Moves a message into the dead-letter queue, with its age; one that is not there loses it.
fn bury(account: &Account, target: Option<&str>, message: Message) {
    let name = target
        .and_then(|it| it.rsplit(':').next())
        .unwrap_or_default();
    let body = message.body.clone();
    let moved = account
        .sqs
        .with(name, |queue| queue.send(message.alive(), 0));
    if moved.is_ok() {
        tell(account, name, &body);
    }
}

/// Says that something was sent, also to whoever waits for it.
fn tell(account: &Account, name: &str, body: &str) {
    account.feed.tell(What::Sent {
        queue: queue_arn(account, name),
        message: body.to_owned(),
    });
    account.sqs.sent.notify_waiters();
}

/// What is set and known of a queue, by attribute.
///
/// # Errors
///
/// `QueueDoesNotExist`.
pub fn attributes(account: &Account, name: &str) -> Result<Map<String, Value>, ServiceError> {
    account.sqs.with(name, |queue| {
        let counts = queue.counts(now_millis());
        let mut all: Map<String, Value> = queue
            .attributes
            .shown()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        for (name, value) in [
            ("ApproximateNumberOfMessages", counts.visible.to_string()),
            (
                "ApproximateNumberOfMessagesNotVisible",
                counts.in_flight.to_string(),
            ),
            (
                "ApproximateNumberOfMessagesDelayed",
                counts.delayed.to_string(),
            ),
            ("CreatedTimestamp", queue.created.to_string()),
            ("LastModifiedTimestamp", queue.modified.to_string()),
            ("QueueArn", queue_arn(account, &queue.name)),
        ] {
            all.insert(name.to_owned(), json!(value));
        }
        all
    })
}

/// A queue's ARN.
pub fn queue_arn(account: &Account, name: &str) -> String {
    arn("sqs", &account.region, name)
}

/// A queue's URL.
pub fn queue_url(account: &Account, name: &str) -> String {
    format!("{}/{ACCOUNT_ID}/{name}", account.endpoint)
}

/// The name of the queue that a URL leads to.
///
/// # Errors
///
/// `QueueDoesNotExist` for a URL of another account.
pub fn name_in_url(url: &str) -> Result<&str, ServiceError> {
    let mut parts = url.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(name), Some(ACCOUNT_ID)) => Ok(name),
        _ => Err(missing()),
    }
}

/// The name of the queue with an ARN, if it is one of the account's.
pub fn name_in_arn<'a>(account: &Account, queue: &'a str) -> Option<&'a str> {
    let name = queue.rsplit(':').next()?;
    (queue_arn(account, name) == queue).then_some(name)
}

/// Whether somebody may do something with a queue, by their own policies or the queue's.
///
/// # Errors
///
/// AWS's words.
pub fn authorize(
    account: &Account,
    caller: &Principal,
    action: &str,
    name: &str,
) -> Result<(), ServiceError> {
    may(account, caller, action, name, None)
}

/// Whether a queue's policy lets a service send to it for a resource, such as S3 for a bucket.
pub fn lets(account: &Account, service: &Principal, name: &str, source_arn: &str) -> bool {
    let source = Some(Source { arn: source_arn });
    account.sqs.has(name) && may(account, service, "SendMessage", name, source).is_ok()
}

fn may(
    account: &Account,
    caller: &Principal,
    action: &str,
    name: &str,
    source: Option<Source<'_>>,
) -> Result<(), ServiceError> {
    let policy = account.sqs.with(name, |queue| queue.attributes.policy());
    let policy = policy.ok().flatten();
    let resource = queue_arn(account, name);
    // As SQS writes it.
    let action = format!("sqs:{}", action.to_lowercase());
    let allowed = account
        .iam
        .authorize_from(caller, &action, &resource, policy.as_deref(), source);
    allowed.map_err(|denial| ServiceError::new(403, "AccessDenied", denial.to_string()))
}

/// There is no such queue.
pub fn missing() -> ServiceError {
    ServiceError::bad_request("QueueDoesNotExist", "The specified queue does not exist.")
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.ends_with(".fifo") {
        let what = crate::error::unserved("queues of the type FIFO");
        return Err(ServiceError::bad_request("UnsupportedOperation", what));
    }
    if name.is_empty() || name.len() > 80 || !name.chars().all(is_valid) {
        return Err(ServiceError::bad_request(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    Ok(())
}

fn check_body(body: &str, largest: i64) -> Result<(), ServiceError> {
    if body.is_empty() {
        return Err(ServiceError::bad_request(
            "MissingParameter",
            "The request must contain the parameter MessageBody.",
        ));
    }
    if i64::try_from(body.len()).is_ok_and(|it| it > largest) {
        return Err(ServiceError::bad_request(
            "InvalidParameterValue",
            format!(
                "One or more parameters are invalid. Reason: Message must be shorter than \
                 {largest} bytes."
            ),
        ));
    }
    // What XML 1.0 can hold ("SendMessage").
    let is_valid = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if let Some(c) = body.chars().find(|c| !is_valid(*c)) {
        return Err(ServiceError::bad_request(
            "InvalidMessageContents",
            format!(
                "Invalid binary character '#x{:x}' was found in the message body, the set of \
                 allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | \
                 #x10000 to #x10FFFF",
                u32::from(c)
            ),
        ));
    }
    Ok(())
}
