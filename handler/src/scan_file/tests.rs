//! `handle` against an AWS that answers every call and remembers it.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::*;

/// Answers SNS in XML and Step Functions in JSON, and keeps the requests' bodies.
#[derive(Debug, Clone, Default)]
struct FakeAws {
    calls: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for FakeAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let answer = if body.starts_with("Action=Publish") {
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
        } else {
            r#"{"executionArn": "arn:of:the:execution", "startDate": 1.5}"#
        };
        self.calls.lock().unwrap().push(body.into_owned());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            StatusCode::try_from(200).unwrap(),
            answer.into(),
        )))
    }
}

/// Runs `handle` for objects with these (encoded) keys; returns the bodies of its calls.
async fn calls_for(keys: &[&str]) -> Result<Vec<String>, Error> {
    let fake = FakeAws::default();
    let connector = fake.clone();
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "test", "test", None, None, "test",
        )))
        .http_client(http_client_fn(move |_, _| {
            SharedHttpConnector::new(connector.clone())
        }))
        .build();
    let settings = Settings {
        state_machine_arn: "arn:of:the:state:machine".to_owned(),
        scan_failed_topic_arn: "arn:of:the:topic".to_owned(),
    };
    let records: Vec<Value> = keys
        .iter()
        .map(|key| {
            json!({
                "eventTime": "2025-01-01T00:00:00.000Z",
                "userIdentity": {},
                "requestParameters": {},
                "s3": {"bucket": {"name": "input"}, "object": {"key": key, "size": 1}}
            })
        })
        .collect();
    let event = serde_json::from_value(json!({ "Records": records }))?;
    handle(&aws, &settings, event).await?;
    Ok(fake.calls.lock().unwrap().clone())
}

#[tokio::test]
async fn a_word_document_is_reported_and_starts_nothing() {
    for key in ["old.doc", "My+CV.DOCX"] {
        let calls = calls_for(&[key]).await.unwrap();

        let [publish] = calls.as_slice() else {
            panic!("{calls:?}")
        };
        let publish = percent_decode_str(publish).decode_utf8().unwrap();
        assert!(publish.contains("TopicArn=arn:of:the:topic"), "{publish}");
        let message = json!({ "key": decode_key(key).unwrap() });
        assert!(publish.contains(&format!("Message={message}")), "{publish}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_utf_8_is_an_error() {
    assert!(calls_for(&["%ff.txt"]).await.is_err());
}

//@ task 1 solution
#[tokio::test]
async fn each_other_object_starts_one_execution() {
    let calls = calls_for(&["Zo%C3%AB+1.TXT", "no.docx", "b.pdf"])
        .await
        .unwrap();

    assert_eq!(calls.len(), 3);
    for (call, key, extension) in [(0, "Zoë 1.TXT", "txt"), (2, "b.pdf", "pdf")] {
        let call: Value = serde_json::from_str(&calls[call]).unwrap();
        assert_eq!(call["stateMachineArn"], "arn:of:the:state:machine");
        let input: Value = serde_json::from_str(call["input"].as_str().unwrap()).unwrap();
        assert_eq!(input, json!({"key": key, "extension": extension}));
        assert!(!call["name"].as_str().unwrap().is_empty());
    }
}
//@ end
