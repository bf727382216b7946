//! Who sends a request, and whether they may: before anything else is done.

use std::sync::Arc;

use http::{HeaderMap, Uri};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::host::{S3Host, VirtualHost};
use s3s::path::S3Path;
use s3s::{S3Result, s3_error};

use crate::account::Account;
use crate::arn::{ACCOUNT_ID, s3_arn};
use crate::error::ServiceError;
use crate::iam::{AccessKey, Principal};
use crate::signature::Authorization;

use super::encoding::decode_form;
use super::error::{access_denied, not_implemented};

/// Answers what the protocol layer asks of the account.
#[derive(Debug, Clone)]
pub struct Gate(pub Arc<Account>);

impl Gate {
    fn access_key(&self, id: &str) -> Result<AccessKey, ServiceError> {
        self.0.iam.access_key(id).ok_or_else(|| {
            ServiceError::new(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
        })
    }
}

#[async_trait::async_trait]
impl S3Auth for Gate {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        Ok(SecretKey::from(self.access_key(access_key)?.secret))
    }
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let operation = context.s3_op().name();
        let action = action_of(operation, has_version(context.uri()))
            .ok_or_else(|| not_implemented(&format!("the operation {operation}")))?;
        let key = match context.credentials() {
            Some(credentials) => self.access_key(&credentials.access_key)?,
            None => return Err(access_denied().into()),
        };
        if session_token(context) != key.session_token {
            return Err(s3_error!(
                InvalidToken,
                "The provided token is malformed or otherwise invalid."
            ));
        }
        check_scope(&self.0.region, context.headers(), context.uri())?;
        let owner = context.headers().get("x-amz-expected-bucket-owner");
        if owner.is_some_and(|owner| owner.as_bytes() != ACCOUNT_ID.as_bytes()) {
            return Err(access_denied().into());
        }
        let resource = match context.s3_path() {
            S3Path::Root => s3_arn("*", None),
            S3Path::Bucket { bucket } => s3_arn(bucket, None),
            S3Path::Object { bucket, key } => s3_arn(bucket, Some(key)),
        };
        if let Some(bucket) = context.s3_path().get_bucket_name()
            && operation != "CreateBucket"
        {
            // That a bucket is not there is said to anybody.
            self.0.s3.read(bucket, |_| ())?;
        }
        if let Action::Of(action) = action {
            authorize(&self.0, &key.principal, action, &resource)?;
        }
        context.extensions_mut().insert(key.principal);
        Ok(())
    }
}

/// The longest that a signed URL may hold, in seconds ("Authenticating Requests: Using Query
/// Parameters (AWS Signature Version 4)").
const LONGEST_URL: i64 = 604_800;

/// Checks the region that a request is signed for, and for how long it is where its URL is
/// signed.
///
/// # Errors
///
/// `AuthorizationHeaderMalformed`, or `AuthorizationQueryParametersError`.
fn check_scope(region: &str, headers: &HeaderMap, uri: &Uri) -> Result<(), ServiceError> {
    if let Some(given) = Authorization::of(headers) {
        return match given.region == region {
            true => Ok(()),
            false => Err(ServiceError::bad_request(
                "AuthorizationHeaderMalformed",
                format!(
                    "The authorization header is malformed; the region '{}' is wrong; expecting \
                     '{region}'",
                    given.region
                ),
            )),
        };
    }
    let wrong =
        |message: String| ServiceError::bad_request("AuthorizationQueryParametersError", message);
    let query = uri.query().unwrap_or_default();
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(given, _)| *given == name)?;
        decode_form(value)
    };
    let credential = value("X-Amz-Credential").unwrap_or_default();
    if let Some(given) = credential.rsplit('/').nth(2)
        && given != region
    {
        return Err(wrong(format!(
            "Error parsing the X-Amz-Credential parameter; the region '{given}' is wrong; \
             expecting '{region}'"
        )));
    }
    let expires = value("X-Amz-Expires").and_then(|it| it.parse::<i64>().ok());
    if expires.is_some_and(|it| it > LONGEST_URL) {
        return Err(wrong(format!(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given \
             X-Amz-Expires must be less than {LONGEST_URL} seconds"
        )));
    }
    Ok(())
}

/// Asks IAM, and says a denial in S3's words: it alone quotes the resource.
///
/// # Errors
///
/// `AccessDenied`.
pub fn authorize(
    account: &Account,
    caller: &Principal,
    action: &str,
    resource: &str,
) -> Result<(), ServiceError> {
    account
        .authorize(caller, action, resource, "AccessDenied")
        .map_err(|mut denial| {
            let (plain, quoted) = (format!(" {resource} "), format!(" \"{resource}\" "));
            denial.message = denial.message.replacen(&plain, &quoted, 1);
            denial
        })
}

/// The session token of a request, in its header or its signed URL.
fn session_token(context: &S3AccessContext<'_>) -> Option<String> {
    if let Some(token) = context.headers().get("x-amz-security-token") {
        return token.to_str().ok().map(str::to_owned);
    }
    let query = context.uri().query()?;
    query
        .split('&')
        .find_map(|pair| decode_form(pair.strip_prefix("X-Amz-Security-Token=")?))
}

/// What an operation needs the permission for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// On what the path names: a bucket, or an object.
    Of(&'static str),
    /// On each key in the request's body.
    OfEachKey,
}

/// The action of each operation that there is: "Required permissions for Amazon
/// S3 API operations" in the S3 User Guide.
fn action_of(operation: &str, of_version: bool) -> Option<Action> {
    if of_version {
        let action = match operation {
            "GetObject" | "HeadObject" => "s3:GetObjectVersion",
            "DeleteObject" => "s3:DeleteObjectVersion",
            "GetObjectTagging" => "s3:GetObjectVersionTagging",
            "PutObjectTagging" => "s3:PutObjectVersionTagging",
            "DeleteObjectTagging" => "s3:DeleteObjectVersionTagging",
            _ => return action_of(operation, false),
        };
        return Some(Action::Of(action));
    }
    Some(Action::Of(match operation {
        "ListBuckets" => "s3:ListAllMyBuckets",
        "CreateBucket" => "s3:CreateBucket",
        "DeleteBucket" => "s3:DeleteBucket",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "s3:ListBucket",
        "GetBucketLocation" => "s3:GetBucketLocation",
        "GetBucketVersioning" => "s3:GetBucketVersioning",
        "PutBucketVersioning" => "s3:PutBucketVersioning",
        "ListObjectVersions" => "s3:ListBucketVersions",
        "GetBucketPolicy" => "s3:GetBucketPolicy",
        "PutBucketPolicy" => "s3:PutBucketPolicy",
        "DeleteBucketPolicy" => "s3:DeleteBucketPolicy",
        "GetBucketLifecycleConfiguration" => "s3:GetLifecycleConfiguration",
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => {
            "s3:PutLifecycleConfiguration"
        }
        "GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock",
        "PutPublicAccessBlock" => "s3:PutBucketPublicAccessBlock",
        "GetBucketEncryption" => "s3:GetEncryptionConfiguration",
        "GetBucketOwnershipControls" => "s3:GetBucketOwnershipControls",
        "GetBucketTagging" => "s3:GetBucketTagging",
        "PutBucketTagging" | "DeleteBucketTagging" => "s3:PutBucketTagging",
        "GetBucketNotificationConfiguration" => "s3:GetBucketNotification",
        "PutBucketNotificationConfiguration" => "s3:PutBucketNotification",
        "ListMultipartUploads" => "s3:ListBucketMultipartUploads",
        "GetObject" | "HeadObject" => "s3:GetObject",
        "PutObject"
        | "CopyObject"
        | "CreateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload" => "s3:PutObject",
        "AbortMultipartUpload" => "s3:AbortMultipartUpload",
        "ListParts" => "s3:ListMultipartUploadParts",
        "DeleteObject" => "s3:DeleteObject",
        "DeleteObjects" => return Some(Action::OfEachKey),
        "GetObjectTagging" => "s3:GetObjectTagging",
        "PutObjectTagging" => "s3:PutObjectTagging",
        "DeleteObjectTagging" => "s3:DeleteObjectTagging",
        _ => return None,
    }))
}

/// Whether a request names a version.
fn has_version(uri: &Uri) -> bool {
    let pairs = uri.query().unwrap_or_default().split('&');
    pairs
        .filter_map(|pair| pair.strip_prefix("versionId="))
        .any(|id| !id.is_empty())
}

impl S3Host for Gate {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        Ok(match bucket_of(host) {
            Some(bucket) => VirtualHost::new(host).with_bucket(bucket.to_ascii_lowercase()),
            None => VirtualHost::new(host),
        })
    }
}

/// The bucket that a host names: `BUCKET.s3.localhost`, `BUCKET.s3.REGION.localhost`
/// or `BUCKET.localhost`, with or without a port.
fn bucket_of(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let below = name.strip_suffix(".localhost")?;
    match below.rsplit_once(".s3") {
        Some((bucket, region)) if region.is_empty() || is_region(region) => Some(bucket),
        _ if below == "s3" || below.strip_prefix("s3").is_some_and(is_region) => None,
        _ => Some(below),
    }
}

/// Whether it is a dot and a region, such as `.eu-west-1`.
fn is_region(text: &str) -> bool {
    text.strip_prefix('.')
        .is_some_and(|region| !region.contains('.') && region.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (host, bucket) in [
            ("localhost", None),
            ("localhost:4566", None),
            ("s3.localhost:4566", None),
            ("s3.eu-west-1.localhost", None),
            ("[::1]", None),
            ("[::1]:80", None),
            ("cvs.localhost", Some("cvs")),
            ("cvs.localhost:4566", Some("cvs")),
            ("cvs.s3.localhost:4566", Some("cvs")),
            ("cvs.s3.eu-west-1.localhost", Some("cvs")),
            ("my.cvs.s3.localhost", Some("my.cvs")),
            ("my.cvs.localhost", Some("my.cvs")),
        ] {
            assert_eq!(bucket_of(host), bucket, "{host}");
        }
    }

    #[test]
    fn scopes() {
        let code = |header: Option<&str>, uri: &str| {
            let mut headers = HeaderMap::new();
            if let Some(region) = header {
                let value = format!(
                    "AWS4-HMAC-SHA256 Credential=test/20260101/{region}/s3/aws4_request, \
                     SignedHeaders=host, Signature=00"
                );
                headers.insert("authorization", value.parse().unwrap());
            }
            let checked = check_scope("eu-west-1", &headers, &uri.parse().unwrap());
            checked.err().map(|it| it.code.into_owned())
        };
        let url = |region: &str, expires: u32| {
            format!(
                "/b/k?X-Amz-Credential=test%2F20260101%2F{region}%2Fs3%2Faws4_request\
                 &X-Amz-Expires={expires}"
            )
        };
        assert_eq!(code(Some("eu-west-1"), "/"), None);
        let header = Some("AuthorizationHeaderMalformed".to_owned());
        assert_eq!(code(Some("us-west-2"), "/"), header);
        assert_eq!(code(None, &url("eu-west-1", 604_800)), None);
        let query = Some("AuthorizationQueryParametersError".to_owned());
        assert_eq!(code(None, &url("eu-west-1", 604_801)), query);
        assert_eq!(code(None, &url("us-west-2", 60)), query);
    }

    #[test]
    fn actions() {
        let of = |operation, query: &str| {
            let uri = format!("http://localhost/b/k?{query}");
            action_of(operation, has_version(&uri.parse().unwrap()))
        };
        assert_eq!(of("HeadObject", ""), Some(Action::Of("s3:GetObject")));
        let version = Some(Action::Of("s3:GetObjectVersion"));
        assert_eq!(of("HeadObject", "x&versionId=null"), version);
        assert_eq!(
            of("PutObject", "versionId=1"),
            Some(Action::Of("s3:PutObject"))
        );
        assert_eq!(of("PutBucketAcl", ""), None);
    }
}
