//! The operations of S3, as the protocol layer calls them.

mod buckets;
mod copying;
mod deleting;
mod listings;
mod multipart_uploads;
mod notifications;
mod reading;
mod settings;
mod tagging;
mod versioning;
mod writing;

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use s3s::dto::*;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result};

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::ServiceError;
use crate::iam::Principal;

use super::auth::authorize;
use super::error::{access_denied, no_such_key, no_such_version};
use super::object::Object;
use super::versions::{Version, read_id, written};

/// All operations on one account.
#[derive(Debug)]
pub struct Operations(pub Arc<Account>);

/// What an operation answers.
type Answer<T> = S3Result<S3Response<T>>;

/// Hands each operation on to its function.
macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty = $function:path;)*) => {
        #[async_trait::async_trait]
        impl S3 for Operations {
            $(async fn $name(&self, request: S3Request<$input>) -> Answer<$output> {
                $function(&self.0, request).await.map(S3Response::new)
            })*
        }
    };
}

operations! {
    list_buckets(ListBucketsInput) -> ListBucketsOutput = buckets::list;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = buckets::create;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = buckets::delete;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = buckets::head;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = buckets::location;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput
        = versioning::get;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput
        = versioning::put;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = versioning::list;
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = settings::get_policy;
    put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput = settings::put_policy;
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput
        = settings::delete_policy;
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput)
        -> GetBucketLifecycleConfigurationOutput = settings::get_lifecycle;
    put_bucket_lifecycle_configuration(PutBucketLifecycleConfigurationInput)
        -> PutBucketLifecycleConfigurationOutput = settings::put_lifecycle;
    delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput
        = settings::delete_lifecycle;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput
        = settings::get_public_access;
    put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput
        = settings::put_public_access;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput
        = settings::get_encryption;
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput)
        -> GetBucketOwnershipControlsOutput = settings::get_ownership;
    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = settings::get_tags;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = settings::put_tags;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput
        = settings::delete_tags;
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput)
        -> GetBucketNotificationConfigurationOutput = notifications::get;
    put_bucket_notification_configuration(PutBucketNotificationConfigurationInput)
        -> PutBucketNotificationConfigurationOutput = notifications::put;
    list_objects(ListObjectsInput) -> ListObjectsOutput = listings::objects;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = listings::objects_v2;
    put_object(PutObjectInput) -> PutObjectOutput = writing::put;
    get_object(GetObjectInput) -> GetObjectOutput = reading::get;
    head_object(HeadObjectInput) -> HeadObjectOutput = reading::head;
    copy_object(CopyObjectInput) -> CopyObjectOutput = copying::copy_object;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = deleting::one;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = deleting::many;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = tagging::get;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = tagging::put;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = tagging::delete;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput
        = multipart_uploads::create;
    upload_part(UploadPartInput) -> UploadPartOutput = multipart_uploads::upload_part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = copying::upload_part_copy;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput
        = multipart_uploads::complete;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput
        = multipart_uploads::abort;
    list_parts(ListPartsInput) -> ListPartsOutput = listings::parts;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput
        = listings::uploads;
}

/// Who sent a request: the gate left it there.
fn caller<T>(request: &S3Request<T>) -> Result<&Principal, ServiceError> {
    request.extensions.get().ok_or_else(access_denied)
}

/// An object that is to be there, or one version of it. Who may not list the bucket does
/// not learn that it is not ("GetObject", permissions).
fn existing(
    account: &Account,
    caller: &Principal,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> S3Result<Arc<Object>> {
    let id = version.map(read_id).transpose()?;
    let found = account.s3.read(bucket, |bucket| match id {
        None => {
            let object = bucket.objects.get(key).cloned().map(Version::Object);
            object.or_else(|| bucket.marker(key).cloned().map(Version::Marker))
        }
        Some(id) => bucket.version(key, id),
    })?;
    if let Some(Version::Object(object)) = found {
        return Ok(object);
    }
    let list = match version {
        None => "s3:ListBucket",
        Some(_) => "s3:ListBucketVersions",
    };
    authorize(account, caller, list, &s3_arn(bucket, None))?;
    let error = match (&found, version) {
        (Some(_), Some(_)) => ServiceError::new(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ),
        (None, Some(_)) => no_such_version(),
        (_, None) => no_such_key(),
    };
    let mut answer = S3Error::from(error);
    if let Some(marker) = found {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
        if let Ok(id) = HeaderValue::from_str(&written(marker.id())) {
            headers.insert("x-amz-version-id", id);
        }
        answer.set_headers(headers);
    }
    Err(answer)
}

/// How the version of an object is called in answers.
fn shown_version(
    account: &Account,
    bucket: &str,
    object: &Object,
) -> Result<Option<String>, ServiceError> {
    let id = object.version.as_deref();
    account.s3.read(bucket, |bucket| bucket.shown_version(id))
}

/// Since April 2023, new buckets take no access control lists: only those that
/// change nothing.
fn check_acl(acl: Option<&str>) -> Result<(), ServiceError> {
    match acl {
        None | Some("private" | "bucket-owner-full-control") => Ok(()),
        Some(_) => Err(ServiceError::bad_request(
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        )),
    }
}

/// Every object is encrypted at rest, as far as callers can tell.
fn encryption() -> Option<ServerSideEncryption> {
    Some(ServerSideEncryption::from_static(
        ServerSideEncryption::AES256,
    ))
}
