//! `receive-order`: runs whenever an order arrives, and starts the workflow for it.

use aws_lambda_events::event::s3::S3Event;
use aws_sdk_sfn::Client;
use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use percent_encoding::percent_decode_str;
//@ task 1 solution
use serde_json::json;
use uuid::Uuid;
//@ end

/// Starts one execution for each order of the event.
pub async fn handle(sfn: &Client, machine: &str, event: S3Event) -> Result<(), Error> {
    for record in event.records {
        let encoded = record.s3.object.key.unwrap_or_default().replace('+', " ");
        let key = percent_decode_str(&encoded).decode_utf8()?;
        info!(%key, "Order received");
        //@ task 1 start
        //~ // TODO: Start the workflow here
        //~ let _ = (sfn, machine);
        //@ task 1 solution
        info!("Starting the workflow");
        let name = Uuid::new_v4().to_string();
        sfn.start_execution()
            .state_machine_arn(machine)
            .name(&name)
            .input(json!({ "key": key }).to_string())
            .send()
            .await?;
        info!(name, "Started the workflow");
        //@ end
    }
    Ok(())
}
