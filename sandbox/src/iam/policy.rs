//! Policy documents: read into types, so that nothing in them goes unseen.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::error::{ServiceError, is_unserved, unserved};

use super::condition::{self, Condition};
use super::principals::Principals;

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// `Deny` instead of `Allow`.
    pub deny: bool,
    /// `Action` or `NotAction`.
    pub actions: Matching,
    /// `Resource` or `NotResource`; trust policies have none.
    pub resources: Option<Matching>,
    /// `Principal` or `NotPrincipal`; policies of identities have none.
    pub principals: Option<Principals>,
    /// When it counts.
    pub conditions: Vec<Condition>,
}

/// What a statement is about: one of these patterns, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// `NotAction`, `NotResource`: all but these.
    pub not: bool,
    /// With `*` and `?`.
    pub patterns: Vec<String>,
}

/// The kinds of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What a role may do.
    Identity,
    /// Who may assume a role.
    Trust,
    /// Who may do what with a resource.
    Resource,
}

impl Policy {
    /// Reads a policy document; `name` is what errors call it.
    ///
    /// # Errors
    ///
    /// `MalformedPolicyDocument` for whatever is not part of the policy
    /// grammar, and for what is not evaluated here.
    pub fn read(name: &str, document: &Value, kind: Kind) -> Result<Self, ServiceError> {
        Self::parse(document, kind).map_err(|why| {
            let why = match is_unserved(&why) {
                true => why,
                false => format!("{why} (policy {name})"),
            };
            ServiceError::bad_request("MalformedPolicyDocument", why)
        })
    }

    /// As [`Policy::read`], with nothing but the reason for an error.
    ///
    /// # Errors
    ///
    /// What is wrong, in AWS's words.
    pub fn parse(document: &Value, kind: Kind) -> Result<Self, String> {
        let document = document.as_object().ok_or("Syntax errors in policy.")?;
        for (element, value) in document {
            match (element.as_str(), value.as_str()) {
                ("Version", Some("2012-10-17" | "2008-10-17")) | ("Id" | "Statement", _) => {}
                ("Version", _) => {
                    return Err("The policy must contain a valid version string.".to_owned());
                }
                (other, _) => return Err(unknown(other)),
            }
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(items)) if !items.is_empty() => items.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => return Err("Syntax errors in policy.".to_owned()),
        };
        let mut sids = BTreeSet::new();
        let mut read = Vec::with_capacity(statements.len());
        for statement in statements {
            let sid = statement.get("Sid").and_then(Value::as_str);
            if sid.is_some_and(|sid| !sid.is_empty() && !sids.insert(sid)) {
                return Err("Statement IDs (SID) in a single policy must be unique.".to_owned());
            }
            read.push(Statement::read(statement, kind)?);
        }
        Ok(Self { statements: read })
    }
}

impl Statement {
    fn read(statement: &Value, kind: Kind) -> Result<Self, String> {
        let statement = statement.as_object().ok_or("Syntax errors in policy.")?;
        for (element, value) in statement {
            match (element.as_str(), kind) {
                ("Effect" | "Action" | "NotAction" | "Condition", _)
                | ("Resource" | "NotResource", Kind::Identity | Kind::Resource)
                | ("Principal", Kind::Trust | Kind::Resource)
                | ("NotPrincipal", Kind::Resource) => {}
                ("Sid", _) => check_sid(value, kind)?,
                ("Principal" | "NotPrincipal", Kind::Identity) => {
                    return Err("Policy document should not specify a principal.".to_owned());
                }
                ("Resource" | "NotResource" | "NotPrincipal", Kind::Trust) => {
                    return Err(format!("Has prohibited field {element}"));
                }
                _ => return Err(unknown(element)),
            }
        }
        let deny = match statement.get("Effect") {
            Some(Value::String(effect)) if effect == "Allow" => false,
            Some(Value::String(effect)) if effect == "Deny" => true,
            Some(other) => return Err(format!("Invalid effect: {other}")),
            None => return Err("Missing required field Effect".to_owned()),
        };
        let actions = matching(statement, "Action", "NotAction")?
            .ok_or("Policy statement must contain actions.")?;
        actions
            .patterns
            .iter()
            .try_for_each(|it| check_action(it))?;
        let conditions = match statement.get("Condition") {
            Some(conditions) => condition::read(conditions)?,
            None => Vec::new(),
        };
        let principals = match kind {
            Kind::Identity => None,
            Kind::Trust | Kind::Resource => Some(Principals::read(statement)?),
        };
        if principals
            .as_ref()
            .is_some_and(|it| it.is_negative() && !deny)
        {
            return Err("Allow with NotPrincipal is not allowed.".to_owned());
        }
        let resources = match kind {
            Kind::Trust => None,
            Kind::Identity | Kind::Resource => {
                let resources = matching(statement, "Resource", "NotResource")?
                    .ok_or("Policy statement must contain resources.")?;
                let mut patterns = resources.patterns.iter();
                patterns.try_for_each(|it| check_resource(it))?;
                Some(resources)
            }
        };
        if kind == Kind::Trust {
            let is_sts = |it: &String| it.to_ascii_lowercase().starts_with("sts:");
            if actions.not || !actions.patterns.iter().all(is_sts) {
                return Err("AssumeRole policy may only specify STS AssumeRole actions.".to_owned());
            }
        }
        Ok(Self {
            deny,
            actions,
            resources,
            principals,
            conditions,
        })
    }
}

fn unknown(element: &str) -> String {
    format!("Syntax errors in policy: unknown element {element}")
}

fn check_sid(sid: &Value, kind: Kind) -> Result<(), String> {
    // Only policies of identities are so strict.
    let valid = |c: char| c.is_ascii_alphanumeric() || kind != Kind::Identity;
    match sid.as_str() {
        Some(sid) if sid.chars().all(valid) => Ok(()),
        _ => Err(format!(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the \
             regular expression [0-9A-Za-z]*: {sid}"
        )),
    }
}

/// `*` or `service:Action`, where only the action may have wildcards.
fn check_action(action: &str) -> Result<(), String> {
    if action == "*" {
        return Ok(());
    }
    let Some((vendor, name)) = action.split_once(':') else {
        return Err(format!(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {action}"
        ));
    };
    let in_vendor = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if vendor.is_empty() || !vendor.chars().all(in_vendor) {
        return Err(format!("Vendor {vendor} is not valid"));
    }
    let in_name = |c: char| c.is_ascii_alphanumeric() || "*?-_".contains(c);
    if name.is_empty() || !name.chars().all(in_name) {
        return Err(format!("Action {action} is not valid"));
    }
    Ok(())
}

/// `*` or an ARN, where only partition and service must stand as they are.
fn check_resource(resource: &str) -> Result<(), String> {
    if resource == "*" {
        return Ok(());
    }
    if resource.contains("${") {
        return Err(unserved(format_args!(
            "the policy variable in the resource {resource}"
        )));
    }
    let mut segments = resource.split(':');
    if segments.next() != Some("arn") || segments.next().is_none_or(str::is_empty) {
        return Err(format!(
            "Resource {resource} must be in ARN format or \"*\"."
        ));
    }
    match segments.next() {
        Some(vendor) if !vendor.is_empty() && !vendor.contains(['*', '?']) => Ok(()),
        _ => Err(format!(
            "Resource vendor must be fully qualified and cannot contain regexes: {resource}"
        )),
    }
}

fn matching(
    statement: &Map<String, Value>,
    positive: &str,
    negative: &str,
) -> Result<Option<Matching>, String> {
    let (not, name, value) = match (statement.get(positive), statement.get(negative)) {
        (Some(_), Some(_)) => {
            return Err(format!(
                "Statement/policy already has instance of {positive}: {negative} cannot stand beside it"
            ));
        }
        (Some(value), None) => (false, positive, value),
        (None, Some(value)) => (true, negative, value),
        (None, None) => return Ok(None),
    };
    let patterns = strings(value).ok_or_else(|| {
        format!("Syntax errors in policy: {name} must be a string or a list of them")
    })?;
    Ok(Some(Matching { not, patterns }))
}

/// A text, or a list of them that is not empty.
pub fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(statement: &Value, kind: Kind) -> Result<Policy, String> {
        let document = json!({ "Version": "2012-10-17", "Statement": statement });
        Policy::read("p", &document, kind).map_err(|error| error.message)
    }

    /// `base` with other members; null takes one away.
    fn with(mut base: Value, more: &Value) -> Value {
        for (name, value) in more.as_object().unwrap() {
            base[name] = value.clone();
        }
        base.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        base
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let allow = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
        assert!(read(&allow, Kind::Identity).is_ok());
        assert!(read(&json!([allow]), Kind::Identity).is_ok());
        for (more, expected) in [
            (
                json!({ "Condition": { "StringEqual": { "aws:PrincipalArn": "a" } } }),
                "Invalid Condition type : StringEqual. (policy p)",
            ),
            (
                json!({ "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } }),
                "AWS takes the condition operator IpAddress; this sandbox does not.",
            ),
            (json!({ "Colour": "red" }), "unknown element Colour"),
            (json!({ "Effect": "allow" }), "Invalid effect: \"allow\""),
            (json!({ "Effect": null }), "Missing required field Effect"),
            (json!({ "Action": [] }), "Action must be"),
            (json!({ "Action": null }), "must contain actions"),
            (json!({ "Action": "everything" }), "prefaced by a vendor"),
            (json!({ "Action": "s*:Get" }), "Vendor s* is not valid"),
            (json!({ "Action": "s3:Get Object" }), "is not valid"),
            (
                json!({ "NotAction": "s3:*" }),
                "already has instance of Action",
            ),
            (json!({ "Resource": null }), "must contain resources"),
            (json!({ "Resource": "bucket" }), "must be in ARN format"),
            (json!({ "Resource": "arn:aws:*" }), "Resource vendor"),
            (
                json!({ "Resource": "arn:aws:s3:::${aws:username}" }),
                "AWS takes the policy variable in the resource arn:aws:s3:::${aws:username}; this \
                 sandbox does not.",
            ),
            (
                json!({ "Principal": "*" }),
                "should not specify a principal",
            ),
            (json!({ "Sid": "not allowed" }), "must be alpha-numeric"),
        ] {
            let error = read(&with(allow.clone(), &more), Kind::Identity).unwrap_err();
            assert!(error.contains(expected), "{more}: {error}");
        }
        let named = with(allow.clone(), &json!({ "Sid": "A" }));
        assert!(read(&json!([named, allow]), Kind::Identity).is_ok());
        let error = read(&json!([named, named]), Kind::Identity).unwrap_err();
        assert!(error.contains("must be unique"), "{error}");
        for document in [
            json!("{}"),
            json!({}),
            json!({ "Statement": [] }),
            json!({ "Statement": "x" }),
            json!({ "Version": "2020", "Statement": allow }),
            json!({ "Statements": [], "Statement": allow }),
        ] {
            let error = Policy::read("p", &document, Kind::Identity).unwrap_err();
            assert_eq!(error.code, "MalformedPolicyDocument", "{document}");
        }
    }

    #[test]
    fn trust_names_services() {
        let trust = json!({
            "Effect": "Allow",
            "Principal": { "Service": ["lambda.amazonaws.com", "states.amazonaws.com"] },
            "Action": "sts:AssumeRole",
        });
        assert!(read(&trust, Kind::Trust).is_ok());
        let conditions = json!({ "Condition": {
            "StringEquals": { "aws:SourceAccount": "123456789012" },
        } });
        assert!(read(&with(trust.clone(), &conditions), Kind::Trust).is_ok());
        for (more, expected) in [
            (
                json!({ "Principal": null }),
                "Missing required field Principal",
            ),
            (
                json!({ "Principal": { "Service": "lambda" } }),
                "Invalid principal",
            ),
            (
                json!({ "Action": "s3:GetObject" }),
                "only specify STS AssumeRole",
            ),
            (json!({ "Resource": "*" }), "Has prohibited field Resource"),
            (
                json!({ "NotPrincipal": { "AWS": "*" } }),
                "Has prohibited field NotPrincipal",
            ),
        ] {
            let error = read(&with(trust.clone(), &more), Kind::Trust).unwrap_err();
            assert!(error.contains(expected), "{more}: {error}");
        }
    }

    #[test]
    fn bucket_policies_name_principals_and_resources() {
        let allow = json!({
            "Sid": "a name of its own", "Effect": "Allow", "Principal": "*", "Action": "s3:*",
            "Resource": "arn:aws:s3:::b/*",
        });
        assert!(read(&allow, Kind::Resource).is_ok());
        for (more, expected) in [
            (
                json!({ "Principal": null }),
                "Missing required field Principal",
            ),
            (json!({ "Resource": null }), "must contain resources"),
            (
                json!({ "Principal": null, "NotPrincipal": { "AWS": "123456789012" } }),
                "Allow with NotPrincipal is not allowed.",
            ),
        ] {
            let error = read(&with(allow.clone(), &more), Kind::Resource).unwrap_err();
            assert!(error.contains(expected), "{more}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_strings_are_read_or_refused(action: String, resource: String) {
            let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
            let _ = read(&statement, Kind::Identity);
        }
    }
}
