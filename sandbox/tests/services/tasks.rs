//! What executions ask of other services, and who ends tasks that wait.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::ExecutionStatus;
use sandbox::activity::Activity;
use serde_json::{Value, json};

use crate::client::Request;
use crate::server::Server;
use crate::state_machines::{ROLE, client, create, ended, refused};

/// How an execution ended: its output, or its error and cause.
async fn run(client: &Client, name: &str, states: Value, input: Value) -> Value {
    let machine = create(client, name, states).await;
    let start = client.start_execution().state_machine_arn(&machine);
    let started = start.input(input.to_string()).send().await.unwrap();
    outcome(client, &started.execution_arn).await
}

async fn outcome(client: &Client, execution: &str) -> Value {
    ended(client, execution).await;
    let describe = client.describe_execution().execution_arn(execution);
    let it = describe.send().await.unwrap();
    match it.output() {
        Some(output) => serde_json::from_str(output).unwrap(),
        None => json!({ "error": it.error(), "cause": it.cause() }),
    }
}

async fn event_types(client: &Client, execution: &str) -> Vec<String> {
    let history = client.get_execution_history().execution_arn(execution);
    let history = history.send().await.unwrap();
    let events = history.events().iter();
    events.map(|it| it.r#type().as_str().to_owned()).collect()
}

fn task(resource: &str, parameters: Value) -> Value {
    json!({ "T": {
        "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true,
    } })
}

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:topic";

async fn with_topic(handlers: &[&str]) -> Server {
    let server = Server::with(handlers).await;
    let form = "Action=CreateTopic&Name=topic&Version=2010-03-31";
    let answer = Request::query("sns", form).send(&server.address()).await;
    assert_eq!(answer.status, 200);
    server
}

/// Starts a task that publishes its token; gives the execution and the token.
async fn with_token(server: &mut Server, client: &Client, name: &str) -> (String, String) {
    let states = task(
        "arn:aws:states:::sns:publish.waitForTaskToken",
        json!({ "TopicArn": TOPIC, "Message": { "token.$": "$$.Task.Token" } }),
    );
    let machine = create(client, name, states).await;
    let start = client.start_execution().state_machine_arn(&machine);
    let started = start.send().await.unwrap();
    let token = server.until("the token", |activity| match activity {
        Activity::Published { message, .. } => {
            let message: Value = serde_json::from_str(message).ok()?;
            message["token"].as_str().map(str::to_owned)
        }
        _ => None,
    });
    (started.execution_arn, token.await)
}

#[tokio::test]
async fn a_token_ends_its_task() {
    let mut server = with_topic(&[]).await;
    let client = client(&server);
    let (execution, token) = with_token(&mut server, &client, "token").await;
    let beat = client.send_task_heartbeat().task_token(&token);
    beat.send().await.unwrap();
    let succeed =
        |token: &str, output: &str| client.send_task_success().task_token(token).output(output);
    let (code, message) = refused!(succeed(&token, "not JSON"));
    assert_eq!(code, "InvalidOutput");
    assert!(
        message.starts_with("Invalid Output: 'Unrecognized token 'not'"),
        "{message}"
    );
    succeed(&token, r#"{"done":true}"#).send().await.unwrap();
    assert_eq!(outcome(&client, &execution).await, json!({ "done": true }));
    assert_eq!(
        event_types(&client, &execution).await,
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSubmitted",
            "TaskSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ]
    );
    let over = (
        "TaskTimedOut".to_owned(),
        "Task Timed Out: 'Provided task does not exist anymore'".to_owned(),
    );
    let unknown = (
        "InvalidToken".to_owned(),
        "Invalid Token: 'Invalid token'".to_owned(),
    );
    assert_eq!(refused!(succeed(&token, "{}")), over);
    assert_eq!(
        refused!(client.send_task_heartbeat().task_token(&token)),
        over
    );
    assert_eq!(refused!(succeed("nobody's", "{}")), unknown);
    assert_eq!(
        refused!(client.send_task_failure().task_token("nobody's")),
        unknown
    );
}

#[tokio::test]
async fn a_failure_may_have_no_name() {
    let mut server = with_topic(&[]).await;
    let client = client(&server);
    let (execution, token) = with_token(&mut server, &client, "failure").await;
    let fail = client.send_task_failure().task_token(&token);
    fail.send().await.unwrap();
    assert_eq!(
        outcome(&client, &execution).await,
        json!({ "error": null, "cause": null })
    );
}

/// Who stops an execution in the middle of a task ends the task.
#[tokio::test]
async fn a_stopped_execution_waits_no_more() {
    let mut server = with_topic(&[]).await;
    let client = client(&server);
    let (execution, token) = with_token(&mut server, &client, "stopped").await;
    let stop = client.stop_execution().execution_arn(&execution);
    stop.error("Mine").cause("enough").send().await.unwrap();
    assert_eq!(
        outcome(&client, &execution).await,
        json!({ "error": "Mine", "cause": "enough" })
    );
    // The task is dropped by another thread, soon.
    loop {
        let answer = client.send_task_heartbeat().task_token(&token).send().await;
        match answer {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => {
                assert_eq!(error.code(), Some("TaskTimedOut"));
                break;
            }
        }
    }
}

#[tokio::test]
async fn workers_take_the_tasks_of_an_activity() {
    let server = Server::with(&[]).await;
    let client = client(&server);
    let create_activity = || client.create_activity().name("review");
    let activity = create_activity().send().await.unwrap().activity_arn;
    assert_eq!(
        create_activity().send().await.unwrap().activity_arn,
        activity
    );
    let states = json!({ "T": { "Type": "Task", "Resource": activity, "End": true } });
    let machine = create(&client, "activity", states).await;
    let start = client.start_execution().state_machine_arn(&machine);
    let started = start.input(r#"{"cv":1}"#).send().await.unwrap();
    let next = client.get_activity_task().activity_arn(&activity);
    let task = next.worker_name("reviewer").send().await.unwrap();
    assert_eq!(task.input(), Some(r#"{"cv":1}"#));
    let succeed = client
        .send_task_success()
        .task_token(task.task_token().unwrap());
    succeed.output("2").send().await.unwrap();
    assert_eq!(outcome(&client, &started.execution_arn).await, json!(2));
    assert_eq!(
        event_types(&client, &started.execution_arn).await[2..5],
        ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    );
    let listed = client.list_activities().send().await.unwrap();
    assert_eq!(listed.activities()[0].name(), "review");
    let describe = || client.describe_activity().activity_arn(&activity);
    assert_eq!(describe().send().await.unwrap().name(), "review");
    let delete = client.delete_activity().activity_arn(&activity);
    delete.send().await.unwrap();
    let gone = (
        "ActivityDoesNotExist".to_owned(),
        format!("Activity Does Not Exist: '{activity}'"),
    );
    assert_eq!(refused!(describe()), gone);
    assert_eq!(
        refused!(client.get_activity_task().activity_arn(&activity)),
        gone
    );
}

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
    let message = server.until("the message", |activity| match activity {
        Activity::Published { message, .. } => Some(message.clone()),
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
