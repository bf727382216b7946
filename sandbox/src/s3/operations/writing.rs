//! `PutObject`.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::time::now_millis;

use super::super::auth::authorize;
use super::super::changes;
use super::super::checksum::set_checksum;
use super::super::event_record::Origin;
use super::super::object::{Object, check_write, etag_of, headers_of};
use super::super::tags::{self, Tags};
use super::super::upload::receive;
use super::{caller, check_acl, encryption, shown_version};

pub async fn put(
    account: &Arc<Account>,
    mut request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    let origin = Origin::of(&request.extensions)?;
    check_acl(request.input.acl.as_ref().map(ObjectCannedACL::as_str))?;
    let tagging = request.input.tagging.take();
    let tags = new_tags(
        account,
        caller(&request)?,
        &request.input.bucket,
        &request.input.key,
        tagging,
    )?;
    let headers = headers_of!(request.input)?;
    let body = request.input.body.take();
    let received = receive(body, &request.headers, request.trailing_headers.as_ref()).await?;
    let PutObjectInput {
        bucket,
        key,
        if_match,
        if_none_match,
        ..
    } = request.input;
    let object = Object {
        etag: etag_of(&received.md5),
        modified: now_millis(),
        headers,
        tags,
        checksum: received.checksum,
        parts: Vec::new(),
        version: None,
        content: received.content,
    };
    let (event, place) = ("ObjectCreated:Put", (bucket.as_str(), key.as_str()));
    let object = changes::put(account, &origin, event, place, object, |present| {
        check_write(if_match.as_ref(), if_none_match.as_ref(), present)
    })?;
    let mut output = PutObjectOutput {
        e_tag: Some(object.etag()),
        server_side_encryption: encryption(),
        checksum_type: Some(object.checksum.kind()),
        version_id: shown_version(account, &bucket, &object)?,
        ..PutObjectOutput::default()
    };
    set_checksum!(output, object.checksum);
    Ok(output)
}

/// The tags of an object that is being written, which take a permission of their own.
///
/// # Errors
///
/// `AccessDenied`, or as for [`tags::from_header`].
pub fn new_tags(
    account: &Account,
    caller: &Principal,
    bucket: &str,
    key: &str,
    header: Option<String>,
) -> Result<Tags, ServiceError> {
    let Some(header) = header.filter(|header| !header.is_empty()) else {
        return Ok(Tags::new());
    };
    let resource = s3_arn(bucket, Some(key));
    authorize(account, caller, "s3:PutObjectTagging", &resource)?;
    tags::from_header(&header)
}
