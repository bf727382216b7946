//! Digests, for `States.Hash` and `$hash`.

use std::fmt::Write as _;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The digest of `data` in hexadecimal digits; nothing for an algorithm that
/// Step Functions does not know.
pub(crate) fn hex(algorithm: &str, data: &[u8]) -> Option<String> {
    Some(match algorithm {
        "MD5" => digits(&Md5::digest(data)),
        "SHA-1" => digits(&Sha1::digest(data)),
        "SHA-256" => digits(&Sha256::digest(data)),
        "SHA-384" => digits(&Sha384::digest(data)),
        "SHA-512" => digits(&Sha512::digest(data)),
        _ => return None,
    })
}

fn digits(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
