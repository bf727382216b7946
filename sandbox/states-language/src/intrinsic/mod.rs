//! Intrinsic functions: `States.Format('{} is {}', $.name, States.MathAdd($.age, 1))`.

mod functions;
mod parse;

use serde_json::Value;

use crate::path::Path;

pub(crate) use functions::FunctionError;
pub(crate) use parse::IntrinsicSyntaxError;

/// A parsed call with its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Intrinsic {
    /// As the definition has it.
    pub text: String,
    call: Call,
}

#[derive(Debug, Clone, PartialEq)]
struct Call {
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone, PartialEq)]
enum Argument {
    Literal(Value),
    Path(Path),
    Call(Call),
}

/// The eighteen functions of the language ("Intrinsic functions" in the Step
/// Functions developer guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Array,
    ArrayContains,
    ArrayGetItem,
    ArrayLength,
    ArrayPartition,
    ArrayRange,
    ArrayUnique,
    Base64Decode,
    Base64Encode,
    Format,
    Hash,
    JsonMerge,
    JsonToString,
    MathAdd,
    MathRandom,
    StringSplit,
    StringToJson,
    Uuid,
}

impl Intrinsic {
    /// Parses a call.
    ///
    /// # Errors
    /// [`IntrinsicSyntaxError`] says what is wrong and where.
    pub(crate) fn parse(text: &str) -> Result<Self, IntrinsicSyntaxError> {
        parse::parse(text)
    }

    /// The paths among the arguments, nested calls included.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        let mut pending = vec![&self.call];
        while let Some(call) = pending.pop() {
            for argument in &call.arguments {
                match argument {
                    Argument::Path(path) => paths.push(path),
                    Argument::Call(call) => pending.push(call),
                    Argument::Literal(_) => {}
                }
            }
        }
        paths
    }

    /// Evaluates the call; `resolve` gives the value of a path argument, if it leads
    /// anywhere.
    ///
    /// # Errors
    /// An argument does not fit its function, or a path leads nowhere.
    pub(crate) fn evaluate(
        &self,
        resolve: &mut dyn FnMut(&Path) -> Option<Value>,
    ) -> Result<Value, CallError<'_>> {
        evaluate(&self.call, resolve)
    }
}

/// Why a call has no value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CallError<'c> {
    /// An argument's path leads nowhere.
    Path(&'c Path),
    /// An argument does not fit.
    Function(FunctionError),
}

fn evaluate<'c>(
    call: &'c Call,
    resolve: &mut dyn FnMut(&Path) -> Option<Value>,
) -> Result<Value, CallError<'c>> {
    let mut arguments = Vec::with_capacity(call.arguments.len());
    for argument in &call.arguments {
        arguments.push(match argument {
            Argument::Literal(value) => value.clone(),
            Argument::Path(path) => resolve(path).ok_or(CallError::Path(path))?,
            // The parser bounds how deep calls nest.
            Argument::Call(call) => evaluate(call, resolve)?,
        });
    }
    functions::apply(call.function, arguments).map_err(CallError::Function)
}

#[cfg(test)]
mod tests;
