//! `AWS::IAM::Role`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said, taken};
use crate::iam::{LONGEST_SESSION, RoleDescription};

/// A role with its policies.
pub struct Role;

impl Kind for Role {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "RoleId"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &["PermissionsBoundary"]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["Path", "RoleName"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("RoleName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = context.name(&mut given, "RoleName", 64)?;
        let given = Given::read(given)?;
        let iam = &context.account.iam;
        let made = iam.create_role_of(&name, &given.description());
        let arn = made.map_err(|error| match error.code.as_ref() {
            "EntityAlreadyExists" => taken("AWS::IAM::Role", &name),
            _ => said("Iam", &error),
        })?;
        let id = crate::iam::role_id(&name);
        Ok(Physical {
            id: name,
            attributes: BTreeMap::from([("Arn", arn), ("RoleId", id)]),
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        mut given: Properties,
    ) -> Result<Physical, String> {
        given.ignore(&["RoleName"]);
        let given = Given::read(given)?;
        let (inline, managed) = (declared(before), attached(before));
        let iam = &context.account.iam;
        iam.update_role(&before.physical.id, &given.description(), &inline, &managed)
            .map_err(|error| said("Iam", &error))?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let (iam, name) = (&context.account.iam, &resource.physical.id);
        for policy in declared(resource) {
            gone("Iam", iam.delete_role_policy(name, &policy))?;
        }
        for arn in attached(resource) {
            gone("Iam", iam.detach_role_policy(name, &arn))?;
        }
        gone("Iam", iam.delete_role(name))
    }
}

/// The names of the policies that a role's own properties have.
fn declared(resource: &Resource) -> Vec<String> {
    let policies = resource.properties["Policies"].as_array();
    policies
        .into_iter()
        .flatten()
        .filter_map(|it| it["PolicyName"].as_str().map(str::to_owned))
        .collect()
}

/// The ARNs of the managed policies that a role's own properties have.
fn attached(resource: &Resource) -> Vec<String> {
    let arns = resource.properties["ManagedPolicyArns"].as_array();
    let arns = arns.into_iter().flatten();
    arns.filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

/// What a role's properties say.
struct Given {
    path: String,
    trust: Value,
    inline: Vec<(String, Value)>,
    managed: Vec<String>,
    longest_session: u32,
}

impl Given {
    fn read(mut given: Properties) -> Result<Self, String> {
        let trust = given.needed("AssumeRolePolicyDocument")?;
        let mut inline = Vec::new();
        for policy in given.list("Policies")? {
            let mut policy = Properties::new(policy)?;
            let document = policy.value("PolicyDocument").unwrap_or_default();
            inline.push((policy.required("PolicyName")?, document));
            policy.finish()?;
        }
        let longest = given.number("MaxSessionDuration")?;
        let read = Self {
            path: given.text("Path")?.unwrap_or_else(|| "/".to_owned()),
            trust,
            inline,
            managed: given.texts("ManagedPolicyArns")?,
            longest_session: longest.unwrap_or(LONGEST_SESSION),
        };
        given.ignore(&["Description", "Tags"]);
        given.finish()?;
        Ok(read)
    }

    fn description(&self) -> RoleDescription<'_> {
        RoleDescription {
            path: &self.path,
            trust: &self.trust,
            inline: &self.inline,
            managed: &self.managed,
            longest_session: self.longest_session,
        }
    }
}
