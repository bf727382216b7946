//! Templates in buckets, by their addresses on AWS.

use percent_encoding::percent_decode_str;

use super::template::LARGEST_OBJECT;
use crate::account::Account;
use crate::error::ServiceError;

/// The text of the template at an address of S3, which means the local bucket.
///
/// # Errors
///
/// `ValidationError`, as CreateStack answers.
pub fn fetch(account: &Account, url: &str) -> Result<String, ServiceError> {
    let (bucket, key) = place(url, &account.endpoint)
        .ok_or_else(|| invalid("TemplateURL must be a supported URL.".to_owned()))?;
    let problem = |text: &str| {
        invalid(format!(
            "S3 error: {text}\nFor more information check \
             http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
        ))
    };
    if !account.s3.bucket_names().contains(&bucket) {
        return Err(problem("The specified bucket does not exist"));
    }
    let content = account.s3.content(&bucket, &key);
    let content = content.ok_or_else(|| problem("The specified key does not exist."))?;
    if content.length() > LARGEST_OBJECT as u64 {
        return Err(invalid(format!(
            "Template may not exceed {LARGEST_OBJECT} bytes in size."
        )));
    }
    String::from_utf8(content.to_vec())
        .map_err(|_| invalid("Template format error: unsupported structure.".to_owned()))
}

/// Bucket and key of an address: the bucket in the path or in front of the host's name.
fn place(url: &str, endpoint: &str) -> Option<(String, String)> {
    let (host, path) = match url.strip_prefix(endpoint) {
        Some(path) => ("s3.amazonaws.com", path.strip_prefix('/')?),
        None => url.strip_prefix("https://")?.split_once('/')?,
    };
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let service = host.strip_suffix(".amazonaws.com")?;
    // s3, s3.eu-west-1, s3-eu-west-1, and each with BUCKET. in front.
    let is_s3 = |text: &str| {
        text == "s3"
            || text
                .strip_prefix("s3.")
                .or_else(|| text.strip_prefix("s3-"))
                .is_some_and(|region| !region.is_empty() && !region.contains('.'))
    };
    let (bucket, key) = if is_s3(service) {
        path.split_once('/')?
    } else {
        let mut dots = service.match_indices('.').map(|(at, _)| at);
        let at = dots.find(|at| is_s3(&service[at + 1..]))?;
        (&service[..at], path.as_ref())
    };
    (!bucket.is_empty() && !key.is_empty()).then(|| (bucket.to_owned(), key.to_owned()))
}

fn invalid(message: String) -> ServiceError {
    ServiceError::bad_request("ValidationError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let here = "http://127.0.0.1:4566";
        for url in [
            "https://s3.amazonaws.com/my.b/a%20b/t.json",
            "https://s3.eu-west-1.amazonaws.com/my.b/a%20b/t.json",
            "https://s3-eu-west-1.amazonaws.com/my.b/a%20b/t.json",
            "https://my.b.s3.amazonaws.com/a%20b/t.json",
            "https://my.b.s3.eu-west-1.amazonaws.com/a%20b/t.json",
            "http://127.0.0.1:4566/my.b/a%20b/t.json",
        ] {
            let expected = Some(("my.b".to_owned(), "a b/t.json".to_owned()));
            assert_eq!(place(url, here), expected, "{url}");
        }
        for url in [
            "",
            "https://example.com/b/k",
            "https://s3.amazonaws.com.example.com/b/k",
            "http://s3.amazonaws.com/b/k",
            "https://s3.amazonaws.com/b",
            "https://s3.amazonaws.com//k",
            "file:///etc/passwd",
        ] {
            assert_eq!(place(url, here), None, "{url}");
        }
    }
}
