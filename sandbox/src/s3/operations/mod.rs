//! The operations of S3, as the protocol layer calls them.

mod buckets;
mod copying;
mod deleting;
mod listings;
mod multipart_uploads;
mod notifications;
mod reading;
mod tagging;
mod writing;

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::ServiceError;
use crate::iam::Principal;

use super::auth::authorize;
use super::error::{access_denied, invalid_argument, no_such_key};
use super::object::Object;

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
        = buckets::versioning;
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

/// An object that is to be there. Who may not list the bucket does not learn
/// that it is not ("GetObject", permissions).
fn existing(
    account: &Account,
    caller: &Principal,
    bucket: &str,
    key: &str,
) -> Result<Arc<Object>, ServiceError> {
    if let Some(object) = account.s3.object(bucket, key)? {
        return Ok(object);
    }
    authorize(account, caller, "s3:ListBucket", &s3_arn(bucket, None))?;
    Err(no_such_key())
}

/// Buckets here have no versions, or one that is called `null`.
fn check_version(version: Option<&str>) -> Result<(), ServiceError> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(invalid_argument("Invalid version id specified")),
    }
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
