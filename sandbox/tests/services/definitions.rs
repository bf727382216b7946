//! Express workflows, and the validation of definitions.

use aws_sdk_sfn::error::ProvideErrorMetadata;
use serde_json::{Value, json};

use crate::client::Request;
use crate::server::Server;
use crate::state_machines::{ROLE, client, create, refused};

#[tokio::test]
async fn express_executions() {
    let server = Server::with(&[]).await;
    let client = client(&server);
    let states = json!({ "P": { "Type": "Pass", "Result": [1], "End": true } });
    let definition = json!({ "StartAt": "P", "States": states }).to_string();
    let request = client
        .create_state_machine()
        .name("express")
        .definition(definition);
    let request = request.role_arn(ROLE).r#type("EXPRESS".into());
    let express = request.send().await.unwrap().state_machine_arn;
    let standard = create(&client, "standard", states).await;
    // The SDK puts "sync-" before the host, which would be no address here.
    let sync = |machine: &str| {
        let body = json!({ "stateMachineArn": machine, "name": "n", "input": "{}" });
        let target = "AWSStepFunctions.StartSyncExecution";
        Request::json("states", target, &body.to_string())
    };
    let answer = sync(&express).send(&server.address()).await.json();
    assert_eq!(
        (&answer["status"], &answer["output"]),
        (&json!("SUCCEEDED"), &json!("[1]"))
    );
    assert_eq!(answer["billingDetails"]["billedMemoryUsedInMB"], 64);
    let arn = answer["executionArn"].as_str().unwrap();
    assert!(arn.contains(":express:express:n:"), "{arn}");
    let wrong = sync(&standard).send(&server.address()).await.json();
    assert_eq!(wrong["__type"], "StateMachineTypeNotSupported");
    let not_supported = (
        "StateMachineTypeNotSupported".to_owned(),
        "This operation is not supported by this type of state machine".to_owned(),
    );
    let list = client.list_executions().state_machine_arn(&express);
    assert_eq!(refused!(list), not_supported);
    let invalid = (
        "InvalidArn".to_owned(),
        "Invalid Arn: 'Resource type not valid in this context: express'".to_owned(),
    );
    assert_eq!(
        refused!(client.describe_execution().execution_arn(arn)),
        invalid
    );
    assert_eq!(
        refused!(client.get_execution_history().execution_arn(arn)),
        invalid
    );
    // Started without waiting, the same name twice is no conflict.
    for _ in 0..2 {
        let start = client.start_execution().state_machine_arn(&express);
        start.name("again").send().await.unwrap();
    }
}

#[tokio::test]
async fn definitions_are_validated() {
    let server = Server::with(&[]).await;
    let client = client(&server);
    let validate = |definition: Value| {
        let request = client.validate_state_machine_definition();
        request.definition(definition.to_string()).send()
    };
    let good = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } });
    let answer = validate(good).await.unwrap();
    assert_eq!(
        (answer.result().as_str(), answer.diagnostics().len()),
        ("OK", 0)
    );
    let bad = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "B" } } });
    let answer = validate(bad.clone()).await.unwrap();
    assert_eq!(answer.result().as_str(), "FAIL");
    let first = &answer.diagnostics()[0];
    assert_eq!(
        (first.code(), first.message(), first.location()),
        (
            "MISSING_TRANSITION_TARGET",
            "Missing 'Next' target: B",
            Some("/States/A/Next")
        )
    );
    let create = client.create_state_machine().name("bad").role_arn(ROLE);
    let (code, message) = refused!(create.definition(bad.to_string()));
    assert_eq!(code, "InvalidDefinition");
    assert!(
        message.starts_with(
            "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: \
             B at /States/A/Next"
        ),
        "{message}"
    );
}
