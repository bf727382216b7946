use super::*;

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
