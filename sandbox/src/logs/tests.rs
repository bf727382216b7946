use serde_json::{Value, json};

use super::*;
use crate::account::Account;
use crate::iam::Principal;

const GROUP: &str = "/aws/lambda/scan-file";

fn account() -> Account {
    Account::new("eu-west-1", "http://127.0.0.1:1")
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
    let told = Activity::Log {
        group: GROUP.to_owned(),
        message: "a line".to_owned(),
    };
    assert_eq!(feed.try_recv(), Ok(told));
}

#[test]
fn a_stream_is_read_forward_page_by_page() {
    let account = ten_lines();
    let mut input = json!({
        "logGroupName": GROUP, "logStreamName": "even", "startFromHead": true, "limit": 2,
    });
    let mut seen = Vec::new();
    loop {
        let page = ask(&account, "GetLogEvents", input.clone()).unwrap();
        seen.extend(messages(&page).into_iter().map(str::to_owned));
        if page["nextForwardToken"] == input["nextToken"] {
            break;
        }
        input["nextToken"] = page["nextForwardToken"].clone();
    }
    assert_eq!(seen, ["line 0", "line 2", "line 4", "line 6", "line 8"]);
    // A poll with the last token sees what came since.
    account
        .logs
        .put(GROUP, "even", &[(10_000, "line 10".to_owned())]);
    let page = ask(&account, "GetLogEvents", input).unwrap();
    assert_eq!(messages(&page), ["line 10"]);
}

#[test]
fn a_stream_is_read_backward_from_its_end() {
    let account = ten_lines();
    let input = |token: Option<&Value>| {
        let identifier = account.logs.group_arn(GROUP);
        json!({
            "logGroupIdentifier": identifier, "logStreamName": "odd", "limit": 3,
            "nextToken": token,
        })
    };
    let last = ask(&account, "GetLogEvents", input(None)).unwrap();
    assert_eq!(messages(&last), ["line 5", "line 7", "line 9"]);
    let before = ask(
        &account,
        "GetLogEvents",
        input(Some(&last["nextBackwardToken"])),
    )
    .unwrap();
    assert_eq!(messages(&before), ["line 1", "line 3"]);
    let nothing = ask(
        &account,
        "GetLogEvents",
        input(Some(&before["nextBackwardToken"])),
    )
    .unwrap();
    assert!(messages(&nothing).is_empty());
    assert_eq!(nothing["nextBackwardToken"], before["nextBackwardToken"]);
    let back = ask(
        &account,
        "GetLogEvents",
        input(Some(&nothing["nextForwardToken"])),
    )
    .unwrap();
    assert_eq!(messages(&back), ["line 1", "line 3", "line 5"]);
}

#[test]
fn time_ranges() {
    let account = ten_lines();
    let range = json!({
        "logGroupName": GROUP, "logStreamName": "even", "startTime": 2000, "endTime": 6000,
    });
    let got = ask(&account, "GetLogEvents", range.clone()).unwrap();
    assert_eq!(messages(&got), ["line 2", "line 4"]);
    let filtered = ask(&account, "FilterLogEvents", range).unwrap();
    assert_eq!(
        messages(&filtered),
        ["line 2", "line 3", "line 4", "line 5", "line 6"]
    );
    let backward = json!({ "logGroupName": GROUP, "startTime": 6000, "endTime": 2000 });
    let filtered = ask(&account, "FilterLogEvents", backward).unwrap();
    assert!(messages(&filtered).is_empty());
}

#[test]
fn a_group_is_filtered_over_all_streams() {
    let account = ten_lines();
    let mut input = json!({ "logGroupName": GROUP, "limit": 4, "filterPattern": "-\"line 3\"" });
    let first = ask(&account, "FilterLogEvents", input.clone()).unwrap();
    assert_eq!(messages(&first), ["line 0", "line 1", "line 2", "line 4"]);
    assert_eq!(first["events"][1]["logStreamName"], "odd");
    assert_eq!(first["events"][1]["eventId"].as_str().unwrap().len(), 56);
    input["nextToken"] = first["nextToken"].clone();
    let second = ask(&account, "FilterLogEvents", input.clone()).unwrap();
    assert_eq!(messages(&second), ["line 5", "line 6", "line 7", "line 8"]);
    input["nextToken"] = second["nextToken"].clone();
    let third = ask(&account, "FilterLogEvents", input).unwrap();
    assert_eq!(messages(&third), ["line 9"]);
    assert_eq!(third.get("nextToken"), None);
    for streams in [
        json!({ "logGroupName": GROUP, "logStreamNamePrefix": "o" }),
        json!({ "logGroupName": GROUP, "logStreamNames": ["odd", "odd"] }),
    ] {
        let odd = ask(&account, "FilterLogEvents", streams).unwrap();
        assert_eq!(
            messages(&odd),
            ["line 1", "line 3", "line 5", "line 7", "line 9"]
        );
    }
}

#[test]
fn a_page_holds_a_megabyte() {
    let account = account();
    for time in 0..3 {
        account.logs.put(GROUP, "s", &[(time, "x".repeat(600_000))]);
    }
    let page = ask(
        &account,
        "FilterLogEvents",
        json!({ "logGroupName": GROUP }),
    )
    .unwrap();
    assert_eq!(messages(&page).len(), 1);
    assert!(page["nextToken"].is_string());
}

#[test]
fn a_flooded_stream_drops_its_oldest() {
    let mut stream = Stream::new();
    let message = "x".repeat(LARGEST_STREAM / 2);
    for number in 1..=3 {
        stream.put(EventId { time: 0, number }, message.clone(), 0);
    }
    assert_eq!(
        stream.events.keys().map(|id| id.number).collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(stream.bytes, LARGEST_STREAM);
}

#[test]
fn batches() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let account = account();
    account.logs.ensure_stream(GROUP, "s");
    let now = now_millis();
    let put = |times: &[i64]| {
        let events: Vec<Value> = times
            .iter()
            .map(|time| json!({ "timestamp": time, "message": "m" }))
            .collect();
        let batch = json!({ "logGroupName": GROUP, "logStreamName": "s", "logEvents": events });
        ask(&account, "PutLogEvents", batch)
    };
    let stored = || account.logs.read().groups[GROUP].streams["s"].events.len();
    assert_eq!(put(&[now, now]).unwrap().get("rejectedLogEventsInfo"), None);
    assert_eq!(stored(), 2);
    let mixed = put(&[0, now - 15 * DAY, now, now + DAY]).unwrap();
    let rejected = json!({ "tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 3 });
    assert_eq!(mixed["rejectedLogEventsInfo"], rejected);
    assert_eq!(stored(), 3);
    let retention = json!({ "logGroupName": GROUP, "retentionInDays": 1 });
    ask(&account, "PutRetentionPolicy", retention).unwrap();
    let expired = put(&[now - 2 * DAY]).unwrap();
    assert_eq!(
        expired["rejectedLogEventsInfo"],
        json!({ "expiredLogEventEndIndex": 1 })
    );
    assert_eq!(stored(), 3);
    ask(
        &account,
        "DeleteRetentionPolicy",
        json!({ "logGroupName": GROUP }),
    )
    .unwrap();
    let message = |times: &[i64]| put(times).unwrap_err().message;
    assert!(message(&[now, now - 1]).ends_with("must be in chronological order."));
    assert!(message(&[now - 2 * DAY, now]).ends_with("cannot span more than 24 hours."));
    assert!(message(&[]).contains("length greater than or equal to 1"));
    assert!(message(&vec![now; 10_001]).contains("length less than or equal to 10000"));
    let large = json!([{ "timestamp": now, "message": "x".repeat(1_048_551) }]);
    let large = json!({ "logGroupName": GROUP, "logStreamName": "s", "logEvents": large });
    assert_eq!(
        ask(&account, "PutLogEvents", large).unwrap_err().message,
        "Upload too large: 1048577 bytes exceeds limit of 1048576"
    );
}

#[test]
fn errors_are_those_of_aws() {
    let account = ten_lines();
    let none = json!({ "logGroupName": "none" });
    let no_stream = json!({ "logGroupName": GROUP, "logStreamName": "none" });
    let no_streams = json!({ "logGroupName": GROUP, "logStreamNames": ["none"] });
    let both = json!({ "logGroupName": GROUP, "logGroupIdentifier": GROUP });
    let token = json!({ "logGroupName": GROUP, "logStreamName": "odd", "nextToken": "x" });
    let even = json!({ "logGroupName": GROUP, "logStreamName": "even" });
    let by_time =
        json!({ "logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "e" });
    let no_group = "The specified log group does not exist.";
    let table = [
        (
            "FilterLogEvents",
            &none,
            "ResourceNotFoundException",
            no_group,
        ),
        (
            "DeleteLogGroup",
            &none,
            "ResourceNotFoundException",
            no_group,
        ),
        (
            "DescribeLogStreams",
            &none,
            "ResourceNotFoundException",
            no_group,
        ),
        (
            "DeleteRetentionPolicy",
            &none,
            "ResourceNotFoundException",
            no_group,
        ),
        (
            "ListTagsForResource",
            &json!({ "resourceArn": "arn:x" }),
            "ResourceNotFoundException",
            no_group,
        ),
        (
            "GetLogEvents",
            &no_stream,
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        ),
        (
            "DeleteLogStream",
            &no_stream,
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        ),
        (
            "FilterLogEvents",
            &no_streams,
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        ),
        (
            "CreateLogGroup",
            &both,
            "ResourceAlreadyExistsException",
            "The specified log group already exists",
        ),
        (
            "CreateLogStream",
            &even,
            "ResourceAlreadyExistsException",
            "The specified log stream already exists",
        ),
        (
            "FilterLogEvents",
            &both,
            "InvalidParameterException",
            "mutually exclusive",
        ),
        (
            "FilterLogEvents",
            &json!({}),
            "InvalidParameterException",
            "Value null at 'logGroupName'",
        ),
        (
            "FilterLogEvents",
            &json!({ "logGroupName": "a b" }),
            "InvalidParameterException",
            "regular expression pattern",
        ),
        (
            "FilterLogEvents",
            &json!({ "logGroupName": GROUP, "limit": 10_001 }),
            "InvalidParameterException",
            "Value '10001' at 'limit'",
        ),
        (
            "FilterLogEvents",
            &json!({ "logGroupName": GROUP, "startTime": -1 }),
            "InvalidParameterException",
            "at 'startTime'",
        ),
        (
            "FilterLogEvents",
            &json!({ "logGroupName": GROUP, "filterPattern": "%x%" }),
            "InvalidParameterException",
            "Invalid filter pattern",
        ),
        (
            "FilterLogEvents",
            &json!({ "logGroupName": 1 }),
            "SerializationException",
            "logGroupName is not a string.",
        ),
        (
            "FilterLogEvents",
            &token,
            "InvalidParameterException",
            "The specified nextToken is invalid.",
        ),
        (
            "GetLogEvents",
            &token,
            "InvalidParameterException",
            "The specified nextToken is invalid.",
        ),
        (
            "DescribeLogStreams",
            &token,
            "InvalidParameterException",
            "The specified nextToken is invalid.",
        ),
        (
            "DescribeLogStreams",
            &by_time,
            "InvalidParameterException",
            "Cannot order by LastEventTime",
        ),
        (
            "PutRetentionPolicy",
            &json!({ "logGroupName": GROUP, "retentionInDays": 2 }),
            "InvalidParameterException",
            "enum value set",
        ),
        (
            "StartQuery",
            &none,
            "UnknownOperationException",
            "StartQuery",
        ),
    ];
    for (operation, input, code, message) in table {
        let error = ask(&account, operation, input.clone()).unwrap_err();
        assert_eq!(
            (error.status, error.code.as_ref()),
            (400, code),
            "{operation} {input}"
        );
        assert!(
            error.message.contains(message),
            "{operation}: {}",
            error.message
        );
    }
}

#[test]
fn each_operation_asks_for_its_own_permission() {
    let account = ten_lines();
    let caller = Principal::Service("nobody.amazonaws.com".to_owned());
    let operations = [
        ("CreateLogGroup", ":log-stream: "),
        ("DeleteLogGroup", ":log-stream: "),
        ("PutRetentionPolicy", ":log-stream: "),
        ("DeleteRetentionPolicy", ":log-stream: "),
        ("DescribeLogStreams", ":log-stream: "),
        ("FilterLogEvents", ":log-stream: "),
        ("CreateLogStream", ":log-stream:odd "),
        ("DeleteLogStream", ":log-stream:odd "),
        ("PutLogEvents", ":log-stream:odd "),
        ("GetLogEvents", ":log-stream:odd "),
    ];
    for (operation, end) in operations {
        let input = json!({ "logGroupName": GROUP, "logStreamName": "odd" });
        let error = account
            .logs
            .call(&account, &caller, operation, &input)
            .unwrap_err();
        assert_eq!(error.code, "AccessDeniedException", "{operation}");
        let denied = format!(
            "is not authorized to perform: logs:{operation} on resource: \
             arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}{end}"
        );
        assert!(error.message.contains(&denied), "{}", error.message);
    }
}
