//! CloudFormation: stacks, made, changed and removed through the services of their
//! resources.
//!
//! An operation has ended when its call is answered, where AWS goes on in the
//! background: who waits for it finds all of its events at once. One resource comes after
//! the other, so none is ever "cancelled". And a taken name or a wrong property fails at its
//! resource, where AWS of late refuses it before the first one is made.

mod api;
mod intrinsic;
mod known_types;
mod operation;
mod order;
mod properties;
mod removal;
mod resource;
mod rollback;
mod stack;
mod template;
mod template_url;
mod xml;

pub use api::SERVICE;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::account::Account;
use operation::{Code, Failed, OnFailure, Operation};
use stack::Stack;
use template::Template;

/// Why a stack could not be made, as CloudFormation says it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    /// The template itself is wrong: nothing was made.
    #[error("{problem}")]
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
    /// Whether AWS takes what is in the way, and only the sandbox does not: then nothing is
    /// wrong with the template.
    pub fn is_unserved(&self) -> bool {
        let (Self::Template { problem: text, .. } | Self::Resource { reason: text, .. }) = self;
        crate::error::is_unserved(text)
    }

    /// The resource to look at, by its name in the template.
    pub fn logical_id(&self) -> Option<&str> {
        match self {
            Self::Template { logical_id, .. } => logical_id.as_deref(),
            Self::Resource { logical_id, .. } => Some(logical_id),
        }
    }
}

impl From<Failed> for StackError {
    fn from(failed: Failed) -> Self {
        Self::Resource {
            logical_id: failed.logical_id,
            resource_type: failed.resource_type,
            reason: failed.reason,
        }
    }
}

/// All stacks of the account, also those that were deleted; the newest last.
#[derive(Debug, Default)]
pub struct CloudFormation(Mutex<Vec<Stack>>);

impl CloudFormation {
    fn stacks(&self) -> MutexGuard<'_, Vec<Stack>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a stack out of a template, and says how many resources it has.
/// `executable` is the code of all its functions, whatever the template says.
///
/// # Errors
///
/// [`StackError`], at the first resource that cannot be made; nothing is left then.
pub fn create_stack(
    account: &Arc<Account>,
    name: &str,
    template: &Value,
    executable: &Path,
) -> Result<usize, StackError> {
    let template = Arc::new(Template::of_value(template)?);
    let mut stack = Stack::new(name, &account.region, template);
    let code = Code::Executable(executable);
    Operation::on(account, &mut stack, code).create(OnFailure::Rollback)?;
    let resources = stack.resources.len();
    account.cloudformation.stacks().push(stack);
    Ok(resources)
}
