//! What is done to a stack: made, changed, removed, and undone where it fails.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::intrinsic::{self, Scope, scalar};
use super::order::creation_order;
use super::properties::Properties;
use super::resource::{Context, Kind, known_kind};
use super::rollback::Step;
use super::stack::{Output, Physical, Reason, Resource, Retained, STACK_TYPE, Stack};
use super::template::Template;
use crate::account::Account;
use crate::time::now_millis;

/// Where the code of functions comes from.
#[derive(Debug, Clone, Copy)]
pub enum Code<'a> {
    /// All of them run this executable.
    Executable(&'a Path),
    /// As the template says: from zips in buckets.
    Template,
}

/// The first resource that was in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its name in the template.
    pub logical_id: String,
    /// Such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// What its service said.
    pub reason: String,
}

/// What becomes of a new stack where a resource cannot be made (`OnFailure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// What was made is removed; the stack stays as `ROLLBACK_COMPLETE`.
    Rollback,
    /// What was made is removed, and so is the stack.
    Delete,
    /// All stays as it is.
    DoNothing,
}

/// An operation on one stack.
pub struct Operation<'a> {
    account: &'a Arc<Account>,
    pub(super) stack: &'a mut Stack,
    code: Code<'a>,
}

impl<'a> Operation<'a> {
    /// An operation on a stack, which nobody else uses meanwhile.
    pub fn on(account: &'a Arc<Account>, stack: &'a mut Stack, code: Code<'a>) -> Self {
        Self {
            account,
            stack,
            code,
        }
    }

    /// Makes all resources.
    ///
    /// # Errors
    ///
    /// The first one that cannot be made, after what was made is gone again.
    pub fn create(&mut self, on_failure: OnFailure) -> Result<(), Failed> {
        let template = self.stack.template.clone();
        self.begin("CREATE_IN_PROGRESS");
        let made = order_of(&template)
            .iter()
            .try_for_each(|logical_id| self.make(&template, logical_id))
            .and_then(|()| self.tell_outputs(&template));
        let Err(failed) = made else {
            self.stack.becomes("CREATE_COMPLETE", None);
            return Ok(());
        };
        let what = format!(
            "The following resource(s) failed to create: [{}]. ",
            failed.logical_id
        );
        let (begins, word, ends, fails) = match on_failure {
            OnFailure::DoNothing => {
                self.stack.becomes("CREATE_FAILED", Some(what));
                return Err(failed);
            }
            OnFailure::Rollback => (
                "ROLLBACK_IN_PROGRESS",
                "Rollback",
                "ROLLBACK_COMPLETE",
                "ROLLBACK_FAILED",
            ),
            OnFailure::Delete => (
                "DELETE_IN_PROGRESS",
                "Delete",
                "DELETE_COMPLETE",
                "DELETE_FAILED",
            ),
        };
        let reason = format!("{what}{word} requested by user.");
        self.stack.deleted = Some(now_millis());
        self.stack.becomes(begins, Some(reason));
        self.remove_all(&BTreeSet::new(), Reason::Undone, ends, fails);
        Err(failed)
    }

    /// Brings the resources to what another template says.
    ///
    /// # Errors
    ///
    /// The first one that cannot be changed, after all is as it was before.
    pub fn update(&mut self, template: &Arc<Template>) -> Result<(), Failed> {
        let old = self.stack.template.clone();
        self.stack.updated = Some(now_millis());
        self.begin("UPDATE_IN_PROGRESS");
        let mut steps = Vec::new();
        let changed = order_of(template)
            .iter()
            .try_for_each(|logical_id| self.bring_up_to_date(template, logical_id, &mut steps))
            .and_then(|()| self.tell_outputs(template));
        if let Err(failed) = changed {
            self.undo(steps, &failed);
            return Err(failed);
        }
        self.stack.template = template.clone();
        self.stack
            .becomes("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None);
        let mut stuck = false;
        for step in steps.iter().rev() {
            if let Step::Replaced(logical_id, before) = step {
                let failed = self.remove_existing(logical_id, before, Reason::Replaced);
                stuck |= failed.is_some();
            }
        }
        for logical_id in order_of(&old).iter().rev() {
            if !template.resources().contains_key(logical_id) {
                stuck |= self.remove(logical_id, Reason::Deleted).is_some();
                self.stack.resources.remove(logical_id);
            }
        }
        // What cannot be removed here is left, and AWS lets go of it, too.
        let reason = stuck
            .then(|| "Update successful. One or more resources could not be deleted.".to_owned());
        self.stack.becomes("UPDATE_COMPLETE", reason);
        Ok(())
    }

    /// Removes all resources but those that are to be kept.
    ///
    /// # Errors
    ///
    /// The first resource that could not be removed.
    pub fn delete(&mut self, kept: &BTreeSet<String>) -> Option<Failed> {
        self.stack.deleted = Some(now_millis());
        self.begin("DELETE_IN_PROGRESS");
        self.remove_all(kept, Reason::Deleted, "DELETE_COMPLETE", "DELETE_FAILED")
    }

    fn begin(&mut self, status: &'static str) {
        self.stack
            .becomes(status, Some("User Initiated".to_owned()));
    }

    /// Makes a resource.
    fn make(&mut self, template: &Template, logical_id: &str) -> Result<(), Failed> {
        let declared = &template.resources()[logical_id];
        let (resource_type, kind) = type_of(declared);
        let properties = self.resolve(declared);
        let resource = Resource {
            resource_type: resource_type.to_owned(),
            physical: Physical::default(),
            properties: properties.clone().unwrap_or_default(),
            retained: Retained::of(declared),
            status: "CREATE_IN_PROGRESS",
            reason: None,
            changed: now_millis(),
        };
        self.stack.resources.insert(logical_id.to_owned(), resource);
        self.stack
            .tell(logical_id, resource_type, "", "CREATE_IN_PROGRESS", None);
        let made = properties
            .and_then(|properties| given(resource_type, kind, properties))
            .and_then(|given| kind.create(&self.context(logical_id), given));
        let physical = made
            .map_err(|reason| self.fail(logical_id, resource_type, "", "CREATE_FAILED", reason))?;
        let id = physical.id.clone();
        if let Some(resource) = self.stack.resources.get_mut(logical_id) {
            resource.physical = physical;
        }
        self.stack.tell(
            logical_id,
            resource_type,
            &id,
            "CREATE_IN_PROGRESS",
            initiated(),
        );
        self.stack
            .tell(logical_id, resource_type, &id, "CREATE_COMPLETE", None);
        Ok(())
    }

    fn bring_up_to_date(
        &mut self,
        template: &Template,
        logical_id: &str,
        steps: &mut Vec<Step>,
    ) -> Result<(), Failed> {
        let Some(before) = self.stack.existing(logical_id).cloned() else {
            self.make(template, logical_id)?;
            steps.push(Step::Made(logical_id.to_owned()));
            return Ok(());
        };
        let declared = &template.resources()[logical_id];
        let (resource_type, kind) = type_of(declared);
        let id = before.physical.id.clone();
        let properties = match self.resolve(declared) {
            Ok(properties) => properties,
            Err(reason) => {
                return Err(self.fail(logical_id, resource_type, &id, "UPDATE_FAILED", reason));
            }
        };
        if let Some(resource) = self.stack.resources.get_mut(logical_id) {
            resource.retained = Retained::of(declared);
        }
        if properties == before.properties {
            return Ok(());
        }
        let replaces = kind.replaced_by();
        let replaced = replaces
            .iter()
            .any(|name| properties.get(name) != before.properties.get(name));
        let reason = replaced.then(|| {
            "Requested update requires the creation of a new physical resource; hence creating one."
                .to_owned()
        });
        self.stack
            .tell(logical_id, resource_type, &id, "UPDATE_IN_PROGRESS", reason);
        let context = self.context(logical_id);
        let changed = given(resource_type, kind, properties.clone()).and_then(|given| {
            if !replaced {
                return kind.update(&context, &before, given);
            }
            let same_name = kind.name().is_some_and(|name| {
                let named = properties.get(name).filter(|it| !it.is_null());
                named.is_some() && named == before.properties.get(name)
            });
            if same_name {
                return Err(format!(
                    "CloudFormation cannot update a stack when a custom-named resource requires \
                     replacing. Rename {id} and update the stack again."
                ));
            }
            kind.create(&context, given)
        });
        let logical = logical_id.to_owned();
        match changed {
            Ok(physical) => {
                let id = physical.id.clone();
                if let Some(resource) = self.stack.resources.get_mut(logical_id) {
                    resource.physical = physical;
                    resource.properties = properties;
                }
                if replaced {
                    let reason = initiated();
                    self.stack
                        .tell(logical_id, resource_type, &id, "UPDATE_IN_PROGRESS", reason);
                }
                self.stack
                    .tell(logical_id, resource_type, &id, "UPDATE_COMPLETE", None);
                steps.push(if replaced {
                    Step::Replaced(logical, before)
                } else {
                    Step::Changed(logical, before)
                });
                Ok(())
            }
            Err(reason) => {
                // It may be half done.
                if !replaced {
                    steps.push(Step::Changed(logical, before));
                }
                Err(self.fail(logical_id, resource_type, &id, "UPDATE_FAILED", reason))
            }
        }
    }

    pub(super) fn fail(
        &mut self,
        logical_id: &str,
        resource_type: &str,
        physical_id: &str,
        status: &'static str,
        reason: String,
    ) -> Failed {
        // Properties does not know whose properties they are.
        let reason = if reason.starts_with("#: ") {
            format!(
                "Properties validation failed for resource {logical_id} with message:\n{reason}"
            )
        } else {
            reason
        };
        let told = Some(reason.clone());
        self.stack
            .tell(logical_id, resource_type, physical_id, status, told);
        Failed {
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            reason,
        }
    }

    fn tell_outputs(&mut self, template: &Template) -> Result<(), Failed> {
        let mut outputs = Vec::new();
        for (key, declared) in template.outputs() {
            let scope = self.scope();
            let text = |value: &Value| {
                let resolved = intrinsic::resolve(&scope, value)?;
                scalar(&resolved).ok_or_else(|| {
                    "Template format error: The Value field of every Outputs member must evaluate \
                     to a String."
                        .to_owned()
                })
            };
            let export = &declared["Export"]["Name"];
            let told = text(&declared["Value"]).and_then(|value| {
                Ok(Output {
                    key: key.clone(),
                    value,
                    description: declared["Description"].as_str().map(str::to_owned),
                    export: (!export.is_null()).then(|| text(export)).transpose()?,
                })
            });
            outputs.push(told.map_err(|reason| Failed {
                logical_id: key.clone(),
                resource_type: STACK_TYPE.to_owned(),
                reason,
            })?);
        }
        outputs.sort_by(|one, other| one.key.cmp(&other.key));
        self.stack.outputs = outputs;
        Ok(())
    }

    fn resolve(&self, declared: &Value) -> Result<Value, String> {
        match declared.get("Properties") {
            Some(properties) => intrinsic::resolve(&self.scope(), properties),
            None => Ok(Value::Object(serde_json::Map::new())),
        }
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            region: &self.account.region,
            stack: self.stack,
        }
    }

    pub(super) fn context(&self, logical_id: &str) -> Context<'a> {
        Context {
            account: self.account,
            stack: self.stack.name.clone(),
            logical_id: logical_id.to_owned(),
            code: self.code,
        }
    }
}

/// The type of a resource that a template declares.
fn type_of(declared: &Value) -> (&str, &'static dyn Kind) {
    let name = declared["Type"].as_str().unwrap_or_default();
    (name, known_kind(name))
}

/// What a resource is to be made or changed with.
fn given(resource_type: &str, kind: &dyn Kind, properties: Value) -> Result<Properties, String> {
    let given = Properties::new(properties)?;
    given.unserved(resource_type, kind.unserved())?;
    Ok(given)
}

fn initiated() -> Option<String> {
    Some("Resource creation Initiated".to_owned())
}

/// The logical ids of a template that was read, and so has an order.
pub(super) fn order_of(template: &Template) -> Vec<String> {
    let order = creation_order(template.resources()).unwrap_or_default();
    order.into_iter().map(str::to_owned).collect()
}
