//! The protocol: `s3s` between the server and the operations.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpRequest, HttpResponse};

use crate::account::Account;

use super::auth::Gate;
use super::error::text_of;
use super::event_record::RequestIds;
use super::operations::Operations;

/// S3 as a service of HTTP requests.
#[derive(Debug, Clone)]
pub struct Service(S3Service);

/// S3 for an account: each request is authenticated and authorized.
pub fn service(account: Arc<Account>) -> Service {
    let gate = Gate(account.clone());
    let mut builder = S3ServiceBuilder::new(Operations(account));
    builder.set_auth(gate.clone());
    builder.set_host(gate.clone());
    builder.set_access(gate);
    Service(builder.build())
}

impl Service {
    /// Answers a request; what goes wrong is an answer as well.
    pub async fn call(&self, mut request: HttpRequest) -> HttpResponse {
        let ids = RequestIds::new();
        request.extensions_mut().insert(ids.clone());
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let mut response = match self.0.call(request).await {
            Ok(response) => response,
            Err(_) => {
                let mut response = HttpResponse::new(Body::from(Bytes::from_static(
                    b"<Error><Code>InternalError</Code></Error>",
                )));
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        };
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED {
            *response.body_mut() = Body::empty();
        } else if status.is_client_error() || status.is_server_error() {
            let xml = response.body().bytes().unwrap_or_default();
            let xml = complete(&String::from_utf8_lossy(&xml), &method, &uri, &ids);
            *response.body_mut() = Body::from(xml);
            response.headers_mut().remove(header::CONTENT_LENGTH);
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/xml"),
            );
        }
        for (name, value) in [("x-amz-request-id", ids.request), ("x-amz-id-2", ids.host)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Writes an error in full: with AWS's text, where the protocol layer has none or
/// its own, and with the request's ids.
fn complete(xml: &str, method: &Method, uri: &Uri, ids: &RequestIds) -> String {
    let element = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0)
    };
    let code = element("Code").unwrap_or("InternalError");
    let message = match (text_of(code), element("Message")) {
        (Some(text), _) => text.to_owned(),
        (None, Some("Unknown operation")) => {
            format!(
                "The sandbox's Amazon S3 does not have the operation {}.",
                shape(method, uri)
            )
        }
        (None, message) => message.unwrap_or(code).to_owned(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{message}</Message><RequestId>{}</RequestId><HostId>{}</HostId></Error>",
        ids.request, ids.host
    )
}

/// What the S3 API Reference tells operations apart by: the method and the
/// names in the query, such as `PUT ?lifecycle`.
fn shape(method: &Method, uri: &Uri) -> String {
    let names = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| {
            let name = pair.split('=').next()?;
            let plain = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (plain && !name.is_empty() && !name.starts_with("X-Amz-")).then_some(name)
        });
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        method.to_string()
    } else {
        format!("{method} ?{}", names.join("&amp;"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors() {
        let ids = RequestIds {
            request: "R".to_owned(),
            host: "H".to_owned(),
        };
        for (xml, uri, expected) in [
            (
                "<Error><Code>NoSuchKey</Code><Message>Gone &lt;</Message></Error>",
                "/",
                "Gone &lt;",
            ),
            (
                "<Error><Code>InvalidURI</Code></Error>",
                "/",
                "Couldn't parse the specified URI.",
            ),
            (
                "<Error><Code>OperationAborted</Code></Error>",
                "/",
                "OperationAborted",
            ),
            (
                "<Error><Code>NotImplemented</Code><Message>Unknown operation</Message></Error>",
                "/b?new-thing&x=%3C&y=1",
                "The sandbox's Amazon S3 does not have the operation PUT ?new-thing&x&y.",
            ),
        ] {
            let written = complete(xml, &Method::PUT, &uri.parse().unwrap(), &ids);
            let expected = expected.replace("new-thing&x&y", "new-thing&amp;x&amp;y");
            assert!(
                written.contains(&format!("<Message>{expected}</Message>")),
                "{written}"
            );
            assert!(written.ends_with("<RequestId>R</RequestId><HostId>H</HostId></Error>"));
        }
    }
}
