//! Variables: what `Assign` sets, and who sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// The variables that a state sees. Branches of a Parallel and iterations of a
/// Map have a scope of their own within the one around them: they read the outer
/// variables, and what they assign ends with them ("Variable scope" in the Step
/// Functions developer guide).
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    own: Arc<BTreeMap<String, Arc<Value>>>,
    outer: Option<Arc<Scope>>,
}

impl Scope {
    /// A new scope within this one.
    pub fn inner(&self) -> Self {
        Self {
            own: Arc::default(),
            outer: Some(Arc::new(self.clone())),
        }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        match self.own.get(name) {
            Some(value) => Some(value),
            None => self.outer.as_ref()?.get(name),
        }
    }

    /// Sets variables, all at once.
    pub fn assign(&mut self, values: impl Iterator<Item = (String, Arc<Value>)>) {
        Arc::make_mut(&mut self.own).extend(values);
    }
}
