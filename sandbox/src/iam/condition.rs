//! `Condition`: under which circumstances a statement counts ("IAM JSON policy elements:
//! Condition operators" and "AWS global condition context keys" in the IAM User Guide).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::arn::ACCOUNT_ID;
use crate::error::unserved;

use super::evaluate::{arn_matches, matches};
use super::principal::Principal;

/// What is known of a request, by the lower-case name of its condition key.
#[derive(Debug, Clone, Default)]
pub struct Context(BTreeMap<&'static str, String>);

/// Whom a service acts for.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The ARN of the resource, such as a state machine or a bucket.
    pub arn: &'a str,
}

impl Context {
    /// What is known of a request by `principal` in a region. A service says whom it acts
    /// for.
    pub fn of(principal: &Principal, region: &str, source: Option<Source<'_>>) -> Self {
        let mut keys = BTreeMap::from([
            // The endpoint stands for AWS's, which are reached by TLS; loopback needs none.
            ("aws:securetransport", "true".to_owned()),
            ("aws:requestedregion", region.to_owned()),
            ("aws:resourceaccount", ACCOUNT_ID.to_owned()),
            ("s3:resourceaccount", ACCOUNT_ID.to_owned()),
        ]);
        let is_service = matches!(principal, Principal::Service(_));
        keys.insert("aws:principalisawsservice", is_service.to_string());
        if !is_service {
            keys.insert("aws:principalarn", principal.policy_arn());
            keys.insert("aws:principalaccount", ACCOUNT_ID.to_owned());
            keys.insert("aws:userid", principal.user_id());
            keys.insert("aws:viaawsservice", "false".to_owned());
        }
        if let Principal::Role(_) = principal {
            keys.insert("aws:principaltype", "AssumedRole".to_owned());
        }
        if let Some(source) = source {
            keys.insert("aws:sourcearn", source.arn.to_owned());
            keys.insert("aws:sourceaccount", ACCOUNT_ID.to_owned());
        }
        Self(keys)
    }
}

/// The keys that [`Context::of`] can know.
const KNOWN: [&str; 12] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:userid",
    "aws:viaawsservice",
    "s3:resourceaccount",
];

/// Keys of actions that nobody can take here, so that no request ever has them.
const NEVER: [&str; 4] = [
    "aws:calledvialast",
    "iam:awsservicename",
    "iam:passedtoservice",
    "s3express:sessionmode",
];

/// One key under one operator, with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    operator: Operator,
    /// `...IfExists`: what the request does not have counts as fitting.
    if_exists: bool,
    /// In lower case: the case of keys does not count.
    key: String,
    values: Vec<String>,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// With `*` and `?` in the values or not, with regard to case or not; `not` turns it
    /// round.
    Text {
        not: bool,
        like: bool,
        case: bool,
    },
    Arn {
        not: bool,
    },
    Bool,
    /// Whether the key is missing.
    Null,
}

impl Operator {
    fn named(name: &str) -> Option<Self> {
        let text = |not, like, case| Self::Text { not, like, case };
        Some(match name {
            "StringEquals" => text(false, false, true),
            "StringNotEquals" => text(true, false, true),
            "StringEqualsIgnoreCase" => text(false, false, false),
            "StringNotEqualsIgnoreCase" => text(true, false, false),
            "StringLike" => text(false, true, true),
            "StringNotLike" => text(true, true, true),
            "ArnEquals" | "ArnLike" => Self::Arn { not: false },
            "ArnNotEquals" | "ArnNotLike" => Self::Arn { not: true },
            "Bool" => Self::Bool,
            "Null" => Self::Null,
            _ => return None,
        })
    }

    /// Whether the operator asks that no value fits.
    fn is_negative(self) -> bool {
        matches!(self, Self::Text { not: true, .. } | Self::Arn { not: true })
    }

    fn fits(self, value: &str, given: &str) -> bool {
        match self {
            Self::Text { like: true, .. } => matches(value, given),
            Self::Text { case: true, .. } => value == given,
            Self::Text { .. } | Self::Bool | Self::Null => value.eq_ignore_ascii_case(given),
            Self::Arn { .. } => arn_matches(value, given),
        }
    }
}

/// Operators that AWS has besides.
const OTHER_OPERATORS: [&str; 16] = [
    "BinaryEquals",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "BinaryNotEquals",
];

/// Reads a `Condition`.
///
/// # Errors
///
/// Names an operator or key that AWS does not have, and one that is not evaluated here:
/// what is passed over could allow what AWS denies.
pub fn read(conditions: &Value) -> Result<Vec<Condition>, String> {
    let operators = conditions.as_object().ok_or("Syntax errors in policy.")?;
    let mut read = Vec::new();
    for (name, keys) in operators {
        let (operator, if_exists) = operator(name)?;
        for (key, values) in keys.as_object().ok_or("Syntax errors in policy.")? {
            check_key(key)?;
            read.push(Condition {
                operator,
                if_exists,
                key: key.to_ascii_lowercase(),
                values: texts(values)?,
            });
        }
    }
    Ok(read)
}

fn operator(name: &str) -> Result<(Operator, bool), String> {
    let (plain, if_exists) = match name.strip_suffix("IfExists") {
        Some(plain) if plain != "Null" => (plain, true),
        _ => (name, false),
    };
    if let Some(operator) = Operator::named(plain) {
        return Ok((operator, if_exists));
    }
    let of_sets = plain
        .strip_prefix("ForAllValues:")
        .or_else(|| plain.strip_prefix("ForAnyValue:"));
    let base = of_sets.unwrap_or(plain);
    if OTHER_OPERATORS.contains(&base) || (of_sets.is_some() && Operator::named(base).is_some()) {
        return Err(unserved(format_args!("the condition operator {name}")));
    }
    Err(format!("Invalid Condition type : {name}."))
}

fn check_key(key: &str) -> Result<(), String> {
    let known = key.to_ascii_lowercase();
    if KNOWN.contains(&&*known) || NEVER.contains(&&*known) {
        return Ok(());
    }
    match key.split_once(':') {
        Some((vendor, name)) if !vendor.is_empty() && !name.is_empty() => {
            Err(unserved(format_args!("the condition key {key}")))
        }
        _ => Err(format!(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {key}"
        )),
    }
}

/// The values of a key; numbers and truths count as what they are written as.
fn texts(values: &Value) -> Result<Vec<String>, String> {
    let values = match values {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let text = |value: &Value| match value {
        Value::String(text) if text.contains("${") => Err(unserved(format_args!(
            "the policy variable in the condition's value {text}"
        ))),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err("Syntax errors in policy.".to_owned()),
    };
    values.iter().map(text).collect()
}

impl Condition {
    /// Whether a request fulfils it. A key that the request does not have fits no value.
    pub fn holds(&self, context: &Context) -> bool {
        let given = context.0.get(self.key.as_str());
        let any = |text: &str| self.values.iter().any(|it| self.operator.fits(it, text));
        match (self.operator, given) {
            (Operator::Null, given) => any(if given.is_none() { "true" } else { "false" }),
            (_, None) => self.if_exists || self.operator.is_negative(),
            (operator, Some(given)) => any(given) != operator.is_negative(),
        }
    }

    /// Whether it narrows down who may call to fixed values, so that a policy for everybody
    /// is not public ("The meaning of public" in the S3 User Guide).
    pub fn narrows(&self) -> bool {
        const NARROWING: [&str; 6] = [
            "aws:principalaccount",
            "aws:principalarn",
            "aws:sourceaccount",
            "aws:sourcearn",
            "aws:userid",
            "s3:resourceaccount",
        ];
        NARROWING.contains(&&*self.key)
            && !self.if_exists
            && !self.operator.is_negative()
            && self.operator != Operator::Null
            && !self.values.iter().any(|it| it == "*")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::principal::RoleSession;
    use super::*;

    fn role() -> Principal {
        Principal::Role(RoleSession {
            role_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
            role_name: "r".to_owned(),
            session: "s".to_owned(),
        })
    }

    #[test]
    fn operators() {
        let context = Context::of(&role(), "eu-west-1", None);
        for (condition, expected) in [
            (json!({ "Bool": { "aws:SecureTransport": true } }), true),
            (json!({ "Bool": { "aws:SecureTransport": "false" } }), false),
            (
                json!({ "BoolIfExists": { "AWS:securetransport": ["false", "true"] } }),
                true,
            ),
            (
                json!({ "StringEquals": { "aws:RequestedRegion": ["us-east-1", "eu-west-1"] } }),
                true,
            ),
            (
                json!({ "StringNotEquals": { "aws:RequestedRegion": ["us-east-1", "eu-west-1"] } }),
                false,
            ),
            (
                json!({ "StringEquals": { "aws:RequestedRegion": "EU-west-1" } }),
                false,
            ),
            (
                json!({ "StringEqualsIgnoreCase": { "aws:RequestedRegion": "EU-west-1" } }),
                true,
            ),
            (
                json!({ "StringNotEqualsIgnoreCase": { "aws:RequestedRegion": "EU-west-1" } }),
                false,
            ),
            (
                json!({ "StringLike": { "aws:RequestedRegion": "eu-*" } }),
                true,
            ),
            (
                json!({ "StringEquals": { "aws:RequestedRegion": "eu-*" } }),
                false,
            ),
            (
                json!({ "StringNotLike": { "aws:RequestedRegion": "eu-*" } }),
                false,
            ),
            (
                json!({ "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::*:role/r" } }),
                true,
            ),
            (
                json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:*:role/r" } }),
                false,
            ),
            (
                json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/r" } }),
                false,
            ),
            // What the request does not have.
            (
                json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } }),
                false,
            ),
            (
                json!({ "StringEqualsIfExists": { "aws:SourceAccount": "1" } }),
                true,
            ),
            (
                json!({ "StringNotEquals": { "aws:SourceAccount": "1" } }),
                true,
            ),
            (json!({ "Null": { "aws:SourceArn": "true" } }), true),
            (json!({ "Null": { "aws:PrincipalArn": "true" } }), false),
            // All of them have to hold.
            (
                json!({
                    "Bool": { "aws:SecureTransport": "true" },
                    "StringEquals": { "aws:RequestedRegion": "us-east-1" },
                }),
                false,
            ),
        ] {
            let read = read(&condition).unwrap();
            let holds = read.iter().all(|it| it.holds(&context));
            assert_eq!(holds, expected, "{condition}");
        }
    }

    #[test]
    fn a_service_says_whom_it_acts_for() {
        let states = Principal::Service("states.amazonaws.com".to_owned());
        let arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:scan";
        let context = Context::of(&states, "eu-west-1", Some(Source { arn }));
        for (condition, expected) in [
            (
                json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } }),
                true,
            ),
            (
                json!({ "ArnLike": { "aws:SourceArn": "arn:aws:states:*:*:stateMachine:*" } }),
                true,
            ),
            (
                json!({ "ArnLike": { "aws:SourceArn": "arn:aws:lambda:*:*:function:*" } }),
                false,
            ),
            (json!({ "Null": { "aws:PrincipalArn": "true" } }), true),
        ] {
            let read = read(&condition).unwrap();
            assert_eq!(read[0].holds(&context), expected, "{condition}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        for (condition, expected) in [
            (
                json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }),
                "AWS takes the condition operator IpAddress; this sandbox does not.",
            ),
            (
                json!({ "ForAllValues:StringEquals": { "aws:TagKeys": "a" } }),
                "AWS takes the condition operator ForAllValues:StringEquals; this sandbox does not.",
            ),
            (
                json!({ "StringEquals": { "s3:x-amz-acl": "private" } }),
                "AWS takes the condition key s3:x-amz-acl; this sandbox does not.",
            ),
            (
                json!({ "StringLike": { "aws:PrincipalArn": "${aws:username}" } }),
                "AWS takes the policy variable in the condition's value ${aws:username}; this \
                 sandbox does not.",
            ),
            (
                json!({ "StringEqual": { "aws:PrincipalArn": "a" } }),
                "Invalid Condition type : StringEqual.",
            ),
            (
                json!({ "StringEquals": { "PrincipalArn": "a" } }),
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: \
                 PrincipalArn",
            ),
            (json!({ "StringEquals": "a" }), "Syntax errors in policy."),
            (json!([]), "Syntax errors in policy."),
        ] {
            assert_eq!(read(&condition).unwrap_err(), expected, "{condition}");
        }
    }
}
