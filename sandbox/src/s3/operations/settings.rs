//! What a bucket is set to: its policy, its lifecycle, its tags and what is never public.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;
use crate::error::ServiceError;

use super::super::error::malformed_xml;
use super::super::lifecycle::check_lifecycle;
use super::super::policy::put_bucket_policy;
use super::super::tags::{self, Tags};
use super::caller;

pub async fn get_policy(
    account: &Arc<Account>,
    request: S3Request<GetBucketPolicyInput>,
) -> S3Result<GetBucketPolicyOutput> {
    let policy = account
        .s3
        .read(&request.input.bucket, |it| it.settings.policy.clone())?;
    let policy = policy.ok_or_else(|| {
        let text = "The bucket policy does not exist";
        ServiceError::new(404, "NoSuchBucketPolicy", text)
    })?;
    Ok(GetBucketPolicyOutput {
        policy: Some(policy.text.clone()),
    })
}

pub async fn put_policy(
    account: &Arc<Account>,
    request: S3Request<PutBucketPolicyInput>,
) -> S3Result<PutBucketPolicyOutput> {
    let (caller, input) = (caller(&request)?, &request.input);
    put_bucket_policy(account, caller, &input.bucket, &input.policy)?;
    Ok(PutBucketPolicyOutput::default())
}

/// To remove what is not there is no error.
pub async fn delete_policy(
    account: &Arc<Account>,
    request: S3Request<DeleteBucketPolicyInput>,
) -> S3Result<DeleteBucketPolicyOutput> {
    account
        .s3
        .write(&request.input.bucket, |it| it.settings.policy = None)?;
    Ok(DeleteBucketPolicyOutput::default())
}

pub async fn get_lifecycle(
    account: &Arc<Account>,
    request: S3Request<GetBucketLifecycleConfigurationInput>,
) -> S3Result<GetBucketLifecycleConfigurationOutput> {
    let rules = account
        .s3
        .read(&request.input.bucket, |it| it.settings.lifecycle.clone())?;
    if rules.is_empty() {
        let text = "The lifecycle configuration does not exist";
        return Err(ServiceError::new(404, "NoSuchLifecycleConfiguration", text).into());
    }
    Ok(GetBucketLifecycleConfigurationOutput {
        rules: Some(rules),
        ..GetBucketLifecycleConfigurationOutput::default()
    })
}

pub async fn put_lifecycle(
    account: &Arc<Account>,
    request: S3Request<PutBucketLifecycleConfigurationInput>,
) -> S3Result<PutBucketLifecycleConfigurationOutput> {
    let input = request.input;
    let given = input.lifecycle_configuration.ok_or_else(malformed_xml)?;
    let rules = check_lifecycle(given.rules)?;
    account
        .s3
        .write(&input.bucket, |it| it.settings.lifecycle = rules)?;
    Ok(PutBucketLifecycleConfigurationOutput::default())
}

pub async fn delete_lifecycle(
    account: &Arc<Account>,
    request: S3Request<DeleteBucketLifecycleInput>,
) -> S3Result<DeleteBucketLifecycleOutput> {
    account
        .s3
        .write(&request.input.bucket, |it| it.settings.lifecycle.clear())?;
    Ok(DeleteBucketLifecycleOutput::default())
}

pub async fn get_public_access(
    account: &Arc<Account>,
    request: S3Request<GetPublicAccessBlockInput>,
) -> S3Result<GetPublicAccessBlockOutput> {
    let kept = account
        .s3
        .read(&request.input.bucket, |it| it.settings.public_access)?;
    Ok(GetPublicAccessBlockOutput {
        public_access_block_configuration: Some(kept.into()),
    })
}

pub async fn put_public_access(
    account: &Arc<Account>,
    request: S3Request<PutPublicAccessBlockInput>,
) -> S3Result<PutPublicAccessBlockOutput> {
    let input = request.input;
    let given = input.public_access_block_configuration.into();
    account
        .s3
        .write(&input.bucket, |it| it.settings.public_access = given)?;
    Ok(PutPublicAccessBlockOutput::default())
}

/// Every bucket has SSE-S3.
pub async fn get_encryption(
    account: &Arc<Account>,
    request: S3Request<GetBucketEncryptionInput>,
) -> S3Result<GetBucketEncryptionOutput> {
    let bucket_key = account
        .s3
        .read(&request.input.bucket, |it| it.settings.bucket_key)?;
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
            sse_algorithm: ServerSideEncryption::from_static(ServerSideEncryption::AES256),
            kms_master_key_id: None,
        }),
        bucket_key_enabled: Some(bucket_key),
    };
    Ok(GetBucketEncryptionOutput {
        server_side_encryption_configuration: Some(ServerSideEncryptionConfiguration {
            rules: vec![rule],
        }),
    })
}

/// No bucket takes access control lists.
pub async fn get_ownership(
    _: &Arc<Account>,
    _: S3Request<GetBucketOwnershipControlsInput>,
) -> S3Result<GetBucketOwnershipControlsOutput> {
    let rule = OwnershipControlsRule {
        object_ownership: ObjectOwnership::from_static(ObjectOwnership::BUCKET_OWNER_ENFORCED),
    };
    Ok(GetBucketOwnershipControlsOutput {
        ownership_controls: Some(OwnershipControls { rules: vec![rule] }),
    })
}

pub async fn get_tags(
    account: &Arc<Account>,
    request: S3Request<GetBucketTaggingInput>,
) -> S3Result<GetBucketTaggingOutput> {
    let tags = account
        .s3
        .read(&request.input.bucket, |it| tags::to_set(&it.settings.tags))?;
    if tags.is_empty() {
        let text = "The TagSet does not exist";
        return Err(ServiceError::new(404, "NoSuchTagSet", text).into());
    }
    Ok(GetBucketTaggingOutput { tag_set: tags })
}

pub async fn put_tags(
    account: &Arc<Account>,
    request: S3Request<PutBucketTaggingInput>,
) -> S3Result<PutBucketTaggingOutput> {
    let tags = tags::of_bucket(request.input.tagging.tag_set)?;
    account
        .s3
        .write(&request.input.bucket, |it| it.settings.tags = tags)?;
    Ok(PutBucketTaggingOutput::default())
}

pub async fn delete_tags(
    account: &Arc<Account>,
    request: S3Request<DeleteBucketTaggingInput>,
) -> S3Result<DeleteBucketTaggingOutput> {
    account
        .s3
        .write(&request.input.bucket, |it| it.settings.tags = Tags::new())?;
    Ok(DeleteBucketTaggingOutput::default())
}
