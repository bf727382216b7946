//! Checksums of objects and parts: "Checking object integrity" in the S3 User Guide.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto;

use crate::error::ServiceError;

use super::content::Content;
use super::error::invalid_request;

/// How a checksum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Crc32,
    Crc32c,
    /// What S3 adds to an object that came without a checksum.
    Crc64Nvme,
    Sha1,
    Sha256,
}

use Algorithm::{
    Crc32 as CRC32, Crc32c as CRC32C, Crc64Nvme as CRC64NVME, Sha1 as SHA1, Sha256 as SHA256,
};

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 5] = [CRC32, CRC32C, CRC64NVME, SHA1, SHA256];

    /// As in `ChecksumAlgorithm`.
    pub fn name(self) -> &'static str {
        match self {
            CRC32 => "CRC32",
            CRC32C => "CRC32C",
            CRC64NVME => "CRC64NVME",
            SHA1 => "SHA1",
            SHA256 => "SHA256",
        }
    }

    /// The header, or trailer, that carries a value.
    pub fn header(self) -> &'static str {
        match self {
            CRC32 => "x-amz-checksum-crc32",
            CRC32C => "x-amz-checksum-crc32c",
            CRC64NVME => "x-amz-checksum-crc64nvme",
            SHA1 => "x-amz-checksum-sha1",
            SHA256 => "x-amz-checksum-sha256",
        }
    }

    /// In bytes.
    fn length(self) -> usize {
        match self {
            CRC32 | CRC32C => 4,
            CRC64NVME => 8,
            SHA1 => 20,
            SHA256 => 32,
        }
    }

    /// Finds an algorithm by its name, in any case.
    ///
    /// # Errors
    ///
    /// `InvalidRequest`.
    pub fn named(name: &str) -> Result<Self, ServiceError> {
        Self::ALL
            .into_iter()
            .find(|it| it.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| {
                invalid_request(
                    "Checksum algorithm provided is unsupported. Please try again with any of the \
                 valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
                )
            })
    }

    /// Whether a multipart upload has the checksum of its parts' checksums,
    /// where the caller does not say.
    pub fn is_composite_by_default(self) -> bool {
        self != CRC64NVME
    }

    /// Whether the checksum of a whole object can be made of those of its parts.
    pub fn can_be_full_object(self) -> bool {
        matches!(self, CRC32 | CRC32C | CRC64NVME)
    }

    /// Something that computes it.
    pub fn hasher(self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        match self {
            CRC32 => hasher.crc32 = Some(Crc32::new()),
            CRC32C => hasher.crc32c = Some(Crc32c::new()),
            CRC64NVME => hasher.crc64nvme = Some(Crc64Nvme::new()),
            SHA1 => hasher.sha1 = Some(Sha1::new()),
            SHA256 => hasher.sha256 = Some(Sha256::new()),
        }
        hasher
    }

    /// This algorithm's value among those of a request.
    pub fn value_in(self, values: &dto::Checksum) -> Option<&str> {
        let value = match self {
            CRC32 => &values.checksum_crc32,
            CRC32C => &values.checksum_crc32c,
            CRC64NVME => &values.checksum_crc64nvme,
            SHA1 => &values.checksum_sha1,
            SHA256 => &values.checksum_sha256,
        };
        value.as_deref()
    }

    /// The value of a checksum in a header or trailer.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` for a value that cannot be one.
    pub fn value_of(self, headers: &HeaderMap) -> Result<Option<String>, ServiceError> {
        let Some(value) = headers.get(self.header()) else {
            return Ok(None);
        };
        let value = value.to_str().unwrap_or_default().trim();
        if STANDARD
            .decode(value)
            .is_ok_and(|bytes| bytes.len() == self.length())
        {
            return Ok(Some(value.to_owned()));
        }
        Err(invalid_request(format!(
            "Value for {} header is invalid.",
            self.header()
        )))
    }

    /// What the caller says when the value turns out to be another.
    pub fn mismatch(self) -> ServiceError {
        ServiceError::bad_request(
            "BadDigest",
            format!(
                "The {} you specified did not match the calculated checksum.",
                self.name()
            ),
        )
    }
}

/// The checksum of an object or part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    pub algorithm: Algorithm,
    /// In Base64; of a composite one, followed by `-` and the number of parts.
    pub value: String,
    /// Made of the parts' checksums, not of the object's bytes.
    pub composite: bool,
}

impl Checksum {
    /// The checksum that a hasher of this algorithm has computed.
    pub fn finish(algorithm: Algorithm, hasher: ChecksumHasher) -> Self {
        let values = hasher.finalize();
        let value = algorithm.value_in(&values).unwrap_or_default().to_owned();
        Self {
            algorithm,
            value,
            composite: false,
        }
    }

    /// The checksum of a content.
    pub fn compute(algorithm: Algorithm, content: &Content) -> Self {
        let mut hasher = algorithm.hasher();
        for page in content.pages().flatten() {
            hasher.update(&page);
        }
        Self::finish(algorithm, hasher)
    }

    /// The checksum of the parts' checksums.
    pub fn compose<'a>(algorithm: Algorithm, parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut hasher = algorithm.hasher();
        let mut count = 0;
        for part in parts {
            hasher.update(&STANDARD.decode(&part.value).unwrap_or_default());
            count += 1;
        }
        let value = format!("{}-{count}", Self::finish(algorithm, hasher).value);
        Self {
            algorithm,
            value,
            composite: true,
        }
    }

    /// `FULL_OBJECT` or `COMPOSITE`.
    pub fn kind(&self) -> dto::ChecksumType {
        dto::ChecksumType::from_static(if self.composite {
            dto::ChecksumType::COMPOSITE
        } else {
            dto::ChecksumType::FULL_OBJECT
        })
    }

    /// As responses hold it.
    pub fn to_dto(&self) -> dto::Checksum {
        let mut values = dto::Checksum {
            checksum_type: Some(self.kind()),
            ..dto::Checksum::default()
        };
        let place = match self.algorithm {
            CRC32 => &mut values.checksum_crc32,
            CRC32C => &mut values.checksum_crc32c,
            CRC64NVME => &mut values.checksum_crc64nvme,
            SHA1 => &mut values.checksum_sha1,
            SHA256 => &mut values.checksum_sha256,
        };
        *place = Some(self.value.clone());
        values
    }
}

/// Puts a checksum into the five fields that responses have for it.
macro_rules! set_checksum {
    ($output:expr, $checksum:expr) => {{
        let values = $checksum.to_dto();
        $output.checksum_crc32 = values.checksum_crc32;
        $output.checksum_crc32c = values.checksum_crc32c;
        $output.checksum_crc64nvme = values.checksum_crc64nvme;
        $output.checksum_sha1 = values.checksum_sha1;
        $output.checksum_sha256 = values.checksum_sha256;
    }};
}
pub(super) use set_checksum;

/// Takes the checksums out of the five fields that requests have for them.
macro_rules! checksums_of {
    ($input:expr) => {
        s3s::dto::Checksum {
            checksum_crc32: $input.checksum_crc32.clone(),
            checksum_crc32c: $input.checksum_crc32c.clone(),
            checksum_crc64nvme: $input.checksum_crc64nvme.clone(),
            checksum_sha1: $input.checksum_sha1.clone(),
            checksum_sha256: $input.checksum_sha256.clone(),
            checksum_type: None,
        }
    };
}
pub(super) use checksums_of;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// The check values of the catalogue of parametrised CRC algorithms and of
    /// FIPS 180, for `123456789`.
    #[test]
    fn values() {
        let mut content = Content::default();
        content.push(Bytes::from_static(b"1234"));
        content.push(Bytes::from_static(b"56789"));
        for (algorithm, hex) in [
            (CRC32, "cbf43926"),
            (CRC32C, "e3069283"),
            (CRC64NVME, "ae8b14860a799888"),
            (SHA1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (
                SHA256,
                "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
            ),
        ] {
            let checksum = Checksum::compute(algorithm, &content);
            let bytes = STANDARD.decode(&checksum.value).unwrap();
            assert_eq!(
                bytes
                    .iter()
                    .map(|it| format!("{it:02x}"))
                    .collect::<String>(),
                hex
            );
            assert_eq!(
                algorithm.value_in(&checksum.to_dto()),
                Some(checksum.value.as_str())
            );
        }
    }

    #[test]
    fn composites_count_their_parts() {
        let part = |text: &'static str| {
            let mut content = Content::default();
            content.push(Bytes::from_static(text.as_bytes()));
            Checksum::compute(SHA256, &content)
        };
        let parts = [part("a"), part("b")];
        let whole = Checksum::compose(SHA256, parts.iter());
        assert!(whole.value.ends_with("=-2"), "{}", whole.value);
        assert_eq!(whole.kind().as_str(), "COMPOSITE");
    }
}
