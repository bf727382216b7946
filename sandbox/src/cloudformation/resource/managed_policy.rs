//! `AWS::IAM::ManagedPolicy`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said, taken};

/// A policy of its own, which roles can have.
pub struct ManagedPolicy;

impl Kind for ManagedPolicy {
    fn attributes(&self) -> &'static [&'static str] {
        &["PolicyArn", "PolicyId"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &["Groups", "Users"]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["Description", "ManagedPolicyName", "Path"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("ManagedPolicyName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = context.name(&mut given, "ManagedPolicyName", 128)?;
        let path = given.text("Path")?.unwrap_or_else(|| "/".to_owned());
        let description = given.text("Description")?.unwrap_or_default();
        let given = Given::read(given)?;
        let iam = &context.account.iam;
        let made = iam.create_policy(&name, &path, &description, &given.document);
        let arn = made.map_err(|error| match error.code.as_ref() {
            "EntityAlreadyExists" => taken("AWS::IAM::ManagedPolicy", &name),
            _ => said("Iam", &error),
        })?;
        for (at, role) in given.roles.iter().enumerate() {
            if let Err(error) = iam.attach_role_policy(role, &arn) {
                // Nothing of what failed is left.
                for role in &given.roles[..at] {
                    gone("Iam", iam.detach_role_policy(role, &arn))?;
                }
                gone("Iam", iam.delete_policy(&arn))?;
                return Err(said("Iam", &error));
            }
        }
        Ok(Physical {
            attributes: BTreeMap::from([
                ("PolicyArn", arn.clone()),
                ("PolicyId", crate::iam::policy_id(&arn)),
            ]),
            id: arn,
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        mut given: Properties,
    ) -> Result<Physical, String> {
        given.ignore(self.replaced_by());
        let (given, arn) = (Given::read(given)?, &before.physical.id);
        let iam = &context.account.iam;
        iam.set_policy(arn, &given.document)
            .map_err(|error| said("Iam", &error))?;
        for role in &given.roles {
            iam.attach_role_policy(role, arn)
                .map_err(|error| said("Iam", &error))?;
        }
        for role in roles(before) {
            if !given.roles.contains(&role) {
                gone("Iam", iam.detach_role_policy(&role, arn))?;
            }
        }
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let (iam, arn) = (&context.account.iam, &resource.physical.id);
        for role in roles(resource) {
            gone("Iam", iam.detach_role_policy(&role, arn))?;
        }
        gone("Iam", iam.delete_policy(arn))
    }
}

/// The roles that have it by its own properties.
fn roles(resource: &Resource) -> Vec<String> {
    let roles = resource.properties["Roles"].as_array();
    let roles = roles.into_iter().flatten();
    roles
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

/// What can be changed.
struct Given {
    document: Value,
    roles: Vec<String>,
}

impl Given {
    fn read(mut given: Properties) -> Result<Self, String> {
        let read = Self {
            document: given.needed("PolicyDocument")?,
            roles: given.texts("Roles")?,
        };
        given.finish()?;
        Ok(read)
    }
}
