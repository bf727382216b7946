//! Uploads in parts: what has come in, and how it becomes one object.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use s3s::dto::CompletedPart;

use crate::error::ServiceError;
use crate::time::now_millis;

use super::checksum::{Algorithm, Checksum, checksums_of};
use super::content::Content;
use super::error::{invalid_argument, invalid_request, malformed_xml};
use super::object::{Headers, Object, etag_of};
use super::tags::Tags;

/// The least size of every part but the last, in bytes.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// An upload that goes on.
#[derive(Debug)]
pub struct Upload {
    /// In milliseconds since 1970.
    pub initiated: i64,
    pub headers: Headers,
    pub tags: Tags,
    /// What the caller asked for; S3 adds a CRC64NVME of its own otherwise.
    pub checksum: Option<Plan>,
    pub parts: BTreeMap<i32, Part>,
}

/// The checksum that the object is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub algorithm: Algorithm,
    pub composite: bool,
}

/// One part.
#[derive(Debug, Clone)]
pub struct Part {
    pub content: Content,
    pub md5: [u8; 16],
    pub checksum: Checksum,
    /// In milliseconds since 1970.
    pub modified: i64,
}

impl Plan {
    /// Reads what `CreateMultipartUpload` asks for.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` for a type that the algorithm does not have.
    pub fn new(algorithm: Option<&str>, kind: Option<&str>) -> Result<Option<Self>, ServiceError> {
        let Some(algorithm) = algorithm else {
            return match kind {
                None => Ok(None),
                Some(_) => Err(invalid_request(
                    "The x-amz-checksum-type header can only be used with the \
                     x-amz-checksum-algorithm header.",
                )),
            };
        };
        let algorithm = Algorithm::named(algorithm)?;
        let composite = match kind {
            None => algorithm.is_composite_by_default(),
            Some("COMPOSITE") if algorithm.is_composite_by_default() => true,
            Some("FULL_OBJECT") if algorithm.can_be_full_object() => false,
            Some(kind) => {
                return Err(invalid_request(format!(
                    "The {kind} checksum type cannot be used with the {} checksum algorithm.",
                    algorithm.name().to_ascii_lowercase()
                )));
            }
        };
        Ok(Some(Self {
            algorithm,
            composite,
        }))
    }
}

/// Checks the number of a part.
///
/// # Errors
///
/// `InvalidArgument`.
pub fn check_number(number: i32) -> Result<(), ServiceError> {
    if (1..=10_000).contains(&number) {
        return Ok(());
    }
    Err(invalid_argument(
        "Part number must be an integer between 1 and 10000, inclusive",
    ))
}

impl Upload {
    /// Checks the algorithm of a part's checksum against the upload's.
    ///
    /// # Errors
    ///
    /// `InvalidRequest`.
    pub fn check_algorithm(&self, given: Option<Algorithm>) -> Result<(), ServiceError> {
        let Some(Plan {
            algorithm,
            composite,
        }) = self.checksum
        else {
            return Ok(());
        };
        match given {
            Some(given) if given == algorithm => Ok(()),
            None if !composite => Ok(()),
            other => Err(invalid_request(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum \
                 Type: {}",
                algorithm.name().to_ascii_lowercase(),
                other.map_or("null".to_owned(), |it| it.name().to_ascii_lowercase())
            ))),
        }
    }

    /// Puts the parts together that the caller names.
    ///
    /// # Errors
    ///
    /// `MalformedXML` for none, `InvalidPart`, `InvalidPartOrder`,
    /// `EntityTooSmall`, or `InvalidRequest` for a missing checksum.
    pub fn complete(&self, named: &[CompletedPart]) -> Result<Object, ServiceError> {
        if named.is_empty() {
            return Err(malformed_xml());
        }
        let mut parts = Vec::with_capacity(named.len());
        let mut last = 0;
        for named in named {
            let number = named.part_number.ok_or_else(malformed_xml)?;
            if number <= last {
                return Err(ServiceError::bad_request(
                    "InvalidPartOrder",
                    "The list of parts was not in ascending order. Parts must be ordered by part \
                     number.",
                ));
            }
            last = number;
            parts.push(self.named_part(number, named)?);
        }
        if parts
            .iter()
            .rev()
            .skip(1)
            .any(|part| part.content.length() < SMALLEST_PART)
        {
            return Err(ServiceError::bad_request(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
            ));
        }
        let (mut content, mut md5) = (Content::default(), Md5::new());
        for part in &parts {
            content.append(&part.content);
            md5.update(part.md5);
        }
        let checksum = match self.checksum {
            Some(Plan {
                algorithm,
                composite: true,
            }) => Checksum::compose(algorithm, parts.iter().map(|part| &part.checksum)),
            plan => {
                let algorithm = plan.map_or(Algorithm::Crc64Nvme, |plan| plan.algorithm);
                Checksum::compute(algorithm, &content)
            }
        };
        Ok(Object {
            etag: format!("{}-{}", etag_of(&md5.finalize().into()), parts.len()),
            modified: now_millis(),
            headers: self.headers.clone(),
            tags: self.tags.clone(),
            checksum,
            parts: parts.iter().map(|part| part.content.length()).collect(),
            version: None,
            content,
        })
    }

    fn named_part(&self, number: i32, named: &CompletedPart) -> Result<&Part, ServiceError> {
        let invalid = || {
            ServiceError::bad_request(
                "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have \
                 been uploaded, or the specified entity tag may not match the part's entity tag.",
            )
        };
        let part = self.parts.get(&number).ok_or_else(invalid)?;
        let etag = named.e_tag.as_ref().ok_or_else(malformed_xml)?;
        if etag.value() != etag_of(&part.md5) {
            return Err(invalid());
        }
        let algorithm = part.checksum.algorithm;
        match algorithm.value_in(&checksums_of!(named)) {
            Some(value) if value != part.checksum.value => Err(invalid()),
            None if self.checksum.is_some_and(|plan| plan.composite) => {
                Err(invalid_request(format!(
                    "The upload was created using a {} checksum. The complete request must \
                     include the checksum for each part. It was missing for part {number} in the \
                     request.",
                    algorithm.name().to_ascii_lowercase()
                )))
            }
            _ => Ok(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use s3s::dto::ETag;

    use super::super::object::md5_of;
    use super::*;

    fn part(byte: u8, length: usize) -> Part {
        let mut content = Content::default();
        content.push(Bytes::from(vec![byte; length]));
        Part {
            md5: md5_of(&content),
            checksum: Checksum::compute(Algorithm::Crc32, &content),
            modified: 0,
            content,
        }
    }

    fn upload(checksum: Option<Plan>, parts: &[(i32, Part)]) -> Upload {
        Upload {
            initiated: 0,
            headers: Headers::default(),
            tags: Tags::new(),
            checksum,
            parts: parts.iter().cloned().collect(),
        }
    }

    fn named(number: i32, part: &Part) -> CompletedPart {
        CompletedPart {
            part_number: Some(number),
            e_tag: Some(ETag::Strong(etag_of(&part.md5))),
            ..CompletedPart::default()
        }
    }

    #[test]
    fn completes() {
        let (first, second) = (part(b'a', 5 << 20), part(b'b', 1));
        let upload = upload(None, &[(1, first.clone()), (7, second.clone())]);
        let object = upload
            .complete(&[named(1, &first), named(7, &second)])
            .unwrap();
        let mut md5 = Md5::new();
        md5.update(first.md5);
        md5.update(second.md5);
        assert_eq!(
            object.etag,
            format!("{}-2", etag_of(&md5.finalize().into()))
        );
        assert_eq!(object.content.length(), (5 << 20) + 1);
        assert_eq!(object.parts, [5 << 20, 1]);
        assert_eq!(
            object.checksum,
            Checksum::compute(Algorithm::Crc64Nvme, &object.content)
        );
        // Parts that are not named are left out.
        let object = upload.complete(&[named(7, &second)]).unwrap();
        assert_eq!(object.content.length(), 1);
    }

    #[test]
    fn refuses() {
        let (big, small) = (part(b'a', 5 << 20), part(b'b', 1));
        let parts = [(1, small.clone()), (2, big.clone()), (3, small.clone())];
        let plain = upload(None, &parts);
        for (list, code) in [
            (vec![], "MalformedXML"),
            (vec![CompletedPart::default()], "MalformedXML"),
            (vec![named(4, &small)], "InvalidPart"),
            (vec![named(1, &big)], "InvalidPart"),
            (vec![named(3, &small), named(2, &big)], "InvalidPartOrder"),
            (vec![named(2, &big), named(2, &big)], "InvalidPartOrder"),
            (vec![named(1, &small), named(2, &big)], "EntityTooSmall"),
        ] {
            assert_eq!(plain.complete(&list).unwrap_err().code, code, "{list:?}");
        }
        let plan = Plan {
            algorithm: Algorithm::Crc32,
            composite: true,
        };
        let composite = upload(Some(plan), &parts);
        let error = composite.complete(&[named(1, &small)]).unwrap_err();
        assert!(error.message.contains("missing for part 1"), "{error}");
        let mut right = named(1, &small);
        right.checksum_crc32 = Some(small.checksum.value.clone());
        assert!(
            composite
                .complete(&[right.clone()])
                .unwrap()
                .checksum
                .value
                .ends_with("-1")
        );
        right.checksum_crc32 = Some(big.checksum.value);
        assert_eq!(
            composite.complete(&[right]).unwrap_err().code,
            "InvalidPart"
        );
    }

    #[test]
    fn plans() {
        let plan = |algorithm, kind| {
            Plan::new(algorithm, kind)
                .map(|plan| plan.map(|plan| plan.composite))
                .map_err(|_| ())
        };
        for (algorithm, kind, expected) in [
            (None, None, Ok(None)),
            (Some("CRC32"), None, Ok(Some(true))),
            (Some("crc64nvme"), None, Ok(Some(false))),
            (Some("CRC32"), Some("FULL_OBJECT"), Ok(Some(false))),
            (Some("SHA256"), Some("COMPOSITE"), Ok(Some(true))),
            (Some("SHA256"), Some("FULL_OBJECT"), Err(())),
            (Some("CRC64NVME"), Some("COMPOSITE"), Err(())),
            (Some("MD4"), None, Err(())),
            (None, Some("COMPOSITE"), Err(())),
        ] {
            assert_eq!(plan(algorithm, kind), expected, "{algorithm:?} {kind:?}");
        }
    }
}
