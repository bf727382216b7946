//! The services, each described once, by itself; here is the list of all.
//!
//! The front ([`server`](crate::server)) finds out by it whose a request is, reads it by the
//! service's protocol, checks its signature and hands it on.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response, Uri};
use serde_json::Value;

use crate::account::Account;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::protocol::json;
use crate::protocol::query::{self, Params};
use crate::{cloudformation, ecr, iam, lambda, logs, s3, sns, sqs, states, sts, textract};

/// All services, in the order in which they are asked whether they are meant by a request that
/// nobody signed: a form is answered by the first that reads forms, and whatever is nobody else's
/// is S3's.
pub static ALL: [&Service; 11] = [
    &states::SERVICE,
    &logs::SERVICE,
    &textract::SERVICE,
    &ecr::SERVICE,
    &sqs::SERVICE,
    &sts::SERVICE,
    &iam::SERVICE,
    &sns::SERVICE,
    &cloudformation::SERVICE,
    &lambda::api::SERVICE,
    &s3::SERVICE,
];

/// A service, as the front knows it.
#[derive(Debug)]
pub struct Service {
    /// Its names in the credential scope of a signature.
    pub names: &'static [&'static str],
    /// Whether it is the same in all regions: requests to it are signed for `us-east-1`, too.
    pub is_global: bool,
    /// How it is asked, and who answers.
    pub protocol: Protocol,
}

/// A protocol of AWS's, and what a service does with a request whose signature holds.
#[derive(Debug)]
pub enum Protocol {
    /// S3's own, with signatures of its own.
    S3,
    /// AWS JSON.
    Json {
        /// What stands before the dot in `X-Amz-Target`.
        target: &'static str,
        /// The codes of errors that its former protocol had other names for: SDKs go by those.
        former: &'static [(&'static str, &'static str)],
        /// Who answers.
        call: for<'a> fn(&'a Arc<Account>, Principal, json::Request) -> Answer<'a, Value>,
    },
    /// REST with JSON.
    Rest {
        /// How paths begin.
        path: &'static str,
        /// Who answers.
        call: RestCall,
    },
    /// The query protocol.
    Query {
        /// The namespace of its XML.
        namespace: &'static str,
        /// Who answers: what stands in the result's element.
        call: for<'a> fn(&'a Arc<Account>, Principal, Params) -> Answer<'a, String>,
    },
}

/// Who answers requests by REST.
pub type RestCall =
    for<'a> fn(&'a Arc<Account>, Principal, Parts, Bytes) -> Answer<'a, Response<Bytes>>;

/// What a service answers.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ServiceError>> + Send + 'a>>;

/// By the name in a signature's credential scope.
pub fn by_name(name: &str) -> Option<&'static Service> {
    ALL.into_iter().find(|it| it.names.contains(&name))
}

/// By the looks of a request that nobody signed: S3's, unless it speaks another protocol.
pub fn by_looks(headers: &HeaderMap, uri: &Uri) -> Option<&'static Service> {
    let target = headers.get("x-amz-target");
    let target = target.map(|it| it.to_str().unwrap_or_default());
    let has_form = query::has_form(headers);
    ALL.into_iter().find(|service| match &service.protocol {
        Protocol::Json { target: begin, .. } => target.is_some_and(|it| is_operation(it, begin)),
        _ if target.is_some() => false,
        Protocol::Query { .. } => has_form,
        Protocol::Rest { path, .. } => uri.path().starts_with(path),
        Protocol::S3 => true,
    })
}

/// Whether a target names an operation of the service with that prefix.
pub fn is_operation(target: &str, prefix: &str) -> bool {
    let rest = target.strip_prefix(prefix);
    rest.is_some_and(|it| it.starts_with('.'))
}

impl Service {
    /// The regions that a request may be signed for.
    pub fn regions<'a>(&self, own: &'a str) -> Vec<&'a str> {
        match self.is_global {
            true => vec![own, "us-east-1"],
            false => vec![own],
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn who_is_meant() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        for (header, value, path, expected) in [
            (
                "x-amz-target",
                "AWSStepFunctions.StartExecution",
                "/",
                Some("states"),
            ),
            (
                "x-amz-target",
                "Logs_20140328.FilterLogEvents",
                "/",
                Some("logs"),
            ),
            ("x-amz-target", "Logs_20140328", "/", None),
            ("x-amz-target", "DynamoDB_20120810.GetItem", "/", None),
            ("content-type", form, "/", Some("sts")),
            (
                "content-type",
                "text/plain",
                "/2015-03-31/functions/",
                Some("lambda"),
            ),
            ("content-type", "text/plain", "/bucket/key", Some("s3")),
        ] {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(header),
                HeaderValue::from_static(value),
            )]);
            let found = by_looks(&headers, &Uri::from_static(path));
            assert_eq!(found.map(|it| it.names[0]), expected, "{value} {path}");
        }
    }

    #[test]
    fn no_name_is_of_two() {
        let names: Vec<&str> = ALL.iter().flat_map(|it| it.names).copied().collect();
        let distinct: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), distinct.len());
    }
}
