//! SNS: topics, the messages that are published to them, and the queues that hear them.

mod api;
mod subscriptions;

pub use api::SERVICE;
pub use subscriptions::Subscription;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::account::Account;
use crate::activity::{Feed, What, led_by_now};
use crate::arn::arn;
use crate::error::ServiceError;
use crate::protocol::query::escape;
use subscriptions::Subscriptions;

/// The largest message, in bytes: 256 KiB ("Publish" in the SNS API Reference).
const LARGEST_MESSAGE: usize = 256 * 1024;

/// How many topics one answer lists ("ListTopics").
const PAGE: usize = 100;

/// The account's topics.
#[derive(Debug)]
pub struct Sns {
    region: String,
    feed: Feed,
    /// By ARN.
    topics: Mutex<BTreeSet<String>>,
    subscriptions: Subscriptions,
}

impl Sns {
    /// An account without topics.
    pub fn new(region: &str, feed: Feed) -> Self {
        Self {
            region: region.to_owned(),
            feed,
            topics: Mutex::default(),
            subscriptions: Subscriptions::default(),
        }
    }

    /// Makes a topic and says its ARN; one that is there already is as good.
    ///
    /// # Errors
    ///
    /// `InvalidParameter` for the name.
    pub fn create_topic(&self, name: &str) -> Result<String, ServiceError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 256 || !name.chars().all(valid) {
            return Err(invalid("Topic Name"));
        }
        let arn = self.arn(name);
        self.topics().insert(arn.clone());
        Ok(arn)
    }

    /// Whether there is one of this name.
    pub fn has_topic(&self, name: &str) -> bool {
        self.topics().contains(&self.arn(name))
    }

    /// Deletes a topic; one that is not there is gone already.
    pub fn delete_topic(&self, arn: &str) {
        self.topics().remove(arn);
        self.subscriptions.forget(arn);
    }

    /// Lets a queue hear what is published to a topic; says the subscription's ARN.
    ///
    /// # Errors
    ///
    /// `NotFound` for the topic; `InvalidParameter` for what is no queue.
    pub fn subscribe(
        &self,
        protocol: &str,
        subscription: Subscription,
    ) -> Result<String, ServiceError> {
        self.find(&subscription.topic)?;
        self.subscriptions.subscribe(protocol, subscription)
    }

    /// Ends a subscription; that it is not there is no error.
    pub fn unsubscribe(&self, arn: &str) {
        self.subscriptions.unsubscribe(arn);
    }

    /// A page of topics, from the one after `token`, which is an ARN.
    fn list(&self, token: Option<&str>) -> String {
        let topics = self.topics();
        let mut rest = topics
            .iter()
            .filter(|arn| token.is_none_or(|token| arn.as_str() > token));
        let page: Vec<&String> = rest.by_ref().take(PAGE).collect();
        let members: String = page
            .iter()
            .map(|arn| format!("<member><TopicArn>{}</TopicArn></member>", escape(arn)))
            .collect();
        let next = match (rest.next(), page.last()) {
            (Some(_), Some(last)) => format!("<NextToken>{}</NextToken>", escape(last)),
            _ => String::new(),
        };
        format!("<Topics>{members}</Topics>{next}")
    }

    /// The ARN of a topic of this name.
    pub fn arn(&self, name: &str) -> String {
        arn("sns", &self.region, name)
    }

    fn find(&self, arn: &str) -> Result<(), ServiceError> {
        if self.topics().contains(arn) {
            return Ok(());
        }
        Err(ServiceError::new(404, "NotFound", "Topic does not exist"))
    }

    fn topics(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Publishes a message and says its id.
///
/// # Errors
///
/// `NotFound` for the topic; `InvalidParameter` for a message that is empty
/// or over 256 KiB.
pub fn publish(account: &Account, arn: &str, message: &str) -> Result<String, ServiceError> {
    if message.is_empty() {
        return Err(invalid("Empty message"));
    }
    if message.len() > LARGEST_MESSAGE {
        return Err(invalid("Message too long"));
    }
    account.sns.find(arn)?;
    let published = account.sns.feed.tell(What::Published {
        topic: arn.to_owned(),
        message: message.to_owned(),
    });
    let id = uuid::Uuid::new_v4().to_string();
    led_by_now(Some(published), || {
        subscriptions::deliver(account, arn, &id, message);
    });
    Ok(id)
}

fn invalid(what: &str) -> ServiceError {
    ServiceError::bad_request("InvalidParameter", format!("Invalid parameter: {what}"))
}
