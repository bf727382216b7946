//! What an expression sees, and what goes wrong when it is evaluated.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::{Map, Value};

use crate::budget::{Budget, Spent};
use crate::context::Context;
use crate::intrinsic::{CallError, Intrinsic};
use crate::jsonata::{Jsonata, JsonataError};
use crate::path::{Path, PathError, Root};
use crate::scope::Scope;

/// The data that expressions start from.
pub(crate) struct Environment<'a> {
    /// `$`; `$states.input` in JSONata.
    data: &'a Value,
    /// `$states.result`, `$states.errorOutput`: by name.
    outcome: Option<(&'static str, &'a Value)>,
    /// Variables.
    scope: &'a Scope,
    /// `$$`; `$states.context` in JSONata.
    context: &'a Context<'a>,
    /// `$states`, once it was asked for.
    states: OnceCell<Value>,
    /// What the expressions may cost together.
    budget: Budget,
}

/// What goes wrong within a state; the execution frames it with the state's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The error's name.
    pub error: &'static str,
    /// What happened, without the words about the state that go before.
    pub what: String,
    /// The field whose expression failed; of JSONata only, where the failure is
    /// an event of its own.
    pub location: Option<String>,
}

impl Fault {
    /// `States.Runtime`.
    pub fn runtime(what: String) -> Self {
        Self {
            error: "States.Runtime",
            what,
            location: None,
        }
    }

    /// The expressions of a state make or look at more than a state may.
    pub fn too_much() -> Self {
        Self {
            error: "States.DataLimitExceeded",
            what: "The expressions of the state make or look at too much data.".to_owned(),
            location: None,
        }
    }

    /// `States.QueryEvaluationError` that is not about a field.
    pub fn query_of_state(what: String) -> Self {
        Self {
            error: "States.QueryEvaluationError",
            what,
            location: None,
        }
    }

    /// `States.QueryEvaluationError` at a field.
    pub fn query(location: &str, what: String) -> Self {
        Self {
            error: "States.QueryEvaluationError",
            what,
            location: Some(location.to_owned()),
        }
    }
}

impl<'a> Environment<'a> {
    /// What the fields see that are evaluated before a state's work.
    pub fn new(data: &'a Value, scope: &'a Scope, context: &'a Context<'a>) -> Self {
        Self {
            data,
            outcome: None,
            scope,
            context,
            states: OnceCell::new(),
            budget: Budget::default(),
        }
    }

    /// The same after the work, with `$states.result` or `$states.errorOutput`.
    pub fn with(self, name: &'static str, outcome: &'a Value) -> Self {
        Self {
            outcome: Some((name, outcome)),
            states: OnceCell::new(),
            ..self
        }
    }

    /// Where a path leads, for fields whose failure names the step that fails:
    /// `InputPath`, `OutputPath`, `ItemsPath` and their kin.
    pub fn value_at<'v>(&'v self, path: &Path) -> Result<Cow<'v, Value>, Fault> {
        let Some(root) = self.root(path.root()) else {
            return Err(self.not_found(path, path.text()));
        };
        path.evaluate(root, &self.budget)
            .map_err(|error| match error {
                PathError::TooMany => Fault::too_much(),
                error => Fault::runtime(format!("Invalid path '{}' : {error}", path.text())),
            })
    }

    /// Where a path leads, for fields whose failure shows the input.
    pub fn value_of_field(&self, path: &Path, field: &str) -> Result<Value, Fault> {
        let found = self
            .root(path.root())
            .map(|root| path.evaluate(root, &self.budget));
        match found {
            Some(Ok(Cow::Borrowed(value))) => {
                let paid = self.budget.take_value(value);
                paid.map_err(|Spent| Fault::too_much())?;
                Ok(value.clone())
            }
            Some(Ok(Cow::Owned(value))) => Ok(value),
            // As reported of AWS: past the end of a list there is null.
            Some(Err(PathError::OutOfBounds(_))) => Ok(Value::Null),
            Some(Err(PathError::TooMany)) => Err(Fault::too_much()),
            _ => Err(self.not_found(path, field)),
        }
    }

    /// Where a path leads, if anywhere. Nowhere is also the answer once the budget is
    /// spent: see [`Environment::check_budget`].
    pub fn look<'v>(&'v self, path: &Path) -> Option<Cow<'v, Value>> {
        path.evaluate(self.root(path.root())?, &self.budget).ok()
    }

    /// # Errors
    /// The expressions have cost too much.
    pub fn check_budget(&self) -> Result<(), Fault> {
        if self.budget.is_spent() {
            return Err(Fault::too_much());
        }
        Ok(())
    }

    fn not_found(&self, path: &Path, field: &str) -> Fault {
        Fault::runtime(format!(
            "The JSONPath '{}' specified for the field '{field}' could not be found in the input \
             '{}'",
            path.text(),
            self.data
        ))
    }

    fn root(&self, root: &Root) -> Option<&Value> {
        match root {
            Root::Data => Some(self.data),
            Root::Context => Some(self.context.value()),
            Root::Variable(name) => self.scope.get(name),
        }
    }

    /// The value of an intrinsic call. Its failures are `States.Runtime`, as reported
    /// of AWS, though the developer guide has the name `States.IntrinsicFailure`.
    pub fn call(&self, call: &Intrinsic) -> Result<Value, Fault> {
        let text = &call.text;
        let mut resolve = |path: &Path| {
            let value = self.look(path)?;
            self.budget.take_value(&value).ok()?;
            Some(value.into_owned())
        };
        call.evaluate(&mut resolve).map_err(|failed| {
            if self.budget.is_spent() {
                return Fault::too_much();
            }
            Fault::runtime(match failed {
                CallError::Function(error) => format!(
                    "There was an error while evaluating the intrinsic function: {text}. \
                         {error}"
                ),
                // AWS writes `$$` as `$` here.
                CallError::Path(path) => format!(
                    "The function '{text}' had the following error: The JsonPath argument for \
                         the field '{}' could not be found in the input '{}'",
                    path.text().replacen("$$", "$", 1),
                    self.data
                ),
            })
        })
    }

    /// The value of a JSONata expression.
    pub fn query(&self, expression: &Jsonata, field: &str) -> Result<Value, Fault> {
        let bound = |name: &str| match name {
            "states" => Some(Cow::Borrowed(self.states())),
            other => self.scope.get(other).map(Cow::Borrowed),
        };
        expression.evaluate(bound, &self.budget).map_err(|error| {
            if error == JsonataError::TooMuch {
                return Fault::too_much();
            }
            Fault::query(
                field,
                format!(
                    "The JSONata expression '{}' specified for the field '{field}' {error}",
                    expression.text()
                ),
            )
        })
    }

    /// `$states`.
    fn states(&self) -> &Value {
        self.states.get_or_init(|| {
            let mut states = Map::new();
            states.insert("input".to_owned(), self.data.clone());
            if let Some((name, outcome)) = self.outcome {
                states.insert(name.to_owned(), outcome.clone());
            }
            states.insert("context".to_owned(), self.context.value().clone());
            Value::Object(states)
        })
    }
}
