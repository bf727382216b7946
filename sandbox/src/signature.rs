//! Signature Version 4: who signed a request, and whether the signature is right.
//!
//! The algorithm is the one of "Create a signed AWS API request" in the IAM
//! User Guide. S3 requests do not pass here: `s3s` verifies theirs, with S3's
//! own rules for streamed and unsigned payloads.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, macros::format_description};

use crate::iam::{AccessKey, Iam, Principal};

/// What SigV4 leaves as it is: letters, digits, `-`, `.`, `_`, `~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How far the clock of a signature may be off.
const SKEW: Duration = Duration::minutes(15);

/// The parts of an `Authorization: AWS4-HMAC-SHA256 ...` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The access key id.
    pub access_key_id: String,
    date: String,
    /// The region that it is signed for.
    pub region: String,
    /// The service's signing name, such as `states`.
    pub service: String,
    signed_headers: String,
    signature: String,
}

impl Authorization {
    /// Reads the header; nothing where there is none or it is of another form.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in value.strip_prefix("AWS4-HMAC-SHA256")?.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", text) => credential = Some(text),
                ("SignedHeaders", text) => signed_headers = Some(text),
                ("Signature", text) => signature = Some(text),
                _ => return None,
            }
        }
        let mut scope = credential?.rsplitn(5, '/');
        let (terminator, service, region, date, id) = (
            scope.next()?,
            scope.next()?,
            scope.next()?,
            scope.next()?,
            scope.next()?,
        );
        (terminator == "aws4_request").then(|| Self {
            access_key_id: id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: signed_headers.unwrap_or_default().to_owned(),
            signature: signature.unwrap_or_default().to_owned(),
        })
    }
}

/// Why a signature is not accepted; each protocol has its own code for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such access key, or its session token is missing or wrong.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// The secret or the request differs from what was signed.
    #[error(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. Consult the service \
         documentation for details."
    )]
    Mismatch,
    /// The request was signed for another region.
    #[error("Credential should be scoped to a valid region, not '{0}'.")]
    Region(String),
    /// The request was signed too long ago, or in the future.
    #[error("Signature expired: {0} is not within 15 minutes of the time of the server.")]
    Expired(String),
}

/// Verifies a request and says who made it.
///
/// # Errors
///
/// [`Refused`], when the key is unknown, the region is none of `regions`, the time is off
/// by more than 15 minutes, or the signature does not match.
pub fn verify(
    authorization: &Authorization,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    iam: &Iam,
    regions: &[&str],
) -> Result<Principal, Refused> {
    let key = iam
        .access_key(&authorization.access_key_id)
        .ok_or(Refused::UnknownKey)?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if key.session_token.as_deref() != text("x-amz-security-token") {
        return Err(Refused::UnknownKey);
    }
    if !regions.contains(&authorization.region.as_str()) {
        return Err(Refused::Region(authorization.region.clone()));
    }
    let signed_at = text("x-amz-date").unwrap_or_default();
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = PrimitiveDateTime::parse(signed_at, &format).map_err(|_| Refused::Mismatch)?;
    if (OffsetDateTime::now_utc() - time.assume_utc()).abs() > SKEW {
        return Err(Refused::Expired(signed_at.to_owned()));
    }
    let canonical = canonical_request(authorization, method, uri, headers, body);
    let expected = sign(authorization, &key, signed_at, &canonical);
    let given = unhex(&authorization.signature).ok_or(Refused::Mismatch)?;
    expected
        .verify_slice(&given)
        .map_err(|_| Refused::Mismatch)?;
    Ok(key.principal)
}

fn canonical_request(
    authorization: &Authorization,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> String {
    // Every service but S3 encodes the path once more than it goes over the wire.
    let path: Vec<String> = uri
        .path()
        .split('/')
        .map(|segment| utf8_percent_encode(segment, ENCODED).to_string())
        .collect();
    let mut query: Vec<(String, String)> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (recode(name), recode(value))
        })
        .collect();
    query.sort();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut lines = String::new();
    for name in authorization.signed_headers.split(';') {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect();
        lines.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    format!(
        "{method}\n{}\n{}\n{lines}\n{}\n{}",
        path.join("/"),
        query.join("&"),
        authorization.signed_headers,
        hex(&Sha256::digest(body)),
    )
}

fn recode(text: &str) -> String {
    let decoded = percent_decode_str(text).decode_utf8_lossy().into_owned();
    utf8_percent_encode(&decoded, ENCODED).to_string()
}

fn sign(
    authorization: &Authorization,
    key: &AccessKey,
    signed_at: &str,
    canonical: &str,
) -> Hmac<Sha256> {
    let Authorization {
        date,
        region,
        service,
        ..
    } = authorization;
    let text = format!(
        "AWS4-HMAC-SHA256\n{signed_at}\n{date}/{region}/{service}/aws4_request\n{}",
        hex(&Sha256::digest(canonical))
    );
    let mut secret = format!("AWS4{}", key.secret).into_bytes();
    for part in [date.as_str(), region, service, "aws4_request"] {
        secret = hmac(&secret, part.as_bytes())
            .finalize()
            .into_bytes()
            .to_vec();
    }
    hmac(&secret, text.as_bytes())
}

fn hmac(key: &[u8], data: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length of key");
    mac.update(data);
    mac
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}
