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
    Ok(GetBucketNotificationConfigurationOutput {
        lambda_function_configurations: (!rules.is_empty())
            .then(|| rules.into_iter().map(configuration_of).collect()),
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
                .queue_configurations
                .is_some_and(|it| !it.is_empty()),
            "SQS queues",
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
    let configurations = configuration
        .lambda_function_configurations
        .unwrap_or_default();
    let rules = configurations
        .into_iter()
        .map(rule_of)
        .collect::<Result<Vec<_>, _>>()?;
    if input.skip_destination_validation == Some(true) {
        account.s3.set_notifications(&input.bucket, rules)?;
    } else {
        configure_notifications(account, &input.bucket, rules)?;
    }
    Ok(PutBucketNotificationConfigurationOutput::default())
}

fn rule_of(configuration: LambdaFunctionConfiguration) -> Result<NotificationRule, ServiceError> {
    let mut rule = NotificationRule {
        id: configuration
            .id
            .unwrap_or_else(|| Uuid::new_v4().to_string()),
        function_arn: configuration.lambda_function_arn,
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

fn configuration_of(rule: NotificationRule) -> LambdaFunctionConfiguration {
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
    LambdaFunctionConfiguration {
        id: Some(rule.id),
        lambda_function_arn: rule.function_arn,
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

    fn configuration(filters: &[(&str, &str)]) -> LambdaFunctionConfiguration {
        let rules = filters
            .iter()
            .map(|(name, value)| FilterRule {
                name: Some(FilterRuleName::from((*name).to_owned())),
                value: Some((*value).to_owned()),
            })
            .collect();
        LambdaFunctionConfiguration {
            id: Some("id".to_owned()),
            lambda_function_arn: "arn".to_owned(),
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
        let given = configuration(&[("Prefix", "in/"), ("Suffix", ".pdf")]);
        let rule = rule_of(given.clone()).unwrap();
        assert_eq!(
            (rule.prefix.as_str(), rule.suffix.as_str()),
            ("in/", ".pdf")
        );
        assert_eq!(configuration_of(rule), given);
        assert!(
            configuration_of(rule_of(configuration(&[])).unwrap())
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
