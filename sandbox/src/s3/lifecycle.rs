//! Lifecycle configurations: checked and kept. No object here grows old enough to be
//! expired or moved.
//!
//! The rules are those of "Lifecycle configuration elements" in the S3 User Guide.

use std::collections::BTreeSet;

use s3s::dto::{ExpirationStatus, LifecycleRule, Timestamp, Transition, TransitionStorageClass};
use time::OffsetDateTime;

use crate::error::ServiceError;

use super::error::{invalid_argument, invalid_request, malformed_xml};

/// The most rules of a bucket.
const MOST_RULES: usize = 1_000;

/// Checks the rules of a configuration, and gives a name to each that has none.
///
/// # Errors
///
/// `MalformedXML`, `InvalidArgument`, `InvalidRequest`.
pub fn check_lifecycle(mut rules: Vec<LifecycleRule>) -> Result<Vec<LifecycleRule>, ServiceError> {
    if rules.is_empty() || rules.len() > MOST_RULES {
        return Err(malformed_xml());
    }
    let mut ids = BTreeSet::new();
    for rule in &mut rules {
        check_rule(rule)?;
        let id = rule.id.take().filter(|it| !it.is_empty());
        let id = id.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        if id.chars().count() > 255 {
            return Err(invalid_argument(
                "ID length should not exceed allowed limit of 255",
            ));
        }
        if !ids.insert(id.clone()) {
            return Err(invalid_argument(
                "Rule ID must be unique. Found same ID for more than one rule",
            ));
        }
        rule.id = Some(id);
    }
    Ok(rules)
}

fn check_rule(rule: &LifecycleRule) -> Result<(), ServiceError> {
    let status = rule.status.as_str();
    if ![ExpirationStatus::ENABLED, ExpirationStatus::DISABLED].contains(&status) {
        return Err(malformed_xml());
    }
    if rule.prefix.is_some() && rule.filter.is_some() {
        return Err(malformed_xml());
    }
    let transitions = rule.transitions.as_deref().unwrap_or_default();
    let moved = rule.noncurrent_version_transitions.as_deref();
    let moved = moved.unwrap_or_default();
    let older = rule.noncurrent_version_expiration.as_ref();
    let parts = rule.abort_incomplete_multipart_upload.as_ref();
    let nothing = rule.expiration.is_none()
        && transitions.is_empty()
        && moved.is_empty()
        && older.is_none()
        && parts.is_none();
    if nothing {
        return Err(invalid_request(
            "At least one action needs to be specified in a rule.",
        ));
    }
    if let Some(expiration) = &rule.expiration {
        let ways = [
            expiration.days.is_some(),
            expiration.date.is_some(),
            expiration.expired_object_delete_marker.is_some(),
        ];
        if ways.iter().filter(|it| **it).count() != 1 {
            return Err(malformed_xml());
        }
        positive(expiration.days, "'Days' for Expiration action")?;
        midnight(expiration.date.as_ref(), "'Date'")?;
    }
    positive(
        older.and_then(|it| it.noncurrent_days),
        "'NoncurrentDays' for NoncurrentVersionExpiration action",
    )?;
    positive(
        parts.and_then(|it| it.days_after_initiation),
        "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action",
    )?;
    let expires = rule.expiration.as_ref().and_then(|it| it.days);
    transitions
        .iter()
        .try_for_each(|it| check_transition(it, expires))
}

fn check_transition(it: &Transition, expires: Option<i32>) -> Result<(), ServiceError> {
    const CLASSES: [&str; 6] = [
        TransitionStorageClass::DEEP_ARCHIVE,
        TransitionStorageClass::GLACIER,
        TransitionStorageClass::GLACIER_IR,
        TransitionStorageClass::INTELLIGENT_TIERING,
        TransitionStorageClass::ONEZONE_IA,
        TransitionStorageClass::STANDARD_IA,
    ];
    let class = it.storage_class.as_ref().map(|it| it.as_str());
    let class = class
        .filter(|it| CLASSES.contains(it))
        .ok_or_else(malformed_xml)?;
    if it.days.is_some() == it.date.is_some() {
        return Err(malformed_xml());
    }
    midnight(it.date.as_ref(), "'Date'")?;
    let Some(days) = it.days else { return Ok(()) };
    if days < 0 {
        return Err(invalid_argument(
            "'Days' in Transition action must be nonnegative",
        ));
    }
    if class.ends_with("_IA") && days < 30 {
        return Err(invalid_argument(format!(
            "'Days' in Transition action must be greater than or equal to 30 for storageClass \
             '{class}'"
        )));
    }
    if expires.is_some_and(|expires| expires <= days) {
        return Err(invalid_argument(
            "'Days' in the Expiration action for filter must be greater than 'Days' in the \
             Transition action",
        ));
    }
    Ok(())
}

fn positive(days: Option<i32>, what: &str) -> Result<(), ServiceError> {
    match days {
        Some(days) if days < 1 => Err(invalid_argument(format!(
            "{what} must be a positive integer"
        ))),
        _ => Ok(()),
    }
}

fn midnight(date: Option<&Timestamp>, what: &str) -> Result<(), ServiceError> {
    let time = date.map(|it| OffsetDateTime::from(it.clone()).unix_timestamp());
    match time {
        Some(time) if time % 86_400 != 0 => {
            Err(invalid_argument(format!("{what} must be at midnight GMT")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use s3s::dto::{AbortIncompleteMultipartUpload, LifecycleExpiration};

    use super::*;

    fn expiring(days: i32) -> LifecycleRule {
        LifecycleRule {
            expiration: Some(LifecycleExpiration {
                days: Some(days),
                ..LifecycleExpiration::default()
            }),
            ..rule()
        }
    }

    fn rule() -> LifecycleRule {
        LifecycleRule {
            abort_incomplete_multipart_upload: None,
            expiration: None,
            filter: None,
            id: None,
            noncurrent_version_expiration: None,
            noncurrent_version_transitions: None,
            prefix: None,
            status: ExpirationStatus::from_static(ExpirationStatus::ENABLED),
            transitions: None,
        }
    }

    fn moved(days: i32, class: &'static str, rule: LifecycleRule) -> LifecycleRule {
        LifecycleRule {
            transitions: Some(vec![Transition {
                days: Some(days),
                date: None,
                storage_class: Some(TransitionStorageClass::from_static(class)),
            }]),
            ..rule
        }
    }

    #[test]
    fn rules() {
        let code = |rules: Vec<LifecycleRule>| match check_lifecycle(rules) {
            Ok(_) => "taken".to_owned(),
            Err(error) => error.code.into_owned(),
        };
        let named = |id: &str| LifecycleRule {
            id: Some(id.to_owned()),
            ..expiring(1)
        };
        let parts = LifecycleRule {
            abort_incomplete_multipart_upload: Some(AbortIncompleteMultipartUpload {
                days_after_initiation: Some(7),
            }),
            ..rule()
        };
        let other_status = LifecycleRule {
            status: ExpirationStatus::from_static("On"),
            ..expiring(1)
        };
        for (rules, expected) in [
            (vec![expiring(30), expiring(1)], "taken"),
            (vec![parts], "taken"),
            (vec![moved(30, "STANDARD_IA", expiring(31))], "taken"),
            (vec![], "MalformedXML"),
            (vec![rule()], "InvalidRequest"),
            (vec![expiring(0)], "InvalidArgument"),
            (vec![named("a"), named("a")], "InvalidArgument"),
            (vec![named(&"a".repeat(256))], "InvalidArgument"),
            (vec![other_status], "MalformedXML"),
            (vec![moved(29, "STANDARD_IA", rule())], "InvalidArgument"),
            (vec![moved(40, "GLACIER", expiring(40))], "InvalidArgument"),
            (vec![moved(40, "COLD", rule())], "MalformedXML"),
        ] {
            let shown = format!("{rules:?}");
            assert_eq!(code(rules), expected, "{shown}");
        }
        let kept = check_lifecycle(vec![expiring(1)]).unwrap();
        assert!(kept[0].id.as_ref().is_some_and(|it| !it.is_empty()));
    }
}
