//! S3 over a real socket, as the AWS SDK speaks to it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod buckets;
mod multipart;
mod notifications;
mod objects;
mod policies;
mod settings;
mod versions;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use sandbox::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BUCKET: &str = "scan-cv-input";

/// A sandbox with one empty bucket.
struct Server {
    sandbox: Sandbox,
    address: String,
}

impl Server {
    async fn start() -> Self {
        let sandbox = Sandbox::start("eu-west-1", 0).await.unwrap();
        let address = sandbox
            .endpoint()
            .strip_prefix("http://")
            .unwrap()
            .to_owned();
        let server = Self { sandbox, address };
        create_bucket(&server.client(), BUCKET).await;
        server
    }

    fn client(&self) -> Client {
        self.client_with(Credentials::new("test", "test", None, None, "test"))
    }

    fn client_with(&self, credentials: Credentials) -> Client {
        client_at(&self.address, credentials)
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

fn client_at(address: &str, credentials: Credentials) -> Client {
    Client::from_conf(config(address, credentials).force_path_style(true).build())
}

fn config(address: &str, credentials: Credentials) -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("eu-west-1"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(credentials)
}

async fn create_bucket(client: &Client, name: &str) {
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuWest1)
        .build();
    let request = client.create_bucket().bucket(name);
    request
        .create_bucket_configuration(place)
        .send()
        .await
        .unwrap();
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
