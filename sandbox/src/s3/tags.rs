//! Tags of an object: "Categorizing your objects using tags" in the S3 User Guide.

use std::collections::BTreeMap;

use s3s::dto::Tag;

use crate::error::ServiceError;

use super::encoding::decode_form;
use super::error::invalid_argument;

/// An object's tags, by key.
pub type Tags = BTreeMap<String, String>;

/// Reads the header `x-amz-tagging`, such as `a=1&b=2`.
///
/// # Errors
///
/// `InvalidArgument` for a header of another form; otherwise as for [`checked`].
pub fn from_header(header: &str) -> Result<Tags, ServiceError> {
    let mut pairs = Vec::new();
    for pair in header.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(key), Some(value)) = (decode_form(key), decode_form(value)) else {
            return Err(invalid_argument(
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query \
                 parameters without tag name duplicates.",
            ));
        };
        pairs.push((key, value));
    }
    checked(pairs)
}

/// Reads the tags of a request's body.
///
/// # Errors
///
/// As for [`checked`].
pub fn from_set(set: Vec<Tag>) -> Result<Tags, ServiceError> {
    checked(
        set.into_iter()
            .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
            .collect(),
    )
}

/// The tags as a response's body holds them.
pub fn to_set(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag {
            key: Some(key.clone()),
            value: Some(value.clone()),
        })
        .collect()
}

/// Reads the tags of a bucket, of which there can be fifty.
///
/// # Errors
///
/// As for [`from_set`].
pub fn of_bucket(set: Vec<Tag>) -> Result<Tags, ServiceError> {
    if set.len() > 50 {
        return Err(ServiceError::bad_request(
            "BadRequest",
            "Bucket tag count cannot be greater than 50",
        ));
    }
    let pairs = set.into_iter();
    named(
        pairs
            .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
            .collect(),
    )
}

/// At most ten.
fn checked(pairs: Vec<(String, String)>) -> Result<Tags, ServiceError> {
    if pairs.len() > 10 {
        return Err(ServiceError::bad_request(
            "BadRequest",
            "Object tags cannot be greater than 10",
        ));
    }
    named(pairs)
}

/// Keys of 1 to 128 and values of up to 256 characters, no key twice.
fn named(pairs: Vec<(String, String)>) -> Result<Tags, ServiceError> {
    let mut tags = Tags::new();
    for (key, value) in pairs {
        if !(1..=128).contains(&key.chars().count()) {
            let text = "The TagKey you have provided is invalid";
            return Err(ServiceError::bad_request("InvalidTag", text));
        }
        if value.chars().count() > 256 {
            let text = "The TagValue you have provided is invalid";
            return Err(ServiceError::bad_request("InvalidTag", text));
        }
        if tags.insert(key, value).is_some() {
            let text = "Cannot provide multiple Tags with the same key";
            return Err(ServiceError::bad_request("InvalidTag", text));
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let tags = from_header("a=1&b+c=d%26e&f").unwrap();
        assert_eq!(
            tags.into_iter().collect::<Vec<_>>(),
            [("a", "1"), ("b c", "d&e"), ("f", "")].map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
        assert!(from_header("").unwrap().is_empty());
        assert_eq!(from_header("a=1&a=2").unwrap_err().code, "InvalidTag");
        assert_eq!(from_header("=1").unwrap_err().code, "InvalidTag");
        assert_eq!(from_header("a=%FF").unwrap_err().code, "InvalidArgument");
        let eleven = (0..11)
            .map(|at| format!("k{at}=v"))
            .collect::<Vec<_>>()
            .join("&");
        assert_eq!(from_header(&eleven).unwrap_err().code, "BadRequest");
    }
}
