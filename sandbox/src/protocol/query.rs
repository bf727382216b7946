//! The AWS query protocol: parameters in a form, XML in the answer.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use percent_encoding::percent_decode_str;

use crate::error::ServiceError;

/// The most parameters of one request; what is beyond them is not read.
const MOST_PARAMETERS: usize = 1_000;

/// The parameters of a request.
#[derive(Debug, Default)]
pub struct Params(HashMap<String, String>);

/// Reads the form in a request's body. A name that comes twice keeps its first value.
pub fn read(body: &[u8]) -> Params {
    let text = String::from_utf8_lossy(body);
    let mut params = HashMap::new();
    for pair in text.split('&').take(MOST_PARAMETERS) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        params.entry(decode(name)).or_insert_with(|| decode(value));
    }
    Params(params)
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

impl Params {
    /// The operation's name; empty where there is none.
    pub fn action(&self) -> &str {
        self.get("Action").unwrap_or_default()
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The prefixes of a list's members, in order: `Entries.member.1` and so on.
    pub fn members(&self, name: &str) -> Vec<String> {
        let prefix = |index: usize| format!("{name}.member.{index}");
        let exists = |prefix: &String| {
            let inner = format!("{prefix}.");
            self.0
                .keys()
                .any(|it| it == prefix || it.starts_with(&inner))
        };
        (1..=MOST_PARAMETERS)
            .map(prefix)
            .take_while(exists)
            .collect()
    }
}

/// What a service answers to an operation that it does not have.
pub fn invalid_action(action: &str) -> ServiceError {
    ServiceError::bad_request(
        "InvalidAction",
        format!("The action {action} is not valid for this web service."),
    )
}

/// Writes an answer. `result` is the XML within `<ActionResult>`; operations
/// without a result give none.
pub fn write(
    result: Result<String, ServiceError>,
    action: &str,
    namespace: &str,
    request_id: &str,
) -> Response<Bytes> {
    let (status, body) = match result {
        Ok(inner) => {
            let result = if inner.is_empty() {
                String::new()
            } else {
                format!("<{action}Result>{inner}</{action}Result>")
            };
            let body = format!(
                "<{action}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>\
                 {request_id}</RequestId></ResponseMetadata></{action}Response>"
            );
            (200, body)
        }
        Err(error) => {
            let blame = if error.status < 500 {
                "Sender"
            } else {
                "Receiver"
            };
            let body = format!(
                "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{blame}</Type><Code>{}</Code>\
                 <Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                escape(&error.code),
                escape(&error.message)
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

/// Text as it may stand in XML; what XML 1.0 cannot hold becomes U+FFFD.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() && c.is_ascii() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms() {
        let params = read(
            b"Action=Publish&Message=a+b%26c%3D%C3%A9&Empty=&Bare\
              &E.member.1.Id=x&E.member.2.Id=y&E.member.4.Id=z&Action=Other",
        );
        assert_eq!(params.action(), "Publish");
        assert_eq!(params.get("Message"), Some("a b&c=\u{e9}"));
        assert_eq!(params.get("Empty"), Some(""));
        assert_eq!(params.get("Bare"), Some(""));
        assert_eq!(params.get("Missing"), None);
        assert_eq!(params.members("E"), ["E.member.1", "E.member.2"]);
        assert_eq!(read(b"").action(), "");
    }

    #[test]
    fn answers() {
        let text = |result| {
            let response = write(result, "Publish", "urn:n", "id");
            let body = String::from_utf8(response.body().to_vec()).unwrap();
            (response.status().as_u16(), body)
        };
        assert_eq!(
            text(Ok("<A/>".into())),
            (
                200,
                "<PublishResponse xmlns=\"urn:n\"><PublishResult><A/></PublishResult>\
                 <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></PublishResponse>"
                    .into()
            )
        );
        assert!(!text(Ok(String::new())).1.contains("Result"));
        assert_eq!(
            text(Err(invalid_action("<X>"))),
            (
                400,
                "<ErrorResponse xmlns=\"urn:n\"><Error><Type>Sender</Type>\
                 <Code>InvalidAction</Code><Message>The action &lt;X&gt; is not valid for this \
                 web service.</Message></Error><RequestId>id</RequestId></ErrorResponse>"
                    .into()
            )
        );
    }

    proptest! {
        #[test]
        fn any_body_is_read(body: Vec<u8>) {
            let _ = read(&body).action();
        }

        #[test]
        fn escaped_text_holds_no_markup(text: String) {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\0', '\u{1b}']));
        }
    }
}
