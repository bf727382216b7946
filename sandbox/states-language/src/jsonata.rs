//! JSONata expressions (`{% ... %}`), evaluated by a library behind
//! [`Jsonata`], with the functions that Step Functions adds.

use std::time::Duration;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use serde_json::{Map, Number, Value};

use crate::hash;

/// A parsed expression.
#[derive(Debug, Clone)]
pub(crate) struct Jsonata {
    /// What stands between the delimiters, without the space around it.
    pub text: String,
    tree: AstNode,
}
