//! SNS: topics, and the messages that are published to them.
//!
//! Nobody can subscribe; who wants to see a message listens to the account's feed.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::account::Account;
use crate::activity::{Activity, Feed};
use crate::arn::{ACCOUNT_ID, arn};
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::protocol::query::{Params, escape};

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
}

impl Sns {
    /// An account without topics.
    pub fn new(region: &str, feed: Feed) -> Self {
        Self { region: region.to_owned(), feed, topics: Mutex::default() }
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

    /// Deletes a topic; one that is not there is gone already.
    pub fn delete_topic(&self, arn: &str) {
        self.topics().remove(arn);
    }

    /// Publishes a message and says its id.
    ///
    /// # Errors
    ///
    /// `NotFound` for the topic; `InvalidParameter` for a message that is empty
    /// or over 256 KiB.
    pub fn publish(&self, arn: &str, message: &str) -> Result<String, ServiceError> {
        if message.is_empty() {
            return Err(invalid("Empty message"));
        }
        if message.len() > LARGEST_MESSAGE {
            return Err(invalid("Message too long"));
        }
        self.find(arn)?;
        self.feed.tell(Activity::Published { topic: arn.to_owned(), message: message.to_owned() });
        Ok(uuid::Uuid::new_v4().to_string())
    }

    fn arn(&self, name: &str) -> String {
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

/// Answers one action with the XML of its result.
///
/// # Errors
///
/// `AuthorizationError`, `InvalidAction`, `InvalidParameter`, `NotFound`.
pub fn call(
    account: &Account,
    caller: &Principal,
    action: &str,
    params: &Params,
) -> Result<String, ServiceError> {
    let sns = &account.sns;
    let authorize = |resource: &str| {
        account.authorize(caller, &format!("SNS:{action}"), resource, "AuthorizationError")
    };
    match action {
        "CreateTopic" => {
            let name = params.get("Name").unwrap_or_default();
            authorize(&sns.arn(name))?;
            let arn = sns.create_topic(name)?;
            Ok(format!("<TopicArn>{}</TopicArn>", escape(&arn)))
        }
        "DeleteTopic" => {
            let arn = topic_arn(params)?;
            authorize(arn)?;
            sns.delete_topic(arn);
            Ok(String::new())
        }
        "ListTopics" => {
            authorize(&sns.arn("*"))?;
            sns.list(params.get("NextToken"))
        }
        "GetTopicAttributes" => {
            let arn = topic_arn(params)?;
            authorize(arn)?;
            sns.find(arn)?;
            Ok(attributes(arn))
        }
        "ListSubscriptionsByTopic" => {
            let arn = topic_arn(params)?;
            authorize(arn)?;
            sns.find(arn)?;
            Ok("<Subscriptions/>".to_owned())
        }
        "Publish" => {
            let arn = match params.get("TargetArn") {
                Some(arn) => arn,
                None => topic_arn(params)?,
            };
            authorize(arn)?;
            let id = sns.publish(arn, params.get("Message").unwrap_or_default())?;
            Ok(format!("<MessageId>{id}</MessageId>"))
        }
        _ => Err(params.invalid_action()),
    }
}

impl Sns {
    /// A page of topics, from the one after `token`, which is an ARN.
    fn list(&self, token: Option<&str>) -> Result<String, ServiceError> {
        let topics = self.topics();
        let mut rest = topics.iter().filter(|arn| token.is_none_or(|token| arn.as_str() > token));
        let page: Vec<&String> = rest.by_ref().take(PAGE).collect();
        let members: String = page
            .iter()
            .map(|arn| format!("<member><TopicArn>{}</TopicArn></member>", escape(arn)))
            .collect();
        let next = match (rest.next(), page.last()) {
            (Some(_), Some(last)) => format!("<NextToken>{}</NextToken>", escape(last)),
            _ => String::new(),
        };
        Ok(format!("<Topics>{members}</Topics>{next}"))
    }
}

fn topic_arn(params: &Params) -> Result<&str, ServiceError> {
    let arn = params.get("TopicArn").unwrap_or_default();
    let parts = arn.split(':').count();
    if arn.starts_with("arn:") && parts >= 6 {
        return Ok(arn);
    }
    let reason = if arn.is_empty() {
        "TopicArn or TargetArn Reason: no value for required parameter".to_owned()
    } else {
        format!("TopicArn Reason: An ARN must have at least 6 elements, not {parts}")
    };
    Err(invalid(&reason))
}

fn attributes(arn: &str) -> String {
    let entries = [
        ("TopicArn", arn),
        ("Owner", ACCOUNT_ID),
        ("DisplayName", ""),
        ("SubscriptionsConfirmed", "0"),
        ("SubscriptionsPending", "0"),
        ("SubscriptionsDeleted", "0"),
    ];
    let entries: String = entries
        .iter()
        .map(|(key, value)| {
            format!("<entry><key>{key}</key><value>{}</value></entry>", escape(value))
        })
        .collect();
    format!("<Attributes>{entries}</Attributes>")
}

fn invalid(what: &str) -> ServiceError {
    ServiceError::bad_request("InvalidParameter", format!("Invalid parameter: {what}"))
}
