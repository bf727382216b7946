//! What can be set of a queue ("SetQueueAttributes" in the SQS API Reference).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{ServiceError, unserved};
use crate::iam::{Kind, Policy};

/// Those that are numbers, with what each may be and is when nothing is said.
const NUMBERS: [(&str, i64, i64, i64); 5] = [
    ("DelaySeconds", 0, 900, 0),
    ("MaximumMessageSize", 1_024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
];

/// Those that AWS has and the sandbox has not, unless they say what is so anyway.
pub const UNSERVED: [&str; 7] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "RedriveAllowPolicy",
];

/// The attributes of a queue that can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    numbers: BTreeMap<&'static str, i64>,
    redrive: Option<Redrive>,
    policy: Option<(String, Arc<Policy>)>,
    encrypts: Option<bool>,
}

/// What becomes of messages that are received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The ARN of the queue that they are moved to.
    pub target: String,
    /// How often one may be received.
    pub max_receives: u32,
    text: String,
}

/// The names of those that are numbers.
pub fn numbers() -> impl Iterator<Item = &'static str> {
    NUMBERS.iter().map(|it| it.0)
}

/// What is so where nothing is said, by attribute.
pub fn defaults() -> impl Iterator<Item = (String, String)> {
    let numbers = NUMBERS.iter();
    let numbers = numbers.map(|(name, .., default)| ((*name).to_owned(), default.to_string()));
    numbers.chain([("RedrivePolicy".to_owned(), String::new())])
}

impl Attributes {
    /// Reads what is given; what is not stays as it is.
    ///
    /// # Errors
    ///
    /// `InvalidAttributeName`, `InvalidAttributeValue`, and by name what the sandbox does not
    /// have.
    pub fn set(&mut self, given: &Map<String, Value>) -> Result<(), ServiceError> {
        for (name, value) in given {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            self.set_one(name, &text)?;
        }
        Ok(())
    }

    fn set_one(&mut self, name: &str, text: &str) -> Result<(), ServiceError> {
        if let Some((name, least, most, _)) = NUMBERS.iter().find(|it| it.0 == name) {
            let number = text.parse().ok().filter(|it| (*least..=*most).contains(it));
            let number = number.ok_or_else(|| invalid_value(name))?;
            self.numbers.insert(name, number);
            return Ok(());
        }
        match name {
            "RedrivePolicy" if text.is_empty() => self.redrive = None,
            "RedrivePolicy" => self.redrive = Some(read_redrive(text)?),
            "Policy" if text.is_empty() => self.policy = None,
            "Policy" => {
                let document: Option<Value> = serde_json::from_str(text).ok();
                let document = document.filter(Value::is_object);
                let document = document.ok_or_else(|| invalid_value("Policy"))?;
                let policy = Policy::parse(&document, Kind::Resource);
                let policy = policy.map_err(|why| {
                    let why = format!("Invalid value for the parameter Policy. Reason: {why}");
                    ServiceError::bad_request("InvalidAttributeValue", why)
                })?;
                self.policy = Some((text.to_owned(), Arc::new(policy)));
            }
            "SqsManagedSseEnabled" => match text {
                "true" => self.encrypts = Some(true),
                "false" => self.encrypts = Some(false),
                _ => return Err(invalid_value(name)),
            },
            name if UNSERVED.contains(&name) => {
                let what = unserved(format_args!("the attribute {name} of a queue"));
                return Err(ServiceError::bad_request("UnsupportedOperation", what));
            }
            _ => {
                let text = format!("Unknown Attribute {name}.");
                return Err(ServiceError::bad_request("InvalidAttributeName", text));
            }
        }
        Ok(())
    }

    fn number(&self, name: &str) -> i64 {
        let known = NUMBERS.iter().find(|it| it.0 == name);
        let default = known.map_or(0, |it| it.3);
        self.numbers.get(name).copied().unwrap_or(default)
    }

    /// How long a message waits until it is seen first, in seconds.
    pub fn delay(&self) -> i64 {
        self.number("DelaySeconds")
    }

    /// How long a message that was received is hidden, in seconds.
    pub fn visibility(&self) -> i64 {
        self.number("VisibilityTimeout")
    }

    /// How long a call waits for a message, in seconds.
    pub fn wait(&self) -> i64 {
        self.number("ReceiveMessageWaitTimeSeconds")
    }

    /// How long a message is kept, in seconds.
    pub fn retention(&self) -> i64 {
        self.number("MessageRetentionPeriod")
    }

    /// How large a message may be, in bytes.
    pub fn largest(&self) -> i64 {
        self.number("MaximumMessageSize")
    }

    /// What becomes of messages that are received too often.
    pub fn redrive(&self) -> Option<&Redrive> {
        self.redrive.as_ref()
    }

    /// Who may do what with the queue.
    pub fn policy(&self) -> Option<Arc<Policy>> {
        self.policy.as_ref().map(|(_, policy)| policy.clone())
    }

    /// The first attribute whose value is another one here than there.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let mut number = numbers().filter(|it| self.number(it) != other.number(it));
        if let Some(name) = number.next() {
            return Some(name);
        }
        if self.redrive != other.redrive {
            return Some("RedrivePolicy");
        }
        (self.policy != other.policy).then_some("Policy")
    }

    /// As they are told.
    pub fn shown(&self) -> BTreeMap<&'static str, String> {
        let mut shown: BTreeMap<&'static str, String> = NUMBERS
            .iter()
            .map(|it| (it.0, self.number(it.0).to_string()))
            .collect();
        if let Some(redrive) = &self.redrive {
            shown.insert("RedrivePolicy", redrive.text.clone());
        }
        if let Some((text, _)) = &self.policy {
            shown.insert("Policy", text.clone());
        }
        let encrypts = self.encrypts.unwrap_or(true);
        shown.insert("SqsManagedSseEnabled", encrypts.to_string());
        shown
    }
}

fn read_redrive(text: &str) -> Result<Redrive, ServiceError> {
    let invalid = |why: &str| {
        ServiceError::bad_request(
            "InvalidParameterValue",
            format!("Value {text} for parameter RedrivePolicy is invalid. Reason: {why}"),
        )
    };
    let given: Value = serde_json::from_str(text)
        .map_err(|_| invalid("Redrive policy is not a valid JSON map."))?;
    let target = given["deadLetterTargetArn"].as_str();
    let target = target.ok_or_else(|| {
        invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
    })?;
    let count = match &given["maxReceiveCount"] {
        Value::Null => {
            let why = "Redrive policy does not contain mandatory attribute: maxReceiveCount.";
            return Err(invalid(why));
        }
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    let count = count.filter(|it| (1..=1000).contains(it));
    let count = count.ok_or_else(|| {
        invalid("Invalid value for maxReceiveCount: must be an integer from 1 to 1000.")
    })?;
    Ok(Redrive {
        target: target.to_owned(),
        max_receives: u32::try_from(count).unwrap_or(1000),
        text: text.to_owned(),
    })
}

fn invalid_value(name: &str) -> ServiceError {
    let text = format!("Invalid value for the parameter {name}.");
    ServiceError::bad_request("InvalidAttributeValue", text)
}
