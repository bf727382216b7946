//! Bucket policies: "Policies and permissions in Amazon S3" in the S3 User Guide.

use std::sync::Arc;

use serde_json::Value;

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::{ServiceError, is_unserved};
use crate::iam::{Kind, Policy, Principal};

/// The longest policy, in bytes ("Bucket policies").
const LONGEST: usize = 20 * 1024;

/// The policy of a bucket.
#[derive(Debug)]
pub struct BucketPolicy {
    /// As it was given.
    pub text: String,
    /// As it is evaluated.
    pub policy: Policy,
}

/// PutBucketPolicy, also for CloudFormation; whoever asks may do that.
///
/// # Errors
///
/// `MalformedPolicy` for what S3 does not take and for what is not evaluated here,
/// `AccessDenied` where the bucket is not to be public, `NoSuchBucket`.
pub fn put_bucket_policy(
    account: &Account,
    caller: &Principal,
    bucket: &str,
    text: &str,
) -> Result<(), ServiceError> {
    let policy = read(account, bucket, text)?;
    let blocks = account
        .s3
        .read(bucket, |it| it.settings.public_access.block_public_policy)?;
    if blocks && policy.is_public() {
        return Err(ServiceError::new(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{}\" \
                 because public policies are prevented by the BlockPublicPolicy setting in S3 \
                 Block Public Access.",
                caller.arn(),
                s3_arn(bucket, None)
            ),
        ));
    }
    let text = text.to_owned();
    account.s3.write(bucket, |it| {
        it.settings.policy = Some(Arc::new(BucketPolicy { text, policy }));
    })
}

fn read(account: &Account, bucket: &str, text: &str) -> Result<Policy, ServiceError> {
    if text.len() > LONGEST {
        let problem = "Policy exceeds the maximum allowed document size.";
        return Err(malformed(problem));
    }
    let document: Value = serde_json::from_str(text)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    let policy = Policy::parse(&document, Kind::Resource).map_err(malformed)?;
    check(account, bucket, &policy).map_err(malformed)?;
    Ok(policy)
}

fn malformed(problem: impl Into<String>) -> ServiceError {
    let problem = problem.into();
    match is_unserved(&problem) {
        true => ServiceError::new(501, "NotImplemented", problem),
        false => ServiceError::bad_request("MalformedPolicy", problem),
    }
}

/// What S3 asks of a policy besides its grammar.
fn check(account: &Account, bucket: &str, policy: &Policy) -> Result<(), String> {
    let whole = s3_arn(bucket, None);
    let objects = format!("{whole}/");
    for statement in &policy.statements {
        let principals = statement.principals.as_ref();
        let mut arns = principals.into_iter().flat_map(|it| it.arns());
        if !arns.all(|arn| account.iam.knows(arn)) {
            return Err("Invalid principal in policy".to_owned());
        }
        let resources = statement.resources.iter().flat_map(|it| &it.patterns);
        let (mut of_bucket, mut of_objects) = (false, false);
        for resource in resources {
            if !resource.starts_with(&whole) {
                return Err("Policy has invalid resource".to_owned());
            }
            let is_pattern = resource[whole.len()..].starts_with(['*', '?']);
            if *resource != whole && !resource.starts_with(&objects) && !is_pattern {
                return Err("Policy has invalid resource".to_owned());
            }
            of_bucket |= *resource == whole || is_pattern;
            of_objects |= resource.starts_with(&objects) || is_pattern;
        }
        let turned_round =
            statement.actions.not || statement.resources.as_ref().is_some_and(|it| it.not);
        for action in &statement.actions.patterns {
            let name = match action.split_once(':') {
                None => continue,
                Some((vendor, name)) if vendor.eq_ignore_ascii_case("s3") => name,
                Some(_) => return Err("Policy has invalid action".to_owned()),
            };
            let applies = match (name.contains(['*', '?']), is_of_objects(name)) {
                (true, _) => true,
                (false, true) => of_objects,
                (false, false) => of_bucket,
            };
            if !applies && !turned_round {
                return Err("Action does not apply to any resource(s) in statement".to_owned());
            }
        }
    }
    Ok(())
}

/// Whether an action is one on objects: "Actions, resources, and condition keys for Amazon
/// S3" in the Service Authorization Reference.
fn is_of_objects(action: &str) -> bool {
    const OTHERS: [&str; 4] = [
        "abortmultipartupload",
        "bypassgovernanceretention",
        "listmultipartuploadparts",
        "replicatedelete",
    ];
    let action = action.to_ascii_lowercase();
    let of_bucket = action.contains("bucket") && !action.ends_with("tobucketowner");
    OTHERS.contains(&&*action)
        || action == "replicatetags"
        || (action.contains("object") && !of_bucket)
}

impl Policy {
    /// Whether it allows something to everybody on earth ("The meaning of public").
    fn is_public(&self) -> bool {
        self.statements.iter().any(|it| {
            let everybody = it.principals.as_ref().is_some_and(|it| it.is_everybody());
            !it.deny && everybody && !it.conditions.iter().any(|it| it.narrows())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

    fn account() -> Account {
        let account = Account::for_tests();
        account.s3.create_bucket("cvs").unwrap();
        let trust = json!({ "Statement": {
            "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" },
            "Action": "sts:AssumeRole",
        } });
        account.iam.create_role("reader", &trust, &[]).unwrap();
        account
    }

    #[test]
    fn what_s3_does_not_take() {
        let account = account();
        let put = |statement: &Value| {
            let text = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
            put_bucket_policy(&account, &Principal::Administrator, "cvs", &text)
                .map_err(|error| error.to_string())
        };
        let allow = json!({
            "Effect": "Allow", "Principal": { "AWS": ROLE }, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::cvs/*",
        });
        assert_eq!(put(&allow), Ok(()));
        for (member, value, expected) in [
            (
                "Resource",
                json!("arn:aws:s3:::other/*"),
                "MalformedPolicy: Policy has invalid resource",
            ),
            (
                "Resource",
                json!("arn:aws:s3:::cvs2/*"),
                "MalformedPolicy: Policy has invalid resource",
            ),
            (
                "Resource",
                json!("*"),
                "MalformedPolicy: Policy has invalid resource",
            ),
            (
                "Resource",
                json!("arn:aws:s3:::cvs"),
                "MalformedPolicy: Action does not apply to any resource(s) in statement",
            ),
            (
                "Action",
                json!("s3:ListBucket"),
                "MalformedPolicy: Action does not apply to any resource(s) in statement",
            ),
            (
                "Action",
                json!("sns:Publish"),
                "MalformedPolicy: Policy has invalid action",
            ),
            (
                "Principal",
                json!({ "AWS": "arn:aws:iam::123456789012:role/nobody" }),
                "MalformedPolicy: Invalid principal in policy",
            ),
            (
                "Principal",
                json!("*"),
                "AccessDenied: User: arn:aws:iam::123456789012:root is not authorized to perform: \
                 s3:PutBucketPolicy on resource: \"arn:aws:s3:::cvs\" because public policies are \
                 prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
            ),
            (
                "Condition",
                json!({ "StringEquals": { "s3:x-amz-acl": "private" } }),
                "NotImplemented: AWS takes the condition key s3:x-amz-acl; this sandbox does not.",
            ),
        ] {
            let mut statement = allow.clone();
            statement[member] = value;
            assert_eq!(put(&statement), Err(expected.to_owned()), "{statement}");
        }
        let mut narrowed = allow.clone();
        narrowed["Principal"] = json!("*");
        narrowed["Condition"] = json!({ "ArnEquals": { "aws:PrincipalArn": ROLE } });
        assert_eq!(put(&narrowed), Ok(()));
        let text = |text: &str| {
            put_bucket_policy(&account, &Principal::Administrator, "cvs", text).unwrap_err()
        };
        assert_eq!(text("[]").code, "MalformedPolicy");
        assert_eq!(text(&" ".repeat(LONGEST + 1)).code, "MalformedPolicy");
    }

    #[test]
    fn actions_on_objects() {
        for action in [
            "GetObject",
            "putobjecttagging",
            "AbortMultipartUpload",
            "GetObjectVersion",
        ] {
            assert!(is_of_objects(action), "{action}");
        }
        for action in [
            "ListBucket",
            "GetBucketObjectLockConfiguration",
            "ListBucketVersions",
        ] {
            assert!(!is_of_objects(action), "{action}");
        }
    }
}
