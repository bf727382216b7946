//! Intrinsic functions: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::Join`, `Fn::Select`,
//! `Fn::Split`, as in the CloudFormation Template Reference.

use serde_json::{Map, Value};

use super::stack::Stack;
use crate::arn::ACCOUNT_ID;
use crate::error::unserved;

/// What names in a template can stand for.
pub struct Scope<'a> {
    /// `AWS::Region`.
    pub region: &'a str,
    /// With the resources made so far.
    pub stack: &'a Stack,
}

/// Replaces every intrinsic function in a value by what it stands for. A member
/// that stands for `AWS::NoValue` is left out.
///
/// # Errors
///
/// Names the function and what is wrong with it.
pub fn resolve(scope: &Scope<'_>, value: &Value) -> Result<Value, String> {
    match value {
        Value::Object(object) => match call(object) {
            Some((function, argument)) => scope.call(function, argument),
            None => {
                let mut resolved = Map::new();
                for (name, member) in object.iter().filter(|(_, member)| !is_no_value(member)) {
                    resolved.insert(name.clone(), resolve(scope, member)?);
                }
                Ok(Value::Object(resolved))
            }
        },
        Value::Array(items) => {
            let kept = items.iter().filter(|item| !is_no_value(item));
            kept.map(|item| resolve(scope, item))
                .collect::<Result<_, _>>()
                .map(Value::Array)
        }
        other => Ok(other.clone()),
    }
}

/// The functions that AWS has besides ("Intrinsic function reference").
const OTHER_FUNCTIONS: [&str; 17] = [
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::ToJsonString",
    "Fn::Transform",
];

/// What `Ref` gives besides resources ("Pseudo parameters").
pub const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// The names of resources that a value refers to.
pub fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(object) => match call(object) {
            Some(("Ref", Value::String(name))) => found.push(name.clone()),
            Some(("Fn::GetAtt", argument)) => {
                if let Some((name, _)) = attribute(argument) {
                    found.push(name);
                }
            }
            Some(("Fn::Sub", argument)) => {
                let (text, names) = substitution(argument).unwrap_or_default();
                for name in placeholders(text).filter(|name| !names.contains_key(*name)) {
                    found.push(name.split('.').next().unwrap_or(name).to_owned());
                }
                names.values().for_each(|value| references(value, found));
            }
            _ => object.values().for_each(|member| references(member, found)),
        },
        _ => {}
    }
}

/// What `Fn::GetAtt` and `${name.attribute}` in a value ask for: resource and attribute.
pub fn attributes(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| attributes(item, found)),
        Value::Object(object) => match call(object) {
            Some(("Fn::GetAtt", argument)) => found.extend(attribute(argument)),
            Some(("Fn::Sub", argument)) => {
                let (text, names) = substitution(argument).unwrap_or_default();
                let free = placeholders(text).filter(|name| !names.contains_key(*name));
                let asked = free.filter_map(|name| name.split_once('.'));
                found
                    .extend(asked.map(|(name, attribute)| (name.to_owned(), attribute.to_owned())));
                names.values().for_each(|value| attributes(value, found));
            }
            _ => object.values().for_each(|member| attributes(member, found)),
        },
        _ => {}
    }
}

/// The function that an object calls: its only member is named like one.
fn call(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = object.iter().next()?;
    (object.len() == 1 && (name == "Ref" || name.starts_with("Fn::")))
        .then_some((name.as_str(), argument))
}

fn is_no_value(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue")
}

impl Scope<'_> {
    fn call(&self, function: &str, argument: &Value) -> Result<Value, String> {
        let malformed =
            || format!("Template error: every {function} object must have a valid argument.");
        match function {
            "Ref" => self
                .reference(argument.as_str().ok_or_else(malformed)?)
                .map(Value::String),
            "Fn::GetAtt" => {
                let (name, attribute) = attribute(argument).ok_or_else(malformed)?;
                self.attribute(&name, &attribute).map(Value::String)
            }
            "Fn::Sub" => {
                let (text, names) = substitution(argument).ok_or_else(malformed)?;
                self.substitute(text, &names).map(Value::String)
            }
            "Fn::Join" => {
                let [Value::String(separator), list] = list_of(argument).ok_or_else(malformed)?
                else {
                    return Err(malformed());
                };
                let list = resolve(self, list)?;
                let items = list.as_array().ok_or_else(malformed)?;
                let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
                Ok(Value::String(texts.ok_or_else(malformed)?.join(separator)))
            }
            "Fn::Select" => {
                let [index, list] = list_of(argument).ok_or_else(malformed)? else {
                    return Err(malformed());
                };
                let index = scalar(&resolve(self, index)?).and_then(|it| it.parse::<usize>().ok());
                let list = resolve(self, list)?;
                list.get(index.ok_or_else(malformed)?)
                    .cloned()
                    .ok_or_else(|| {
                        "Template error: Fn::Select cannot select nonexistent value at index"
                            .to_owned()
                    })
            }
            "Fn::Split" => {
                let [Value::String(separator), text] = list_of(argument).ok_or_else(malformed)?
                else {
                    return Err(malformed());
                };
                let text = resolve(self, text)?;
                let text = text
                    .as_str()
                    .filter(|_| !separator.is_empty())
                    .ok_or_else(malformed)?;
                Ok(text
                    .split(separator)
                    .map(|part| Value::String(part.to_owned()))
                    .collect())
            }
            other if OTHER_FUNCTIONS.contains(&other) => {
                Err(unserved(format_args!("the intrinsic function {other}")))
            }
            other => Err(format!(
                "Template format error: Unrecognized intrinsic function {other}."
            )),
        }
    }

    fn reference(&self, name: &str) -> Result<String, String> {
        Ok(match name {
            "AWS::AccountId" => ACCOUNT_ID.to_owned(),
            "AWS::Region" => self.region.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackName" => self.stack.name.clone(),
            "AWS::StackId" => self.stack.id.clone(),
            name => match self.stack.resources.get(name) {
                Some(made) => made.physical.id.clone(),
                None => return Err(unresolved(name)),
            },
        })
    }

    fn attribute(&self, name: &str, attribute: &str) -> Result<String, String> {
        let made = self
            .stack
            .resources
            .get(name)
            .ok_or_else(|| unresolved(name))?;
        let attributes = &made.physical.attributes;
        attributes.get(attribute).cloned().ok_or_else(|| {
            format!(
                "Template error: resource {name} does not support attribute type {attribute} in \
                 Fn::GetAtt"
            )
        })
    }

    fn substitute(&self, text: &str, names: &Map<String, Value>) -> Result<String, String> {
        let mut resolved = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, after) = rest.split_at(start);
            resolved.push_str(before);
            let Some(end) = after.find('}') else {
                rest = after;
                break;
            };
            let name = &after[2..end];
            if let Some(literal) = name.strip_prefix('!') {
                resolved.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = names.get(name) {
                let value = resolve(self, value)?;
                let value = scalar(&value).ok_or_else(|| {
                    format!("Template error: {name} of Fn::Sub must be a string.")
                })?;
                resolved.push_str(&value);
            } else if let Some((resource, attribute)) = name.split_once('.') {
                resolved.push_str(&self.attribute(resource, attribute)?);
            } else {
                resolved.push_str(&self.reference(name)?);
            }
            rest = &after[end + 1..];
        }
        resolved.push_str(rest);
        Ok(resolved)
    }
}

fn unresolved(name: &str) -> String {
    format!(
        "Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
    )
}

/// `[name, attribute]` or `"name.attribute"`.
fn attribute(argument: &Value) -> Option<(String, String)> {
    match argument {
        Value::String(text) => text
            .split_once('.')
            .map(|(name, attribute)| (name.to_owned(), attribute.to_owned())),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(name), Value::String(attribute)] => {
                Some((name.clone(), attribute.clone()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// `text` or `[text, names]`.
fn substitution(argument: &Value) -> Option<(&str, Map<String, Value>)> {
    match argument {
        Value::String(text) => Some((text, Map::new())),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(text), Value::Object(names)] => Some((text, names.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// The names in `${...}`, without the literals `${!...}`.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("${").skip(1);
    parts
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name)
        .filter(|it| !it.starts_with('!'))
}

fn list_of(argument: &Value) -> Option<&[Value]> {
    argument.as_array().map(Vec::as_slice)
}

/// A string, number or boolean as text.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::json;

    use super::super::stack::{Physical, Resource, Retained};
    use super::super::template::Template;
    use super::*;

    fn resolved(value: &Value) -> Result<Value, String> {
        let topic = json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } });
        let template = Template::of_value(&topic).unwrap();
        let mut stack = Stack::new("kit", "eu-west-1", Arc::new(template));
        let made = Resource {
            resource_type: "AWS::SNS::Topic".to_owned(),
            physical: Physical {
                id: "arn:topic".to_owned(),
                attributes: BTreeMap::from([("TopicName", "failed".to_owned())]),
            },
            properties: json!({}),
            retained: Retained::default(),
            status: "CREATE_COMPLETE",
            reason: None,
            changed: 0,
        };
        stack.resources.insert("Topic".to_owned(), made);
        let scope = Scope {
            region: "eu-west-1",
            stack: &stack,
        };
        resolve(&scope, value)
    }

    #[test]
    fn functions() {
        let cases = [
            (json!({ "Ref": "Topic" }), json!("arn:topic")),
            (json!({ "Ref": "AWS::Region" }), json!("eu-west-1")),
            (
                json!({ "Fn::GetAtt": ["Topic", "TopicName"] }),
                json!("failed"),
            ),
            (json!({ "Fn::GetAtt": "Topic.TopicName" }), json!("failed")),
            (
                json!({ "Fn::Sub": "a:${AWS::AccountId}:${Topic.TopicName}:${!literal}:${Topic}" }),
                json!(format!("a:{ACCOUNT_ID}:failed:${{literal}}:arn:topic")),
            ),
            (
                json!({ "Fn::Sub": ["${1a}-${Topic}", { "1a": { "Ref": "AWS::Partition" } }] }),
                json!("aws-arn:topic"),
            ),
            (
                json!({ "Fn::Join": ["", ["arn:", { "Ref": "AWS::Partition" }, 1]] }),
                json!("arn:aws1"),
            ),
            (
                json!({ "Fn::Select": ["1", { "Fn::Split": [":", "a:b"] }] }),
                json!("b"),
            ),
            (
                json!({ "a": { "Ref": "AWS::NoValue" }, "b": [1, { "Ref": "AWS::NoValue" }] }),
                json!({ "b": [1] }),
            ),
            (json!({ "Fn::Sub": "open ${end" }), json!("open ${end")),
        ];
        for (value, expected) in cases {
            assert_eq!(resolved(&value), Ok(expected), "{value}");
        }
    }

    #[test]
    fn mistakes() {
        for (value, expected) in [
            (
                json!({ "Ref": "Nobody" }),
                "Unresolved resource dependencies [Nobody]",
            ),
            (
                json!({ "Fn::GetAtt": ["Topic", "Colour"] }),
                "does not support attribute type Colour",
            ),
            (json!({ "Fn::Sub": 1 }), "every Fn::Sub object"),
            (json!({ "Fn::Select": [7, ["a"]] }), "nonexistent value"),
            (
                json!({ "Fn::ImportValue": "x" }),
                "AWS takes the intrinsic function Fn::ImportValue; this sandbox does not.",
            ),
            (
                json!({ "Fn::Joint": "x" }),
                "Unrecognized intrinsic function Fn::Joint",
            ),
        ] {
            let error = resolved(&value).unwrap_err();
            assert!(error.contains(expected), "{value}: {error}");
        }
    }

    #[test]
    fn finds_references() {
        let mut found = Vec::new();
        references(
            &json!({
                "a": { "Ref": "A" },
                "b": [{ "Fn::GetAtt": ["B", "Arn"] }, { "Fn::GetAtt": "C.Arn" }],
                "c": { "Fn::Sub": ["${D.Arn}${x}${!E}", { "x": { "Ref": "F" } }] },
                "d": { "Fn::Join": ["", [{ "Ref": "G" }]] },
            }),
            &mut found,
        );
        found.sort();
        assert_eq!(found, ["A", "B", "C", "D", "F", "G"]);
    }
}
