//! A resource's properties, taken one by one: what is left over is unknown.

use serde_json::{Map, Value};

use crate::error::unserved;

/// The properties of one resource, with every intrinsic function resolved.
#[derive(Debug)]
pub struct Properties(Map<String, Value>);

impl Properties {
    /// The properties of a resource.
    ///
    /// # Errors
    ///
    /// Where it is no object.
    pub fn new(value: Value) -> Result<Self, String> {
        match value {
            Value::Object(properties) => Ok(Self(properties)),
            Value::Null => Ok(Self(Map::new())),
            _ => Err("Properties must be an object.".to_owned()),
        }
    }

    /// Any value.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name)
    }

    /// Text, or a number or boolean written as text.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(truth)) => Ok(Some(truth.to_string())),
            Some(_) => Err(format!("Value of property {name} must be of type String")),
        }
    }

    /// Text that has to be there.
    pub fn required(&mut self, name: &str) -> Result<String, String> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// Any value that has to be there.
    pub fn needed(&mut self, name: &str) -> Result<Value, String> {
        self.value(name).ok_or_else(|| missing(name))
    }

    /// A whole number.
    pub fn number(&mut self, name: &str) -> Result<Option<u32>, String> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let number = text.parse::<u32>();
        number
            .map(Some)
            .map_err(|_| format!("Value of property {name} must be of type Integer"))
    }

    /// A list; none where the property is missing.
    pub fn list(&mut self, name: &str) -> Result<Vec<Value>, String> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(format!("Value of property {name} must be of type List")),
        }
    }

    /// A list of texts; none where the property is missing.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, String> {
        let wrong = || format!("Value of property {name} must be of type List of String");
        let text = |value: Value| match value {
            Value::String(text) => Ok(text),
            _ => Err(wrong()),
        };
        self.list(name)?.into_iter().map(text).collect()
    }

    /// A truth.
    pub fn truth(&mut self, name: &str) -> Result<Option<bool>, String> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(format!("Value of property {name} must be of type Boolean")),
        }
    }

    /// Refuses properties that AWS has and the sandbox has not, where one is given; `owner`
    /// is what they are properties of.
    pub fn unserved(&self, owner: &str, names: &[&str]) -> Result<(), String> {
        match names.iter().find(|name| self.0.contains_key(**name)) {
            None => Ok(()),
            Some(name) => Err(unserved(format_args!("the property {name} of {owner}"))),
        }
    }

    /// An object within; an empty one where the property is missing.
    pub fn object(&mut self, name: &str) -> Result<Self, String> {
        Self::new(self.value(name).unwrap_or_default())
            .map_err(|_| format!("Value of property {name} must be an object"))
    }

    /// Passes over properties that change nothing here.
    pub fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.0.shift_remove(*name);
        }
    }

    /// What is left, by name.
    pub fn rest(self) -> Map<String, Value> {
        self.0
    }

    /// Refuses what is left.
    ///
    /// # Errors
    ///
    /// Names the first property that nobody took.
    pub fn finish(self) -> Result<(), String> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("#: extraneous key [{name}] is not permitted")),
        }
    }
}

fn missing(name: &str) -> String {
    format!("#: required key [{name}] not found")
}
