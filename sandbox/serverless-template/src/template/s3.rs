//! Buckets that trigger functions, and the permission for each.

use serde_json::{Map, Value as Json, json};

use super::Template;
use crate::config::{Bucket, Config, Function, S3Event};
use crate::error::Error;
use crate::naming;

/// A trigger, and the bucket that it is about.
struct Trigger<'a> {
    function: &'a Function,
    event: &'a S3Event,
    declared: Option<&'a Bucket>,
    bucket_name: &'a str,
}

pub(super) fn write(config: &Config, template: &mut Template) -> Result<(), Error> {
    let mut triggers: Vec<Trigger<'_>> = Vec::new();
    for function in &config.functions {
        for event in &function.s3_events {
            let declared = config
                .provider
                .buckets
                .iter()
                .find(|bucket| bucket.key == event.bucket);
            let bucket_name = match declared {
                Some(bucket) => bucket.name.as_ref().unwrap_or(&bucket.key),
                None => &event.bucket,
            };
            let checked = naming::BUCKET.check(bucket_name, &event.field);
            if checked.is_err() && declared.is_none() {
                return Err(event.field.error(
                    format!(
                        "{bucket_name} is neither a key of provider.s3 nor a valid bucket name"
                    ),
                    "Declare the bucket under provider.s3",
                ));
            }
            checked?;
            triggers.push(Trigger {
                function,
                event,
                declared,
                bucket_name,
            });
        }
    }
    // A bucket that one trigger calls by its key is that bucket for all.
    for index in 0..triggers.len() {
        let name = triggers[index].bucket_name;
        let declared =
            |trigger: &Trigger<'_>| trigger.bucket_name == name && trigger.declared.is_some();
        if let Some(other) = triggers.iter().rev().find(|other| declared(other)) {
            triggers[index].declared = other.declared;
        }
    }
    for (index, trigger) in triggers.iter().enumerate() {
        let same = |other: &&Trigger<'_>| other.bucket_name == trigger.bucket_name;
        if !triggers.iter().take(index).any(|other| same(&other)) {
            let of_bucket: Vec<_> = triggers.iter().filter(same).collect();
            let id = naming::bucket_logical_id(trigger.bucket_key());
            template.resources.insert(id, bucket(&of_bucket));
        }
        let permission = json!({
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": trigger.function_arn(),
                "Action": "lambda:InvokeFunction",
                "Principal": "s3.amazonaws.com",
                "SourceArn": {
                    "Fn::Join": ["", [
                        "arn:",
                        { "Ref": "AWS::Partition" },
                        format!(":s3:::{}", trigger.bucket_name),
                    ]],
                },
                "SourceAccount": { "Ref": "AWS::AccountId" },
            },
        });
        template
            .resources
            .insert(trigger.permission_id(), permission);
    }
    Ok(())
}

fn bucket(triggers: &[&Trigger<'_>]) -> Json {
    let notifications: Vec<Json> = triggers
        .iter()
        .map(|trigger| trigger.notification())
        .collect();
    let permissions: Vec<String> = triggers
        .iter()
        .map(|trigger| trigger.permission_id())
        .collect();
    let first = triggers.first();
    let mut properties = Map::new();
    properties.insert(
        "BucketName".to_owned(),
        json!(first.map(|trigger| trigger.bucket_name)),
    );
    if let Some(declared) = first.and_then(|trigger| trigger.declared) {
        properties.extend(declared.properties.clone());
    }
    let notification = properties
        .entry("NotificationConfiguration")
        .or_insert_with(|| json!({}));
    if let Some(notification) = notification.as_object_mut() {
        notification
            .entry("LambdaConfigurations")
            .or_insert(json!(notifications));
    }
    json!({ "Type": "AWS::S3::Bucket", "Properties": properties, "DependsOn": permissions })
}

impl Trigger<'_> {
    /// What logical ids call the bucket.
    fn bucket_key(&self) -> &str {
        self.declared.map_or(self.bucket_name, |bucket| &bucket.key)
    }

    fn permission_id(&self) -> String {
        naming::s3_permission_logical_id(&self.function.key, self.bucket_key())
    }

    fn function_arn(&self) -> Json {
        json!({ "Fn::GetAtt": [self.function.logical_id(), "Arn"] })
    }

    fn notification(&self) -> Json {
        let mut notification = json!({
            "Event": self.event.event,
            "Function": self.function_arn(),
        });
        if let Some(rules) = &self.event.rules {
            let rules: Vec<Json> = rules
                .iter()
                .map(|(name, value)| json!({ "Name": name, "Value": value }))
                .collect();
            notification["Filter"] = json!({ "S3Key": { "Rules": rules } });
        }
        notification
    }
}
