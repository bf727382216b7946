//! What a definition asks to be computed: an expression alone, or JSON with
//! expressions in it (`Parameters`, `Arguments`, `Output`, `Assign`, ...).

use serde_json::{Map, Value};

use crate::environment::{Environment, Fault};
use crate::intrinsic::Intrinsic;
use crate::jsonata::Jsonata;
use crate::path::Path;

/// One thing to compute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// `$.a`, `$$.a`, `$name.a`
    Path(Path),
    /// `States.Format(...)`
    Intrinsic(Intrinsic),
    /// `{% ... %}`
    Jsonata(Jsonata),
}

/// An expression at its place in a state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// How causes name the place: `value.$` in JSONPath states, `Output/value` in
    /// JSONata states.
    pub name: String,
    pub expression: Expression,
}

/// A payload template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    /// Nothing in it is computed.
    Literal(Value),
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
    Field(Box<Field>),
}

impl Field {
    pub fn path(name: &str, path: Path) -> Self {
        Self {
            name: name.to_owned(),
            expression: Expression::Path(path),
        }
    }

    /// The value.
    ///
    /// # Errors
    /// The expression fails, or leads nowhere.
    pub fn evaluate(&self, environment: &Environment<'_>) -> Result<Value, Fault> {
        match &self.expression {
            Expression::Path(path) => environment.value_of_field(path, &self.name),
            Expression::Intrinsic(call) => environment.call(call),
            Expression::Jsonata(expression) => environment.query(expression, &self.name),
        }
    }

    /// The expression as the definition has it.
    pub fn text(&self) -> &str {
        match &self.expression {
            Expression::Path(path) => path.text(),
            Expression::Intrinsic(call) => &call.text,
            Expression::Jsonata(expression) => expression.text(),
        }
    }
}

impl Template {
    /// Fills the template in.
    ///
    /// # Errors
    /// That of the first expression which fails.
    pub fn fill(&self, environment: &Environment<'_>) -> Result<Value, Fault> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Object(members) => {
                let mut filled = Map::new();
                for (name, member) in members {
                    filled.insert(name.clone(), member.fill(environment)?);
                }
                Value::Object(filled)
            }
            Self::Array(items) => {
                let items = items.iter().map(|item| item.fill(environment));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Self::Field(field) => field.evaluate(environment)?,
        })
    }
}
