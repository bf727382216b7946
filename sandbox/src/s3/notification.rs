//! Event notifications: who is told of which changes, and the telling.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::lambda::{self, Invocation};
use crate::sqs;
use crate::time::{iso, now_millis};

use super::error::{invalid_argument, not_implemented};
use super::event_record::{self, Change, Origin};

/// A function or a queue that is told of changes in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRule {
    /// The caller's name for it; `configurationId` in the event.
    pub id: String,
    /// The ARN of the function that is invoked, or of the queue that is sent to.
    pub target_arn: String,
    /// Such as `s3:ObjectCreated:*` and `s3:ObjectRemoved:Delete`.
    pub events: Vec<String>,
    /// How a key begins; empty for all keys.
    pub prefix: String,
    /// How a key ends; empty for all keys.
    pub suffix: String,
}

/// The events that happen here, of "Supported event types" in the S3 User Guide.
const EVENTS: [&str; 8] = [
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
];

/// The families of events that there are on AWS besides.
const OTHER_EVENTS: [&str; 9] = [
    "s3:TestEvent",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:",
    "s3:ObjectRestore:",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:Put",
    "s3:LifecycleExpiration:",
    "s3:ObjectTagging:",
];

impl NotificationRule {
    /// Whether the rule is about a change, such as `ObjectCreated:Put`.
    fn covers(&self, event: &str, key: &str) -> bool {
        key.starts_with(&self.prefix)
            && key.ends_with(&self.suffix)
            && self.events.iter().any(|pattern| {
                pattern
                    .strip_prefix("s3:")
                    .is_some_and(|it| within(event, it))
            })
    }

    fn has_filter(&self) -> bool {
        !self.prefix.is_empty() || !self.suffix.is_empty()
    }

    /// Whether some change could be about both.
    fn overlaps(&self, other: &Self) -> bool {
        let either = |a: &str, b: &str, holds: fn(&str, &str) -> bool| holds(a, b) || holds(b, a);
        either(&self.prefix, &other.prefix, |a, b| a.starts_with(b))
            && either(&self.suffix, &other.suffix, |a, b| a.ends_with(b))
            && self
                .events
                .iter()
                .any(|a| other.events.iter().any(|b| either(a, b, within)))
    }
}

/// Whether an event, or all events of a pattern, are among those of a pattern.
fn within(event: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(family) => event.starts_with(family),
        None => event == pattern,
    }
}

/// Checks rules by themselves and against each other.
///
/// # Errors
///
/// `InvalidArgument`, or `NotImplemented` for events that the sandbox does not have.
pub fn check_rules(rules: &[NotificationRule]) -> Result<(), ServiceError> {
    for event in rules.iter().flat_map(|rule| &rule.events) {
        if OTHER_EVENTS.iter().any(|family| event.starts_with(family)) {
            return Err(not_implemented(&format!("events of the type {event}")));
        }
        if !EVENTS.contains(&event.as_str()) {
            return Err(invalid_argument(
                "A specified event is not supported for notifications.",
            ));
        }
    }
    for (at, rule) in rules.iter().enumerate() {
        let Some(other) = rules.iter().skip(at + 1).find(|other| rule.overlaps(other)) else {
            continue;
        };
        return Err(invalid_argument(
            if rule.has_filter() || other.has_filter() {
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules \
             if the prefixes are overlapping for the same event type."
            } else {
                "Configurations overlap. Configurations on the same bucket cannot share a common \
             event type."
            },
        ));
    }
    Ok(())
}

/// Says who is told of changes in a bucket, as `PutBucketNotificationConfiguration`
/// does: each function must exist and let this bucket invoke it.
///
/// # Errors
///
/// `InvalidArgument`, `NoSuchBucket`, or `NotImplemented` for events that the
/// sandbox does not have.
pub fn configure_notifications(
    account: &Account,
    bucket: &str,
    rules: Vec<NotificationRule>,
) -> Result<(), ServiceError> {
    check_rules(&rules)?;
    if !rules.iter().all(|rule| may_tell(account, bucket, rule)) {
        return Err(invalid_argument(
            "Unable to validate the following destination configurations",
        ));
    }
    account.s3.set_notifications(bucket, rules.clone())?;
    test(account, bucket, &rules);
    Ok(())
}

/// Tells of a change those who are to be told, and may be.
pub fn notify(account: &Arc<Account>, origin: &Origin, change: &Change<'_>) {
    let rules = account.s3.read(change.bucket, |bucket| {
        let rules = bucket.notifications.iter();
        rules
            .filter(|rule| rule.covers(change.event, change.key))
            .cloned()
            .collect::<Vec<_>>()
    });
    let rules = rules.unwrap_or_default();
    if rules.is_empty() {
        return;
    }
    for rule in rules {
        // One that has not granted it hears nothing, and nobody is told so.
        if !may_tell(account, change.bucket, &rule) {
            continue;
        }
        let record = event_record::write(origin, change, &rule.id, &account.region);
        match sqs::name_in_arn(account, &rule.target_arn) {
            Some(queue) => send(account, queue, &String::from_utf8_lossy(&record)),
            None => {
                let invocation = Invocation::new(Bytes::from(record));
                lambda::enqueue(account, &rule.target_arn, invocation);
            }
        }
    }
}

/// Whether the function or queue exists and its policy lets S3 tell it of this bucket.
fn may_tell(account: &Account, bucket: &str, rule: &NotificationRule) -> bool {
    let (service, source) = (service(), s3_arn(bucket, None));
    match sqs::name_in_arn(account, &rule.target_arn) {
        Some(queue) => sqs::lets(account, &service, queue, &source),
        None => account.lambda.allows(&rule.target_arn, &service, &source),
    }
}

fn service() -> Principal {
    Principal::Service("s3.amazonaws.com".to_owned())
}

/// A queue that is gone by now hears nothing.
fn send(account: &Account, queue: &str, text: &str) {
    let sending = sqs::Sending::default();
    let _ = sqs::send(account, &service(), queue, text, sending);
}

/// What a queue is told when it is to be told of a bucket ("Enabling and configuring event
/// notifications using the Amazon S3 console").
fn test(account: &Account, bucket: &str, rules: &[NotificationRule]) {
    for rule in rules {
        if let Some(queue) = sqs::name_in_arn(account, &rule.target_arn) {
            let event = json!({
                "Service": "Amazon S3",
                "Event": "s3:TestEvent",
                "Time": iso(now_millis()),
                "Bucket": bucket,
                "RequestId": uuid::Uuid::new_v4().simple().to_string()[..16].to_uppercase(),
                "HostId": uuid::Uuid::new_v4().simple().to_string(),
            });
            send(account, queue, &event.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(events: &str, prefix: &str, suffix: &str) -> NotificationRule {
        NotificationRule {
            id: "rule".to_owned(),
            target_arn: "arn:aws:lambda:eu-west-1:123456789012:function:f".to_owned(),
            events: events
                .split(' ')
                .map(|event| format!("s3:{event}"))
                .collect(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        }
    }

    #[test]
    fn covers() {
        for (rule, event, key, expected) in [
            (
                rule("ObjectCreated:*", "", ""),
                "ObjectCreated:Put",
                "a",
                true,
            ),
            (
                rule("ObjectCreated:*", "", ""),
                "ObjectCreated:CompleteMultipartUpload",
                "a",
                true,
            ),
            (
                rule("ObjectCreated:*", "", ""),
                "ObjectRemoved:Delete",
                "a",
                false,
            ),
            (
                rule("ObjectCreated:Put", "", ""),
                "ObjectCreated:Copy",
                "a",
                false,
            ),
            (
                rule("ObjectRemoved:* ObjectCreated:Put", "", ""),
                "ObjectCreated:Put",
                "a",
                true,
            ),
            (
                rule("ObjectCreated:*", "in/", ".pdf"),
                "ObjectCreated:Put",
                "in/a.pdf",
                true,
            ),
            (
                rule("ObjectCreated:*", "in/", ".pdf"),
                "ObjectCreated:Put",
                "in/a.PDF",
                false,
            ),
            (
                rule("ObjectCreated:*", "in/", ".pdf"),
                "ObjectCreated:Put",
                "out/a.pdf",
                false,
            ),
            (
                rule("ObjectCreated:*", "zo\u{eb} ", ""),
                "ObjectCreated:Put",
                "zo\u{eb} n",
                true,
            ),
        ] {
            assert_eq!(rule.covers(event, key), expected, "{rule:?} {event} {key}");
        }
    }

    #[test]
    fn overlaps() {
        let all = "ObjectCreated:*";
        for (first, second, expected) in [
            (
                rule(all, "", ""),
                rule(all, "", ""),
                Some("Configurations overlap"),
            ),
            (
                rule(all, "", ""),
                rule("ObjectCreated:Put", "a", ""),
                Some("ambiguously"),
            ),
            (
                rule(all, "in/", ""),
                rule(all, "in/cv/", ""),
                Some("ambiguously"),
            ),
            (
                rule(all, "", "jpg"),
                rule(all, "", "pg"),
                Some("ambiguously"),
            ),
            (rule(all, "in/", ".pdf"), rule(all, "in/", ".txt"), None),
            (rule(all, "in/", ""), rule(all, "out/", ""), None),
            (rule(all, "", ""), rule("ObjectRemoved:*", "", ""), None),
            (
                rule("ObjectCreated:Put", "", ""),
                rule("ObjectCreated:Copy", "", ""),
                None,
            ),
        ] {
            let message = check_rules(&[first, second]).err().map(|it| it.message);
            assert_eq!(message.is_some(), expected.is_some(), "{message:?}");
            let found = message.unwrap_or_default();
            assert!(found.contains(expected.unwrap_or_default()), "{found}");
        }
    }

    #[test]
    fn events() {
        let code = |event| {
            check_rules(&[rule(event, "", "")])
                .err()
                .map(|it| it.code.into_owned())
        };
        assert_eq!(code("ObjectCreated:Post"), None);
        assert_eq!(code("ObjectCreated").as_deref(), Some("InvalidArgument"));
        assert_eq!(
            code("ObjectCreated:Paste").as_deref(),
            Some("InvalidArgument")
        );
        assert_eq!(code("ObjectTagging:*").as_deref(), Some("NotImplemented"));
    }
}
