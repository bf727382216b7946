//@ file task 2 start
//! What S3's CopyObject copies.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a URL's path (RFC 3986, unreserved characters and `/`).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The object as CopyObject wants it: bucket and key with a slash between them,
/// URL-encoded
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>).
pub fn copy_source(bucket: &str, key: &str) -> String {
    format!("{bucket}/{}", utf8_percent_encode(key, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_and_slashes_are_not() {
        assert_eq!(
            copy_source("input", "in/Zoë + 1%.txt"),
            "input/in/Zo%C3%AB%20%2B%201%25.txt"
        );
    }
}
