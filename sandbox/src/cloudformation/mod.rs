//! CloudFormation: makes the resources of a template, in the order they need.

mod intrinsic;
mod order;
mod properties;
mod resource;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::account::Account;
use intrinsic::Scope;

/// Why a stack could not be made, as CloudFormation says it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    /// The template itself is wrong: nothing was made.
    #[error("Template format error: {problem}")]
    Template {
        /// What is wrong with it.
        problem: String,
        /// The first resource that is part of it, if one is.
        logical_id: Option<String>,
    },
    /// A resource could not be made.
    #[error("{logical_id} ({resource_type}): {reason}")]
    Resource {
        /// The resource's name in the template.
        logical_id: String,
        /// Such as `AWS::S3::Bucket`.
        resource_type: String,
        /// What the resource's service said.
        reason: String,
    },
}

impl StackError {
    /// The resource to look at, by its name in the template.
    pub fn logical_id(&self) -> Option<&str> {
        match self {
            Self::Template { logical_id, .. } => logical_id.as_deref(),
            Self::Resource { logical_id, .. } => Some(logical_id),
        }
    }
}

/// A resource that was made: what `Ref` and `Fn::GetAtt` give.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Physical {
    /// The physical id, which `Ref` gives.
    pub id: String,
    /// What `Fn::GetAtt` gives.
    pub attributes: BTreeMap<&'static str, String>,
}

/// A stack: its name and its resources by logical id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The stack's name.
    pub name: String,
    /// What was made.
    pub resources: BTreeMap<String, Physical>,
}

/// Makes a stack out of a template. `executable` is the code of its functions.
///
/// # Errors
///
/// [`StackError`], at the first resource that cannot be made.
pub fn create_stack(
    account: &Arc<Account>,
    name: &str,
    template: &Value,
    executable: &Path,
) -> Result<Stack, StackError> {
    let resources = template
        .get("Resources")
        .and_then(Value::as_object)
        .ok_or_else(|| StackError::Template {
            problem: "At least one Resources member must be defined.".to_owned(),
            logical_id: None,
        })?;
    let mut stack = Stack {
        name: name.to_owned(),
        resources: BTreeMap::new(),
    };
    for logical_id in order::creation_order(resources)? {
        let declaration = &resources[logical_id];
        let made = create(
            account,
            &stack,
            resources,
            logical_id,
            declaration,
            executable,
        )?;
        stack.resources.insert(logical_id.to_owned(), made);
    }
    Ok(stack)
}

fn create(
    account: &Arc<Account>,
    stack: &Stack,
    resources: &Map<String, Value>,
    logical_id: &str,
    declaration: &Value,
    executable: &Path,
) -> Result<Physical, StackError> {
    let resource_type = declaration["Type"].as_str().unwrap_or_default();
    let scope = Scope {
        region: &account.region,
        stack,
        resources,
    };
    let properties = declaration.get("Properties").cloned().unwrap_or_default();
    let made = intrinsic::resolve(&scope, &properties).and_then(|properties| {
        let given = properties::Properties::new(properties)?;
        resource::create(account, stack, logical_id, resource_type, given, executable)
    });
    made.map_err(|reason| StackError::Resource {
        logical_id: logical_id.to_owned(),
        resource_type: resource_type.to_owned(),
        reason,
    })
}
