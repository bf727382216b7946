//! `scan-file`: runs whenever an object is created in the input bucket,
//! and starts the workflow for it.

mod execution_name;
mod object_key;
#[cfg(test)]
mod tests;

pub use execution_name::execution_name;
pub use object_key::{InvalidKey, decode_key, extension};

use aws_config::SdkConfig;
use aws_lambda_events::event::s3::S3Event;
use lambda_runtime::Error;
use lambda_runtime::tracing::{info, warn};
use serde_json::json;

use crate::BUILD_ID;
use crate::settings::Settings;

/// Extensions of the formats that the workflow cannot read.
const REFUSED: [&str; 2] = ["doc", "docx"];

/// Starts one execution of the workflow for each new object of `event`.
///
/// Word documents are refused: the scan-failed topic hears of them, and nothing is started.
///
/// # Errors
///
/// When a key is not valid, or AWS refuses a call. Lambda then tries the event again.
pub async fn handle(aws: &SdkConfig, settings: &Settings, event: S3Event) -> Result<(), Error> {
    let sns = aws_sdk_sns::Client::new(aws);
    //@ task 1 start
    //~ // TODO: Create a Step Functions client here
    //@ task 1 solution
    let sfn = aws_sdk_sfn::Client::new(aws);
    //@ end

    for record in event.records {
        let key = decode_key(&record.s3.object.key.unwrap_or_default())?;
        info!(key, build = BUILD_ID, "Object created");

        let extension = extension(&key);
        if REFUSED.contains(&extension.as_str()) {
            warn!(key, "Refused: .{extension} files cannot be scanned");
            sns.publish()
                .topic_arn(&settings.scan_failed_topic_arn)
                .message(json!({ "key": key }).to_string())
                .send()
                .await?;
            continue;
        }

        //@ task 1 start
        //~ // TODO: Start the workflow here
        //@ task 1 solution
        info!("Starting SF execution");
        let name = execution_name(&key);
        let execution = sfn
            .start_execution()
            .state_machine_arn(&settings.state_machine_arn)
            .name(&name)
            .input(json!({ "key": key, "extension": extension }).to_string())
            .send()
            .await?;
        info!(name, arn = execution.execution_arn, "Started SF execution");
        //@ end
    }
    Ok(())
}
