//! What is wrong with a definition, in the words of AWS.

use std::fmt;

use serde::Serialize;

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// CreateStateMachine would reject the definition.
    Error,
    /// The definition is accepted, but probably not what its author meant.
    Warning,
}

/// One finding about a definition: an entry of ValidateStateMachineDefinition's list.
///
/// It serializes to that API's JSON (`severity`, `code`, `location`, `message`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of finding it is.
    pub code: Code,
    /// Where: a JSON pointer such as `/States/Wait/Seconds` (with the names as
    /// they stand and indices in brackets, as AWS writes them), or the place in the
    /// text for [`Code::InvalidJsonDescription`]. Nothing where the whole is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What, in a sentence.
    pub message: String,
}

/// The kinds of findings, as recorded from AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The text is not JSON.
    InvalidJsonDescription,
    /// A field is missing, unknown, of the wrong type or has a bad value.
    SchemaValidationFailed,
    /// `Next`, `Default` or `StartAt` names a state that is not there, or a state
    /// is led to by none.
    MissingTransitionTarget,
    /// No state ends the workflow.
    MissingEndState,
    /// Two states have one name, in whatever branch.
    DuplicateStateName,
    /// A state's name is too long.
    InvalidStateName,
    /// A Map state's label is too long or holds what a label must not.
    InvalidLabelName,
    /// Two Map states have one label.
    DuplicateLabelName,
    /// `Assign` sets `$states`.
    ReservedVariableName,
    /// `Assign` sets a variable whose name cannot be one.
    InvalidVariableName,
    /// An expression between `{%` and `%}` is not JSONata.
    InvalidJsonataExpression,
    /// A value looks like a path, but its field's name does not end in `.$`.
    NoDollar,
    /// A value looks like a path, but its field's name does not end in `Path`.
    NoPath,
    /// A field of `Result` ends in `.$`, but nothing is computed there.
    PassResultIsStatic,
}

impl Code {
    /// As AWS writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidJsonDescription => "INVALID_JSON_DESCRIPTION",
            Self::SchemaValidationFailed => "SCHEMA_VALIDATION_FAILED",
            Self::MissingTransitionTarget => "MISSING_TRANSITION_TARGET",
            Self::MissingEndState => "MISSING_END_STATE",
            Self::DuplicateStateName => "DUPLICATE_STATE_NAME",
            Self::InvalidStateName => "INVALID_STATE_NAME",
            Self::InvalidLabelName => "INVALID_LABEL_NAME",
            Self::DuplicateLabelName => "DUPLICATE_LABEL_NAME",
            Self::ReservedVariableName => "RESERVED_VARIABLE_NAME",
            Self::InvalidVariableName => "INVALID_VARIABLE_NAME",
            Self::InvalidJsonataExpression => "INVALID_JSONATA_EXPRESSION",
            Self::NoDollar => "NO_DOLLAR",
            Self::NoPath => "NO_PATH",
            Self::PassResultIsStatic => "PASS_RESULT_IS_STATIC",
        }
    }
}

impl fmt::Display for Diagnostic {
    /// As the finding reads within CreateStateMachine's error text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)?;
        match &self.location {
            // The message ends with the place already.
            Some(_) if self.code == Code::InvalidJsonDescription => Ok(()),
            Some(location) => write!(f, " at {location}"),
            None => f.write_str(" at null"),
        }
    }
}

/// The message of the `InvalidDefinition` error with which CreateStateMachine
/// and UpdateStateMachine reject a definition.
///
/// ```
/// let findings = states_language::StateMachine::parse(r#"{"StartAt": "A"}"#).unwrap_err();
/// assert_eq!(
///     states_language::invalid_definition_message(&findings),
///     "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: \
///      These fields are required: [States] at /'"
/// );
/// ```
pub fn invalid_definition_message(diagnostics: &[Diagnostic]) -> String {
    let findings: Vec<String> = diagnostics
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(Diagnostic::to_string)
        .collect();
    format!(
        "Invalid State Machine Definition: '{}'",
        findings.join(", ")
    )
}
