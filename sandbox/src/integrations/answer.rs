//! The shapes that Step Functions gives to the answers and errors of the services
//! that it calls.

use serde_json::{Map, Value, json};
use states_language::TaskFailure;

use crate::error::ServiceError;

/// A service of an optimised integration, as errors name it.
pub struct Service {
    /// Before the dot of an error's name.
    pub prefix: &'static str,
    /// In the cause.
    pub full: &'static str,
    /// The error of what the service's API does not model.
    pub base: &'static str,
}

/// AWS Lambda.
pub const LAMBDA: Service = Service {
    prefix: "Lambda",
    full: "AWSLambda",
    base: "AWSLambdaException",
};

/// Amazon SNS.
pub const SNS: Service = Service {
    prefix: "SNS",
    full: "AmazonSNS",
    base: "AmazonSNSException",
};

/// Amazon SQS.
pub const SQS: Service = Service {
    prefix: "SQS",
    full: "AmazonSQS",
    base: "AmazonSQSException",
};

/// AWS Step Functions.
pub const STATES: Service = Service {
    prefix: "StepFunctions",
    full: "AWSStepFunctions",
    base: "AWSStepFunctionsException",
};

impl Service {
    /// An error of the service, as a task's failure.
    pub fn failure(&self, error: &ServiceError) -> TaskFailure {
        TaskFailure::new(
            format!("{}.{}", self.prefix, exception(&error.code, self.base)),
            format!(
                "{} (Service: {}; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
                error.message,
                self.full,
                error.status,
                error.code,
                uuid::Uuid::new_v4()
            ),
        )
    }
}

/// An error of a service that is called through the AWS SDK integrations, as a task's
/// failure.
pub fn sdk_failure(service: &str, error: &ServiceError) -> TaskFailure {
    let base = format!("{service}Exception");
    TaskFailure::new(
        format!("{service}.{}", exception(&error.code, &base)),
        format!(
            "{} (Service: {service}, Status Code: {}, Request ID: {}) (SDK Attempt Count: 1)",
            error.message,
            error.status,
            uuid::Uuid::new_v4()
        ),
    )
}

/// The Java class of an error: the SDK that Step Functions calls with has one for
/// each error that an API models. What every service may answer is not modelled.
fn exception(code: &str, base: &str) -> String {
    match code {
        "AccessDenied" | "AccessDeniedException" | "InvalidArgument" | "ValidationError" => {
            base.to_owned()
        }
        code if code.ends_with("Exception") => code.to_owned(),
        code => format!("{code}Exception"),
    }
}

/// An answer with what Step Functions tells of the call, its members in the order of
/// their names.
pub fn with_metadata(members: Value, status: u16, headers: &[(&str, &str)]) -> Value {
    let request_id = uuid::Uuid::new_v4().to_string();
    let mut all = Map::new();
    let mut first = Map::new();
    for (name, value) in [&[("x-amzn-RequestId", request_id.as_str())], headers].concat() {
        all.insert(name.to_owned(), json!([value]));
        first.insert(name.to_owned(), json!(value));
    }
    let Value::Object(mut members) = members else {
        return members;
    };
    members.insert(
        "SdkHttpMetadata".to_owned(),
        json!({ "AllHttpHeaders": all, "HttpHeaders": first, "HttpStatusCode": status }),
    );
    members.insert(
        "SdkResponseMetadata".to_owned(),
        json!({ "RequestId": request_id }),
    );
    members.sort_keys();
    Value::Object(members)
}
