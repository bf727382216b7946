//! Step Functions' API, by the AWS SDK.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType};
use serde_json::{Value, json};
use states_language::{Clock, DrivenClock};

use crate::server::Server;

pub const ROLE: &str = "arn:aws:iam::123456789012:role/role";

pub fn client(server: &Server) -> Client {
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("eu-west-1"))
        .endpoint_url(server.sandbox.endpoint())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .build();
    Client::from_conf(config)
}

pub async fn create(client: &Client, name: &str, states: Value) -> String {
    let first = states.as_object().unwrap().keys().next().unwrap().clone();
    let definition = json!({ "StartAt": first, "States": states }).to_string();
    let request = client
        .create_state_machine()
        .name(name)
        .definition(definition)
        .role_arn(ROLE);
    request.send().await.unwrap().state_machine_arn
}

/// Waits for a year: in a test, until the clock is moved.
fn long_wait() -> Value {
    json!({ "Long": { "Type": "Wait", "Seconds": 31_536_000, "End": true } })
}

/// A sandbox whose clock stands still, with one state machine.
async fn waiting() -> (Server, Client, DrivenClock, String) {
    let clock = DrivenClock::new(SystemTime::now());
    let server = Server::with_clock(&[], Arc::new(clock.clone())).await;
    let client = client(&server);
    let machine = create(&client, "machine", long_wait()).await;
    (server, client, clock, machine)
}

/// The code and message of a call that is refused.
macro_rules! refused {
    ($call:expr) => {{
        let error = $call.send().await.unwrap_err();
        let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
        (text(error.code()), text(error.message()))
    }};
}
pub(crate) use refused;

pub async fn ended(client: &Client, execution: &str) -> ExecutionStatus {
    loop {
        let found = client
            .describe_execution()
            .execution_arn(execution)
            .send()
            .await
            .unwrap();
        if found.status != ExecutionStatus::Running {
            return found.status;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn names_are_taken_once() {
    let (_server, client, clock, machine) = waiting().await;
    let start = |name: &str, input: &str| {
        client
            .start_execution()
            .state_machine_arn(&machine)
            .name(name)
            .input(input)
    };
    let first = start("one", "{}").send().await.unwrap();
    // The same again while it runs is the same execution.
    let again = start("one", "{}").send().await.unwrap();
    assert_eq!(
        (first.execution_arn(), first.start_date()),
        (again.execution_arn(), again.start_date())
    );
    let taken = (
        "ExecutionAlreadyExists".to_owned(),
        format!("Execution Already Exists: '{}'", first.execution_arn),
    );
    assert_eq!(refused!(start("one", "[]")), taken);
    while !clock.advance() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        ended(&client, &first.execution_arn).await,
        ExecutionStatus::Succeeded
    );
    assert_eq!(refused!(start("one", "{}")), taken);
}

#[tokio::test]
async fn refusals() {
    let (_server, client, _clock, machine) = waiting().await;
    let start = || client.start_execution().state_machine_arn(&machine);
    for name in ["a b", "a/b", "a<b", "a\"b", "a\u{7}b", "a:b", "a#b"] {
        assert_eq!(
            refused!(start().name(name)),
            ("InvalidName".into(), format!("Invalid Name: '{name}'"))
        );
    }
    for name in ["a.b", "Zoë", "a-b_c!d@e'f+g=h(i)"] {
        start().name(name).send().await.unwrap();
    }
    let long = "x".repeat(81);
    let (code, message) = refused!(start().name(&long));
    assert_eq!(code, "ValidationException");
    assert!(
        message.ends_with("Member must have length less than or equal to 80"),
        "{message}"
    );
    assert_eq!(refused!(start().input("{")).0, "InvalidExecutionInput");
    let large = format!("\"{}\"", "x".repeat(262_144));
    assert_eq!(refused!(start().input(large)).0, "InvalidExecutionInput");
    let other = machine.replace("machine", "other");
    assert_eq!(
        refused!(
            client
                .start_execution()
                .state_machine_arn(machine.replace(":machine", ":other"))
        ),
        (
            "StateMachineDoesNotExist".into(),
            format!(
                "State Machine Does Not Exist: '{}'",
                machine.replace(":machine", ":other")
            )
        ),
        "{other}"
    );
    assert_eq!(
        refused!(client.describe_state_machine().state_machine_arn("x")).0,
        "InvalidArn"
    );
    let missing = format!("{}:none", machine.replace("stateMachine", "execution"));
    let none = (
        "ExecutionDoesNotExist".to_owned(),
        format!("Execution Does Not Exist: '{missing}'"),
    );
    assert_eq!(
        refused!(client.describe_execution().execution_arn(&missing)),
        none
    );
    assert_eq!(
        refused!(client.stop_execution().execution_arn(&missing)),
        none
    );
    assert_eq!(
        refused!(client.get_execution_history().execution_arn(&missing)),
        none
    );
    assert_eq!(
        refused!(
            client
                .list_executions()
                .state_machine_arn(&machine)
                .next_token("x")
        )
        .0,
        "InvalidToken"
    );
    let create = |definition: &str| {
        client
            .create_state_machine()
            .name("bad")
            .role_arn(ROLE)
            .definition(definition)
    };
    assert_eq!(refused!(create("{")).0, "InvalidDefinition");
    assert_eq!(
        refused!(create("{\"StartAt\":\"A\",\"States\":{}}")).0,
        "InvalidDefinition"
    );
}

#[tokio::test]
async fn lists() {
    let (_server, client, _clock, machine) = waiting().await;
    let mut arns = Vec::new();
    for number in 0..5 {
        let started = client
            .start_execution()
            .state_machine_arn(&machine)
            .name(format!("e{number}"))
            .send()
            .await;
        arns.push(started.unwrap().execution_arn);
    }
    arns.reverse();
    let list = || client.list_executions().state_machine_arn(&machine);
    let all: Result<Vec<_>, _> = list()
        .max_results(2)
        .into_paginator()
        .items()
        .send()
        .collect()
        .await;
    let all: Vec<String> = all
        .unwrap()
        .into_iter()
        .map(|it| it.execution_arn)
        .collect();
    assert_eq!(all, arns, "newest first");
    client
        .stop_execution()
        .execution_arn(&arns[2])
        .send()
        .await
        .unwrap();
    let aborted = list()
        .status_filter(ExecutionStatus::Aborted)
        .send()
        .await
        .unwrap();
    assert_eq!(
        aborted
            .executions
            .iter()
            .map(|it| &it.execution_arn)
            .collect::<Vec<_>>(),
        [&arns[2]]
    );
    assert_eq!(
        list()
            .status_filter(ExecutionStatus::Running)
            .send()
            .await
            .unwrap()
            .executions
            .len(),
        4
    );
    client
        .delete_state_machine()
        .state_machine_arn(&machine)
        .send()
        .await
        .unwrap();
    assert!(
        client
            .list_state_machines()
            .send()
            .await
            .unwrap()
            .state_machines
            .is_empty()
    );
}

#[tokio::test]
async fn a_stopped_execution() {
    let (_server, client, _clock, machine) = waiting().await;
    let execution = client
        .start_execution()
        .state_machine_arn(&machine)
        .send()
        .await
        .unwrap()
        .execution_arn;
    let stop = client
        .stop_execution()
        .execution_arn(&execution)
        .error("Enough")
        .cause("no more");
    stop.send().await.unwrap();
    let found = client
        .describe_execution()
        .execution_arn(&execution)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (found.status, found.error.as_deref(), found.cause.as_deref()),
        (ExecutionStatus::Aborted, Some("Enough"), Some("no more"))
    );
    let history = client
        .get_execution_history()
        .execution_arn(&execution)
        .send()
        .await
        .unwrap();
    let last = history.events.last().unwrap();
    assert_eq!(last.r#type, HistoryEventType::ExecutionAborted);
    assert_eq!(
        last.execution_aborted_event_details().unwrap().error(),
        Some("Enough")
    );
}

#[tokio::test]
async fn history() {
    let server = Server::with(&["echo", "fails"]).await;
    let client = client(&server);
    let task = |name: &str| json!({ "Call": { "Type": "Task", "End": true, "Resource": format!("arn:aws:lambda:eu-west-1:123456789012:function:{name}") } });
    let machine = create(&client, "good", task("echo")).await;
    let execution = client
        .start_execution()
        .state_machine_arn(&machine)
        .input("{\"a\":1}")
        .send()
        .await
        .unwrap()
        .execution_arn;
    assert_eq!(ended(&client, &execution).await, ExecutionStatus::Succeeded);
    let get = || client.get_execution_history().execution_arn(&execution);
    let events = get().send().await.unwrap().events;
    let types: Vec<&str> = events.iter().map(|it| it.r#type.as_str()).collect();
    let expected = [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(types, expected);
    let ids: Vec<(i64, i64)> = events
        .iter()
        .map(|it| (it.id, it.previous_event_id))
        .collect();
    assert_eq!(
        ids,
        [(1, 0), (2, 0), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6)]
    );
    let pages: Result<Vec<_>, _> = get()
        .reverse_order(true)
        .max_results(3)
        .into_paginator()
        .items()
        .send()
        .collect()
        .await;
    let backwards: Vec<i64> = pages.unwrap().iter().map(|it| it.id).collect();
    assert_eq!(backwards, [7, 6, 5, 4, 3, 2, 1]);
    let bare = get()
        .include_execution_data(false)
        .send()
        .await
        .unwrap()
        .events;
    let input = |events: &[aws_sdk_sfn::types::HistoryEvent]| {
        events[0]
            .execution_started_event_details()
            .and_then(|it| it.input().map(str::to_owned))
    };
    assert_eq!(
        (input(&events).as_deref(), input(&bare)),
        (Some("{\"a\":1}"), None)
    );

    let machine = create(&client, "bad", task("fails")).await;
    let execution = client
        .start_execution()
        .state_machine_arn(&machine)
        .send()
        .await
        .unwrap()
        .execution_arn;
    assert_eq!(ended(&client, &execution).await, ExecutionStatus::Failed);
    let found = client
        .describe_execution()
        .execution_arn(&execution)
        .send()
        .await
        .unwrap();
    assert_eq!(found.error(), Some("TooLate"));
    assert_eq!(
        found.cause(),
        Some(r#"{"errorType":"TooLate","errorMessage":"it is too late"}"#)
    );
}

/// A year passes in no time.
#[tokio::test]
async fn waits_for_the_clock() {
    let (_server, client, clock, machine) = waiting().await;
    let begin = clock.now();
    let execution = client
        .start_execution()
        .state_machine_arn(&machine)
        .send()
        .await
        .unwrap()
        .execution_arn;
    while !clock.advance() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ended(&client, &execution).await, ExecutionStatus::Succeeded);
    assert_eq!(clock.now(), begin + Duration::from_secs(31_536_000));
}
