//! Textract: `AnalyzeDocument` of PDFs with one page.
//!
//! The text is the PDF's own, not read from its picture: a scan has none. Blocks,
//! relationships and errors are those of the Amazon Textract Developer Guide.

mod blocks;
mod bounds;
mod layout;
mod pdf;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::account::Account;
use crate::arn::s3_arn;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::services::{Protocol, Service};
use bounds::{Budget, Caller};
use pdf::Unreadable;

/// The largest document of a synchronous call, in bytes ("Set Quotas in Amazon
/// Textract").
const LARGEST: u64 = 10 * 1024 * 1024;

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["textract"],
    is_global: false,
    protocol: Protocol::Json {
        target: "Textract",
        former: &[],
        call: |account, caller, request| {
            Box::pin(
                async move { call(account, &caller, &request.operation, &request.input).await },
            )
        },
    },
};

/// Answers one operation, named as in the API.
///
/// # Errors
///
/// Textract's own; `UnknownOperationException` for all but `AnalyzeDocument`.
pub async fn call(
    account: &Arc<Account>,
    caller: &Principal,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    if operation != "AnalyzeDocument" {
        return Err(ServiceError::unknown_operation("Textract", operation));
    }
    account.authorize(
        caller,
        "textract:AnalyzeDocument",
        "*",
        "AccessDeniedException",
    )?;
    check(input)?;
    let document = document(account, caller, &input["Document"])?;
    if !document.starts_with(b"%PDF-") {
        return Err(other_format(&document));
    }
    // Whoever waits no longer drops this, and the reading ends.
    let asking = Caller::default();
    let budget = Budget::of(&asking);
    let read = tokio::task::spawn_blocking(move || pdf::read(document, budget)).await;
    match read {
        Ok(Ok(page)) => Ok(json!({
            "AnalyzeDocumentModelVersion": "1.0",
            "Blocks": blocks::of(&page),
            "DocumentMetadata": { "Pages": 1 },
        })),
        Ok(Err(Unreadable::ManyPages | Unreadable::Encrypted)) => Err(unsupported()),
        Ok(Err(Unreadable::Broken | Unreadable::TooMuch)) | Err(_) => Err(
            ServiceError::bad_request("BadDocumentException", "Request has invalid document"),
        ),
    }
}

fn check(input: &Value) -> Result<(), ServiceError> {
    const FEATURES: [&str; 5] = ["TABLES", "FORMS", "QUERIES", "SIGNATURES", "LAYOUT"];
    let invalid = |message: String| ServiceError::bad_request("ValidationException", message);
    let null = |member: &str| {
        invalid(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        ))
    };
    if !input["Document"].is_object() {
        return Err(null("document"));
    }
    let Some(features) = input["FeatureTypes"].as_array() else {
        return Err(null("featureTypes"));
    };
    let known = |feature: &Value| feature.as_str().is_some_and(|it| FEATURES.contains(&it));
    if features.iter().all(known) {
        return Ok(());
    }
    let given: Vec<String> = features
        .iter()
        .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
        .collect();
    Err(invalid(format!(
        "1 validation error detected: Value '[{}]' at 'featureTypes' failed to satisfy \
         constraint: Member must satisfy constraint: [Member must satisfy enum value set: [{}]]",
        given.join(", "),
        FEATURES.join(", ")
    )))
}

/// The document's bytes, from the request or from S3 with the caller's permission.
fn document(
    account: &Arc<Account>,
    caller: &Principal,
    document: &Value,
) -> Result<Vec<u8>, ServiceError> {
    let too_large = || {
        ServiceError::bad_request(
            "DocumentTooLargeException",
            format!("The document is larger than {LARGEST} bytes"),
        )
    };
    if let Some(bytes) = document["Bytes"].as_str() {
        let bytes = STANDARD.decode(bytes);
        let bytes = bytes.map_err(|_| ServiceError::bad_request("SerializationException", ""))?;
        if bytes.len() as u64 > LARGEST {
            return Err(too_large());
        }
        return Ok(bytes);
    }
    let object = &document["S3Object"];
    let (Some(bucket), Some(key)) = (object["Bucket"].as_str(), object["Name"].as_str()) else {
        return Err(ServiceError::bad_request(
            "InvalidParameterException",
            "Request has invalid parameters",
        ));
    };
    // Whether it is not there or may not be seen: Textract says the same.
    let unseen = || {
        ServiceError::bad_request(
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access \
             permissions.",
        )
    };
    let resource = s3_arn(bucket, Some(key));
    let allowed = account.authorize(caller, "s3:GetObject", &resource, "AccessDenied");
    allowed.map_err(|_| unseen())?;
    let content = account.s3.content(bucket, key).ok_or_else(unseen)?;
    if content.length() > LARGEST {
        return Err(too_large());
    }
    Ok(content.to_vec())
}

fn unsupported() -> ServiceError {
    ServiceError::bad_request(
        "UnsupportedDocumentException",
        "Request has unsupported document format",
    )
}

/// What is said of a document that is no PDF.
fn other_format(document: &[u8]) -> ServiceError {
    const PICTURES: [&[u8]; 4] = [b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*"];
    if PICTURES.iter().any(|begin| document.starts_with(begin)) {
        return ServiceError::bad_request(
            "UnsupportedDocumentException",
            "The sandbox reads the text of PDFs only. On AWS, Textract reads PNG, JPEG and TIFF, \
             too.",
        );
    }
    unsupported()
}

#[cfg(test)]
mod tests;
