//! What a definition asks to be computed: paths, intrinsic calls and JSONata,
//! alone or scattered over a payload template.

use serde_json::Value;

use crate::intrinsic::Intrinsic;
use crate::jsonata::Jsonata;
use crate::path::Path;

/// One thing to compute.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    /// `$.a`, `$$.a`, `$name.a`
    Path(Path),
    /// `States.Format(...)`
    Intrinsic(Intrinsic),
    /// `{% ... %}`
    Jsonata(Jsonata),
}

/// An expression at its place in a state.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// How error texts name the place: `value.$` in JSONPath states,
    /// `Output/value` in JSONata states.
    pub name: String,
    pub expression: Expression,
}

/// A payload template: JSON with fields to compute in it.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    Literal(Value),
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
    Field(Box<Field>),
}

/// A setting that the definition either gives or computes.
#[derive(Debug, Clone)]
pub(crate) enum Setting<T> {
    Fixed(T),
    Computed(Box<Field>),
}
