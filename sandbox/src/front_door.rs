//! Who may knock: uploaded code runs behind this port, so web pages may not reach it.
//!
//! A browser can send requests to loopback on behalf of any page (cross-site
//! requests, DNS rebinding). Three headers tell such requests apart from those
//! of an SDK, and all three are looked at before anything is routed.

use std::net::IpAddr;

use http::{HeaderMap, Uri, header};

/// Says why a request may not come in, or nothing when it may.
pub fn refusal(headers: &HeaderMap, uri: &Uri, scope_is_s3: bool) -> Option<&'static str> {
    let host = headers
        .get(header::HOST)
        .map(|host| host.to_str().unwrap_or_default());
    if !host.is_some_and(is_loopback) {
        return Some("The Host header must name loopback, such as 127.0.0.1 or localhost.");
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        let host = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        if !host.is_some_and(is_loopback) {
            return Some("Requests from web pages of other origins are refused.");
        }
    }
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return Some("Cross-site requests are refused.");
    }
    let query = uri.query().unwrap_or_default();
    if !scope_is_s3
        && query
            .split('&')
            .any(|pair| pair.starts_with("X-Amz-Signature="))
    {
        return Some("Signatures in the query string are accepted for S3 only.");
    }
    None
}

/// Whether `HOST[:PORT]` names this machine's loopback.
fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<http::uri::Authority>() else {
        return false;
    };
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host().to_ascii_lowercase();
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(&host);
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(headers: &[(&'static str, &str)], uri: &str, s3: bool) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        refusal(&map, &uri.parse().unwrap(), s3).is_none()
    }

    #[test]
    fn hosts() {
        for host in [
            "127.0.0.1:4566",
            "localhost",
            "LOCALHOST:80",
            "[::1]:9",
            "b.s3.localhost:4566",
        ] {
            assert!(ask(&[("host", host)], "/", false), "{host}");
        }
        for host in [
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com",
            "10.0.0.1",
            "notlocalhost",
            "localhost@example.com",
            "",
        ] {
            assert!(!ask(&[("host", host)], "/", false), "{host}");
        }
        assert!(!ask(&[], "/", false));
    }

    #[test]
    fn browsers() {
        let local = ("host", "localhost:4566");
        assert!(ask(
            &[local, ("origin", "http://localhost:3000")],
            "/",
            false
        ));
        assert!(!ask(
            &[local, ("origin", "https://example.com")],
            "/",
            false
        ));
        assert!(!ask(&[local, ("origin", "null")], "/", false));
        assert!(ask(&[local, ("sec-fetch-site", "same-origin")], "/", false));
        assert!(!ask(&[local, ("sec-fetch-site", "cross-site")], "/", false));
        assert!(!ask(&[local, ("sec-fetch-site", "same-site")], "/", false));
    }

    #[test]
    fn query_signatures() {
        let local = [("host", "localhost:4566")];
        assert!(ask(&local, "/b/k?X-Amz-Signature=00", true));
        assert!(!ask(
            &local,
            "/?Action=GetCallerIdentity&X-Amz-Signature=00",
            false
        ));
    }
}
