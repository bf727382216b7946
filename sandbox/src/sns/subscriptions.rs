//! Who hears what is published to a topic: queues.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use crate::account::Account;
use crate::arn::ACCOUNT_ID;
use crate::error::{ServiceError, unserved};
use crate::iam::Principal;
use crate::protocol::query::escape;
use crate::sqs;
use crate::time::{iso, now_millis};

/// A queue that hears what is published to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topic's ARN.
    pub topic: String,
    /// The queue's ARN.
    pub queue: String,
    /// Whether it hears the message alone, without what SNS says of it.
    pub raw: bool,
}

/// All of an account.
#[derive(Debug, Default)]
pub struct Subscriptions {
    /// By their own ARNs.
    all: Mutex<BTreeMap<String, Subscription>>,
}

impl Subscriptions {
    /// Subscribes a queue to a topic that is there, and says the subscription's ARN; once.
    ///
    /// # Errors
    ///
    /// `InvalidParameter` for what is no queue, and where it is subscribed otherwise.
    pub fn subscribe(
        &self,
        protocol: &str,
        subscription: Subscription,
    ) -> Result<String, ServiceError> {
        let refuse = |text: String| Err(ServiceError::bad_request("InvalidParameter", text));
        const OTHERS: [&str; 8] = [
            "application",
            "email",
            "email-json",
            "firehose",
            "http",
            "https",
            "lambda",
            "sms",
        ];
        if OTHERS.contains(&protocol) {
            return refuse(unserved(format_args!(
                "subscriptions of the protocol {protocol}"
            )));
        }
        if protocol != "sqs" {
            return refuse(format!(
                "Invalid parameter: Does not support this protocol string: {protocol}"
            ));
        }
        let parts: Vec<&str> = subscription.queue.split(':').collect();
        if !matches!(parts.as_slice(), ["arn", _, "sqs", _, _, _]) {
            return refuse("Invalid parameter: SQS endpoint ARN".to_owned());
        }
        let mut all = self.all();
        let same =
            |it: &Subscription| it.topic == subscription.topic && it.queue == subscription.queue;
        if let Some((arn, known)) = all.iter().find(|(_, it)| same(it)) {
            return match *known == subscription {
                true => Ok(arn.clone()),
                false => refuse(
                    "Invalid parameter: Attributes Reason: Subscription already exists with \
                     different attributes"
                        .to_owned(),
                ),
            };
        }
        let arn = format!("{}:{}", subscription.topic, uuid::Uuid::new_v4());
        all.insert(arn.clone(), subscription);
        Ok(arn)
    }

    /// Ends one; that it is not there is no error.
    pub fn unsubscribe(&self, arn: &str) {
        self.all().remove(arn);
    }

    /// Ends those of a topic.
    pub fn forget(&self, topic: &str) {
        self.all().retain(|_, it| it.topic != topic);
    }

    /// Those of a topic.
    pub fn of(&self, topic: &str) -> Vec<(String, Subscription)> {
        let all = self.all();
        let of_topic = all.iter().filter(|(_, it)| it.topic == topic);
        of_topic
            .map(|(arn, it)| (arn.clone(), it.clone()))
            .collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Subscription>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// They as ListSubscriptionsByTopic tells of them.
pub fn shown(all: &[(String, Subscription)]) -> String {
    if all.is_empty() {
        return "<Subscriptions/>".to_owned();
    }
    let members: String = all
        .iter()
        .map(|(arn, it)| {
            format!(
                "<member><TopicArn>{}</TopicArn><Protocol>sqs</Protocol><SubscriptionArn>{}\
                 </SubscriptionArn><Owner>{ACCOUNT_ID}</Owner><Endpoint>{}</Endpoint></member>",
                escape(&it.topic),
                escape(arn),
                escape(&it.queue)
            )
        })
        .collect();
    format!("<Subscriptions>{members}</Subscriptions>")
}

/// Sends a message to the queues that hear the topic, and let it.
pub fn deliver(account: &Account, topic: &str, id: &str, message: &str) {
    let service = Principal::Service("sns.amazonaws.com".to_owned());
    for (arn, subscription) in account.sns.subscriptions.of(topic) {
        let Some(queue) = sqs::name_in_arn(account, &subscription.queue) else {
            continue;
        };
        // SNS tells nobody that it was not let.
        if !sqs::lets(account, &service, queue, topic) {
            continue;
        }
        let text = match subscription.raw {
            true => message.to_owned(),
            false => notification(account, &arn, topic, id, message),
        };
        let _ = sqs::send(account, &service, queue, &text, sqs::Sending::default());
    }
}

/// A message with what SNS says of it ("Amazon SNS raw message delivery" shows both). Nobody here
/// can sign as SNS does.
fn notification(account: &Account, arn: &str, topic: &str, id: &str, message: &str) -> String {
    let base = &account.endpoint;
    json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": topic,
        "Message": message,
        "Timestamp": iso(now_millis()),
        "SignatureVersion": "1",
        "Signature": "bm90IHNpZ25lZCBieSB0aGUgc2FuZGJveA==",
        "SigningCertURL": format!("{base}/SimpleNotificationService.pem"),
        "UnsubscribeURL": format!("{base}/?Action=Unsubscribe&SubscriptionArn={arn}"),
    })
    .to_string()
}
