//! The bucket that deployments upload to: what every stack begins with.

use serde_json::{Map, json};

use super::{Template, tag_list};
use crate::config::Config;

pub(super) fn write(config: &Config) -> Template {
    let options = &config.provider.deployment_bucket;
    let mut properties = json!({
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } },
            ],
        },
    });
    if !options.tags.is_empty() {
        properties["Tags"] = tag_list(&options.tags);
    }
    if options.block_public_access {
        properties["PublicAccessBlockConfiguration"] = json!({
            "BlockPublicAcls": true,
            "BlockPublicPolicy": true,
            "IgnorePublicAcls": true,
            "RestrictPublicBuckets": true,
        });
    }
    if options.versioning {
        properties["VersioningConfiguration"] = json!({ "Status": "Enabled" });
    }
    let bucket = json!({ "Ref": "ServerlessDeploymentBucket" });
    let mut resources = Map::new();
    resources.insert(
        "ServerlessDeploymentBucket".to_owned(),
        json!({ "Type": "AWS::S3::Bucket", "Properties": properties }),
    );
    if !options.skip_policy {
        let arn = |end: &[&str]| {
            let mut parts = vec![
                json!("arn:"),
                json!({ "Ref": "AWS::Partition" }),
                json!(":s3:::"),
                bucket.clone(),
            ];
            parts.extend(end.iter().map(|end| json!(end)));
            json!({ "Fn::Join": ["", parts] })
        };
        resources.insert(
            "ServerlessDeploymentBucketPolicy".to_owned(),
            json!({
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {
                    "Bucket": bucket,
                    "PolicyDocument": {
                        "Statement": [{
                            "Action": "s3:*",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Resource": [arn(&["/*"]), arn(&[])],
                            "Condition": { "Bool": { "aws:SecureTransport": false } },
                        }],
                    },
                },
            }),
        );
    }
    let mut outputs = Map::new();
    outputs.insert(
        "ServerlessDeploymentBucketName".to_owned(),
        json!({ "Value": bucket }),
    );
    Template { resources, outputs }
}
