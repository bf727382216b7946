//! The account and region that the sandbox stands for, and the ARNs in it.

/// The account's twelve digits: the example account of AWS's documentation.
pub const ACCOUNT_ID: &str = "123456789012";

/// Builds the ARN of a resource in the sandbox's account.
///
/// `resource` is what follows the account, such as `function:greet`.
pub fn arn(service: &str, region: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{region}:{ACCOUNT_ID}:{resource}")
}

/// The ARN of an IAM role; IAM is global, so there is no region in it.
pub fn role_arn(name: &str) -> String {
    arn("iam", "", &format!("role/{name}"))
}

/// The ARN of a bucket, or of an object when `key` is given.
pub fn s3_arn(bucket: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
        None => format!("arn:aws:s3:::{bucket}"),
    }
}
