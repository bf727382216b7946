//! Variables: what `Assign` sets, and who sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// What a variable holds.
#[derive(Debug, Clone)]
struct Variable {
    value: Arc<Value>,
    /// The length of its JSON text.
    bytes: usize,
}

/// The variables that a state sees. Branches of a Parallel and iterations of a
/// Map have a scope of their own within the one around them: they read the outer
/// variables, and what they assign ends with them ("Variable scope" in the Step
/// Functions developer guide).
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    own: Arc<BTreeMap<String, Variable>>,
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
            Some(variable) => Some(&variable.value),
            None => self.outer.as_ref()?.get(name),
        }
    }

    /// Sets variables, all at once: name, value and the length of the JSON text.
    pub fn assign(&mut self, values: impl Iterator<Item = (String, Arc<Value>, usize)>) {
        let variables = values.map(|(name, value, bytes)| (name, Variable { value, bytes }));
        Arc::make_mut(&mut self.own).extend(variables);
    }

    /// What all variables that are seen here take, those that inner ones hide included.
    pub fn bytes(&self) -> usize {
        let own: usize = self.own.values().map(|variable| variable.bytes).sum();
        own + self.outer.as_ref().map_or(0, |outer| outer.bytes())
    }
}
