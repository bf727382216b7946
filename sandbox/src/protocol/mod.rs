//! The wire protocols of AWS services, apart from what the services do.

pub mod json;
pub mod query;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};

/// Sets a header; a value that HTTP cannot carry is left out.
pub fn set(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}
