use super::*;

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
    let message = "x".repeat(LARGEST_STREAM / 2 - 26);
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
