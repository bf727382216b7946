//! Queues: what comes in, who sees it, and what becomes of it.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};
use states_language::DrivenClock;

use crate::client::{Answer, Request, invoke};
use crate::server::Server;
use crate::stacks::{event_invoke, function};
use crate::state_machines::client;
use crate::tasks::{run, task};

const ACCOUNT: &str = "123456789012";

async fn ask(server: &Server, operation: &str, input: &Value) -> Answer {
    let target = format!("AmazonSQS.{operation}");
    let request = Request::json("sqs", &target, &input.to_string());
    request.send(&server.address()).await
}

/// What an operation answers that succeeds.
async fn done(server: &Server, operation: &str, input: &Value) -> Value {
    let answer = ask(server, operation, input).await;
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    answer.json()
}

fn url(server: &Server, name: &str) -> String {
    format!("http://{}/{ACCOUNT}/{name}", server.address())
}

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}")
}

/// The one message that a queue has within a second.
async fn one(server: &Server, name: &str) -> Value {
    let input = json!({
        "QueueUrl": url(server, name),
        "WaitTimeSeconds": 20,
        "AttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    });
    done(server, "ReceiveMessage", &input).await["Messages"][0].clone()
}

#[tokio::test]
async fn a_message_is_sent_seen_once_and_deleted() {
    let server = Server::with(&[]).await;
    let made = json!({ "QueueName": "orders", "Attributes": { "VisibilityTimeout": "60" } });
    let made = done(&server, "CreateQueue", &made).await;
    let queue = made["QueueUrl"].as_str().unwrap();
    assert_eq!(queue, url(&server, "orders"));
    let found = done(&server, "GetQueueUrl", &json!({ "QueueName": "orders" })).await;
    assert_eq!(found, made);
    let sent = json!({
        "QueueUrl": queue,
        "MessageBody": "hello",
        "MessageAttributes": { "timestamp": { "DataType": "Number", "StringValue": "1493147359900" } },
    });
    let sent = done(&server, "SendMessage", &sent).await;
    // The sums of "hello" and of that attribute, as SQS has answered them.
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(
        sent["MD5OfMessageAttributes"],
        "235c5c510d26fb653d073faed50ae77c"
    );
    let seen = one(&server, "orders").await;
    assert_eq!(
        (&seen["Body"], &seen["MessageId"]),
        (&json!("hello"), &sent["MessageId"])
    );
    assert_eq!(
        seen["MessageAttributes"]["timestamp"]["StringValue"],
        "1493147359900"
    );
    assert_eq!(seen["Attributes"]["ApproximateReceiveCount"], "1");
    let counts = json!({ "QueueUrl": queue, "AttributeNames": ["All"] });
    let counted = done(&server, "GetQueueAttributes", &counts).await;
    let counted = &counted["Attributes"];
    assert_eq!(counted["ApproximateNumberOfMessages"], "0");
    assert_eq!(counted["ApproximateNumberOfMessagesNotVisible"], "1");
    assert_eq!(counted["QueueArn"], arn("orders"));
    assert_eq!(counted["VisibilityTimeout"], "60");
    // Nobody else sees it, until its receiver lets go of it.
    let nothing = done(&server, "ReceiveMessage", &json!({ "QueueUrl": queue })).await;
    assert_eq!(nothing, json!({}));
    let let_go = json!({
        "QueueUrl": queue, "ReceiptHandle": seen["ReceiptHandle"], "VisibilityTimeout": 0,
    });
    done(&server, "ChangeMessageVisibility", &let_go).await;
    let again = one(&server, "orders").await;
    assert_eq!(again["Attributes"]["ApproximateReceiveCount"], "2");
    let receipt = json!({ "QueueUrl": queue, "ReceiptHandle": again["ReceiptHandle"] });
    done(&server, "DeleteMessage", &receipt).await;
    let counted = done(&server, "GetQueueAttributes", &counts).await;
    assert_eq!(
        counted["Attributes"]["ApproximateNumberOfMessagesNotVisible"],
        "0"
    );
    done(&server, "DeleteQueue", &json!({ "QueueUrl": queue })).await;
    let gone = ask(
        &server,
        "SendMessage",
        &json!({ "QueueUrl": queue, "MessageBody": "x" }),
    )
    .await;
    assert_eq!(gone.json()["__type"], "QueueDoesNotExist");
    assert_eq!(
        gone.header("x-amzn-query-error"),
        Some("AWS.SimpleQueueService.NonExistentQueue;Sender")
    );
}

#[tokio::test]
async fn refusals() {
    let server = Server::with(&[]).await;
    let made = json!({ "QueueName": "q", "Attributes": { "DelaySeconds": "1" } });
    done(&server, "CreateQueue", &made).await;
    done(&server, "CreateQueue", &made).await;
    let queue = url(&server, "q");
    for (operation, input, code) in [
        (
            "CreateQueue",
            json!({ "QueueName": "q", "Attributes": { "DelaySeconds": "2" } }),
            "QueueNameExists",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "a b" }),
            "InvalidParameterValue",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "a.fifo" }),
            "UnsupportedOperation",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "b", "Attributes": { "DelaySeconds": "901" } }),
            "InvalidAttributeValue",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "b", "Attributes": { "Delay": "1" } }),
            "InvalidAttributeName",
        ),
        (
            "GetQueueUrl",
            json!({ "QueueName": "nobody" }),
            "QueueDoesNotExist",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": queue }),
            "MissingParameter",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": queue, "MessageBody": "a\u{1}" }),
            "InvalidMessageContents",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": queue, "MessageBody": "a", "DelaySeconds": 901 }),
            "InvalidParameterValue",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": queue, "MessageBody": "a", "MessageGroupId": "g" }),
            "UnsupportedOperation",
        ),
        (
            "ReceiveMessage",
            json!({ "QueueUrl": queue, "MaxNumberOfMessages": 11 }),
            "InvalidParameterValue",
        ),
        (
            "DeleteMessage",
            json!({ "QueueUrl": queue, "ReceiptHandle": "mine" }),
            "ReceiptHandleIsInvalid",
        ),
        (
            "GetQueueAttributes",
            json!({ "QueueUrl": queue, "AttributeNames": ["Size"] }),
            "InvalidAttributeName",
        ),
        (
            "StartMessageMoveTask",
            json!({}),
            "UnknownOperationException",
        ),
    ] {
        let refused = ask(&server, operation, &input).await;
        assert_eq!(refused.status, 400, "{operation} {input}");
        assert_eq!(refused.json()["__type"], code, "{operation} {input}");
    }
}

#[tokio::test]
async fn what_is_received_too_often_goes_to_the_dead_letters() {
    let server = Server::with(&[]).await;
    let resources = json!({
        "Dead": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": "dead" } },
        "Queue": { "Type": "AWS::SQS::Queue", "Properties": {
            "QueueName": "work",
            "VisibilityTimeout": 0,
            "RedrivePolicy": {
                "deadLetterTargetArn": { "Fn::GetAtt": ["Dead", "Arn"] }, "maxReceiveCount": 2,
            },
        } },
    });
    assert_eq!(server.deploy(&resources), Ok(2));
    let work = url(&server, "work");
    done(
        &server,
        "SendMessage",
        &json!({ "QueueUrl": work, "MessageBody": "bad" }),
    )
    .await;
    for _ in 0..2 {
        assert_eq!(one(&server, "work").await["Body"], "bad");
    }
    let nothing = done(&server, "ReceiveMessage", &json!({ "QueueUrl": work })).await;
    assert_eq!(nothing, json!({}));
    assert_eq!(one(&server, "dead").await["Body"], "bad");
}

/// S3 and SNS send to a queue whose policy lets them.
#[tokio::test]
async fn buckets_and_topics_deliver() {
    let server = Server::with(&[]).await;
    let policy = |source: &Value| {
        json!({ "Type": "AWS::SQS::QueuePolicy", "Properties": {
            "Queues": [{ "Ref": "Queue" }],
            "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": ["s3.amazonaws.com", "sns.amazonaws.com"] },
                "Action": "sqs:SendMessage",
                "Resource": { "Fn::GetAtt": ["Queue", "Arn"] },
                "Condition": { "ArnEquals": { "aws:SourceArn": source } },
            }] },
        } })
    };
    let resources = |policy: Value| {
        json!({
            "Queue": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": "told" } },
            "Policy": policy,
            "Bucket": { "Type": "AWS::S3::Bucket", "DependsOn": "Policy", "Properties": {
                "BucketName": "tells",
                "NotificationConfiguration": { "QueueConfigurations": [{
                    "Event": "s3:ObjectCreated:*", "Queue": { "Fn::GetAtt": ["Queue", "Arn"] },
                }] },
            } },
            "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "topic" } },
            "Heard": { "Type": "AWS::SNS::Subscription", "Properties": {
                "TopicArn": { "Ref": "Topic" }, "Protocol": "sqs",
                "Endpoint": { "Fn::GetAtt": ["Queue", "Arn"] },
            } },
        })
    };
    let refused = server
        .deploy(&resources(policy(&json!("arn:aws:s3:::other"))))
        .unwrap_err();
    assert!(
        refused.contains("Unable to validate the following destination"),
        "{refused}"
    );
    let topic = format!("arn:aws:sns:eu-west-1:{ACCOUNT}:topic");
    let both = json!(["arn:aws:s3:::tells", topic]);
    assert_eq!(server.deploy(&resources(policy(&both))), Ok(5));
    let event: Value =
        serde_json::from_str(one(&server, "told").await["Body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&event["Event"], &event["Bucket"]),
        (&json!("s3:TestEvent"), &json!("tells"))
    );
    let put = Request::new("s3", "PUT", "/tells/a.txt", "abc")
        .send(&server.address())
        .await;
    assert_eq!(put.status, 200);
    let event: Value =
        serde_json::from_str(one(&server, "told").await["Body"].as_str().unwrap()).unwrap();
    assert_eq!(event["Records"][0]["s3"]["object"]["key"], "a.txt");
    let form = format!("Action=Publish&TopicArn={topic}&Message=news&Version=2010-03-31");
    let published = Request::query("sns", &form).send(&server.address()).await;
    assert_eq!(published.status, 200, "{}", published.text());
    let heard: Value =
        serde_json::from_str(one(&server, "told").await["Body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&heard["Type"], &heard["Message"], &heard["TopicArn"]),
        (&json!("Notification"), &json!("news"), &json!(topic))
    );
}

/// An event that was given up is told to the destination, and sent to the dead letters.
#[tokio::test]
async fn events_that_were_given_up() {
    let clock = DrivenClock::new(SystemTime::now());
    let server = Server::with_clock(&[], Arc::new(clock.clone())).await;
    let queue =
        |name: &str| json!({ "Type": "AWS::SQS::Queue", "Properties": { "QueueName": name } });
    let resources = json!({
        "Failed": queue("failed"),
        "Dead": queue("dead"),
        "Function": function("fails", json!({
            "DeadLetterConfig": { "TargetArn": { "Fn::GetAtt": ["Dead", "Arn"] } },
        })),
        "Events": event_invoke(json!({
            "MaximumRetryAttempts": 0,
            "DestinationConfig": {
                "OnFailure": { "Destination": { "Fn::GetAtt": ["Failed", "Arn"] } },
            },
        })),
    });
    assert_eq!(server.deploy(&resources), Ok(4));
    let event = invoke("fails", r#"{"n":1}"#).with("x-amz-invocation-type", "Event");
    assert_eq!(event.send(&server.address()).await.status, 202);
    let told = one(&server, "failed").await;
    let record: Value = serde_json::from_str(told["Body"].as_str().unwrap()).unwrap();
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    let dead = one(&server, "dead").await;
    assert_eq!(dead["Body"], r#"{"n":1}"#);
    let request = &record["requestContext"]["requestId"];
    assert_eq!(
        &dead["MessageAttributes"]["RequestID"]["StringValue"],
        request
    );
}

#[tokio::test]
async fn executions_send_and_receive() {
    let server = Server::with(&[]).await;
    let made = done(&server, "CreateQueue", &json!({ "QueueName": "work" })).await;
    let client = client(&server);
    let parameters = json!({ "QueueUrl": made["QueueUrl"], "MessageBody": { "n": 1 } });
    let sent = run(
        &client,
        "send",
        task("arn:aws:states:::sqs:sendMessage", parameters),
        json!({}),
    );
    let sent = sent.await;
    assert_eq!(sent["SdkHttpMetadata"]["HttpStatusCode"], 200, "{sent}");
    let parameters = json!({ "QueueUrl": made["QueueUrl"], "WaitTimeSeconds": 20 });
    let resource = "arn:aws:states:::aws-sdk:sqs:receiveMessage";
    let received = run(&client, "receive", task(resource, parameters), json!({})).await;
    let message = &received["Messages"][0];
    assert_eq!(message["Body"], r#"{"n":1}"#, "{received}");
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(message["Md5OfBody"], sent["Md5OfMessageBody"]);
    let parameters = json!({ "QueueUrl": url(&server, "nobody"), "MessageBody": "x" });
    let lost = run(
        &client,
        "lost",
        task("arn:aws:states:::sqs:sendMessage", parameters),
        json!({}),
    );
    assert_eq!(lost.await["error"], "SQS.QueueDoesNotExistException");
}
