//! `AWS::IAM::Role`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said, taken};

/// A role with inline policies.
pub struct Role;

impl Kind for Role {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "RoleId"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &["MaxSessionDuration", "PermissionsBoundary"]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["Path", "RoleName"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("RoleName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = context.name(&mut given, "RoleName", 64)?;
        let (trust, policies) = documents(given)?;
        let iam = &context.account.iam;
        let made = iam.create_role(&name, &trust, &policies);
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
        let (trust, policies) = documents(given)?;
        let iam = &context.account.iam;
        iam.update_role(&before.physical.id, &trust, &declared(before), &policies)
            .map_err(|error| said("Iam", &error))?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let (iam, name) = (&context.account.iam, &resource.physical.id);
        for policy in declared(resource) {
            gone("Iam", iam.delete_role_policy(name, &policy))?;
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

/// Who may assume a role, and its policies by name.
fn documents(mut given: Properties) -> Result<(Value, Vec<(String, Value)>), String> {
    let trust = given.needed("AssumeRolePolicyDocument")?;
    let mut policies = Vec::new();
    for policy in given.list("Policies")? {
        let mut policy = Properties::new(policy)?;
        let document = policy.value("PolicyDocument").unwrap_or_default();
        policies.push((policy.required("PolicyName")?, document));
        policy.finish()?;
    }
    given.ignore(&["Description", "Tags"]);
    if given.text("Path")?.is_some_and(|path| path != "/") {
        return Err("The sandbox has roles on the path / only.".to_owned());
    }
    if !given.list("ManagedPolicyArns")?.is_empty() {
        return Err(
            "The sandbox has no managed policies: write their statements into Policies.".to_owned(),
        );
    }
    given.finish()?;
    Ok((trust, policies))
}
