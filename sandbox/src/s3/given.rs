//! What a request says of its body's checksum.

use http::HeaderMap;

use crate::error::ServiceError;

use super::checksum::Algorithm;
use super::error::invalid_request;

/// The checksum that a request gives for its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// None at all.
    Nothing,
    /// In a header.
    Value(Algorithm, String),
    /// In a trailer, after the body.
    Trailer(Algorithm),
}

impl Given {
    /// Reads the headers of a request.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` for two checksums, one that is none, or one that is
    /// announced but missing.
    pub fn of(headers: &HeaderMap) -> Result<Self, ServiceError> {
        let mut given = Self::Nothing;
        let mut found = 0;
        for algorithm in Algorithm::ALL {
            if let Some(value) = algorithm.value_of(headers)? {
                given = Self::Value(algorithm, value);
                found += 1;
            }
        }
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let names = text("x-amz-trailer")
            .unwrap_or_default()
            .split(',')
            .map(str::trim);
        for name in names.filter(|name| name.starts_with("x-amz-checksum-")) {
            let Some(algorithm) = Algorithm::ALL.into_iter().find(|it| it.header() == name) else {
                return Err(invalid_request(
                    "The value specified in the x-amz-trailer header is not supported",
                ));
            };
            given = Self::Trailer(algorithm);
            found += 1;
        }
        match (found, text("x-amz-sdk-checksum-algorithm")) {
            (0, Some(_)) => Err(invalid_request(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or \
                 x-amz-trailer headers were found.",
            )),
            (0 | 1, _) => Ok(given),
            _ => Err(invalid_request(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            )),
        }
    }

    /// Which algorithm the caller uses.
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Nothing => None,
            Self::Value(algorithm, _) | Self::Trailer(algorithm) => Some(*algorithm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn given() {
        let of = |pairs: &[(&'static str, &str)]| Given::of(&headers(pairs));
        assert_eq!(of(&[]), Ok(Given::Nothing));
        assert_eq!(
            of(&[("x-amz-checksum-crc32", "y/Q5Jg==")]),
            Ok(Given::Value(Algorithm::Crc32, "y/Q5Jg==".to_owned()))
        );
        assert_eq!(
            of(&[
                ("x-amz-trailer", "x-amz-checksum-crc64nvme"),
                ("x-amz-sdk-checksum-algorithm", "CRC64NVME"),
            ]),
            Ok(Given::Trailer(Algorithm::Crc64Nvme))
        );
        for bad in [
            vec![("x-amz-checksum-crc32", "y/Q5")],
            vec![("x-amz-checksum-sha1", "not base64")],
            vec![
                ("x-amz-checksum-crc32", "y/Q5Jg=="),
                ("x-amz-trailer", "x-amz-checksum-crc32"),
            ],
            vec![("x-amz-sdk-checksum-algorithm", "CRC32")],
            vec![("x-amz-trailer", "x-amz-checksum-md4")],
        ] {
            assert_eq!(of(&bad).unwrap_err().code, "InvalidRequest", "{bad:?}");
        }
    }
}
