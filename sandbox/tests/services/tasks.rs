//! Tasks that wait for somebody else to end them.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use sandbox::activity::What;
use serde_json::{Value, json};

use crate::client::Request;
use crate::server::Server;
use crate::state_machines::{client, create, ended, refused};

/// How an execution ended: its output, or its error and cause.
pub async fn run(client: &Client, name: &str, states: Value, input: Value) -> Value {
    let machine = create(client, name, states).await;
    let start = client.start_execution().state_machine_arn(&machine);
    let started = start.input(input.to_string()).send().await.unwrap();
    outcome(client, &started.execution_arn).await
}

pub async fn outcome(client: &Client, execution: &str) -> Value {
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

pub fn task(resource: &str, parameters: Value) -> Value {
    json!({ "T": {
        "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true,
    } })
}

pub const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:topic";

pub async fn with_topic(handlers: &[&str]) -> Server {
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
    let token = server.until("the token", |activity| match &activity.what {
        What::Published { message, .. } => {
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
