//! An object: its content and what is kept about it.

use md5::{Digest, Md5};
use s3s::dto::{ETag, ETagCondition, Metadata, Timestamp};
use time::OffsetDateTime;

use crate::error::ServiceError;

use super::checksum::Checksum;
use super::content::Content;
use super::error::precondition_failed;
use super::tags::Tags;

/// An object as it was written; a new version of it is another one.
#[derive(Debug, Clone)]
pub struct Object {
    pub content: Content,
    /// Without quotes.
    pub etag: String,
    /// In milliseconds since 1970.
    pub modified: i64,
    pub headers: Headers,
    pub tags: Tags,
    pub checksum: Checksum,
    /// The lengths of its parts, where it was uploaded in parts.
    pub parts: Vec<u64>,
    /// The id of this version; the bucket gives it. None is the version `null`.
    pub version: Option<String>,
}

/// What a caller says of an object, and gets back with it.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_type: Option<String>,
    pub expires: Option<Timestamp>,
    pub website_redirect_location: Option<String>,
    pub storage_class: Option<String>,
    pub metadata: Metadata,
}

/// Takes the headers out of a request that writes an object.
macro_rules! headers_of {
    ($input:expr) => {
        $crate::s3::object::Headers {
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $input.content_encoding.take(),
            content_language: $input.content_language.take(),
            content_type: $input.content_type.take(),
            expires: $input.expires.take(),
            website_redirect_location: $input.website_redirect_location.take(),
            storage_class: $input
                .storage_class
                .take()
                .map(|class| class.as_str().to_owned()),
            metadata: $input.metadata.take().unwrap_or_default(),
        }
        .checked()
    };
}
pub(super) use headers_of;

impl Headers {
    /// The headers as they are kept.
    ///
    /// # Errors
    ///
    /// `MetadataTooLarge` over two kilobytes.
    pub fn checked(mut self) -> Result<Self, ServiceError> {
        let size: usize = self
            .metadata
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if size > 2048 {
            return Err(ServiceError::bad_request(
                "MetadataTooLarge",
                "Your metadata headers exceed the maximum allowed metadata size",
            ));
        }
        // `aws-chunked` is how the request was sent, not how the object is encoded.
        self.content_encoding = self.content_encoding.and_then(|encoding| {
            let kept: Vec<_> = encoding
                .split(',')
                .map(str::trim)
                .filter(|it| *it != "aws-chunked")
                .collect();
            (!kept.is_empty()).then(|| kept.join(","))
        });
        self.content_type = self.content_type.filter(|it| !it.is_empty());
        Ok(self)
    }
}

impl Object {
    /// The ETag as responses hold it.
    pub fn etag(&self) -> ETag {
        ETag::Strong(self.etag.clone())
    }

    /// When it was written, as responses hold it.
    pub fn modified(&self) -> Timestamp {
        timestamp(self.modified)
    }
}

/// The ETag of bytes that were uploaded at once: their MD5 in hexadecimal digits.
pub fn etag_of(md5: &[u8; 16]) -> String {
    md5.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The MD5 of a content.
pub fn md5_of(content: &Content) -> [u8; 16] {
    let mut md5 = Md5::new();
    // What cannot be read now cannot be read later: whoever asks for it is told.
    for page in content.pages().flatten() {
        md5.update(page);
    }
    md5.finalize().into()
}

/// A point in time as responses hold it.
pub fn timestamp(millis: i64) -> Timestamp {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .into()
}

/// The conditions of a read, and of a copy's source.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

/// What conditions say to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They hold.
    Holds,
    /// The caller has it already.
    NotModified,
    /// They do not hold.
    Failed,
}

impl Conditions {
    /// Judges an object; the condition on the ETag goes before the one on the
    /// time, as RFC 7232 has it and `GetObject` documents.
    pub fn judge(&self, object: &Object) -> Verdict {
        let modified = object.modified.div_euclid(1000);
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !matches(condition, &object.etag) => return Verdict::Failed,
            (None, Some(since)) if modified > seconds(since) => return Verdict::Failed,
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if matches(condition, &object.etag) => Verdict::NotModified,
            (None, Some(since)) if modified <= seconds(since) => Verdict::NotModified,
            _ => Verdict::Holds,
        }
    }
}

/// Judges the conditions of a write against what stands under the key.
///
/// # Errors
///
/// `PreconditionFailed`, or `NoSuchKey` where `If-Match` finds nothing.
pub fn check_write(
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
    present: Option<&Object>,
) -> Result<(), ServiceError> {
    match (if_match, present) {
        (Some(_), None) => return Err(super::error::no_such_key()),
        (Some(condition), Some(object)) if !matches(condition, &object.etag) => {
            return Err(precondition_failed());
        }
        _ => {}
    }
    match (if_none_match, present) {
        (Some(condition), Some(object)) if matches(condition, &object.etag) => {
            Err(precondition_failed())
        }
        _ => Ok(()),
    }
}

fn matches(condition: &ETagCondition, etag: &str) -> bool {
    condition.is_any() || condition.as_etag().is_some_and(|it| it.value() == etag)
}

fn seconds(time: &Timestamp) -> i64 {
    OffsetDateTime::from(time.clone()).unix_timestamp()
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;

    use super::super::checksum::Algorithm;
    use super::*;

    pub fn object() -> Object {
        let mut content = Content::default();
        content.push(Bytes::from_static(b"hello"));
        Object {
            etag: etag_of(&md5_of(&content)),
            modified: 1_700_000_000_500,
            headers: Headers::default(),
            tags: Tags::new(),
            checksum: Checksum::compute(Algorithm::Crc64Nvme, &content),
            parts: Vec::new(),
            version: None,
            content,
        }
    }

    #[test]
    fn etags() {
        assert_eq!(object().etag, "5d41402abc4b2a76b9719d911017c592");
    }

    #[test]
    fn conditions() {
        let tag = |text: &str| Some(ETagCondition::ETag(ETag::Strong(text.to_owned())));
        let (same, other) = (tag("5d41402abc4b2a76b9719d911017c592"), tag("00"));
        let at = |millis| Some(timestamp(millis));
        let (before, after) = (at(1_699_999_999_000), at(1_700_000_000_000));
        for (if_match, if_none_match, if_modified_since, if_unmodified_since, verdict) in [
            (None, None, None, None, Verdict::Holds),
            (same.clone(), None, None, None, Verdict::Holds),
            (other.clone(), None, None, None, Verdict::Failed),
            (Some(ETagCondition::Any), None, None, None, Verdict::Holds),
            (None, same.clone(), None, None, Verdict::NotModified),
            (None, other.clone(), None, None, Verdict::Holds),
            (None, None, before.clone(), None, Verdict::Holds),
            (None, None, after.clone(), None, Verdict::NotModified),
            (None, None, None, before.clone(), Verdict::Failed),
            (None, None, None, after.clone(), Verdict::Holds),
            // The ETag has the last word.
            (same.clone(), None, None, before.clone(), Verdict::Holds),
            (None, same, before, None, Verdict::NotModified),
            (None, other, after, None, Verdict::Holds),
        ] {
            let conditions = Conditions {
                if_match,
                if_none_match,
                if_modified_since,
                if_unmodified_since,
            };
            assert_eq!(conditions.judge(&object()), verdict, "{conditions:?}");
        }
    }

    #[test]
    fn writes() {
        let object = object();
        let any = ETagCondition::Any;
        let other = ETagCondition::ETag(ETag::Strong("00".to_owned()));
        let code = |a, b, c| check_write(a, b, c).err().map(|it| it.code.into_owned());
        assert_eq!(code(None, Some(&any), None), None);
        assert_eq!(
            code(None, Some(&any), Some(&object)).as_deref(),
            Some("PreconditionFailed")
        );
        assert_eq!(
            code(Some(&other), None, Some(&object)).as_deref(),
            Some("PreconditionFailed")
        );
        assert_eq!(code(Some(&other), None, None).as_deref(), Some("NoSuchKey"));
        assert_eq!(code(Some(&any), None, Some(&object)), None);
    }

    #[test]
    fn headers() {
        let encoding = |text: &str| {
            let headers = Headers {
                content_encoding: Some(text.to_owned()),
                ..Headers::default()
            };
            headers.checked().unwrap().content_encoding
        };
        assert_eq!(encoding("aws-chunked"), None);
        assert_eq!(encoding("aws-chunked,gzip").as_deref(), Some("gzip"));
        assert_eq!(encoding("gzip").as_deref(), Some("gzip"));
        let metadata = [("a".to_owned(), "x".repeat(2048))].into_iter().collect();
        let headers = Headers {
            metadata,
            ..Headers::default()
        };
        assert_eq!(headers.checked().unwrap_err().code, "MetadataTooLarge");
    }
}
