mod events;
mod refusals;

use serde_json::{Value, json};

use super::*;
use crate::account::Account;
use crate::iam::Principal;

const GROUP: &str = "/aws/lambda/scan-file";

fn account() -> Account {
    Account::for_tests()
}

fn ask(account: &Account, operation: &str, input: Value) -> Result<Value, ServiceError> {
    account
        .logs
        .call(account, &Principal::Administrator, operation, &input)
}

fn messages(output: &Value) -> Vec<&str> {
    let events = output["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["message"].as_str().unwrap())
        .collect()
}

/// A group with the lines 0 to 9, one a second, by turns in two streams.
fn ten_lines() -> Account {
    let account = account();
    for number in 0..10 {
        let stream = if number % 2 == 0 { "even" } else { "odd" };
        account
            .logs
            .put(GROUP, stream, &[(number * 1000, format!("line {number}"))]);
    }
    account
}

#[test]
fn groups_from_their_making_to_their_end() {
    let account = account();
    ask(&account, "CreateLogGroup", json!({ "logGroupName": GROUP })).unwrap();
    let retention = json!({ "logGroupName": GROUP, "retentionInDays": 7 });
    ask(&account, "PutRetentionPolicy", retention).unwrap();
    let found = ask(
        &account,
        "DescribeLogGroups",
        json!({ "logGroupNamePrefix": "/aws" }),
    )
    .unwrap();
    let group = &found["logGroups"][0];
    let arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/scan-file";
    assert_eq!(group["logGroupName"], GROUP);
    assert_eq!(group["retentionInDays"], 7);
    assert_eq!(
        (&group["logGroupArn"], &group["arn"]),
        (&json!(arn), &json!(format!("{arn}:*")))
    );
    ask(
        &account,
        "DeleteRetentionPolicy",
        json!({ "logGroupName": GROUP }),
    )
    .unwrap();
    let found = ask(
        &account,
        "DescribeLogGroups",
        json!({ "logGroupNamePattern": "scan" }),
    )
    .unwrap();
    assert_eq!(found["logGroups"][0].get("retentionInDays"), None);
    let tags = ask(
        &account,
        "ListTagsForResource",
        json!({ "resourceArn": arn }),
    )
    .unwrap();
    assert_eq!(tags, json!({ "tags": {} }));
    ask(&account, "DeleteLogGroup", json!({ "logGroupName": GROUP })).unwrap();
    let found = ask(&account, "DescribeLogGroups", json!({})).unwrap();
    assert_eq!(found, json!({ "logGroups": [] }));
}

#[test]
fn groups_and_streams_come_in_pages() {
    let account = account();
    for number in 0..51 {
        account
            .logs
            .ensure_stream(&format!("group-{number:02}"), "s");
        account
            .logs
            .ensure_stream("group-00", &format!("stream-{number:02}"));
    }
    let first = ask(&account, "DescribeLogGroups", json!({})).unwrap();
    assert_eq!(first["logGroups"].as_array().unwrap().len(), 50);
    let rest = json!({ "nextToken": first["nextToken"] });
    let rest = ask(&account, "DescribeLogGroups", rest).unwrap();
    assert_eq!(rest["logGroups"][0]["logGroupName"], "group-50");
    assert_eq!(rest.get("nextToken"), None);
    let prefix =
        json!({ "logGroupName": "group-00", "logStreamNamePrefix": "stream-", "descending": true });
    let first = ask(&account, "DescribeLogStreams", prefix).unwrap();
    assert_eq!(first["logStreams"].as_array().unwrap().len(), 50);
    assert_eq!(first["logStreams"][0]["logStreamName"], "stream-50");
    assert_eq!(first["nextToken"], "stream-01");
}

#[test]
fn streams_by_their_last_event() {
    let account = account();
    for (stream, time) in [("b", 3000), ("c", 1000), ("a", 2000), ("b", 500)] {
        account
            .logs
            .put(GROUP, stream, &[(time, "line".to_owned())]);
    }
    let input = json!({ "logGroupName": GROUP, "orderBy": "LastEventTime", "descending": true });
    let found = ask(&account, "DescribeLogStreams", input).unwrap();
    let streams = found["logStreams"].as_array().unwrap();
    let names: Vec<&Value> = streams
        .iter()
        .map(|stream| &stream["logStreamName"])
        .collect();
    assert_eq!(names, ["b", "a", "c"]);
    assert_eq!(streams[0]["firstEventTimestamp"], 500);
    assert_eq!(streams[0]["lastEventTimestamp"], 3000);
    let stream = json!({ "logGroupName": GROUP, "logStreamName": "b" });
    ask(&account, "DeleteLogStream", stream.clone()).unwrap();
    ask(&account, "CreateLogStream", stream).unwrap();
    let found = ask(
        &account,
        "DescribeLogStreams",
        json!({ "logGroupName": GROUP }),
    )
    .unwrap();
    assert_eq!(found["logStreams"][1].get("lastEventTimestamp"), None);
}

#[test]
fn what_is_put_is_told() {
    let account = account();
    let mut feed = account.feed.listen();
    account.logs.put(GROUP, "s", &[(1, "a line".to_owned())]);
    let told = What::Log {
        group: GROUP.to_owned(),
        message: "a line".to_owned(),
    };
    assert_eq!(feed.try_recv().map(|it| it.what), Ok(told));
}
