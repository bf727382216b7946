//! What templates can say of roles, buckets and functions.

use std::sync::Arc;
use std::time::SystemTime;

use sandbox::activity::What;
use serde_json::{Value, json};
use states_language::DrivenClock;

use crate::client::{Request, invoke};
use crate::server::Server;
use crate::state_machines::client;
use crate::tasks::{TOPIC, outcome, with_topic};

const STATES: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:writer";

/// A role for workflows in this region and account, with these policies.
fn role(name: &str, managed: Value) -> Value {
    json!({ "Type": "AWS::IAM::Role", "Properties": {
        "RoleName": name,
        "Path": "/team/",
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": [
                { "Fn::Sub": "states.${AWS::Region}.amazonaws.com" }, "events.amazonaws.com",
            ] },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } },
                "ArnLike": { "aws:SourceArn": "arn:aws:states:*:*:stateMachine:*" },
            },
        }] },
        "ManagedPolicyArns": managed,
    } })
}

/// A workflow of two calls: it writes an object, and tells a topic.
fn workflow(role: &str) -> Value {
    let definition = json!({ "StartAt": "Put", "States": {
        "Put": {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Parameters": { "Bucket": "matched", "Key": "cv", "Body": "hello" }, "Next": "Tell",
        },
        "Tell": {
            "Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true,
            "Parameters": { "TopicArn": TOPIC, "Message": "done" },
        },
    } });
    json!({ "Type": "AWS::StepFunctions::StateMachine", "Properties": {
        "StateMachineName": "writer",
        "RoleArn": { "Fn::GetAtt": [role, "Arn"] },
        "DefinitionString": definition.to_string(),
    } })
}

fn bucket_policy(role: &str) -> Value {
    json!({ "Type": "AWS::S3::BucketPolicy", "Properties": {
        "Bucket": { "Ref": "Bucket" },
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": { "Fn::GetAtt": [role, "Arn"] } },
            "Action": "s3:PutObject",
            "Resource": { "Fn::Sub": "${Bucket.Arn}/*" },
        }] },
    } })
}

fn bucket(more: Value) -> Value {
    let mut bucket =
        json!({ "Type": "AWS::S3::Bucket", "Properties": { "BucketName": "matched" } });
    for (name, value) in more.as_object().unwrap() {
        bucket["Properties"][name] = value.clone();
    }
    bucket
}

async fn run(server: &Server) -> Value {
    let client = client(server);
    let started = client.start_execution().state_machine_arn(STATES);
    let started = started.send().await.unwrap();
    outcome(&client, &started.execution_arn).await
}

/// What a role may do comes of managed policies, of AWS and of the stack, and of the policy
/// of the bucket.
#[tokio::test]
async fn policies_from_everywhere() {
    let server = with_topic(&[]).await;
    let publish = json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": {
        "ManagedPolicyName": "publish",
        "Description": "tells the topic",
        "PolicyDocument": { "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sns:Publish", "Resource": "*",
        } },
    } });
    let resources = json!({
        "Publish": publish,
        "Role": role("writer", json!([
            "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", { "Ref": "Publish" },
        ])),
        "Bucket": bucket(json!({ "VersioningConfiguration": { "Status": "Enabled" } })),
        "BucketPolicy": bucket_policy("Role"),
        "Workflow": workflow("Role"),
    });
    assert_eq!(server.deploy(&resources), Ok(5));
    let outcome = run(&server).await;
    assert!(outcome["MessageId"].is_string(), "{outcome}");
    for (action, expected) in [
        (
            "ListAttachedRolePolicies&RoleName=writer",
            "<PolicyArn>arn:aws:iam::123456789012:policy/publish</PolicyArn>",
        ),
        (
            "GetPolicy&PolicyArn=arn:aws:iam::123456789012:policy/publish",
            "<Description>tells the topic</Description>",
        ),
        ("GetRole&RoleName=writer", "<Path>/team/</Path>"),
    ] {
        let form = format!("Action={action}&Version=2010-05-08");
        let answer = Request::query("iam", &form).send(&server.address()).await;
        assert!(answer.text().contains(expected), "{}", answer.text());
    }
}

#[tokio::test]
async fn policies_of_aws_allow_what_they_say() {
    for (policies, error) in [
        (json!(["AmazonS3FullAccess", "AmazonSNSFullAccess"]), None),
        (json!(["PowerUserAccess"]), None),
        (json!(["AdministratorAccess"]), None),
        (
            json!(["AmazonS3ReadOnlyAccess", "AmazonSNSFullAccess"]),
            Some("S3.S3Exception"),
        ),
        (
            json!(["AWSLambdaExecute"]),
            Some("SNS.AuthorizationErrorException"),
        ),
        (json!(["ReadOnlyAccess"]), Some("S3.S3Exception")),
    ] {
        let server = with_topic(&[]).await;
        let names = policies.as_array().unwrap().iter();
        let arns: Vec<String> = names
            .map(|it| format!("arn:aws:iam::aws:policy/{}", it.as_str().unwrap()))
            .collect();
        let resources = json!({
            "Role": role("writer", json!(arns)),
            "Bucket": bucket(json!({})),
            "Workflow": workflow("Role"),
        });
        assert_eq!(server.deploy(&resources), Ok(3));
        let outcome = run(&server).await;
        assert_eq!(outcome["error"].as_str(), error, "{policies}: {outcome}");
    }
}

/// What a role is denied, every service tells as a Deny.
#[tokio::test]
async fn a_deny_is_told_as_a_deny() {
    let server = with_topic(&["echo"]).await;
    let deny = json!({ "PolicyName": "deny", "PolicyDocument": { "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*" }],
    } });
    let mut role = role(
        "writer",
        json!(["arn:aws:iam::aws:policy/AdministratorAccess"]),
    );
    role["Properties"]["Policies"] = json!([deny]);
    let machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:other";
    for (resource, parameters) in [
        ("lambda:invoke", json!({ "FunctionName": "echo" })),
        ("sns:publish", json!({ "TopicArn": TOPIC, "Message": "m" })),
        (
            "states:startExecution",
            json!({ "StateMachineArn": machine }),
        ),
        (
            "aws-sdk:s3:getObject",
            json!({ "Bucket": "matched", "Key": "cv" }),
        ),
        (
            "aws-sdk:textract:analyzeDocument",
            json!({ "Document": {}, "FeatureTypes": ["LAYOUT"] }),
        ),
        (
            "aws-sdk:sfn:describeExecution",
            json!({ "ExecutionArn": machine }),
        ),
        ("aws-sdk:cloudwatchlogs:describeLogGroups", json!({})),
    ] {
        let mut workflow = workflow("Role");
        let definition = json!({ "StartAt": "T", "States": { "T": {
            "Type": "Task", "Resource": format!("arn:aws:states:::{resource}"),
            "Parameters": parameters, "End": true,
        } } });
        let name = resource.replace([':', '-'], "");
        workflow["Properties"]["DefinitionString"] = definition.to_string().into();
        workflow["Properties"]["StateMachineName"] = name.clone().into();
        let mut role = role.clone();
        role["Properties"]["RoleName"] = format!("role-{name}").into();
        let mut resources = json!({ "Role": role, "Workflow": workflow });
        if resource.contains("s3") {
            resources["Bucket"] = bucket(json!({}));
        }
        server.deploy(&resources).unwrap();
        let arn = format!("arn:aws:states:eu-west-1:123456789012:stateMachine:{name}");
        let client = client(&server);
        let started = client.start_execution().state_machine_arn(arn);
        let started = started.send().await.unwrap();
        let outcome = outcome(&client, &started.execution_arn).await;
        let cause = outcome["cause"].as_str().unwrap_or_default();
        let told = "with an explicit deny in an identity-based policy";
        assert!(cause.contains(told), "{resource}: {outcome}");
    }
}

/// All that a bucket can be set to.
#[tokio::test]
async fn settings_of_buckets() {
    let server = Server::with(&[]).await;
    let resources = json!({ "Bucket": bucket(json!({
        "VersioningConfiguration": { "Status": "Enabled" },
        "LifecycleConfiguration": { "Rules": [
            { "Status": "Enabled", "ExpirationInDays": 30 },
            {
                "Id": "old", "Status": "Enabled", "Prefix": "in/",
                "NoncurrentVersionExpiration": { "NoncurrentDays": 7 },
                "Transitions": [{ "StorageClass": "GLACIER", "TransitionInDays": 1 }],
                "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 1 },
                "TagFilters": [{ "Key": "a", "Value": "b" }],
            },
        ] },
        "PublicAccessBlockConfiguration": { "BlockPublicPolicy": true },
        "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
        "BucketEncryption": { "ServerSideEncryptionConfiguration": [
            { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } },
        ] },
        "Tags": [{ "Key": "team", "Value": "a" }],
    })) });
    assert_eq!(server.deploy(&resources), Ok(1));
    for (query, expected) in [
        ("versioning", "<Status>Enabled</Status>"),
        ("lifecycle", "<NoncurrentDays>7</NoncurrentDays>"),
        (
            "publicAccessBlock",
            "<BlockPublicAcls>false</BlockPublicAcls>",
        ),
        ("tagging", "<Key>team</Key>"),
    ] {
        let path = format!("/matched?{query}=");
        let answer = Request::new("s3", "GET", &path, "")
            .send(&server.address())
            .await;
        assert!(
            answer.text().contains(expected),
            "{query}: {}",
            answer.text()
        );
    }
}

pub fn function(name: &str, more: Value) -> Value {
    let mut function = json!({ "Type": "AWS::Lambda::Function", "Properties": {
        "FunctionName": name,
        "Handler": name,
        "Runtime": "provided.al2023",
        "Role": "arn:aws:iam::123456789012:role/role",
        "Code": { "S3Bucket": "code", "S3Key": "code.zip" },
    } });
    for (name, value) in more.as_object().unwrap() {
        function["Properties"][name] = value.clone();
    }
    function
}

pub fn event_invoke(more: Value) -> Value {
    let mut config = json!({ "Type": "AWS::Lambda::EventInvokeConfig", "Properties": {
        "FunctionName": { "Ref": "Function" }, "Qualifier": "$LATEST",
    } });
    for (name, value) in more.as_object().unwrap() {
        config["Properties"][name] = value.clone();
    }
    config
}

#[tokio::test]
async fn settings_of_functions() {
    let server = Server::with(&[]).await;
    let resources = json!({
        "Function": function("echo", json!({
            "ReservedConcurrentExecutions": 5,
            "EphemeralStorage": { "Size": 1024 },
            "TracingConfig": { "Mode": "PassThrough" },
            "Description": "says it again",
            "Tags": [{ "Key": "team", "Value": "a" }],
        })),
        "Events": event_invoke(json!({
            "DestinationConfig": {}, "MaximumEventAgeInSeconds": 120, "MaximumRetryAttempts": 1,
        })),
        "Never": function("never", json!({ "ReservedConcurrentExecutions": 0 })),
    });
    assert_eq!(server.deploy(&resources), Ok(3));
    let get = async |path: &str| {
        let request = Request::new("lambda", "GET", path, "");
        request.send(&server.address()).await.json()
    };
    let found = get("/2015-03-31/functions/echo").await;
    assert_eq!(found["Concurrency"]["ReservedConcurrentExecutions"], 5);
    assert_eq!(found["Configuration"]["EphemeralStorage"]["Size"], 1024);
    assert_eq!(found["Tags"]["team"], "a");
    let concurrency = get("/2019-09-30/functions/echo/concurrency").await;
    assert_eq!(concurrency, json!({ "ReservedConcurrentExecutions": 5 }));
    let events = get("/2019-09-25/functions/echo/event-invoke-config").await;
    assert_eq!(
        (
            &events["MaximumRetryAttempts"],
            &events["MaximumEventAgeInSeconds"]
        ),
        (&json!(1), &json!(120))
    );
    assert_eq!(
        invoke("echo", "{}").send(&server.address()).await.status,
        200
    );
    let throttled = invoke("never", "{}").send(&server.address()).await;
    assert_eq!(throttled.status, 429);
    assert_eq!(
        throttled.header("x-amzn-errortype"),
        Some("TooManyRequestsException")
    );
}

/// A function that is not to be tried again is given up at once, and the topic is told.
#[tokio::test]
async fn destinations() {
    let clock = DrivenClock::new(SystemTime::now());
    let mut server = Server::with_clock(&[], Arc::new(clock.clone())).await;
    let resources = json!({
        "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "failed" } },
        "Function": function("fails", json!({})),
        "Events": event_invoke(json!({
            "MaximumRetryAttempts": 0,
            "DestinationConfig": { "OnFailure": { "Destination": { "Ref": "Topic" } } },
        })),
    });
    assert_eq!(server.deploy(&resources), Ok(3));
    let event = invoke("fails", r#"{"n":1}"#).with("x-amz-invocation-type", "Event");
    assert_eq!(event.send(&server.address()).await.status, 202);
    let told = server.until("the topic to be told", |activity| match &activity.what {
        What::Published { message, .. } => Some(message.clone()),
        _ => None,
    });
    let record: Value = serde_json::from_str(&told.await).unwrap();
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 1);
    assert_eq!(record["requestPayload"], json!({ "n": 1 }));
    assert_eq!(record["responsePayload"]["errorType"], "TooLate");
    assert!(!clock.advance(), "nothing waits for another try");
}

/// What AWS refuses is refused in its words; what only the sandbox does not have is told as
/// that.
#[tokio::test]
async fn refusals() {
    let server = Server::with(&[]).await;
    let with_function = |function: Value, events: Value| {
        json!({
            "Function": function, "Events": event_invoke(events),
        })
    };
    for (resources, expected) in [
        (
            json!({ "Role": role("r", json!(["arn:aws:iam::aws:policy/Nothing"])) }),
            "Policy arn:aws:iam::aws:policy/Nothing does not exist or is not attachable.",
        ),
        (
            json!({
                "Bucket": bucket(json!({})),
                "Role": role("r", json!([])),
                "One": bucket_policy("Role"),
                "Other": bucket_policy("Role"),
            }),
            "The bucket policy already exists on bucket matched.",
        ),
        (
            json!({ "Role": role("r", json!(["AWSLambdaRole"])) }),
            "ARN AWSLambdaRole is not valid.",
        ),
        (
            json!({ "Bucket": bucket(json!({ "VersioningConfiguration": { "Status": "On" } })) }),
            "On is not a valid enum value",
        ),
        (
            json!({ "Bucket": bucket(json!({
                "LifecycleConfiguration": { "Rules": [{ "Status": "Enabled" }] },
            })) }),
            "At least one action needs to be specified in a rule.",
        ),
        (
            json!({ "Function": function("f", json!({ "TracingConfig": { "Mode": "Active" } })) }),
            "The provided execution role does not have permissions to call PutTraceSegments on XRAY",
        ),
        (
            json!({ "Function": function("f", json!({ "EphemeralStorage": { "Size": 1 } })) }),
            "Member must have value between 512 and 10240",
        ),
        (
            json!({ "Function": function("f", json!({ "ReservedConcurrentExecutions": 901 })) }),
            "below its minimum value of [100]",
        ),
        (
            with_function(
                function("f", json!({})),
                json!({ "MaximumRetryAttempts": 3 }),
            ),
            "Member must have value between 0 and 2",
        ),
        (
            with_function(
                function("f", json!({})),
                json!({ "DestinationConfig": {
                "OnSuccess": { "Destination": "arn:aws:events:eu-west-1:123456789012:event-bus/b" },
            } }),
            ),
            "AWS takes a destination of events in DestinationConfig; this sandbox does not.",
        ),
        (
            json!({ "Function": function("f", json!({ "Layers": ["a"] })) }),
            "AWS takes the property Layers of AWS::Lambda::Function; this sandbox does not.",
        ),
        (
            json!({ "Bucket": bucket(json!({ "CorsConfiguration": {} })) }),
            "AWS takes the property CorsConfiguration of AWS::S3::Bucket; this sandbox does not.",
        ),
        (
            json!({ "Table": { "Type": "AWS::DynamoDB::Table" } }),
            "AWS takes the resource type AWS::DynamoDB::Table; this sandbox does not.",
        ),
    ] {
        let error = server.deploy(&resources).unwrap_err();
        assert!(error.contains(expected), "{resources}: {error}");
    }
}
