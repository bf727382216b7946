//! Names: the logical ids that the CLI and its plugin give to resources, and
//! how long AWS lets the names of resources be.

use crate::error::Error;
use crate::reader::Field;

/// The part of a logical id that stands for a function's key.
pub(crate) fn normalized(key: &str) -> String {
    upper_first(&key.replace('-', "Dash").replace('_', "Underscore"))
}

pub(crate) fn lambda_logical_id(key: &str) -> String {
    format!("{}LambdaFunction", normalized(key))
}

pub(crate) fn log_group_logical_id(key: &str) -> String {
    format!("{}LogGroup", normalized(key))
}

pub(crate) fn bucket_logical_id(bucket: &str) -> String {
    format!("S3Bucket{}", alphanumeric(bucket))
}

pub(crate) fn s3_permission_logical_id(key: &str, bucket: &str) -> String {
    format!(
        "{}LambdaPermission{}S3",
        normalized(key),
        alphanumeric(bucket)
    )
}

pub(crate) fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn alphanumeric(text: &str) -> String {
    let kept: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    upper_first(&kept)
}

/// A kind of thing that has a name on AWS.
pub(crate) struct Named {
    what: &'static str,
    min: usize,
    max: usize,
    /// What a name is made of, for people.
    allowed: &'static str,
    accepts: fn(&str) -> bool,
}

/// S3 bucket naming rules: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(crate) const BUCKET: Named = Named {
    what: "bucket",
    min: 3,
    max: 63,
    allowed: "lower-case letters, digits, dots and hyphens, with a letter or a digit at both ends",
    accepts: is_bucket_name,
};

/// CreateFunction: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
pub(crate) const FUNCTION: Named = Named {
    what: "function",
    min: 1,
    max: 64,
    allowed: "letters, digits, hyphens and underscores",
    accepts: |name| alphanumeric_or(name, b"-_"),
};

/// CreateRole: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
pub(crate) const ROLE: Named = Named {
    what: "role",
    min: 1,
    max: 64,
    allowed: "letters, digits and any of _+=,.@-",
    accepts: |name| alphanumeric_or(name, b"_+=,.@-"),
};

/// CreateStateMachine: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html>
pub(crate) const STATE_MACHINE: Named = Named {
    what: "state machine",
    min: 1,
    max: 80,
    allowed: "letters, digits, hyphens and underscores",
    accepts: |name| alphanumeric_or(name, b"-_"),
};

/// CreateTopic: <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
pub(crate) const TOPIC: Named = Named {
    what: "topic",
    min: 1,
    max: 256,
    allowed: "letters, digits, hyphens and underscores",
    accepts: |name| alphanumeric_or(name, b"-_"),
};

/// CreateLogGroup: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
pub(crate) const LOG_GROUP: Named = Named {
    what: "log group",
    min: 1,
    max: 512,
    allowed: "letters, digits and any of _-/.#",
    accepts: |name| alphanumeric_or(name, b"_-/.#"),
};

/// CreateStack: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub(crate) const STACK: Named = Named {
    what: "stack",
    min: 1,
    max: 128,
    allowed: "letters, digits and hyphens, with a letter first",
    accepts: |name| {
        alphanumeric_or(name, b"-") && name.starts_with(|c: char| c.is_ascii_alphabetic())
    },
};

impl Named {
    /// Refuses a name that AWS would refuse. `field` is what the name comes from.
    pub fn check(&self, name: &str, field: &Field) -> Result<(), Error> {
        let Self { what, min, max, .. } = self;
        let length = name.chars().count();
        let advice =
            "Change what the name is made of: the service, the stage, an environment variable";
        if length > *max {
            return Err(field.error(
                format!("the {what} name {name} has {length} characters, and AWS allows {max}"),
                advice,
            ));
        }
        if length < *min || !(self.accepts)(name) {
            return Err(field.error(
                format!(
                    "the {what} name {name} is not valid on AWS: it takes {}",
                    self.allowed
                ),
                advice,
            ));
        }
        Ok(())
    }
}

/// Whether a name has only ASCII letters, digits and `others`.
pub(crate) fn alphanumeric_or(name: &str, others: &[u8]) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_alphanumeric() || others.contains(&b))
}

fn is_bucket_name(name: &str) -> bool {
    let labels = || name.split('.');
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let is_ip_address = labels().count() == 4 && labels().all(|label| label.parse::<u32>().is_ok());
    labels().all(is_label) && !is_ip_address
}
