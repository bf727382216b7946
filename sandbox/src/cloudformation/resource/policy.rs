//! `AWS::IAM::Policy`: an inline policy of roles that stands beside them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said};

/// An inline policy.
pub struct Policy;

impl Kind for Policy {
    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &["Groups", "Users"]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &[]
    }

    fn create(&self, context: &Context<'_>, given: Properties) -> Result<Physical, String> {
        let policy = read(given)?;
        policy.put(context)?;
        // What Ref gives is the policy's name.
        Ok(Physical {
            id: policy.name.clone(),
            attributes: BTreeMap::from([("Id", context.made_up_name(128))]),
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        given: Properties,
    ) -> Result<Physical, String> {
        let (policy, old) = (read(given)?, read_of(before)?);
        policy.put(context)?;
        for role in &old.roles {
            if old.name != policy.name || !policy.roles.contains(role) {
                let removed = context.account.iam.delete_role_policy(role, &old.name);
                gone("Iam", removed)?;
            }
        }
        Ok(Physical {
            id: policy.name,
            ..before.physical.clone()
        })
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let policy = read_of(resource)?;
        for role in &policy.roles {
            let removed = context.account.iam.delete_role_policy(role, &policy.name);
            gone("Iam", removed)?;
        }
        Ok(())
    }
}

struct Inline {
    name: String,
    document: Value,
    roles: Vec<String>,
}

impl Inline {
    fn put(&self, context: &Context<'_>) -> Result<(), String> {
        for role in &self.roles {
            context
                .account
                .iam
                .put_role_policy(role, &self.name, &self.document)
                .map_err(|error| said("Iam", &error))?;
        }
        Ok(())
    }
}

fn read_of(resource: &Resource) -> Result<Inline, String> {
    read(Properties::new(resource.properties.clone())?)
}

fn read(mut given: Properties) -> Result<Inline, String> {
    let roles = given.list("Roles")?;
    let inline = Inline {
        name: given.required("PolicyName")?,
        document: given.needed("PolicyDocument")?,
        roles: roles
            .iter()
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect(),
    };
    given.finish()?;
    if inline.roles.is_empty() {
        return Err("At least one of [Groups,Roles,Users] must be non-empty.".to_owned());
    }
    Ok(inline)
}
