//! `GetObject` and `HeadObject`.

use std::ops::Range;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use crate::account::Account;
use crate::error::ServiceError;

use super::super::checksum::set_checksum;
use super::super::error::{invalid_range, invalid_request, precondition_failed};
use super::super::object::{Conditions, Object, Verdict};
use super::{caller, encryption, existing, shown_version};

/// Takes the conditions out of a request.
macro_rules! conditions_of {
    ($input:expr) => {
        Conditions {
            if_match: $input.if_match.clone(),
            if_none_match: $input.if_none_match.clone(),
            if_modified_since: $input.if_modified_since.clone(),
            if_unmodified_since: $input.if_unmodified_since.clone(),
        }
    };
}

/// Fills in what both operations answer alike.
macro_rules! answer {
    ($output:ident, $object:expr, $piece:expr, $with_checksum:expr) => {{
        let (object, piece) = (&$object, &$piece);
        let headers = object.headers.clone();
        let class = headers
            .storage_class
            .filter(|class| class != StorageClass::STANDARD);
        let mut output = $output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: headers.cache_control,
            content_disposition: headers.content_disposition,
            content_encoding: headers.content_encoding,
            content_language: headers.content_language,
            content_length: Some(length(&piece.range)),
            content_range: piece.content_range.clone(),
            content_type: headers
                .content_type
                .or_else(|| Some("binary/octet-stream".to_owned())),
            e_tag: Some(object.etag()),
            expires: headers.expires,
            last_modified: Some(object.modified()),
            metadata: (!headers.metadata.is_empty()).then_some(headers.metadata),
            parts_count: piece.parts_count,
            server_side_encryption: encryption(),
            storage_class: class.map(StorageClass::from),
            website_redirect_location: headers.website_redirect_location,
            ..$output::default()
        };
        // The checksum is that of the whole object.
        if $with_checksum && piece.content_range.is_none() {
            output.checksum_type = Some(object.checksum.kind());
            set_checksum!(output, object.checksum);
        }
        output
    }};
}

pub async fn get(
    account: &Arc<Account>,
    request: S3Request<GetObjectInput>,
) -> S3Result<GetObjectOutput> {
    let input = &request.input;
    let version = input.version_id.as_deref();
    let object = existing(
        account,
        caller(&request)?,
        &input.bucket,
        &input.key,
        version,
    )?;
    judge(&conditions_of!(input), &object)?;
    let piece = Piece::of(&object, input.range.as_ref(), input.part_number)?;
    let mut output = answer!(
        GetObjectOutput,
        object,
        piece,
        input.checksum_mode.is_some()
    );
    let tags = i32::try_from(object.tags.len()).unwrap_or(i32::MAX);
    output.version_id = shown_version(account, &input.bucket, &object)?;
    output.tag_count = Some(tags).filter(|count| *count > 0);
    output.body = Some(object.content.slice(&piece.range).into_body());
    Ok(output)
}

pub async fn head(
    account: &Arc<Account>,
    request: S3Request<HeadObjectInput>,
) -> S3Result<HeadObjectOutput> {
    let input = &request.input;
    let version = input.version_id.as_deref();
    let object = existing(
        account,
        caller(&request)?,
        &input.bucket,
        &input.key,
        version,
    )?;
    judge(&conditions_of!(input), &object)?;
    let piece = Piece::of(&object, input.range.as_ref(), input.part_number)?;
    let mut output = answer!(
        HeadObjectOutput,
        object,
        piece,
        input.checksum_mode.is_some()
    );
    output.version_id = shown_version(account, &input.bucket, &object)?;
    Ok(output)
}

fn judge(conditions: &Conditions, object: &Object) -> S3Result<()> {
    match conditions.judge(object) {
        Verdict::Holds => Ok(()),
        Verdict::Failed => Err(precondition_failed().into()),
        Verdict::NotModified => {
            let mut answer = S3Error::new(S3ErrorCode::Custom("NotModified".into()));
            answer.set_status_code(StatusCode::NOT_MODIFIED);
            let mut headers = HeaderMap::new();
            if let Ok(etag) = object.etag().to_http_header() {
                headers.insert(http::header::ETAG, etag);
            }
            answer.set_headers(headers);
            Err(answer)
        }
    }
}

fn length(range: &Range<u64>) -> i64 {
    i64::try_from(range.end - range.start).unwrap_or(i64::MAX)
}

/// What of an object is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    range: Range<u64>,
    /// Where it is not the whole object.
    content_range: Option<String>,
    /// Where it is a part.
    parts_count: Option<i32>,
}

impl Piece {
    fn of(
        object: &Object,
        range: Option<&s3s::dto::Range>,
        part_number: Option<i32>,
    ) -> Result<Self, ServiceError> {
        let whole = object.content.length();
        let (range, parts_count) = match (range, part_number) {
            (None, None) => {
                return Ok(Self {
                    range: 0..whole,
                    content_range: None,
                    parts_count: None,
                });
            }
            (Some(_), Some(_)) => {
                return Err(invalid_request(
                    "Cannot specify both Range header and partNumber query parameter",
                ));
            }
            (Some(range), None) => {
                let range = range.check(whole).map_err(|_| invalid_range())?;
                // Nothing has no last bytes, either.
                (
                    Some(range)
                        .filter(|it| !it.is_empty())
                        .ok_or_else(invalid_range)?,
                    None,
                )
            }
            (None, Some(number)) => {
                let (range, count) = part(object, number)?;
                if range.is_empty() {
                    return Ok(Self {
                        range,
                        content_range: None,
                        parts_count: count,
                    });
                }
                (range, count)
            }
        };
        let content_range = format!("bytes {}-{}/{whole}", range.start, range.end - 1);
        Ok(Self {
            range,
            content_range: Some(content_range),
            parts_count,
        })
    }
}

/// Where a part lies, and how many there are; an object that was not uploaded in
/// parts is its own first part.
fn part(object: &Object, number: i32) -> Result<(Range<u64>, Option<i32>), ServiceError> {
    let invalid = || {
        ServiceError::new(
            416,
            "InvalidPartNumber",
            "The requested partnumber is not satisfiable",
        )
    };
    let at = usize::try_from(number)
        .ok()
        .and_then(|it| it.checked_sub(1))
        .ok_or_else(invalid)?;
    if object.parts.is_empty() && at == 0 {
        return Ok((0..object.content.length(), None));
    }
    let length = object.parts.get(at).ok_or_else(invalid)?;
    let start: u64 = object.parts.iter().take(at).sum();
    Ok((
        start..start + length,
        i32::try_from(object.parts.len()).ok(),
    ))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::super::checksum::{Algorithm, Checksum};
    use super::super::super::content::Content;
    use super::super::super::object::Headers;
    use super::*;

    fn object(text: &'static str, parts: &[u64]) -> Object {
        let mut content = Content::default();
        content.push(Bytes::from_static(text.as_bytes()));
        Object {
            etag: String::new(),
            modified: 0,
            headers: Headers::default(),
            tags: std::collections::BTreeMap::new(),
            checksum: Checksum::compute(Algorithm::Crc32, &content),
            parts: parts.to_vec(),
            version: None,
            content,
        }
    }

    #[test]
    fn pieces() {
        let whole = object("0123456789", &[]);
        let parts = object("0123456789", &[6, 4]);
        let empty = object("", &[]);
        for (object, range, number, expected) in [
            (&whole, None, None, Ok((0..10, None))),
            (
                &whole,
                Some("bytes=2-4"),
                None,
                Ok((2..5, Some("bytes 2-4/10"))),
            ),
            (
                &whole,
                Some("bytes=7-99"),
                None,
                Ok((7..10, Some("bytes 7-9/10"))),
            ),
            (
                &whole,
                Some("bytes=-3"),
                None,
                Ok((7..10, Some("bytes 7-9/10"))),
            ),
            (&whole, Some("bytes=10-"), None, Err("InvalidRange")),
            (&empty, Some("bytes=0-"), None, Err("InvalidRange")),
            (&empty, Some("bytes=-1"), None, Err("InvalidRange")),
            (&parts, None, Some(2), Ok((6..10, Some("bytes 6-9/10")))),
            (&parts, None, Some(3), Err("InvalidPartNumber")),
            (&whole, None, Some(1), Ok((0..10, Some("bytes 0-9/10")))),
            (&whole, None, Some(0), Err("InvalidPartNumber")),
            (&empty, None, Some(1), Ok((0..0, None))),
            (&whole, Some("bytes=0-1"), Some(1), Err("InvalidRequest")),
        ] {
            let asked = range.map(|range| s3s::dto::Range::parse(range).unwrap());
            let piece = Piece::of(object, asked.as_ref(), number);
            match (&piece, &expected) {
                (Ok(piece), Ok((range, content_range))) => {
                    assert_eq!(&piece.range, range);
                    assert_eq!(piece.content_range.as_deref(), *content_range);
                }
                (Err(error), Err(code)) => assert_eq!(error.code, *code),
                _ => panic!("{range:?} {number:?}: {piece:?}"),
            }
        }
    }
}
