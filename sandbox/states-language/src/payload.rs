//! Payload templates: JSON in which a field whose name ends in `.$` holds a path.

use serde_json::{Map, Value};

use crate::path::{Path, PathError, Root};

/// How deep a template may be nested; parsing JSON has the same bound.
const DEEPEST: usize = 128;

/// `Parameters` or `ResultSelector`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    Constant(Value),
    Path(Path),
    Object(Vec<(String, Template)>),
    List(Vec<Template>),
}

/// The data that paths start from.
pub(crate) struct Data<'a> {
    /// `$`
    pub input: &'a Value,
    /// `$$`
    pub context: &'a Value,
}

impl Data<'_> {
    pub(crate) fn at(&self, path: &Path) -> Result<Value, PathError> {
        match path.root() {
            Root::Data => path.evaluate(self.input),
            Root::Context => path.evaluate(self.context),
            Root::Variable(name) => Err(PathError::NoResults(format!("${name}"))),
        }
    }
}

impl Template {
    /// Reads a template; an error says where and why.
    pub(crate) fn read(value: &Value, place: &str) -> Result<Self, (String, String)> {
        Self::read_at(value, place, 0)
    }

    fn read_at(value: &Value, place: &str, depth: usize) -> Result<Self, (String, String)> {
        if depth > DEEPEST {
            return Err((
                place.to_owned(),
                "The template is nested too deeply".to_owned(),
            ));
        }
        match value {
            Value::Object(fields) => {
                let mut members = Vec::new();
                for (name, member) in fields {
                    let place = format!("{place}/{name}");
                    let Some(plain) = name.strip_suffix(".$") else {
                        members.push((name.clone(), Self::read_at(member, &place, depth + 1)?));
                        continue;
                    };
                    let text = member.as_str().ok_or_else(|| {
                        let why =
                            format!("The value for the field '{name}' must be a valid JSONPath");
                        (place.clone(), why)
                    })?;
                    let path = Path::parse(text).map_err(|_| {
                        let why =
                            format!("The value for the field '{name}' must be a valid JSONPath");
                        (place.clone(), why)
                    })?;
                    members.push((plain.to_owned(), Self::Path(path)));
                }
                Ok(Self::Object(members))
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(at, item)| Self::read_at(item, &format!("{place}[{at}]"), depth + 1))
                .collect::<Result<_, _>>()
                .map(Self::List),
            other => Ok(Self::Constant(other.clone())),
        }
    }

    /// Fills the template in; an error names the path that leads nowhere.
    pub(crate) fn fill(&self, data: &Data<'_>) -> Result<Value, (&Path, PathError)> {
        Ok(match self {
            Self::Constant(value) => value.clone(),
            Self::Path(path) => data.at(path).map_err(|error| (path, error))?,
            Self::List(items) => Value::Array(
                items
                    .iter()
                    .map(|item| item.fill(data))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Object(members) => {
                let mut fields = Map::new();
                for (name, member) in members {
                    fields.insert(name.clone(), member.fill(data)?);
                }
                Value::Object(fields)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fills() {
        let template = json!({ "a.$": "$.x", "b": [{ "c.$": "$$.Execution.Id" }], "d": 1 });
        let template = Template::read(&template, "").unwrap();
        let (input, context) = (json!({ "x": [1] }), json!({ "Execution": { "Id": "arn" } }));
        let data = Data {
            input: &input,
            context: &context,
        };
        assert_eq!(
            template.fill(&data).unwrap(),
            json!({ "a": [1], "b": [{ "c": "arn" }], "d": 1 })
        );
        assert!(Template::read(&json!({ "a.$": 1 }), "/P").is_err());
        assert!(Template::read(&json!({ "a.$": "x" }), "/P").is_err());
    }
}
