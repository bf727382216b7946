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
    /// AWS's code, such as `SCHEMA_VALIDATION_FAILED`.
    pub code: &'static str,
    /// Where: a JSON pointer such as `/States/Wait/Seconds` (with the names as
    /// they stand, as AWS writes them), or the place in the text for
    /// `INVALID_JSON_DESCRIPTION`.
    pub location: String,
    /// What, in a sentence.
    pub message: String,
}

/// The text is not JSON.
pub const INVALID_JSON_DESCRIPTION: &str = "INVALID_JSON_DESCRIPTION";
/// A field is missing, unknown, of the wrong type or has a bad value.
pub const SCHEMA_VALIDATION_FAILED: &str = "SCHEMA_VALIDATION_FAILED";
/// `Next`, `Default` or `StartAt` names a state that is not there.
pub const MISSING_TRANSITION_TARGET: &str = "MISSING_TRANSITION_TARGET";

impl Diagnostic {
    pub(crate) fn error(code: &'static str, location: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            location: if location.is_empty() {
                "/".to_owned()
            } else {
                location.to_owned()
            },
            message: message.into(),
        }
    }
}

impl fmt::Display for Diagnostic {
    /// As the finding reads within CreateStateMachine's error text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code == INVALID_JSON_DESCRIPTION {
            write!(f, "{}: {}", self.code, self.message)
        } else {
            write!(f, "{}: {} at {}", self.code, self.message, self.location)
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
