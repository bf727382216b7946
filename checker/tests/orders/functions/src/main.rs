//! The one binary behind all functions: `_HANDLER` says which of them to run.

mod receive_order;
//@ task 2 start
mod sum_order;
//@ end

use std::env;

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = config().await;
    match env::var("_HANDLER")?.as_str() {
        "receive-order" => {
            let sfn = aws_sdk_sfn::Client::new(&aws);
            let machine = env::var("STATE_MACHINE_ARN")?;
            run(service_fn(async |event: LambdaEvent<_>| {
                receive_order::handle(&sfn, &machine, event.payload).await
            }))
            .await
        }
        //@ task 2 start
        "sum-order" => {
            let s3 = aws_sdk_s3::Client::new(&aws);
            let bucket = env::var("INBOX_BUCKET")?;
            run(service_fn(async |event: LambdaEvent<_>| {
                sum_order::handle(&s3, &bucket, event.payload).await
            }))
            .await
        }
        //@ end
        name => Err(format!("there is no function {name:?} in functions/src/main.rs").into()),
    }
}

/// Region and credentials as Lambda puts them into the environment.
async fn config() -> SdkConfig {
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    aws_config::defaults(BehaviorVersion::latest())
        .region(EnvironmentVariableRegionProvider::new())
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .http_client(https.build_https())
        .load()
        .await
}
