//! What executions ask of other services.

use aws_sdk_sfn::types::ExecutionStatus;
use sandbox::activity::What;
use serde_json::{Value, json};

use crate::client::Request;
use crate::server::Server;
use crate::state_machines::{client, create, ended};
use crate::tasks::{TOPIC, run, task, with_topic};

#[tokio::test]
async fn executions_start_executions() {
    let server = Server::with(&[]).await;
    let client = client(&server);
    let child = json!({ "C": {
        "Type": "Pass", "Parameters": { "got.$": "$.n" }, "End": true,
    } });
    let child = create(&client, "child", child).await;
    let parameters = json!({ "StateMachineArn": child, "Input": { "n": 1 } });
    let resource = "arn:aws:states:::states:startExecution";
    let started = run(
        &client,
        "start",
        task(resource, parameters.clone()),
        json!({}),
    )
    .await;
    let arn = started["ExecutionArn"].as_str().unwrap();
    assert!(arn.contains(":execution:child:"), "{started}");
    assert_eq!(started["SdkHttpMetadata"]["HttpStatusCode"], 200);
    for (suffix, input, output) in [
        (".sync", json!("{\"n\":1}"), json!("{\"got\":1}")),
        (".sync:2", json!({ "n": 1 }), json!({ "got": 1 })),
    ] {
        let resource = format!("{resource}{suffix}");
        let name = format!("sync{}", suffix.len());
        let ended = run(
            &client,
            &name,
            task(&resource, parameters.clone()),
            json!({}),
        )
        .await;
        assert_eq!(
            (&ended["Status"], &ended["Input"], &ended["Output"]),
            (&json!("SUCCEEDED"), &input, &output)
        );
    }
    let failing = json!({ "F": { "Type": "Fail", "Error": "Own", "Cause": "because" } });
    let failing = create(&client, "failing", failing).await;
    let parameters = json!({ "StateMachineArn": failing });
    let resource = format!("{resource}.sync:2");
    let failed = run(&client, "failed", task(&resource, parameters), json!({})).await;
    assert_eq!(failed["error"], "States.TaskFailed");
    let cause: Value = serde_json::from_str(failed["cause"].as_str().unwrap()).unwrap();
    assert_eq!(
        (
            &cause["Error"],
            &cause["Cause"],
            &cause["Status"],
            &cause["Input"]
        ),
        (
            &json!("Own"),
            &json!("because"),
            &json!("FAILED"),
            &json!("{}")
        )
    );
    let parameters = json!({ "StateMachineArn": format!("{failing}2") });
    let refused = run(&client, "refused", task(&resource, parameters), json!({})).await;
    assert_eq!(
        refused["error"],
        "StepFunctions.StateMachineDoesNotExistException"
    );
    let cause = refused["cause"].as_str().unwrap();
    let begin = format!(
        "State Machine Does Not Exist: '{failing}2' (Service: AWSStepFunctions; Status Code: 400; \
         Error Code: StateMachineDoesNotExist; Request ID: "
    );
    assert!(
        cause.starts_with(&begin) && cause.ends_with("; Proxy: null)"),
        "{cause}"
    );
}

/// A task that waits for an execution takes it along when it is stopped.
#[tokio::test]
async fn a_stopped_execution_stops_what_it_waits_for() {
    let server = Server::with(&[]).await;
    let client = client(&server);
    let child = json!({ "W": { "Type": "Wait", "Seconds": 3600, "End": true } });
    let child = create(&client, "long", child).await;
    let parameters = json!({ "StateMachineArn": child, "Name": "the-one" });
    let states = task("arn:aws:states:::states:startExecution.sync", parameters);
    let parent = create(&client, "parent", states).await;
    let start = client.start_execution().state_machine_arn(&parent);
    let parent = start.send().await.unwrap().execution_arn;
    let child = "arn:aws:states:eu-west-1:123456789012:execution:long:the-one";
    loop {
        let found = client
            .describe_execution()
            .execution_arn(child)
            .send()
            .await;
        if found.is_ok() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let stop = client.stop_execution().execution_arn(&parent);
    stop.send().await.unwrap();
    assert_eq!(ended(&client, child).await, ExecutionStatus::Aborted);
}

#[tokio::test]
async fn functions() {
    let server = Server::with(&["echo", "fails"]).await;
    let client = client(&server);
    let invoke = |function: &str| {
        let parameters = json!({ "FunctionName": function, "Payload": { "n": 1 } });
        task("arn:aws:states:::lambda:invoke", parameters)
    };
    let answer = run(&client, "echo", invoke("echo"), json!({})).await;
    assert_eq!(answer["Payload"]["event"], json!({ "n": 1 }));
    assert_eq!(
        (&answer["StatusCode"], &answer["ExecutedVersion"]),
        (&json!(200), &json!("$LATEST"))
    );
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:echo";
    let direct = json!({ "T": { "Type": "Task", "Resource": arn, "End": true } });
    let answer = run(&client, "direct", direct, json!({ "n": 2 })).await;
    assert_eq!(answer["event"], json!({ "n": 2 }));
    let failed = run(&client, "fails", invoke("fails"), json!({})).await;
    assert_eq!(failed["error"], "TooLate");
    let none = run(&client, "none", invoke("none"), json!({})).await;
    assert_eq!(none["error"], "Lambda.ResourceNotFoundException");
    let sdk = task(
        "arn:aws:states:::aws-sdk:lambda:invoke",
        json!({ "FunctionName": "fails", "Payload": "{}" }),
    );
    let answer = run(&client, "sdk", sdk, json!({})).await;
    assert_eq!(answer["FunctionError"], "Unhandled");
    assert!(
        answer["Payload"].as_str().unwrap().contains("TooLate"),
        "{answer}"
    );
}

#[tokio::test]
async fn messages() {
    let mut server = with_topic(&[]).await;
    let client = client(&server);
    let publish = |topic: &str| {
        let parameters = json!({ "TopicArn": topic, "Message": { "cv": 1 } });
        task("arn:aws:states:::sns:publish", parameters)
    };
    let answer = run(&client, "publish", publish(TOPIC), json!({})).await;
    assert!(answer["MessageId"].is_string(), "{answer}");
    let message = server.until("the message", |activity| match &activity.what {
        What::Published { message, .. } => Some(message.clone()),
        _ => None,
    });
    assert_eq!(message.await, r#"{"cv":1}"#);
    let failed = run(
        &client,
        "no-topic",
        publish(&format!("{TOPIC}2")),
        json!({}),
    )
    .await;
    assert_eq!(failed["error"], "SNS.NotFoundException");
    let cause = failed["cause"].as_str().unwrap();
    assert!(
        cause.starts_with(
            "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; "
        ),
        "{cause}"
    );
}

async fn create_bucket(server: &Server) {
    let body = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>\
                </CreateBucketConfiguration>";
    let created = Request::new("s3", "PUT", "/bucket", body);
    assert_eq!(created.send(&server.address()).await.status, 200);
}

/// Any call of an API, with the API's names.
#[tokio::test]
async fn the_sdk_integrations() {
    let server = Server::with(&[]).await;
    let client = client(&server);
    create_bucket(&server).await;
    let sdk = |call: &str| format!("arn:aws:states:::aws-sdk:{call}");
    let step = |call: &str, parameters: Value, next: &str| {
        json!({
            "Type": "Task", "Resource": sdk(call), "Parameters": parameters,
            "ResultPath": format!("$.{next}"), "Next": next,
        })
    };
    let states = json!({
        "Put": step("s3:putObject", json!({
            "Bucket": "bucket", "Key": "a b.txt", "Body": { "n": 1 },
        }), "Copy"),
        "Copy": step("s3:copyObject", json!({
            "Bucket": "bucket", "Key": "copy.txt", "CopySource": "bucket/a%20b.txt",
        }), "Get"),
        "Get": step("s3:getObject", json!({ "Bucket": "bucket", "Key": "copy.txt" }), "List"),
        "List": step("s3:listObjectsV2", json!({ "Bucket": "bucket" }), "Machines"),
        "Machines": step("sfn:listStateMachines", json!({}), "Groups"),
        "Groups": step("cloudwatchlogs:createLogGroup", json!({
            "LogGroupName": "/from/a/workflow",
        }), "End"),
        "End": { "Type": "Succeed" },
    });
    let output = run(&client, "sdk", states, json!({})).await;
    assert_eq!(output["List"]["Body"], r#"{"n":1}"#, "{output}");
    let listed = output["Machines"]["Contents"].as_array().unwrap();
    let keys: Vec<&Value> = listed.iter().map(|it| &it["Key"]).collect();
    assert_eq!(keys, ["a b.txt", "copy.txt"]);
    let machine = &output["Groups"]["StateMachines"][0];
    assert_eq!(machine["Name"], "sdk");
    assert!(
        machine["CreationDate"].as_str().unwrap().ends_with('Z'),
        "{machine}"
    );
    for (name, call, parameters, error, cause) in [
        (
            "no-key",
            "s3:getObject",
            json!({ "Bucket": "bucket", "Key": "none" }),
            "S3.NoSuchKeyException",
            "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ",
        ),
        (
            "no-bucket",
            "s3:getObject",
            json!({ "Bucket": "none", "Key": "none" }),
            "S3.NoSuchBucketException",
            "The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: ",
        ),
        (
            "no-token",
            "sfn:sendTaskSuccess",
            json!({ "TaskToken": "none", "Output": {} }),
            "Sfn.InvalidTokenException",
            "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: ",
        ),
    ] {
        let failed = run(&client, name, task(&sdk(call), parameters), json!({})).await;
        assert_eq!(failed["error"], error);
        assert!(
            failed["cause"].as_str().unwrap().starts_with(cause),
            "{failed}"
        );
        assert!(
            failed["cause"]
                .as_str()
                .unwrap()
                .ends_with(" (SDK Attempt Count: 1)")
        );
    }
}

/// A distributed Map reads its items from a bucket and writes its results there.
#[tokio::test]
async fn a_map_over_a_file() {
    let server = Server::with(&[]).await;
    let client = client(&server);
    let put = |path: &str, body: &str| Request::new("s3", "PUT", path, body);
    create_bucket(&server).await;
    let rows = put("/bucket/cvs.csv", "name,score\nzoe,110\nadam,20\n");
    assert_eq!(rows.send(&server.address()).await.status, 200);
    let states = json!({ "Map": {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": { "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" },
            "Parameters": { "Bucket": "bucket", "Key": "cvs.csv" },
        },
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "One",
            "States": { "One": { "Type": "Pass", "OutputPath": "$.name", "End": true } },
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": { "Bucket": "bucket", "Prefix": "out" },
        },
        "End": true,
    } });
    let output = run(&client, "map", states, json!({})).await;
    let key = output["ResultWriterDetails"]["Key"].as_str().unwrap();
    assert!(
        key.starts_with("out/") && key.ends_with("/manifest.json"),
        "{output}"
    );
    let results = format!(
        "/bucket/{}",
        key.replace("manifest.json", "SUCCEEDED_0.json")
    );
    let results = Request::new("s3", "GET", &results, "");
    let results = results.send(&server.address()).await.json();
    let outputs: Vec<&Value> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["Output"])
        .collect();
    assert_eq!(outputs, ["\"zoe\"", "\"adam\""]);
}
