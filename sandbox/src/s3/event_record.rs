//! The event that a function gets: "Event message structure" in the S3 User Guide.

use http::Extensions;
use serde::Serialize;
use uuid::Uuid;

use crate::arn::s3_arn;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::time::{iso, now_millis};

use super::encoding::encode_key;
use super::error::access_denied;
use super::object::Object;

/// The canonical user id of the account, as in AWS's examples.
pub const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

/// What S3 calls a request: `x-amz-request-id` and `x-amz-id-2`.
#[derive(Debug, Clone)]
pub struct RequestIds {
    pub request: String,
    pub host: String,
}

impl RequestIds {
    /// New ones, in the form of AWS's.
    pub fn new() -> Self {
        let digits = |uuid: Uuid| uuid.simple().to_string().to_uppercase();
        Self {
            request: digits(Uuid::new_v4()).chars().take(16).collect(),
            host: format!("{}{}", digits(Uuid::new_v4()), digits(Uuid::new_v4())),
        }
    }
}

/// Where a change comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    pub principal: Principal,
    pub ids: RequestIds,
}

impl Origin {
    /// Takes what the front and the authentication left with a request.
    ///
    /// # Errors
    ///
    /// `AccessDenied` where nobody signed it.
    pub fn of(extensions: &Extensions) -> Result<Self, ServiceError> {
        let principal = extensions
            .get::<Principal>()
            .cloned()
            .ok_or_else(access_denied)?;
        let ids = extensions
            .get::<RequestIds>()
            .cloned()
            .unwrap_or_else(RequestIds::new);
        Ok(Self { principal, ids })
    }
}

/// What happened to an object.
#[derive(Debug)]
pub struct Change<'a> {
    /// Such as `ObjectCreated:Put`.
    pub event: &'static str,
    pub bucket: &'a str,
    /// As it is, not encoded.
    pub key: &'a str,
    /// The object, unless it is gone.
    pub object: Option<&'a Object>,
    /// The id of the version that was made or removed, where it has one.
    pub version: Option<&'a str>,
    /// A number in hexadecimal digits: greater than those of all changes before it.
    pub sequencer: &'a str,
}

/// The event of one change, as JSON.
pub fn write(
    origin: &Origin,
    change: &Change<'_>,
    configuration_id: &str,
    region: &str,
) -> Vec<u8> {
    let record = Record {
        event_version: "2.1",
        event_source: "aws:s3",
        aws_region: region,
        event_time: iso(now_millis()),
        event_name: change.event,
        user_identity: Identity {
            principal_id: format!("AWS:{}", origin.principal.user_id()),
        },
        request_parameters: RequestParameters {
            source_ip_address: "127.0.0.1",
        },
        response_elements: ResponseElements {
            request_id: &origin.ids.request,
            host_id: &origin.ids.host,
        },
        s3: Entity {
            s3_schema_version: "1.0",
            configuration_id,
            bucket: BucketEntity {
                name: change.bucket,
                owner_identity: Identity {
                    principal_id: OWNER.to_owned(),
                },
                arn: s3_arn(change.bucket, None),
            },
            object: ObjectEntity {
                key: encode_key(change.key),
                size: change.object.map(|object| object.content.length()),
                e_tag: change.object.map(|object| object.etag.as_str()),
                version_id: change.version,
                sequencer: change.sequencer,
            },
        },
    };
    // Strings and numbers only: there is nothing in it that JSON cannot hold.
    serde_json::to_vec(&Event { records: [record] }).unwrap_or_default()
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "Records")]
    records: [Record<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_version: &'static str,
    event_source: &'static str,
    aws_region: &'a str,
    event_time: String,
    event_name: &'static str,
    user_identity: Identity,
    request_parameters: RequestParameters,
    response_elements: ResponseElements<'a>,
    s3: Entity<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    principal_id: String,
}

#[derive(Serialize)]
struct RequestParameters {
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: &'static str,
}

#[derive(Serialize)]
struct ResponseElements<'a> {
    #[serde(rename = "x-amz-request-id")]
    request_id: &'a str,
    #[serde(rename = "x-amz-id-2")]
    host_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entity<'a> {
    s3_schema_version: &'static str,
    configuration_id: &'a str,
    bucket: BucketEntity<'a>,
    object: ObjectEntity<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BucketEntity<'a> {
    name: &'a str,
    owner_identity: Identity,
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectEntity<'a> {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e_tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    sequencer: &'a str,
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::super::checksum::{Algorithm, Checksum};
    use super::super::content::Content;
    use super::super::object::Headers;
    use super::*;

    fn record(event: &'static str, object: Option<&Object>) -> Value {
        let ids = RequestIds {
            request: "C3D13FE58DE4C810".to_owned(),
            host: "FMyU".to_owned(),
        };
        let origin = Origin {
            principal: Principal::Administrator,
            ids,
        };
        let change = Change {
            event,
            bucket: "scan-cv",
            key: "Zoë Nowak.txt",
            object,
            version: object.and_then(|it| it.version.as_deref()),
            sequencer: "0055AED6DCD90281E5",
        };
        let json = write(&origin, &change, "rule", "eu-west-1");
        let mut event: Value = serde_json::from_slice(&json).unwrap();
        let time = event["Records"][0]["eventTime"].take();
        assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
        event
    }

    #[test]
    fn created() {
        let mut content = Content::default();
        content.push(Bytes::from_static(b"hello"));
        let object = Object {
            etag: "5d41402abc4b2a76b9719d911017c592".to_owned(),
            modified: 0,
            headers: Headers::default(),
            tags: std::collections::BTreeMap::new(),
            checksum: Checksum::compute(Algorithm::Crc64Nvme, &content),
            parts: Vec::new(),
            version: None,
            content,
        };
        let expected = json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "eu-west-1",
            "eventTime": null,
            "eventName": "ObjectCreated:Put",
            "userIdentity": { "principalId": "AWS:123456789012" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": {
                "x-amz-request-id": "C3D13FE58DE4C810",
                "x-amz-id-2": "FMyU",
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "rule",
                "bucket": {
                    "name": "scan-cv",
                    "ownerIdentity": { "principalId": OWNER },
                    "arn": "arn:aws:s3:::scan-cv",
                },
                "object": {
                    "key": "Zo%C3%AB+Nowak.txt",
                    "size": 5,
                    "eTag": "5d41402abc4b2a76b9719d911017c592",
                    "sequencer": "0055AED6DCD90281E5",
                },
            },
        }] });
        assert_eq!(record("ObjectCreated:Put", Some(&object)), expected);
        let version = Some("3f2a".to_owned());
        let object = Object { version, ..object };
        let told = record("ObjectCreated:Put", Some(&object));
        assert_eq!(told["Records"][0]["s3"]["object"]["versionId"], "3f2a");
    }

    #[test]
    fn removed() {
        assert_eq!(
            record("ObjectRemoved:Delete", None)["Records"][0]["s3"]["object"],
            json!({ "key": "Zo%C3%AB+Nowak.txt", "sequencer": "0055AED6DCD90281E5" })
        );
    }
}
