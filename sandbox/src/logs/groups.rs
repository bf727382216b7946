//! Operations on log groups.

use serde_json::{Value, json};

use super::api::{Named, page};
use super::input::{self, invalid};
use super::{Group, Logs, no_such_group};
use crate::error::ServiceError;

/// DescribeLogGroups: by name, at most 50 in one answer.
pub(super) fn describe(logs: &Logs, input: &Value) -> Result<Value, ServiceError> {
    let prefix = input::text(input, "logGroupNamePrefix")?;
    let pattern = input::text(input, "logGroupNamePattern")?;
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let limit = input::limit(input, 50)?;
    let state = logs.read();
    let found: Vec<Named<'_, &Group>> = state
        .groups
        .iter()
        .map(|(name, group)| (name.as_str(), group))
        .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
        .filter(|(name, _)| pattern.is_none_or(|pattern| name.contains(pattern)))
        .collect();
    let (page, next) = page(&found, limit, input::text(input, "nextToken")?)?;
    let groups: Vec<Value> = page
        .iter()
        .map(|(name, group)| description(logs, name, group))
        .collect();
    let mut output = json!({ "logGroups": groups });
    if let Some(next) = next {
        output["nextToken"] = json!(next);
    }
    Ok(output)
}

fn description(logs: &Logs, name: &str, group: &Group) -> Value {
    let arn = logs.group_arn(name);
    let bytes: usize = group.streams.values().map(|stream| stream.bytes).sum();
    let mut description = json!({
        "logGroupName": name,
        "creationTime": group.created,
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "logGroupArn": arn,
        "logGroupClass": "STANDARD",
        "storedBytes": bytes,
    });
    if let Some(days) = group.retention_days {
        description["retentionInDays"] = json!(days);
    }
    description
}

/// PutRetentionPolicy. The days are kept and told, but nothing expires: a
/// sandbox does not live for a day.
pub(super) fn put_retention(
    logs: &Logs,
    group: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let days = input::number(input, "retentionInDays")?
        .ok_or_else(|| input::missing("retentionInDays"))?;
    let days = input::check_retention(days)?;
    logs.write().group_mut(group)?.retention_days = Some(days);
    Ok(json!({}))
}

/// ListTagsForResource: groups have no tags here.
pub(super) fn list_tags(logs: &Logs, arn: &str) -> Result<Value, ServiceError> {
    let state = logs.read();
    if state.groups.keys().any(|name| logs.group_arn(name) == arn) {
        return Ok(json!({ "tags": {} }));
    }
    Err(no_such_group())
}
