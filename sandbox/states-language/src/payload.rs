//! A value on its way through a state machine.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::text::json_text;

/// A JSON value that is shared, not copied, from state to state, with its text,
/// which events hold and which is made at most once.
#[derive(Debug, Clone)]
pub(crate) struct Payload(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    value: Value,
    text: OnceLock<Arc<str>>,
}

/// The largest input and output of a state or task, in bytes of UTF-8 ("Step
/// Functions quotas", 256 KiB).
const LARGEST: usize = 256 * 1024;

/// How deep a value may nest: JSON text that comes from outside nests at most 128
/// deep, but a state machine that wraps its input again and again has no bound of
/// its own. AWS's bound is 1,000.
const DEEPEST: usize = 500;

impl Payload {
    pub fn new(value: Value) -> Self {
        Self(Arc::new(Inner {
            value,
            text: OnceLock::new(),
        }))
    }

    /// A value with the text that its author wrote.
    pub fn with_text(value: Value, text: &str) -> Self {
        Self(Arc::new(Inner {
            value,
            text: OnceLock::from(Arc::from(text)),
        }))
    }

    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// The value, copied only if it is still used elsewhere.
    pub fn into_value(self) -> Value {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => inner.value,
            Err(shared) => shared.value.clone(),
        }
    }

    /// JSON text.
    pub fn text(&self) -> Arc<str> {
        let text = self.0.text.get_or_init(|| json_text(&self.0.value).into());
        text.clone()
    }

    /// True if it is more than Step Functions passes on.
    pub fn is_too_large(&self) -> bool {
        self.text().len() > LARGEST
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

/// True if a value nests deeper than this crate lets values nest, so that whoever
/// walks it has stack enough.
pub(crate) fn is_too_deep(value: &Value) -> bool {
    fn deeper_than(value: &Value, levels: usize) -> bool {
        match value {
            Value::Array(items) => {
                levels == 0 || items.iter().any(|item| deeper_than(item, levels - 1))
            }
            Value::Object(members) => {
                levels == 0
                    || members
                        .values()
                        .any(|member| deeper_than(member, levels - 1))
            }
            _ => false,
        }
    }
    deeper_than(value, DEEPEST)
}
