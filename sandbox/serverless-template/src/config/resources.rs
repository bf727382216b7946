//! `resources`: CloudFormation that the author wrote.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::error::{Error, Place};
use crate::naming::{self, Named};
use crate::node::Value;
use crate::reader::Field;

/// Sections of a template. With several lists of resources, later ones are
/// merged into earlier ones.
#[derive(Default)]
pub(crate) struct Resources {
    /// Templates, in the order in which they are merged.
    pub sections: Vec<Map<String, Json>>,
    /// Where each resource is written, by its logical id.
    pub places: BTreeMap<String, Place>,
}

impl Resources {
    pub fn read(field: &Field) -> Result<Self, Error> {
        let mut places = BTreeMap::new();
        let sections = field
            .list()
            .iter()
            .filter(|field| !field.node.is_null())
            .map(|field| section(field, &mut places))
            .collect::<Result<_, _>>()?;
        Ok(Self { sections, places })
    }
}

fn section(
    field: &Field,
    places: &mut BTreeMap<String, Place>,
) -> Result<Map<String, Json>, Error> {
    let mut object = field.object()?;
    let mut section = Map::new();
    for key in ["AWSTemplateFormatVersion", "Description"] {
        if let Some(text) = object.read(key, Field::text)? {
            section.insert(key.to_owned(), text.into());
        }
    }
    for key in [
        "Conditions",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
    ] {
        if let Some(mapping) = object.read(key, Field::mapping)? {
            section.insert(key.to_owned(), mapping);
        }
    }
    if let Some(field) = object.take("Resources") {
        let mut resources = Map::new();
        for (id, place, field) in field.object()?.rest() {
            let valid = id.bytes().all(|b| b.is_ascii_alphanumeric());
            if !valid || !(1..=255).contains(&id.len()) {
                return Err(field.error(
                    format!("{id:?} cannot be a logical id"),
                    "Use letters and digits only",
                ));
            }
            // One in a file of its own is to be mended there.
            let within = field.node.place.clone();
            let place = if within.file == place.file {
                place
            } else {
                within
            };
            resources.insert(id.clone(), resource(&field)?);
            places.insert(id, place);
        }
        section.insert("Resources".to_owned(), resources.into());
    }
    object.finish()?;
    Ok(section)
}

fn resource(field: &Field) -> Result<Json, Error> {
    let mut object = field.object()?;
    let kind = object.require("Type")?.text()?;
    let mut resource = Map::new();
    if let Some(properties) = object.take("Properties") {
        check_name(&kind, &properties)?;
        resource.insert("Properties".to_owned(), properties.mapping()?);
    }
    for key in ["CreationPolicy", "Metadata", "UpdatePolicy"] {
        if let Some(mapping) = object.read(key, Field::mapping)? {
            resource.insert(key.to_owned(), mapping);
        }
    }
    for key in ["Condition", "DeletionPolicy", "UpdateReplacePolicy"] {
        if let Some(text) = object.read(key, Field::text)? {
            resource.insert(key.to_owned(), text.into());
        }
    }
    if let Some(field) = object.take("DependsOn") {
        let ids: Vec<String> = field
            .list()
            .iter()
            .map(Field::text)
            .collect::<Result<_, _>>()?;
        resource.insert("DependsOn".to_owned(), json!(ids));
    }
    object.finish()?;
    resource.insert("Type".to_owned(), kind.into());
    Ok(resource.into())
}

/// Refuses a name that AWS would refuse, where the name is written out.
fn check_name(kind: &str, properties: &Field) -> Result<(), Error> {
    let (key, rule): (_, Named) = match kind {
        "AWS::S3::Bucket" => ("BucketName", naming::BUCKET),
        "AWS::IAM::Role" => ("RoleName", naming::ROLE),
        "AWS::Lambda::Function" => ("FunctionName", naming::FUNCTION),
        "AWS::Logs::LogGroup" => ("LogGroupName", naming::LOG_GROUP),
        "AWS::SNS::Topic" => ("TopicName", naming::TOPIC),
        "AWS::StepFunctions::StateMachine" => ("StateMachineName", naming::STATE_MACHINE),
        _ => return Ok(()),
    };
    match properties.object()?.take(key) {
        Some(field) => match &field.node.value {
            Value::String(name) => rule.check(name, &field),
            _ => Ok(()),
        },
        None => Ok(()),
    }
}
