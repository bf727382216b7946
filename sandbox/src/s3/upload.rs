//! The body of a request, taken in and checked against what the caller says of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use http::HeaderMap;
use md5::{Digest, Md5};
use s3s::TrailingHeaders;
use s3s::dto::StreamingBlob;

use crate::error::ServiceError;

use super::checksum::{Algorithm, Checksum};
use super::content::Content;
use super::given::Given;

/// The largest object that one request may write, in bytes: 5 GiB, as for
/// `PutObject` and `UploadPart`.
pub const LARGEST: u64 = 5 * 1024 * 1024 * 1024;

/// A body that came in whole.
#[derive(Debug)]
pub struct Received {
    pub content: Content,
    pub md5: [u8; 16],
    /// By the caller's algorithm, or S3's own choice.
    pub checksum: Checksum,
}

/// Reads a body to its end.
///
/// # Errors
///
/// `BadDigest`, `InvalidDigest`, `InvalidRequest`, `IncompleteBody`,
/// `EntityTooLarge`, `SignatureDoesNotMatch`, `XAmzContentSHA256Mismatch` or
/// `MalformedTrailerError`.
pub async fn receive(
    body: Option<StreamingBlob>,
    headers: &HeaderMap,
    trailers: Option<&TrailingHeaders>,
) -> Result<Received, ServiceError> {
    let given = Given::of(headers)?;
    let expected_md5 = content_md5(headers)?;
    let declared = number(headers, "x-amz-decoded-content-length")
        .or_else(|| number(headers, "content-length"));
    if declared.is_some_and(|length| length > LARGEST) {
        return Err(too_large());
    }
    let algorithm = given.algorithm().unwrap_or(Algorithm::Crc64Nvme);
    let (mut content, mut md5, mut hasher) = (Content::default(), Md5::new(), algorithm.hasher());
    if let Some(mut body) = body {
        while let Some(segment) = body.next().await {
            let segment = segment.map_err(|error| broken(&error.to_string()))?;
            md5.update(&segment);
            hasher.update(&segment);
            content.push(segment);
            if content.length() > LARGEST {
                return Err(too_large());
            }
        }
    }
    if declared.is_some_and(|length| length != content.length()) {
        return Err(incomplete());
    }
    let md5: [u8; 16] = md5.finalize().into();
    if expected_md5.is_some_and(|expected| expected != md5) {
        return Err(ServiceError::bad_request(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
        ));
    }
    let checksum = Checksum::finish(algorithm, hasher);
    let expected = match given {
        Given::Nothing => None,
        Given::Value(_, value) => Some(value),
        Given::Trailer(_) => {
            let value = trailers
                .and_then(|trailers| trailers.read(|trailers| algorithm.value_of(trailers)))
                .transpose()?
                .flatten();
            Some(value.ok_or_else(malformed_trailer)?)
        }
    };
    if expected.is_some_and(|expected| expected != checksum.value) {
        return Err(algorithm.mismatch());
    }
    Ok(Received {
        content,
        md5,
        checksum,
    })
}

fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, ServiceError> {
    let Some(value) = headers.get("content-md5") else {
        return Ok(None);
    };
    let bytes = STANDARD.decode(value.as_bytes()).unwrap_or_default();
    <[u8; 16]>::try_from(bytes).map(Some).map_err(|_| {
        ServiceError::bad_request(
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
        )
    })
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The protocol layer keeps its reasons private: only their text tells them apart.
fn broken(reason: &str) -> ServiceError {
    if reason.contains("Sha256Mismatch") {
        ServiceError::bad_request(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    } else if reason.contains("SignatureMismatch") {
        let text = super::error::text_of("SignatureDoesNotMatch").unwrap_or_default();
        ServiceError::new(403, "SignatureDoesNotMatch", text)
    } else if reason.contains("Trailer") {
        malformed_trailer()
    } else {
        incomplete()
    }
}

fn incomplete() -> ServiceError {
    ServiceError::bad_request(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )
}

fn too_large() -> ServiceError {
    ServiceError::bad_request(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
    )
}

fn malformed_trailer() -> ServiceError {
    ServiceError::bad_request(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our \
         published schema.",
    )
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    async fn code(text: &'static str, pairs: &[(&'static str, &str)]) -> String {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let body = s3s::Body::from(Bytes::from_static(text.as_bytes()));
        match receive(Some(body.into()), &headers, None).await {
            Ok(received) => format!("{} bytes", received.content.length()),
            Err(error) => error.code.into_owned(),
        }
    }

    #[tokio::test]
    async fn digests() {
        assert_eq!(code("hello", &[]).await, "5 bytes");
        assert_eq!(code("", &[("content-length", "0")]).await, "0 bytes");
        assert_eq!(
            code("hello", &[("content-length", "6")]).await,
            "IncompleteBody"
        );
        assert_eq!(
            code("hello", &[("content-length", "5368709121")]).await,
            "EntityTooLarge"
        );
        assert_eq!(
            code("hello", &[("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")]).await,
            "5 bytes"
        );
        assert_eq!(
            code("hellp", &[("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")]).await,
            "BadDigest"
        );
        assert_eq!(
            code("hello", &[("content-md5", "XUFA")]).await,
            "InvalidDigest"
        );
        let crc32 = ("x-amz-checksum-crc32", "NhCmhg==");
        assert_eq!(code("hello", &[crc32]).await, "5 bytes");
        assert_eq!(code("hellp", &[crc32]).await, "BadDigest");
        let trailer = ("x-amz-trailer", "x-amz-checksum-crc32");
        assert_eq!(code("hello", &[trailer]).await, "MalformedTrailerError");
    }
}
