//! The notification configuration of a bucket, in S3's own form and ours.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};
use uuid::Uuid;

use crate::account::Account;
use crate::error::ServiceError;

use super::super::error::{invalid_argument, not_implemented};
use super::super::notification::{NotificationRule, configure_notifications};

pub async fn get(
    account: &Arc<Account>,
    request: S3Request<GetBucketNotificationConfigurationInput>,
) -> S3Result<GetBucketNotificationConfigurationOutput> {
    let rules = account
        .s3
        .read(&request.input.bucket, |bucket| bucket.notifications.clone())?;
    let is_of_queue = |it: &NotificationRule| it.target_arn.contains(":sqs:");
    let (queues, functions): (Vec<_>, Vec<_>) = rules.into_iter().partition(is_of_queue);
    let queues: Vec<_> = queues.into_iter().map(of_queue).collect();
    let functions: Vec<_> = functions.into_iter().map(of_function).collect();
    Ok(GetBucketNotificationConfigurationOutput {
        lambda_function_configurations: (!functions.is_empty()).then_some(functions),
        queue_configurations: (!queues.is_empty()).then_some(queues),
        ..GetBucketNotificationConfigurationOutput::default()
    })
}

pub async fn put(
    account: &Arc<Account>,
    request: S3Request<PutBucketNotificationConfigurationInput>,
) -> S3Result<PutBucketNotificationConfigurationOutput> {
    let input = request.input;
    let configuration = input.notification_configuration;
    let elsewhere = [
        (
            configuration.event_bridge_configuration.is_some(),
            "EventBridge",
        ),
        (
            configuration
                .topic_configurations
                .is_some_and(|it| !it.is_empty()),
            "SNS topics",
        ),
    ];
    if let Some((_, name)) = elsewhere.iter().find(|(asked, _)| *asked) {
        return Err(not_implemented(&format!("notifications to {name}")).into());
    }
    let functions = configuration.lambda_function_configurations;
    let functions = functions.unwrap_or_default().into_iter().map(|it| Given {
        id: it.id,
        target_arn: it.lambda_function_arn,
        events: it.events,
        filter: it.filter,
    });
    let queues = configuration.queue_configurations;
    let queues = queues.unwrap_or_default().into_iter().map(|it| Given {
        id: it.id,
        target_arn: it.queue_arn,
        events: it.events,
        filter: it.filter,
    });
    let rules = functions.chain(queues);
    let rules = rules.map(rule_of).collect::<Result<Vec<_>, _>>()?;
    if input.skip_destination_validation == Some(true) {
        account.s3.set_notifications(&input.bucket, rules)?;
    } else {
        configure_notifications(account, &input.bucket, rules)?;
    }
    Ok(PutBucketNotificationConfigurationOutput::default())
}

/// What configurations of functions and of queues have in common.
struct Given {
    id: Option<String>,
    target_arn: String,
    events: Vec<Event>,
    filter: Option<NotificationConfigurationFilter>,
}

fn rule_of(configuration: Given) -> Result<NotificationRule, ServiceError> {
    let mut rule = NotificationRule {
        id: configuration
            .id
            .unwrap_or_else(|| Uuid::new_v4().to_string()),
        target_arn: configuration.target_arn,
        events: configuration.events.into_iter().map(String::from).collect(),
        prefix: String::new(),
        suffix: String::new(),
    };
    let filter = configuration.filter.and_then(|filter| filter.key);
    let (mut prefixes, mut suffixes) = (0, 0);
    for FilterRule { name, value } in filter.and_then(|key| key.filter_rules).unwrap_or_default() {
        let name = name
            .as_ref()
            .map(FilterRuleName::as_str)
            .unwrap_or_default();
        let (place, count) = if name.eq_ignore_ascii_case("prefix") {
            (&mut rule.prefix, &mut prefixes)
        } else if name.eq_ignore_ascii_case("suffix") {
            (&mut rule.suffix, &mut suffixes)
        } else {
            return Err(invalid_argument(
                "filter rule name must be either prefix or suffix",
            ));
        };
        *count += 1;
        if *count > 1 {
            return Err(invalid_argument(format!(
                "Cannot specify more than one {} rule in a filter.",
                name.to_ascii_lowercase()
            )));
        }
        *place = value.unwrap_or_default();
        if place.len() > 1024 {
            return Err(invalid_argument(
                "filter rule value cannot exceed 1024 in length",
            ));
        }
    }
    Ok(rule)
}

fn of_function(rule: NotificationRule) -> LambdaFunctionConfiguration {
    let Given {
        id,
        target_arn,
        events,
        filter,
    } = given_of(rule);
    LambdaFunctionConfiguration {
        id,
        lambda_function_arn: target_arn,
        events,
        filter,
    }
}

fn of_queue(rule: NotificationRule) -> QueueConfiguration {
    let Given {
        id,
        target_arn,
        events,
        filter,
    } = given_of(rule);
    QueueConfiguration {
        id,
        queue_arn: target_arn,
        events,
        filter,
    }
}

fn given_of(rule: NotificationRule) -> Given {
    let filter_rule = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| FilterRule {
            name: Some(FilterRuleName::from_static(name)),
            value: Some(value),
        })
    };
    let rules: Vec<_> = [
        filter_rule("Prefix", rule.prefix),
        filter_rule("Suffix", rule.suffix),
    ]
    .into_iter()
    .flatten()
    .collect();
    Given {
        id: Some(rule.id),
        target_arn: rule.target_arn,
        events: rule.events.into_iter().map(Event::from).collect(),
        filter: (!rules.is_empty()).then_some(NotificationConfigurationFilter {
            key: Some(S3KeyFilter {
                filter_rules: Some(rules),
            }),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(filters: &[(&str, &str)]) -> Given {
        let rules = filters
            .iter()
            .map(|(name, value)| FilterRule {
                name: Some(FilterRuleName::from((*name).to_owned())),
                value: Some((*value).to_owned()),
            })
            .collect();
        Given {
            id: Some("id".to_owned()),
            target_arn: "arn".to_owned(),
            events: vec![Event::from("s3:ObjectCreated:*".to_owned())],
            filter: Some(NotificationConfigurationFilter {
                key: Some(S3KeyFilter {
                    filter_rules: Some(rules),
                }),
            }),
        }
    }

    #[test]
    fn there_and_back() {
        let given = || configuration(&[("Prefix", "in/"), ("Suffix", ".pdf")]);
        let rule = rule_of(given()).unwrap();
        assert_eq!(
            (rule.prefix.as_str(), rule.suffix.as_str()),
            ("in/", ".pdf")
        );
        let (back, given) = (given_of(rule), given());
        assert_eq!((back.events, back.filter), (given.events, given.filter));
        assert!(
            given_of(rule_of(configuration(&[])).unwrap())
                .filter
                .is_none()
        );
    }

    #[test]
    fn refused() {
        for filters in [
            [("prefix", "a"), ("Prefix", "b")],
            [("suffix", "a"), ("suffix", "a")],
            [("prefix", "a"), ("infix", "b")],
            [("prefix", "a"), ("suffix", &"b".repeat(1025))],
        ] {
            assert_eq!(
                rule_of(configuration(&filters)).unwrap_err().code,
                "InvalidArgument"
            );
        }
    }
}
