//! The one binary behind all functions: `_HANDLER`, which Lambda sets from the
//! `handler` property in `function.yml`, says which of them to run.

use std::env;
use std::process::ExitCode;

use aws_lambda_events::event::s3::S3Event;
use handler::settings::Settings;
use handler::{aws, diagnostic, example, scan_file};
use lambda_runtime::tracing::{self, error};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> ExitCode {
    tracing::init_default_subscriber();
    match serve(&env::var("_HANDLER").unwrap_or_default()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves invocations of the function `name` until Lambda ends the process.
async fn serve(name: &str) -> Result<(), Error> {
    match name {
        "example" => {
            run(service_fn(async |event: LambdaEvent<_>| {
                example::handle(event.payload).map_err(diagnostic)
            }))
            .await
        }
        "scan-file" => {
            let settings = Settings::from_env()?;
            let aws = aws::config().await;
            run(service_fn(async |event: LambdaEvent<S3Event>| {
                scan_file::handle(&aws, &settings, event.payload)
                    .await
                    .map_err(diagnostic)
            }))
            .await
        }
        _ => Err(format!(
            "_HANDLER is \"{name}\", but the functions are \"example\" and \"scan-file\": \
             correct the handler property in function.yml"
        )
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_function_is_an_error_that_names_the_known_ones() {
        for name in ["", "scan_file"] {
            let error = serve(name).await.unwrap_err().to_string();
            assert!(
                error.contains(&format!("_HANDLER is \"{name}\"")),
                "{error}"
            );
            assert!(error.contains("\"example\" and \"scan-file\""), "{error}");
            assert!(error.contains("function.yml"), "{error}");
        }
    }
}
