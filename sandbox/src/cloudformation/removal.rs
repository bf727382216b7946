//! Resources go, those that depend on others first.

use std::collections::BTreeSet;

use super::operation::{Failed, Operation, order_of};
use super::order::needs;
use super::resource::known_kind;
use super::stack::{Reason, Resource};

impl Operation<'_> {
    /// Tells that nothing is left of a resource that could not be made, if it is one.
    pub(super) fn forget_unmade(&mut self, logical_id: &str) -> bool {
        let resource = self.stack.resources.get(logical_id);
        let unmade = resource.filter(|it| it.physical.id.is_empty());
        let Some(resource_type) = unmade.map(|it| it.resource_type.clone()) else {
            return false;
        };
        self.stack
            .tell(logical_id, &resource_type, "", "DELETE_COMPLETE", None);
        true
    }

    /// Removes all resources, those that depend on others first, and brings the stack
    /// to its end.
    pub(super) fn remove_all(
        &mut self,
        kept: &BTreeSet<String>,
        reason: Reason,
        ends: &'static str,
        fails: &'static str,
    ) -> Option<Failed> {
        let template = self.stack.template.clone();
        let mut stuck: Vec<String> = Vec::new();
        let mut needed = BTreeSet::new();
        let mut first = None;
        let mut order = order_of(&template);
        // What an update made that was not taken back.
        let others = self.stack.resources.keys();
        let others = others.filter(|it| !template.resources().contains_key(*it));
        order.extend(others.cloned().collect::<Vec<_>>());
        let needs_of = |logical_id: &String| template.resources().get(logical_id).map(needs);
        for logical_id in order.iter().rev() {
            if reason == Reason::Undone && self.forget_unmade(logical_id) {
                continue;
            }
            let Some(resource) = self.stack.existing(logical_id) else {
                continue;
            };
            if kept.contains(logical_id) {
                let (id, kind) = (resource.physical.id.clone(), resource.resource_type.clone());
                self.stack
                    .tell(logical_id, &kind, &id, "DELETE_SKIPPED", None);
                continue;
            }
            // What a resource that could not be removed refers to has to stay as well.
            if needed.contains(logical_id) {
                needed.extend(needs_of(logical_id).unwrap_or_default());
                continue;
            }
            if let Some(failed) = self.remove(logical_id, reason) {
                needed.extend(needs_of(logical_id).unwrap_or_default());
                stuck.push(logical_id.clone());
                first.get_or_insert(failed);
            }
        }
        if stuck.is_empty() {
            self.stack.becomes(ends, None);
        } else {
            stuck.sort();
            let reason = format!(
                "The following resource(s) failed to delete: [{}]. ",
                stuck.join(", ")
            );
            self.stack.becomes(fails, Some(reason));
        }
        first
    }

    /// Removes a resource of the stack, if it has it.
    pub(super) fn remove(&mut self, logical_id: &str, reason: Reason) -> Option<Failed> {
        let resource = self.stack.existing(logical_id)?.clone();
        self.remove_existing(logical_id, &resource, reason)
    }

    /// Removes what exists of a resource.
    pub(super) fn remove_existing(
        &mut self,
        logical_id: &str,
        resource: &Resource,
        reason: Reason,
    ) -> Option<Failed> {
        let (id, resource_type) = (&resource.physical.id, &resource.resource_type);
        if resource.retained.holds(reason) {
            self.stack
                .tell(logical_id, resource_type, id, "DELETE_SKIPPED", None);
            return None;
        }
        self.stack
            .tell(logical_id, resource_type, id, "DELETE_IN_PROGRESS", None);
        let context = self.context(logical_id);
        let kind = known_kind(resource_type);
        match kind.delete(&context, resource) {
            Ok(()) => {
                self.stack
                    .tell(logical_id, resource_type, id, "DELETE_COMPLETE", None);
                None
            }
            Err(reason) => Some(self.fail(logical_id, resource_type, id, "DELETE_FAILED", reason)),
        }
    }
}
