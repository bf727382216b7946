//! How S3 writes keys where not every character may stand.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stays as it is, besides letters and digits.
const KEY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/');

/// A key in an event record, or in a listing with `encoding-type=url`: as in an
/// HTML form (a space becomes `+`), but with slashes left alone.
pub fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, KEY)
        .to_string()
        .replace("%20", "+")
}

/// The opposite of a form's encoding; nothing where it is no UTF-8.
pub fn decode_form(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for (key, encoded) in [
            ("cv.txt", "cv.txt"),
            ("in/a b.pdf", "in/a+b.pdf"),
            ("a+b=c&d", "a%2Bb%3Dc%26d"),
            ("Zoë Nowak - CV (1).txt", "Zo%C3%AB+Nowak+-+CV+%281%29.txt"),
            ("100%", "100%25"),
            ("a_b-c*~", "a_b-c*%7E"),
            ("日本", "%E6%97%A5%E6%9C%AC"),
        ] {
            assert_eq!(encode_key(key), encoded);
            assert_eq!(decode_form(encoded).as_deref(), Some(key));
        }
        assert_eq!(decode_form("%FF"), None);
    }
}
