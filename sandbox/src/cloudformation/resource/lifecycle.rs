//! `LifecycleConfiguration` of buckets.

use s3s::dto::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration,
    NoncurrentVersionTransition, Tag, Timestamp, TimestampFormat, Transition,
    TransitionStorageClass,
};
use serde_json::Value;

use super::super::properties::Properties;

/// Reads the rules, as S3's API has them; none where there is no configuration.
pub fn rules(mut given: Properties) -> Result<Vec<LifecycleRule>, String> {
    let rules = given.list("Rules")?;
    given.ignore(&["TransitionDefaultMinimumObjectSize"]);
    given.finish()?;
    rules
        .into_iter()
        .map(|rule| read(Properties::new(rule)?))
        .collect()
}

fn read(mut given: Properties) -> Result<LifecycleRule, String> {
    let older = older_expiration(&mut given)?;
    let expiration = expiration(&mut given)?;
    let filter = filter(&mut given)?;
    let mut parts = given.object("AbortIncompleteMultipartUpload")?;
    let parts_days = days(&mut parts, "DaysAfterInitiation")?;
    parts.finish()?;
    let rule = LifecycleRule {
        abort_incomplete_multipart_upload: parts_days.map(|days| AbortIncompleteMultipartUpload {
            days_after_initiation: Some(days),
        }),
        expiration,
        filter: Some(filter),
        id: given.text("Id")?,
        noncurrent_version_expiration: older,
        noncurrent_version_transitions: Some(each(
            &mut given,
            [
                "NoncurrentVersionTransition",
                "NoncurrentVersionTransitions",
            ],
            older_transition,
        )?),
        prefix: None,
        status: ExpirationStatus::from(given.required("Status")?),
        transitions: Some(each(&mut given, ["Transition", "Transitions"], transition)?),
    };
    given.finish()?;
    Ok(rule)
}

fn expiration(given: &mut Properties) -> Result<Option<LifecycleExpiration>, String> {
    let expiration = LifecycleExpiration {
        date: date(given, "ExpirationDate")?,
        days: days(given, "ExpirationInDays")?,
        expired_object_delete_marker: given.truth("ExpiredObjectDeleteMarker")?,
    };
    Ok((expiration != LifecycleExpiration::default()).then_some(expiration))
}

fn older_expiration(given: &mut Properties) -> Result<Option<NoncurrentVersionExpiration>, String> {
    let mut object = given.object("NoncurrentVersionExpiration")?;
    let plain = days(given, "NoncurrentVersionExpirationInDays")?;
    let expiration = NoncurrentVersionExpiration {
        newer_noncurrent_versions: days(&mut object, "NewerNoncurrentVersions")?,
        noncurrent_days: days(&mut object, "NoncurrentDays")?.or(plain),
    };
    object.finish()?;
    Ok((expiration != NoncurrentVersionExpiration::default()).then_some(expiration))
}

fn filter(given: &mut Properties) -> Result<LifecycleRuleFilter, String> {
    let prefix = given.text("Prefix")?;
    let greater = given.number("ObjectSizeGreaterThan")?.map(i64::from);
    let less = given.number("ObjectSizeLessThan")?.map(i64::from);
    let mut tags = Vec::new();
    for tag in given.list("TagFilters")? {
        let mut tag = Properties::new(tag)?;
        tags.push(Tag {
            key: Some(tag.required("Key")?),
            value: Some(tag.required("Value")?),
        });
        tag.finish()?;
    }
    let parts = [prefix.is_some(), greater.is_some(), less.is_some()];
    let count = parts.iter().filter(|it| **it).count() + tags.len();
    if count > 1 {
        return Ok(LifecycleRuleFilter {
            and: Some(LifecycleRuleAndOperator {
                object_size_greater_than: greater,
                object_size_less_than: less,
                prefix,
                tags: Some(tags),
            }),
            ..LifecycleRuleFilter::default()
        });
    }
    Ok(LifecycleRuleFilter {
        and: None,
        object_size_greater_than: greater,
        object_size_less_than: less,
        prefix: prefix.or_else(|| (count == 0).then(String::new)),
        tag: tags.pop(),
    })
}

fn transition(given: &mut Properties) -> Result<Transition, String> {
    Ok(Transition {
        date: date(given, "TransitionDate")?,
        days: days(given, "TransitionInDays")?,
        storage_class: Some(TransitionStorageClass::from(
            given.required("StorageClass")?,
        )),
    })
}

fn older_transition(given: &mut Properties) -> Result<NoncurrentVersionTransition, String> {
    Ok(NoncurrentVersionTransition {
        newer_noncurrent_versions: days(given, "NewerNoncurrentVersions")?,
        noncurrent_days: days(given, "TransitionInDays")?,
        storage_class: Some(TransitionStorageClass::from(
            given.required("StorageClass")?,
        )),
    })
}

/// What stands under the older name of one and the newer name of several.
fn each<T>(
    given: &mut Properties,
    [one, several]: [&str; 2],
    read: fn(&mut Properties) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let mut all: Vec<Value> = given.value(one).into_iter().collect();
    all.extend(given.list(several)?);
    let each = all.into_iter().map(|it| {
        let mut it = Properties::new(it)?;
        let value = read(&mut it)?;
        it.finish()?;
        Ok(value)
    });
    each.collect()
}

fn days(given: &mut Properties, name: &str) -> Result<Option<i32>, String> {
    let days = given.number(name)?;
    Ok(days.map(|it| i32::try_from(it).unwrap_or(i32::MAX)))
}

fn date(given: &mut Properties, name: &str) -> Result<Option<Timestamp>, String> {
    let Some(text) = given.text(name)? else {
        return Ok(None);
    };
    let date = Timestamp::parse(TimestampFormat::DateTime, &text);
    date.map(Some)
        .map_err(|_| format!("Value of property {name} must be an ISO 8601 date"))
}
