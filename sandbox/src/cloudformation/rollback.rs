//! An update that failed is taken back.

use super::operation::{Failed, Operation};
use super::properties::Properties;
use super::resource::known_kind;
use super::stack::{Reason, Resource, Retained};

/// What an update did, to be undone.
pub enum Step {
    /// A resource that was not there before.
    Made(String),
    /// What it was before.
    Changed(String, Resource),
    /// The one that it was before, which is still there.
    Replaced(String, Resource),
}

impl Operation<'_> {
    /// Takes an update back.
    pub(super) fn undo(&mut self, steps: Vec<Step>, failed: &Failed) {
        let verb = if self.stack.existing(&failed.logical_id).is_some() {
            "update"
        } else {
            "create"
        };
        let reason = format!(
            "The following resource(s) failed to {verb}: [{}]. ",
            failed.logical_id
        );
        if self.stack.keeps_failures {
            self.stack.becomes("UPDATE_FAILED", Some(reason));
            return;
        }
        self.stack
            .becomes("UPDATE_ROLLBACK_IN_PROGRESS", Some(reason));
        let mut leftovers = Vec::new();
        let mut stuck = Vec::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Made(logical_id) => {
                    let made = self.stack.resources.remove(&logical_id);
                    leftovers.extend(made.map(|made| (logical_id, made)));
                }
                Step::Changed(logical_id, before) => {
                    if !self.change_back(&logical_id, &before) {
                        stuck.push(logical_id.clone());
                    }
                    self.stack.resources.insert(logical_id, before);
                }
                Step::Replaced(logical_id, before) => {
                    let (id, kind) = (before.physical.id.clone(), before.resource_type.clone());
                    let new = self.stack.resources.insert(logical_id.clone(), before);
                    self.stack
                        .tell(&logical_id, &kind, &id, "UPDATE_COMPLETE", None);
                    let retained = Retained::default();
                    let new = new.map(|new| Resource { retained, ..new });
                    leftovers.extend(new.map(|new| (logical_id, new)));
                }
            }
        }
        if !stuck.is_empty() {
            let reason = format!(
                "The following resource(s) failed to update: [{}]. ",
                stuck.join(", ")
            );
            self.stack.becomes("UPDATE_ROLLBACK_FAILED", Some(reason));
            return;
        }
        self.stack
            .becomes("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None);
        if self.forget_unmade(&failed.logical_id) {
            self.stack.resources.remove(&failed.logical_id);
        }
        for (logical_id, resource) in leftovers {
            self.remove_existing(&logical_id, &resource, Reason::Undone);
        }
        self.stack.becomes("UPDATE_ROLLBACK_COMPLETE", None);
    }

    /// Gives a resource its former properties, and says whether that went well.
    fn change_back(&mut self, logical_id: &str, before: &Resource) -> bool {
        let (id, resource_type) = (&before.physical.id, &before.resource_type);
        self.stack
            .tell(logical_id, resource_type, id, "UPDATE_IN_PROGRESS", None);
        let context = self.context(logical_id);
        let now = self.stack.resources.get(logical_id).unwrap_or(before);
        let changed = Properties::new(before.properties.clone())
            .and_then(|given| known_kind(resource_type).update(&context, now, given));
        let (status, reason) = match changed {
            Ok(_) => ("UPDATE_COMPLETE", None),
            Err(reason) => ("UPDATE_FAILED", Some(reason)),
        };
        let went_well = reason.is_none();
        self.stack
            .tell(logical_id, resource_type, id, status, reason);
        went_well
    }
}
