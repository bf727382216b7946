//! The AWS query protocol: a form asks, XML answers.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use percent_encoding::percent_decode_str;

use crate::error::ServiceError;

/// The fields of a form, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// Reads a body of type `application/x-www-form-urlencoded`. Every body can be
/// read: what is no UTF-8 becomes U+FFFD, and of what repeats the first holds.
pub fn read(body: &[u8]) -> Params {
    let body = String::from_utf8_lossy(body);
    let fields = body.split('&').filter(|field| !field.is_empty());
    Params(
        fields
            .map(|field| {
                let (name, value) = field.split_once('=').unwrap_or((field, ""));
                (decode(name), decode(value))
            })
            .collect(),
    )
}

/// Whether a request speaks this protocol.
pub fn has_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(|it| it.as_bytes());
    kind.is_some_and(|it| it.starts_with(b"application/x-www-form-urlencoded"))
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

impl Params {
    /// What is asked for, such as `GetCallerIdentity`; empty when nothing is.
    pub fn action(&self) -> &str {
        self.get("Action").unwrap_or_default()
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The members of a list: `name.member.1`, `name.member.2`, ...
    pub fn list(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|at| self.get(&format!("{name}.member.{at}")))
            .collect()
    }

    /// The pairs of a list of structures with two fields, such as tags.
    pub fn pairs(&self, name: &str, first: &str, second: &str) -> Vec<(&str, &str)> {
        (1..)
            .map_while(|at| {
                let key = self.get(&format!("{name}.member.{at}.{first}"))?;
                let value = self.get(&format!("{name}.member.{at}.{second}"));
                Some((key, value.unwrap_or_default()))
            })
            .collect()
    }

    /// The error for an action that the service does not have.
    pub fn invalid_action(&self) -> ServiceError {
        let version = self.get("Version").unwrap_or("unspecified");
        ServiceError::bad_request(
            "InvalidAction",
            format!(
                "Could not find operation {} for version {version}",
                self.action()
            ),
        )
    }
}

/// Writes an answer: the XML inside `<ActionResult>`, or an `<ErrorResponse>`.
pub fn write(
    result: Result<String, ServiceError>,
    action: &str,
    namespace: &str,
    request_id: &str,
) -> Response<Bytes> {
    let (status, body) = match result {
        Ok(inner) => {
            let result = match inner.as_str() {
                "" => String::new(),
                inner => format!("<{action}Result>{inner}</{action}Result>"),
            };
            let body = format!(
                "<{action}Response xmlns=\"{namespace}\">{result}<ResponseMetadata>\
                 <RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
            );
            (200, body)
        }
        Err(error) => {
            let fault = if error.status < 500 {
                "Sender"
            } else {
                "Receiver"
            };
            let (code, message) = (escape(&error.code), escape(&error.message));
            let body = format!(
                "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type>\
                 <Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>{request_id}</RequestId></ErrorResponse>"
            );
            (error.status, body)
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    super::set(&mut response, "content-type", "text/xml");
    super::set(&mut response, "x-amzn-requestid", request_id);
    response
}

/// Writes text so that XML reads it back. What XML 1.0 cannot carry at all
/// (most control characters) becomes U+FFFD.
pub fn escape(text: &str) -> Cow<'_, str> {
    let special =
        |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'' | '\u{FFFE}' | '\u{FFFF}') || c < ' ';
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // A reader turns a bare carriage return into a line feed.
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' => escaped.push(c),
            c if special(c) => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(response: &Response<Bytes>) -> &str {
        std::str::from_utf8(response.body()).unwrap()
    }

    #[test]
    fn forms() {
        let params = read(b"Action=Publish&Message=a+b%26%2B%C3%A9&Empty=&Bare&&Message=second");
        assert_eq!(params.action(), "Publish");
        assert_eq!(params.get("Message"), Some("a b&+\u{e9}"));
        assert_eq!(params.get("Empty"), Some(""));
        assert_eq!(params.get("Bare"), Some(""));
        assert_eq!(params.get("Missing"), None);
        assert_eq!(read(b"").action(), "");
        let params = read(b"L.member.1=a&L.member.2=b&T.member.1.Key=k&T.member.1.Value=v");
        assert_eq!(params.list("L"), ["a", "b"]);
        assert_eq!(params.pairs("T", "Key", "Value"), [("k", "v")]);
        assert!(params.list("T").is_empty());
    }

    #[test]
    fn answers() {
        let response = write(Ok("<A>1</A>".to_owned()), "GetIt", "urn:x", "id");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/xml");
        assert_eq!(
            text(&response),
            "<GetItResponse xmlns=\"urn:x\"><GetItResult><A>1</A></GetItResult>\
             <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetItResponse>"
        );
        let response = write(Ok(String::new()), "Do", "urn:x", "id");
        assert!(!text(&response).contains("DoResult"));
    }

    #[test]
    fn errors() {
        let error = read(b"Action=%3CNope%3E&Version=2010-03-31").invalid_action();
        let response = write(Err(error), "<Nope>", "urn:x", "id");
        assert_eq!(response.status(), 400);
        assert_eq!(
            text(&response),
            "<ErrorResponse xmlns=\"urn:x\"><Error><Type>Sender</Type>\
             <Code>InvalidAction</Code><Message>Could not find operation &lt;Nope&gt; \
             for version 2010-03-31</Message></Error><RequestId>id</RequestId></ErrorResponse>"
        );
    }

    #[test]
    fn escapes() {
        assert_eq!(escape("plain \u{e9}"), "plain \u{e9}");
        assert_eq!(
            escape("<a b=\"c\">'&'\r\n\t\0"),
            "&lt;a b=&quot;c&quot;&gt;&apos;&amp;&apos;&#13;\n\t\u{FFFD}"
        );
    }

    proptest! {
        #[test]
        fn any_body_is_read(body: Vec<u8>) {
            read(&body);
        }

        #[test]
        fn what_was_encoded_is_read_back(value: String) {
            let encoded = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
            let body = format!("Action=A&Value={encoded}");
            let params = read(body.as_bytes());
            prop_assert_eq!(params.get("Value"), Some(value.as_str()));
        }
    }
}
