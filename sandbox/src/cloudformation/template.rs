//! A template: read, and checked before anything of it is made.

use serde_json::{Map, Value};

use super::StackError;
use super::intrinsic::{PSEUDO_PARAMETERS, attributes, references};
use super::known_types::is_of_aws;
use super::order::creation_order;
use super::resource::kind_of;
use crate::error::unserved;

/// The largest template in a request, in bytes ("CloudFormation quotas").
pub const LARGEST_BODY: usize = 51_200;

/// The largest template in a bucket, in bytes ("CloudFormation quotas").
pub const LARGEST_OBJECT: usize = 1_048_576;

/// All sections that AWS knows ("Template sections").
const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Those of them that change nothing, or that are evaluated here.
const KNOWN_SECTIONS: [&str; 5] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Outputs",
    "Resources",
];

/// What a resource has beside its properties ("Resource attribute reference").
const RESOURCE_ATTRIBUTES: [&str; 9] = [
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// Those of them that are not evaluated here.
const UNKNOWN_ATTRIBUTES: [&str; 3] = ["Condition", "CreationPolicy", "UpdatePolicy"];

/// A template whose names all stand for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// As it was given.
    pub text: String,
    /// What it says of itself.
    pub description: Option<String>,
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
}

impl Template {
    /// Reads a template in JSON or YAML and checks it.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, in CloudFormation's words.
    pub fn read(text: &str) -> Result<Self, StackError> {
        let looks_like_json = text.trim_start().starts_with('{');
        let value: Value = if looks_like_json {
            serde_json::from_str(text).map_err(|error| {
                plain(format!(
                    "Template format error: JSON not well-formed. (line {}, column {})",
                    error.line(),
                    error.column()
                ))
            })?
        } else {
            serverless_template::read_template(text).map_err(|error| {
                plain(format!(
                    "Template format error: YAML not well-formed. (line {}, column {})",
                    error.place.line, error.place.column
                ))
            })?
        };
        Self::of(&value, text.to_owned())
    }

    /// A template that is a value already.
    ///
    /// # Errors
    ///
    /// As [`Template::read`].
    pub fn of_value(value: &Value) -> Result<Self, StackError> {
        Self::of(value, value.to_string())
    }

    fn of(value: &Value, text: String) -> Result<Self, StackError> {
        let Some(body) = value.as_object() else {
            return Err(format_error("unsupported structure."));
        };
        let unknown = unknown_names(body, &SECTIONS);
        if !unknown.is_empty() {
            return Err(plain(format!(
                "Invalid template property or properties [{}]",
                unknown.join(", ")
            )));
        }
        let empty = |name: &str| body[name].as_object().is_some_and(Map::is_empty);
        let mut names = body.keys();
        if let Some(name) =
            names.find(|name| !KNOWN_SECTIONS.contains(&name.as_str()) && !empty(name))
        {
            let what = format_args!("the section {name} of templates");
            return Err(plain(unserved(what)));
        }
        let section = |name: &str| body.get(name).and_then(Value::as_object).cloned();
        let template = Self {
            description: body
                .get("Description")
                .and_then(Value::as_str)
                .map(str::to_owned),
            resources: section("Resources").unwrap_or_default(),
            outputs: section("Outputs").unwrap_or_default(),
            text,
        };
        template.check()?;
        Ok(template)
    }

    /// The resources, by logical id; at least one.
    pub fn resources(&self) -> &Map<String, Value> {
        &self.resources
    }

    /// The outputs, by name.
    pub fn outputs(&self) -> &Map<String, Value> {
        &self.outputs
    }

    /// The capabilities that have to be acknowledged for it, and the types why.
    pub fn needs(&self) -> Option<(&'static str, Vec<String>)> {
        let resources = self.resources().values();
        let iam: Vec<&Value> = resources
            .filter(|it| {
                it["Type"]
                    .as_str()
                    .is_some_and(|it| it.starts_with("AWS::IAM::"))
            })
            .collect();
        let is_named = |it: &&Value| {
            let names = ["RoleName", "ManagedPolicyName"];
            names
                .iter()
                .any(|name| it["Properties"].get(name).is_some())
        };
        let named = iam.iter().any(is_named);
        let mut types: Vec<String> = iam
            .iter()
            .filter_map(|it| it["Type"].as_str().map(str::to_owned))
            .collect();
        types.sort();
        types.dedup();
        let capability = if named {
            "CAPABILITY_NAMED_IAM"
        } else {
            "CAPABILITY_IAM"
        };
        (!types.is_empty()).then_some((capability, types))
    }

    /// Whether an update from `self` to `other` would change anything.
    pub fn is_as(&self, other: &Self) -> bool {
        self.resources() == other.resources() && self.outputs == other.outputs
    }

    fn check(&self) -> Result<(), StackError> {
        let resources = &self.resources;
        if resources.is_empty() {
            return Err(format_error(
                "At least one Resources member must be defined.",
            ));
        }
        for (logical_id, resource) in resources {
            check_resource(logical_id, resource)?;
        }
        let mut unrecognized: Vec<&str> = resources
            .values()
            .filter_map(|it| it["Type"].as_str())
            .filter(|it| kind_of(it).is_none())
            .collect();
        unrecognized.sort_unstable();
        unrecognized.dedup();
        // What AWS has not either is the mistake to tell of.
        let of_nobody = |it: &&str| !is_of_aws(it);
        let wrong: Vec<&str> = unrecognized.iter().copied().filter(of_nobody).collect();
        if let Some(first) = wrong.first().or(unrecognized.first()) {
            let mut with_id = resources.iter();
            let logical_id = with_id
                .find(|(_, it)| it["Type"].as_str() == Some(first))
                .map(|(id, _)| id.clone());
            let problem = match wrong.is_empty() {
                true => unserved(format_args!(
                    "the resource type {}",
                    unrecognized.join(", ")
                )),
                false => format!(
                    "Template format error: Unrecognized resource types: [{}]",
                    wrong.join(", ")
                ),
            };
            return Err(StackError::Template {
                problem,
                logical_id,
            });
        }
        for (logical_id, resource) in resources {
            check_asked(resources, &resource["Properties"], Some(logical_id))?;
        }
        creation_order(resources)?;
        for (logical_id, resource) in resources {
            check_attributes(resources, &resource["Properties"], Some(logical_id))?;
        }
        for (name, output) in &self.outputs {
            check_asked(resources, output, None)?;
            let mut needs = Vec::new();
            references(output, &mut needs);
            needs.retain(|it| !PSEUDO_PARAMETERS.contains(&&**it) && !resources.contains_key(it));
            if !needs.is_empty() {
                return Err(format_error(&format!(
                    "Unresolved resource dependencies [{}] in the Outputs block of the template",
                    needs.join(", ")
                )));
            }
            match output.get("Value") {
                None => {
                    return Err(format_error(
                        "Every Outputs member must contain a Value object",
                    ));
                }
                Some(Value::Null) => {
                    return Err(plain(format!(
                        "[/Outputs/{name}/Value] 'null' values are not allowed in templates"
                    )));
                }
                Some(_) => {}
            }
            check_attributes(resources, output, None)?;
        }
        Ok(())
    }
}

fn check_resource(logical_id: &str, resource: &Value) -> Result<(), StackError> {
    let wrong = |problem: String| StackError::Template {
        problem: format!("Template format error: {problem}"),
        logical_id: Some(logical_id.to_owned()),
    };
    if logical_id.is_empty() || !logical_id.bytes().all(|it| it.is_ascii_alphanumeric()) {
        return Err(wrong(format!(
            "Resource name {logical_id} is non alphanumeric."
        )));
    }
    let Some(resource) = resource.as_object() else {
        return Err(wrong("Any Resources member must be an object.".to_owned()));
    };
    if !resource.get("Type").is_some_and(Value::is_string) {
        return Err(wrong(format!(
            "[/Resources/{logical_id}] Every Resources object must contain a Type member."
        )));
    }
    if let Some(name) = unknown_names(resource, &RESOURCE_ATTRIBUTES).first() {
        return Err(StackError::Template {
            problem: format!("Invalid template resource property '{name}'"),
            logical_id: Some(logical_id.to_owned()),
        });
    }
    let mut names = UNKNOWN_ATTRIBUTES.iter();
    match names.find(|name| resource.contains_key(**name)) {
        None => Ok(()),
        Some(name) => Err(StackError::Template {
            problem: unserved(format_args!("the attribute {name} of resources")),
            logical_id: Some(logical_id.to_owned()),
        }),
    }
}

/// Whether each `Fn::GetAtt` asks a resource that is there.
fn check_asked(
    resources: &Map<String, Value>,
    value: &Value,
    logical_id: Option<&str>,
) -> Result<(), StackError> {
    check_each_asked(value, logical_id, |name, _| {
        (!resources.contains_key(name)).then(|| {
            format!("Template error: instance of Fn::GetAtt references undefined resource {name}")
        })
    })
}

/// Whether each `Fn::GetAtt` asks for what the resource's type has.
fn check_attributes(
    resources: &Map<String, Value>,
    value: &Value,
    logical_id: Option<&str>,
) -> Result<(), StackError> {
    check_each_asked(value, logical_id, |name, attribute| {
        let kind = resources.get(name).and_then(|it| it["Type"].as_str());
        let kind = kind.and_then(kind_of);
        let has = kind.is_some_and(|it| it.attributes().contains(&attribute));
        (!has).then(|| {
            format!(
                "Template error: resource {name} does not support attribute type {attribute} in \
                 Fn::GetAtt"
            )
        })
    })
}

/// The first problem that there is with a resource and its attribute that are asked for.
fn check_each_asked(
    value: &Value,
    logical_id: Option<&str>,
    problem: impl Fn(&str, &str) -> Option<String>,
) -> Result<(), StackError> {
    let mut found = Vec::new();
    attributes(value, &mut found);
    let mut problems = found.iter().filter_map(|(name, it)| problem(name, it));
    match problems.next() {
        None => Ok(()),
        Some(problem) => Err(StackError::Template {
            problem,
            logical_id: logical_id.map(str::to_owned),
        }),
    }
}

/// The names that are none of those that are known.
fn unknown_names<'a>(given: &'a Map<String, Value>, known: &[&str]) -> Vec<&'a str> {
    let names = given.keys().map(String::as_str);
    names.filter(|it| !known.contains(it)).collect()
}

fn format_error(problem: &str) -> StackError {
    plain(format!("Template format error: {problem}"))
}

fn plain(problem: String) -> StackError {
    StackError::Template {
        problem,
        logical_id: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(text: &str) -> String {
        Template::read(text).unwrap_err().to_string()
    }

    #[test]
    fn json_and_yaml() {
        let json = r#"{ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } }"#;
        let yaml = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n";
        let (json, yaml) = (Template::read(json).unwrap(), Template::read(yaml).unwrap());
        assert_eq!(json.resources(), yaml.resources());
        assert!(json.is_as(&yaml));
        let tags = "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      \
                    TopicName: !Sub '${AWS::StackName}-t'\n";
        let tags = Template::read(tags).unwrap();
        assert_eq!(
            tags.resources()["T"]["Properties"]["TopicName"],
            json!({ "Fn::Sub": "${AWS::StackName}-t" })
        );
    }

    #[test]
    fn mistakes_read_as_on_aws() {
        for (text, expected) in [
            (
                "{",
                "Template format error: JSON not well-formed. (line 1, column 1)",
            ),
            (
                "a: [",
                "Template format error: YAML not well-formed. (line 2, column 1)",
            ),
            ("[]", "Template format error: unsupported structure."),
            ("text", "Template format error: unsupported structure."),
            (
                "{}",
                "Template format error: At least one Resources member must be defined.",
            ),
            (
                r#"{ "Resources": {}, "Outputs": {} }"#,
                "Template format error: At least one Resources member must be defined.",
            ),
            (
                r#"{ "Resource": {} }"#,
                "Invalid template property or properties [Resource]",
            ),
            (
                r#"{ "Resources": { "A": {} } }"#,
                "Template format error: [/Resources/A] Every Resources object must contain a Type \
                 member.",
            ),
            (
                r#"{ "Resources": { "A-b": { "Type": "AWS::SNS::Topic" } } }"#,
                "Template format error: Resource name A-b is non alphanumeric.",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::SNS::Topics" }, "B": { "Type": "X::Y" } } }"#,
                "Template format error: Unrecognized resource types: [AWS::SNS::Topics, X::Y]",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::Events::Rule" }, "B": { "Type": "AWS::EC2::VPC" } } }"#,
                "AWS takes the resource type AWS::EC2::VPC, AWS::Events::Rule; this sandbox does not.",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::SNS::Topic", "Condition": "C" } } }"#,
                "AWS takes the attribute Condition of resources; this sandbox does not.",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::SNS::Topic", "Depends": "B" } } }"#,
                "Invalid template resource property 'Depends'",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::SNS::Topic" } },
                     "Outputs": { "O": { "Value": { "Ref": "B" } } } }"#,
                "Template format error: Unresolved resource dependencies [B] in the Outputs block of \
                 the template",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::SNS::Topic" } },
                     "Outputs": { "O": { "Value": { "Fn::GetAtt": ["A", "Arn"] } } } }"#,
                "Template error: resource A does not support attribute type Arn in Fn::GetAtt",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::SNS::Topic", "Properties":
                     { "TopicName": { "Fn::GetAtt": ["B", "Arn"] } } } } }"#,
                "Template error: instance of Fn::GetAtt references undefined resource B",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::SNS::Topic", "Properties":
                     { "TopicName": { "Ref": "AWS::Nope" } } } } }"#,
                "Template format error: Unresolved resource dependencies [AWS::Nope] in the \
                 Resources block of the template",
            ),
            (
                r#"{ "Resources": { "A": [] } }"#,
                "Template format error: Any Resources member must be an object.",
            ),
            (
                r#"{ "Resources": { "A": { "Type": "AWS::SNS::Topic" } }, "Outputs": { "O": {} } }"#,
                "Template format error: Every Outputs member must contain a Value object",
            ),
            (
                r#"{ "Parameters": { "P": {} }, "Resources": {} }"#,
                "AWS takes the section Parameters of templates; this sandbox does not.",
            ),
        ] {
            assert_eq!(problem(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_of_a_managed_policy_needs_more() {
        let named = json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": {
            "ManagedPolicyName": "p",
        } });
        let template = Template::of_value(&json!({ "Resources": { "P": named } })).unwrap();
        let types = vec!["AWS::IAM::ManagedPolicy".to_owned()];
        assert_eq!(template.needs(), Some(("CAPABILITY_NAMED_IAM", types)));
    }

    #[test]
    fn capabilities() {
        let needs = |properties: Value| {
            let role = json!({ "Type": "AWS::IAM::Role", "Properties": properties });
            let topic = json!({ "Type": "AWS::SNS::Topic" });
            let value = json!({ "Resources": { "R": role, "T": topic } });
            Template::of_value(&value).unwrap().needs()
        };
        let types = vec!["AWS::IAM::Role".to_owned()];
        assert_eq!(needs(json!({})), Some(("CAPABILITY_IAM", types.clone())));
        assert_eq!(
            needs(json!({ "RoleName": "r" })),
            Some(("CAPABILITY_NAMED_IAM", types))
        );
    }
}
