//! Buckets: made, found, listed, removed.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;

use super::super::bucket::check_location;
use super::super::event_record::OWNER;
use super::super::listing::{Page, Query};
use super::super::object::timestamp;
use super::check_acl;

pub async fn list(
    account: &Arc<Account>,
    request: S3Request<ListBucketsInput>,
) -> S3Result<ListBucketsOutput> {
    let input = request.input;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.continuation_token.unwrap_or_default();
    let limit = usize::try_from(input.max_buckets.unwrap_or(10_000)).unwrap_or_default();
    let elsewhere = input
        .bucket_region
        .is_some_and(|region| region != account.region);
    let names = if elsewhere {
        Vec::new()
    } else {
        account.s3.bucket_names()
    };
    let later = names
        .iter()
        .map(String::as_str)
        .filter(|name| *name > after.as_str());
    let page = Page::fill(
        later.map(|name| (name, ())),
        &Query {
            prefix: &prefix,
            delimiter: None,
            after: &after,
            limit,
        },
    );
    let buckets = page.entries.iter().filter_map(|entry| {
        Some(Bucket {
            name: Some(entry.name().to_owned()),
            // One that was removed meanwhile is left out.
            creation_date: Some(timestamp(
                account
                    .s3
                    .read(entry.name(), |bucket| bucket.created)
                    .ok()?,
            )),
            bucket_region: Some(account.region.clone()),
        })
    });
    Ok(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        owner: Some(Owner {
            id: Some(OWNER.to_owned()),
            ..Owner::default()
        }),
        continuation_token: page.next().map(str::to_owned),
        prefix: input.prefix,
    })
}

pub async fn create(
    account: &Arc<Account>,
    request: S3Request<CreateBucketInput>,
) -> S3Result<CreateBucketOutput> {
    let input = request.input;
    check_acl(input.acl.as_ref().map(BucketCannedACL::as_str))?;
    let configuration = input.create_bucket_configuration;
    let constraint = configuration.and_then(|it| it.location_constraint);
    let region = account.s3.region();
    check_location(
        region,
        constraint.as_ref().map(BucketLocationConstraint::as_str),
    )?;
    account.s3.create_bucket(&input.bucket)?;
    let location = if region == "us-east-1" {
        format!("/{}", input.bucket)
    } else {
        format!("http://{}.s3.amazonaws.com/", input.bucket)
    };
    Ok(CreateBucketOutput {
        location: Some(location),
    })
}

pub async fn delete(
    account: &Arc<Account>,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<DeleteBucketOutput> {
    account.s3.delete_bucket(&request.input.bucket)?;
    Ok(DeleteBucketOutput::default())
}

/// The gate has found the bucket.
pub async fn head(
    account: &Arc<Account>,
    _: S3Request<HeadBucketInput>,
) -> S3Result<HeadBucketOutput> {
    Ok(HeadBucketOutput {
        bucket_region: Some(account.region.clone()),
        ..HeadBucketOutput::default()
    })
}

/// The oldest region is the one without a name here.
pub async fn location(
    account: &Arc<Account>,
    _: S3Request<GetBucketLocationInput>,
) -> S3Result<GetBucketLocationOutput> {
    let region = Some(account.region.clone()).filter(|region| region != "us-east-1");
    Ok(GetBucketLocationOutput {
        location_constraint: region.map(BucketLocationConstraint::from),
    })
}
