//! What an object's key says.

use percent_encoding::percent_decode_str;

/// An object key in an event that does not decode to text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the object key {encoded:?} in the event is not URL-encoded UTF-8")]
pub struct InvalidKey {
    encoded: String,
}

/// The key of an object as it was uploaded.
///
/// S3 sends keys URL-encoded in its events, with `+` for a space
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
///
/// # Errors
///
/// When the decoded bytes are not UTF-8, which S3 never sends.
pub fn decode_key(encoded: &str) -> Result<String, InvalidKey> {
    let spaced = encoded.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(key) => Ok(key.into_owned()),
        Err(_) => Err(InvalidKey {
            encoded: encoded.to_owned(),
        }),
    }
}

/// The extension of the file that `key` names: lower case, without the dot, empty if it has none.
pub fn extension(key: &str) -> String {
    match file_name(key).rsplit_once('.') {
        Some((_, extension)) => extension.to_lowercase(),
        None => String::new(),
    }
}

/// The part of `key` behind the last `/`.
pub(super) fn file_name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_decode_as_s3_encodes_them() {
        for (encoded, key) in [
            ("", ""),
            ("cv.txt", "cv.txt"),
            ("in/Zo%C3%AB+Nowak+-+CV.txt", "in/Zoë Nowak - CV.txt"),
            ("1%2B1.pdf", "1+1.pdf"),
            ("100%25.pdf", "100%.pdf"),
            ("%F0%9F%98%80.txt", "😀.txt"),
        ] {
            assert_eq!(decode_key(encoded).as_deref(), Ok(key));
        }
        assert_eq!(
            decode_key("%ff.txt").unwrap_err().to_string(),
            "the object key \"%ff.txt\" in the event is not URL-encoded UTF-8"
        );
    }

    #[test]
    fn extensions_are_lower_case_and_without_dot() {
        for (key, expected) in [
            ("cv.txt", "txt"),
            ("CV.DocX", "docx"),
            ("a.b/cv", ""),
            ("a/cv.tar.gz", "gz"),
            ("cv.", ""),
            ("", ""),
        ] {
            assert_eq!(extension(key), expected, "{key}");
        }
    }

    proptest! {
        #[test]
        fn every_key_survives_the_way_through_an_event(key in any::<String>()) {
            let encoded = utf8_percent_encode(&key, NON_ALPHANUMERIC).to_string().replace("%20", "+");
            prop_assert_eq!(decode_key(&encoded), Ok(key));
        }
    }
}
