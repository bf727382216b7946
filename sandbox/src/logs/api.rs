//! The operations of CloudWatch Logs: who may call which, and on what.

use serde_json::{Value, json};

use super::input::{self, group_name, group_name_or_identifier, stream_name};
use super::{Logs, filter, get, groups, put, streams};
use crate::account::Account;
use crate::error::ServiceError;
use crate::iam::Principal;

impl Logs {
    /// Answers one operation.
    ///
    /// # Errors
    ///
    /// `AccessDeniedException`, `UnknownOperationException`, and what the
    /// operation's page in the CloudWatch Logs API Reference lists.
    pub fn call(
        &self,
        account: &Account,
        caller: &Principal,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let authorize = |resource: &str| {
            let action = format!("logs:{operation}");
            account.authorize(caller, &action, resource, "AccessDeniedException")
        };
        // A group as such is the stream without a name, in AWS's denials too:
        // policies that end in `:*` match it, those that end in the name do not.
        let on_stream = |group, stream| authorize(&self.stream_arn(group, stream));
        let on_group = |group| on_stream(group, "");
        match operation {
            "CreateLogGroup" => {
                let group = group_name(input)?;
                on_group(group)?;
                self.create_group(group, None)?;
                Ok(json!({}))
            }
            "DeleteLogGroup" => {
                let group = group_name(input)?;
                on_group(group)?;
                self.delete_group(group)?;
                Ok(json!({}))
            }
            "DescribeLogGroups" => {
                on_group(input::text(input, "logGroupNamePrefix")?.unwrap_or_default())?;
                groups::describe(self, input)
            }
            "PutRetentionPolicy" => {
                let group = group_name(input)?;
                on_group(group)?;
                groups::put_retention(self, group, input)
            }
            "DeleteRetentionPolicy" => {
                let group = group_name(input)?;
                on_group(group)?;
                self.write().group_mut(group)?.retention_days = None;
                Ok(json!({}))
            }
            "ListTagsForResource" => {
                let arn = input::required(input, "resourceArn")?;
                authorize(arn)?;
                groups::list_tags(self, arn)
            }
            "CreateLogStream" => {
                let (group, stream) = (group_name(input)?, stream_name(input)?);
                on_stream(group, stream)?;
                streams::create(self, group, stream)
            }
            "DeleteLogStream" => {
                let (group, stream) = (group_name(input)?, stream_name(input)?);
                on_stream(group, stream)?;
                streams::delete(self, group, stream)
            }
            "DescribeLogStreams" => {
                let group = group_name_or_identifier(input)?;
                on_group(group)?;
                streams::describe(self, group, input)
            }
            "PutLogEvents" => {
                let (group, stream) = (group_name(input)?, stream_name(input)?);
                on_stream(group, stream)?;
                put::put(self, group, stream, input)
            }
            "GetLogEvents" => {
                let (group, stream) = (group_name_or_identifier(input)?, stream_name(input)?);
                on_stream(group, stream)?;
                get::get(self, group, stream, input)
            }
            "FilterLogEvents" => {
                let group = group_name_or_identifier(input)?;
                on_group(group)?;
                filter::filter(self, group, input)
            }
            _ => Err(ServiceError::unknown_operation(
                "CloudWatch Logs",
                operation,
            )),
        }
    }
}

/// A thing with its name.
pub(super) type Named<'a, T> = (&'a str, T);

/// A page of `items`, and the token of the next: the name of the page's last item.
///
/// # Errors
///
/// `InvalidParameterException` for a token of no item.
pub(super) fn page<'a, T>(
    items: &'a [Named<'a, T>],
    limit: usize,
    token: Option<&str>,
) -> Result<(&'a [Named<'a, T>], Option<&'a str>), ServiceError> {
    let start = match token {
        None => 0,
        Some(token) => {
            let last = items.iter().position(|(name, _)| *name == token);
            last.ok_or_else(invalid_token)? + 1
        }
    };
    let rest = items.get(start..).unwrap_or_default();
    let page = rest.get(..limit).unwrap_or(rest);
    let next = if rest.len() > limit {
        page.last().map(|(name, _)| *name)
    } else {
        None
    };
    Ok((page, next))
}

/// The error for a token that no answer gave.
pub(super) fn invalid_token() -> ServiceError {
    input::invalid("The specified nextToken is invalid.")
}
