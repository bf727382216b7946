//! Invokes the function as S3 does, with events that S3 sends seldom: of several records, or of
//! an object for which Step Functions refuses the execution.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::course::probe::Probe;
use crate::course::stack::Stack;
use crate::target::aws::Aws;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invoked {
    /// The function has ended: with an error, as Lambda tells it, or without.
    Ended(Option<String>),
    /// Who asks may not invoke it, or there is no such call at this endpoint: why.
    Refused(String),
    /// There was no answer, so that it may have run or not: why.
    Unknown(String),
}

/// Invokes the stack's function with a record of each of these objects, in this order, and
/// waits until it has ended.
pub async fn invoke(aws: &Aws, stack: &Stack, probes: &[&Probe]) -> Invoked {
    let records: Vec<Value> = (0..)
        .zip(probes)
        .map(|(at, probe)| record(stack, probe, at))
        .collect();
    let path = format!("/2015-03-31/functions/{}/invocations", stack.function);
    let body = json!({ "Records": records }).to_string();
    let headers = [("content-type", "application/json")];
    let answer = aws.calls.post("lambda", &path, &headers, &body).await;
    match answer {
        Err(why) => Invoked::Unknown(why),
        Ok(answer) if answer.status == 200 => {
            let error = answer.function_error.map(|_| error_in(&answer.body));
            Invoked::Ended(error)
        }
        Ok(answer) if answer.status >= 500 => Invoked::Unknown(error_in(&answer.body)),
        Ok(answer) => Invoked::Refused(error_in(&answer.body)),
    }
}

/// The message of an error, of a function's or of Lambda's own.
fn error_in(body: &str) -> String {
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    let names = ["errorMessage", "Message", "message"];
    let message = names.iter().find_map(|it| parsed[*it].as_str());
    message.unwrap_or(body).to_owned()
}

/// As S3 encodes keys in events: a space is a plus, a slash stays.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'*')
    .remove(b' ');

/// A record as S3 writes it ("Event message structure").
fn record(stack: &Stack, probe: &Probe, at: usize) -> Value {
    let key = utf8_percent_encode(&probe.key, ENCODED).to_string();
    let bucket = &stack.input_bucket;
    let now = DateTime::from(SystemTime::now()).fmt(Format::DateTime);
    let now = now.unwrap_or_default();
    json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": stack.service.region,
        "eventTime": now,
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "AWS:AIDAEXAMPLE" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": "EXAMPLE", "x-amz-id-2": "EXAMPLE" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "checker",
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": "EXAMPLE" },
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": {
                "key": key.replace(' ', "+"),
                "size": probe.content.len(),
                "eTag": "00000000000000000000000000000000",
                "sequencer": format!("{:016X}", 0xF0 + at),
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_errors() {
        for (body, expected) in [
            (r#"{"errorType":"E","errorMessage":"it broke"}"#, "it broke"),
            (r#"{"Message":"not allowed"}"#, "not allowed"),
            ("<html>", "<html>"),
        ] {
            assert_eq!(error_in(body), expected);
        }
    }

    #[test]
    fn keys_are_encoded_as_s3_does() {
        let encoded = utf8_percent_encode("Zoë + a/b (1).txt", ENCODED).to_string();
        assert_eq!(encoded.replace(' ', "+"), "Zo%C3%AB+%2B+a/b+%281%29.txt");
    }
}
