//! Signed requests to services that have no client of their own here.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer: its status, its head and its body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find_map(|(given, value)| given.eq_ignore_ascii_case(name).then_some(value))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One request, signed by `test` unless it is told otherwise.
#[derive(Debug, Clone)]
pub struct Request {
    method: &'static str,
    path: String,
    service: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    key: (&'static str, &'static str),
    time: SystemTime,
}

impl Request {
    pub fn new(
        service: &'static str,
        method: &'static str,
        path: &str,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            method,
            path: path.to_owned(),
            service,
            headers: Vec::new(),
            body: body.into(),
            key: ("test", "test"),
            time: SystemTime::now(),
        }
    }

    /// An operation of a JSON service.
    pub fn json(service: &'static str, target: &str, body: &str) -> Self {
        Self::new(service, "POST", "/", body)
            .with("content-type", "application/x-amz-json-1.0")
            .with("x-amz-target", target)
    }

    /// An operation of a query service.
    pub fn query(service: &'static str, body: &str) -> Self {
        Self::new(service, "POST", "/", body)
            .with("content-type", "application/x-www-form-urlencoded")
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn signed_by(mut self, id: &'static str, secret: &'static str) -> Self {
        self.key = (id, secret);
        self
    }

    pub fn signed_at(mut self, time: SystemTime) -> Self {
        self.time = time;
        self
    }

    /// Signs and sends it.
    pub async fn send(mut self, address: &str) -> Answer {
        let identity = Credentials::new(self.key.0, self.key.1, None, None, "test").into();
        let mut settings = SigningSettings::default();
        if self.service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(self.service)
            .time(self.time)
            .settings(settings)
            .build()
            .unwrap();
        let url = format!("http://{address}{}", self.path);
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let signable =
            SignableRequest::new(self.method, &url, headers, SignableBody::Bytes(&self.body))
                .unwrap();
        let (instructions, _) = sign(signable, &parameters.into()).unwrap().into_parts();
        for (name, value) in instructions.headers() {
            // The names are a handful of constants.
            self.headers
                .push((name.to_owned().leak(), value.to_owned()));
        }
        self.send_unsigned(address).await
    }

    /// Sends it without a signature.
    pub async fn send_unsigned(self, address: &str) -> Answer {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.headers.iter().any(|(name, _)| *name == "host") {
            head += &format!("host: {address}\r\n");
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!(
            "content-length: {}\r\nconnection: close\r\n\r\n",
            self.body.len()
        );
        raw(address, &[head.as_bytes(), &self.body].concat()).await
    }
}

/// Sends bytes as they are, and reads the answer.
pub async fn raw(address: &str, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let end = answer
        .windows(4)
        .position(|it| it == b"\r\n\r\n")
        .unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|it| it.parse().ok())
        .unwrap_or_default();
    Answer {
        status,
        head,
        body: answer.get(end + 4..).unwrap_or_default().to_vec(),
    }
}

/// Lambda's Invoke.
pub fn invoke(function: &str, payload: &str) -> Request {
    let path = format!("/2015-03-31/functions/{function}/invocations");
    Request::new("lambda", "POST", &path, payload)
}

/// The log that an invocation with `x-amz-log-type: Tail` shows.
pub fn tail(answer: &Answer) -> String {
    let encoded = answer.header("x-amz-log-result").unwrap();
    String::from_utf8(BASE64_STANDARD.decode(encoded).unwrap()).unwrap()
}
