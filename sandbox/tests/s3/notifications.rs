//! Functions that are told of changes.

use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::types::{
    Event, LambdaFunctionConfiguration, NotificationConfiguration, TopicConfiguration,
};
use sandbox::activity::What;
use serde_json::json;

use crate::{BUCKET, Server, code};

/// The function itself fails, which is no matter here.
#[tokio::test]
async fn a_change_invokes_the_function() {
    let server = Server::start().await;
    let template = json!({ "Resources": {
        "Role": { "Type": "AWS::IAM::Role", "Properties": {
            "RoleName": "scan-file",
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "lambda.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }] },
        } },
        "Function": { "Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": "scan-file",
            "Handler": "scan-file",
            "Runtime": "provided.al2023",
            "Role": { "Fn::GetAtt": ["Role", "Arn"] },
            "Code": { "S3Bucket": "code", "S3Key": "code.zip" },
        } },
        "Permission": { "Type": "AWS::Lambda::Permission", "Properties": {
            "FunctionName": { "Fn::GetAtt": ["Function", "Arn"] },
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
            "SourceArn": "arn:aws:s3:::told",
        } },
        "Bucket": { "Type": "AWS::S3::Bucket", "DependsOn": ["Permission"], "Properties": {
            "BucketName": "told",
            "NotificationConfiguration": { "LambdaConfigurations": [{
                "Event": "s3:ObjectCreated:*",
                "Function": { "Fn::GetAtt": ["Function", "Arn"] },
                "Filter": { "S3Key": { "Rules": [{ "Name": "suffix", "Value": ".txt" }] } },
            }] },
        } },
    } });
    server
        .sandbox
        .deploy("stack", &template, Path::new("/usr/bin/false"))
        .unwrap();
    let client = server.client();
    let kept = client
        .get_bucket_notification_configuration()
        .bucket("told")
        .send()
        .await
        .unwrap();
    assert_eq!(
        kept.lambda_function_configurations()[0].events(),
        [Event::S3ObjectCreated]
    );
    let mut activities = server.sandbox.activities();
    for key in ["cv.pdf", "cv.txt"] {
        client
            .put_object()
            .bucket("told")
            .key(key)
            .send()
            .await
            .unwrap();
    }
    let told = async {
        let mut created = 0;
        loop {
            match activities.recv().await.unwrap().what {
                What::ObjectCreated { .. } => created += 1,
                What::FunctionInvoked { function, .. } => return (function, created),
                _ => {}
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(20), told)
        .await
        .unwrap();
    // Only the second key has the suffix.
    assert_eq!(told, ("scan-file".to_owned(), 2));
}

#[tokio::test]
async fn notifications_need_a_function_that_lets_them() {
    let server = Server::start().await;
    let client = server.client();
    let put = |configuration: NotificationConfiguration| {
        client
            .put_bucket_notification_configuration()
            .bucket(BUCKET)
            .notification_configuration(configuration)
            .send()
    };
    let function = LambdaFunctionConfiguration::builder()
        .lambda_function_arn("arn:aws:lambda:eu-west-1:123456789012:function:nobody")
        .events(Event::S3ObjectCreated)
        .build()
        .unwrap();
    let configuration = NotificationConfiguration::builder()
        .lambda_function_configurations(function)
        .build();
    let error = put(configuration).await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("InvalidArgument"));
    let text = "Unable to validate the following destination configurations";
    assert_eq!(error.meta().message(), Some(text));
    let topic = TopicConfiguration::builder()
        .topic_arn("arn:aws:sns:eu-west-1:123456789012:topic")
        .events(Event::S3ObjectCreated)
        .build()
        .unwrap();
    let configuration = NotificationConfiguration::builder()
        .topic_configurations(topic)
        .build();
    assert_eq!(code!(put(configuration).await), "NotImplemented");
    put(NotificationConfiguration::builder().build())
        .await
        .unwrap();
}
