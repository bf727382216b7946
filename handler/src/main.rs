//! The one binary behind all functions: `_HANDLER`, which Lambda sets from the
//! `handler` property in `function.yml`, says which of them to run.

use std::env;
use std::process::ExitCode;

use aws_lambda_events::event::s3::S3Event;
use handler::settings::Settings;
use handler::{aws, diagnostic, scan_file};
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
        //@ task 2 start
        "copy-file" => {
            let from = handler::settings::variable(name, "INPUT_BUCKET")?;
            let to = handler::settings::variable(name, "EXTRACTED_BUCKET")?;
            let aws = aws::config().await;
            run(service_fn(async |event: LambdaEvent<_>| {
                handler::copy_file::handle(&aws, &from, &to, event.payload)
                    .await
                    .map_err(diagnostic)
            }))
            .await
        }
        "extract-text" => {
            let bucket = handler::settings::variable(name, "EXTRACTED_BUCKET")?;
            let aws = aws::config().await;
            run(service_fn(async |event: LambdaEvent<_>| {
                handler::extract_text::handle(&aws, &bucket, event.payload)
                    .await
                    .map_err(diagnostic)
            }))
            .await
        }
        //@ end
        //@ task 3a start
        "check-it-experience" => {
            let bucket = handler::settings::variable(name, "EXTRACTED_BUCKET")?;
            let aws = aws::config().await;
            run(service_fn(async |event: LambdaEvent<_>| {
                handler::check_it_experience::handle(&aws, &bucket, event.payload)
                    .await
                    .map_err(diagnostic)
            }))
            .await
        }
        "check-cloud-experience" => {
            let bucket = handler::settings::variable(name, "EXTRACTED_BUCKET")?;
            let aws = aws::config().await;
            run(service_fn(async |event: LambdaEvent<_>| {
                handler::check_cloud_experience::handle(&aws, &bucket, event.payload)
                    .await
                    .map_err(diagnostic)
            }))
            .await
        }
        //@ end
        //@ task 3b start
        //~ // TODO: Serve check-node-experience and check-exclude-list here
        //@ task 3b solution
        "check-node-experience" => {
            let bucket = handler::settings::variable(name, "EXTRACTED_BUCKET")?;
            let aws = aws::config().await;
            run(service_fn(async |event: LambdaEvent<_>| {
                handler::check_node_experience::handle(&aws, &bucket, event.payload)
                    .await
                    .map_err(diagnostic)
            }))
            .await
        }
        "check-exclude-list" => {
            let bucket = handler::settings::variable(name, "EXTRACTED_BUCKET")?;
            let aws = aws::config().await;
            run(service_fn(async |event: LambdaEvent<_>| {
                handler::check_exclude_list::handle(&aws, &bucket, event.payload)
                    .await
                    .map_err(diagnostic)
            }))
            .await
        }
        //@ end
        //@ task 4 start
        "calculate-score" => {
            let bucket = handler::settings::variable(name, "INPUT_BUCKET")?;
            run(service_fn(async |event: LambdaEvent<Vec<_>>| {
                handler::calculate_score::handle(&bucket, &event.payload).map_err(diagnostic)
            }))
            .await
        }
        //@ end
        _ => Err(format!(
            "_HANDLER is \"{name}\", but serve in handler/src/main.rs has no such function: \
             correct the handler property in its function.yml, or add the function there"
        )
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_function_is_an_error_that_says_where_to_look() {
        for name in ["", "scan_file"] {
            let error = serve(name).await.unwrap_err().to_string();
            assert!(
                error.contains(&format!("_HANDLER is \"{name}\"")),
                "{error}"
            );
            assert!(error.contains("handler/src/main.rs"), "{error}");
            assert!(error.contains("function.yml"), "{error}");
        }
    }
}
