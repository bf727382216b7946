//! S3 by itself, over a real socket, as the AWS SDK speaks to it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod buckets;
mod multipart;
mod objects;

use std::convert::Infallible;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sandbox::account::Account;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const BUCKET: &str = "scan-cv-input";

/// S3 at a port of its own, until it is dropped.
struct Server {
    account: Arc<Account>,
    address: String,
    accepting: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Server {
    /// With one empty bucket.
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let account = Arc::new(Account::new("eu-west-1", &format!("http://{address}")));
        account.s3.create_bucket(BUCKET).unwrap();
        let s3 = sandbox::s3::service(account.clone());
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let s3 = s3.clone();
                let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                    let s3 = s3.clone();
                    async move { Ok::<_, Infallible>(s3.call(request.map(s3s::Body::from)).await) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self {
            account,
            address,
            accepting,
        }
    }

    fn client(&self) -> Client {
        self.client_with(Credentials::new("test", "test", None, None, "test"))
    }

    fn client_with(&self, credentials: Credentials) -> Client {
        Client::from_conf(
            self.config(&self.address, credentials)
                .force_path_style(true)
                .build(),
        )
    }

    fn config(&self, address: &str, credentials: Credentials) -> aws_sdk_s3::config::Builder {
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new("eu-west-1"))
            .endpoint_url(format!("http://{address}"))
            .credentials_provider(credentials)
    }

    /// A client that acts as a role with these statements.
    fn client_as_role(&self, statements: serde_json::Value) -> Client {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "lambda.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }] });
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let iam = &self.account.iam;
        iam.create_role("reader", &trust, &[("policy".to_owned(), policy)])
            .unwrap();
        let arn = sandbox::arn::role_arn("reader");
        let keys = iam
            .assume(&arn, "lambda.amazonaws.com", "scan-file")
            .unwrap();
        self.client_with(Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            Some(keys.session_token),
            None,
            "test",
        ))
    }

    /// Sends a request as it is; says the answer, head and body.
    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The code of an error of the service.
macro_rules! code {
    ($result:expr) => {
        $result
            .unwrap_err()
            .into_service_error()
            .meta()
            .code()
            .unwrap_or("none")
            .to_owned()
    };
}
pub(crate) use code;

async fn put(client: &Client, key: &str, body: &'static str) -> String {
    let request = client.put_object().bucket(BUCKET).key(key);
    let answer = request
        .body(ByteStream::from_static(body.as_bytes()))
        .send()
        .await
        .unwrap();
    answer.e_tag.unwrap()
}

async fn get(client: &Client, key: &str) -> Vec<u8> {
    let answer = client
        .get_object()
        .bucket(BUCKET)
        .key(key)
        .send()
        .await
        .unwrap();
    answer.body.collect().await.unwrap().to_vec()
}
