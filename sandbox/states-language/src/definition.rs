//! A state machine: parsed into types, and checked before anything runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::diagnostic::{
    Diagnostic, INVALID_JSON_DESCRIPTION, MISSING_TRANSITION_TARGET, SCHEMA_VALIDATION_FAILED,
};
use crate::path::Path;
use crate::payload::Template;

/// A definition that CreateStateMachine would accept.
#[derive(Debug, Clone, PartialEq)]
pub struct StateMachine {
    pub(crate) start_at: Arc<str>,
    pub(crate) states: BTreeMap<Arc<str>, State>,
    pub(crate) timeout: Option<Duration>,
}

/// One state: what it does, and the fields that most types share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub kind: Kind,
    /// `None`: the execution ends here.
    pub next: Option<Arc<str>>,
    /// `None`: `null`, so an empty object.
    pub input_path: Option<Path>,
    pub parameters: Option<Template>,
    pub result_selector: Option<Template>,
    /// `None`: `null`, the result is dropped.
    pub result_path: Option<Path>,
    pub output_path: Option<Path>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Pass {
        result: Option<Value>,
    },
    Task {
        resource: String,
        timeout: Option<Duration>,
    },
    Wait {
        duration: Duration,
    },
    Succeed,
    Fail {
        error: Option<String>,
        cause: Option<String>,
    },
}

impl StateMachine {
    /// Parses and checks a definition.
    ///
    /// # Errors
    /// All findings, each with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            vec![Diagnostic::error(
                INVALID_JSON_DESCRIPTION,
                &place,
                error.to_string(),
            )]
        })?;
        let mut reader = Reader {
            findings: Vec::new(),
        };
        let machine = reader.machine(&value);
        match machine {
            Some(machine) if reader.findings.is_empty() => Ok(machine),
            _ => Err(reader.findings),
        }
    }
}

/// Collects findings while it reads.
struct Reader {
    findings: Vec<Diagnostic>,
}

/// The fields of any state that leads on or ends.
const TRANSITION: [&str; 4] = ["Type", "Comment", "Next", "End"];

impl Reader {
    fn report(&mut self, place: &str, message: impl Into<String>) {
        self.findings
            .push(Diagnostic::error(SCHEMA_VALIDATION_FAILED, place, message));
    }

    fn machine(&mut self, value: &Value) -> Option<StateMachine> {
        let Some(fields) = value.as_object() else {
            self.report("", "Value is not of the right type, expected an object");
            return None;
        };
        self.known(
            fields,
            "",
            &[
                "Comment",
                "StartAt",
                "States",
                "TimeoutSeconds",
                "Version",
                "QueryLanguage",
            ],
        );
        let missing: Vec<&str> = ["StartAt", "States"]
            .into_iter()
            .filter(|name| !fields.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            self.report(
                "",
                format!("These fields are required: [{}]", missing.join(", ")),
            );
            return None;
        }
        if fields
            .get("QueryLanguage")
            .is_some_and(|it| it != "JSONPath")
        {
            self.report(
                "/QueryLanguage",
                "The query language JSONata is not supported here",
            );
        }
        let start_at = self.text(fields, "", "StartAt")?;
        let Some(declared) = fields["States"].as_object().filter(|it| !it.is_empty()) else {
            self.report("/States", "There must be at least one state");
            return None;
        };
        let mut states = BTreeMap::new();
        for (name, state) in declared {
            let place = format!("/States/{name}");
            if name.chars().count() > 80 {
                self.report(&place, "A state's name has at most 80 characters");
            }
            if let Some(state) = self.state(&place, state) {
                states.insert(Arc::from(name.as_str()), state);
            }
        }
        self.target("/StartAt", &start_at, declared);
        for (name, state) in declared {
            if let Some(next) = state["Next"].as_str() {
                self.target(&format!("/States/{name}/Next"), next, declared);
            }
        }
        let timeout = self.seconds(fields, "", "TimeoutSeconds");
        Some(StateMachine {
            start_at: start_at.into(),
            states,
            timeout,
        })
    }

    fn target(&mut self, place: &str, name: &str, declared: &Map<String, Value>) {
        if !declared.contains_key(name) {
            let message = format!(
                "Missing '{}' target: {name}",
                place.rsplit('/').next().unwrap_or_default()
            );
            self.findings
                .push(Diagnostic::error(MISSING_TRANSITION_TARGET, place, message));
        }
    }

    fn state(&mut self, place: &str, value: &Value) -> Option<State> {
        let Some(fields) = value.as_object() else {
            self.report(place, "Value is not of the right type, expected an object");
            return None;
        };
        let Some(state_type) = fields.get("Type").and_then(Value::as_str) else {
            self.report(place, "These fields are required: [Type]");
            return None;
        };
        let own: &[&str] = match state_type {
            "Pass" => &[
                "InputPath",
                "Parameters",
                "Result",
                "ResultPath",
                "OutputPath",
            ],
            "Task" => &[
                "InputPath",
                "Parameters",
                "Resource",
                "ResultSelector",
                "ResultPath",
                "OutputPath",
                "TimeoutSeconds",
            ],
            "Wait" => &["InputPath", "OutputPath", "Seconds"],
            "Succeed" => &["InputPath", "OutputPath"],
            "Fail" => &["Error", "Cause"],
            other => {
                self.report(
                    &format!("{place}/Type"),
                    format!("The state type {other} is not supported here"),
                );
                return None;
            }
        };
        self.known(fields, place, &[&TRANSITION, own].concat());
        let kind = match state_type {
            "Pass" => Kind::Pass {
                result: fields.get("Result").cloned(),
            },
            "Task" => Kind::Task {
                resource: self.text(fields, place, "Resource")?,
                timeout: self.seconds(fields, place, "TimeoutSeconds"),
            },
            "Wait" => match self.seconds(fields, place, "Seconds") {
                Some(duration) => Kind::Wait { duration },
                None => {
                    self.report(place, "These fields are required: [Seconds]");
                    return None;
                }
            },
            "Succeed" => Kind::Succeed,
            _ => Kind::Fail {
                error: fields
                    .get("Error")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                cause: fields
                    .get("Cause")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            },
        };
        let ends = matches!(kind, Kind::Succeed | Kind::Fail { .. });
        let next = fields.get("Next").and_then(Value::as_str);
        let end = fields.get("End") == Some(&Value::Bool(true));
        match (ends, next.is_some(), end) {
            (false, true, false) | (false, false, true) | (true, false, false) => {}
            (false, true, true) => {
                self.report(place, "Only one of these fields is allowed: [Next, End]")
            }
            (false, false, false) => {
                self.report(place, "One of these fields is required: [Next, End]")
            }
            (true, ..) => self.report(place, "These fields are not allowed: [Next, End]"),
        }
        Some(State {
            kind,
            next: next.map(Arc::from),
            input_path: self.path(fields, place, "InputPath", false),
            parameters: self.template(fields, place, "Parameters"),
            result_selector: self.template(fields, place, "ResultSelector"),
            result_path: self.path(fields, place, "ResultPath", true),
            output_path: self.path(fields, place, "OutputPath", false),
        })
    }

    fn known(&mut self, fields: &Map<String, Value>, place: &str, known: &[&str]) {
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.report(
                &format!("{place}/{name}"),
                format!("Field '{name}' is not supported"),
            );
        }
    }

    fn text(&mut self, fields: &Map<String, Value>, place: &str, name: &str) -> Option<String> {
        match fields.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.report(
                    &format!("{place}/{name}"),
                    "Value is not of the right type, expected a string",
                );
                None
            }
            None => {
                self.report(place, format!("These fields are required: [{name}]"));
                None
            }
        }
    }

    fn seconds(
        &mut self,
        fields: &Map<String, Value>,
        place: &str,
        name: &str,
    ) -> Option<Duration> {
        let value = fields.get(name)?;
        let seconds = value.as_u64().filter(|seconds| *seconds <= 99_999_999);
        if seconds.is_none() {
            self.report(
                &format!("{place}/{name}"),
                "Value must be a whole number from 0 to 99999999",
            );
        }
        seconds.map(Duration::from_secs)
    }

    /// A path field: `$` where it is missing, nothing where it is `null`.
    fn path(
        &mut self,
        fields: &Map<String, Value>,
        place: &str,
        name: &str,
        reference: bool,
    ) -> Option<Path> {
        let text = match fields.get(name) {
            None => "$",
            Some(Value::Null) => return None,
            Some(Value::String(text)) => text,
            Some(_) => {
                self.report(
                    &format!("{place}/{name}"),
                    "Value is not of the right type, expected a path",
                );
                return None;
            }
        };
        match Path::parse(text) {
            Ok(path) if !reference || path.is_reference() => Some(path),
            Ok(_) => {
                self.report(&format!("{place}/{name}"), "Value is not a Reference Path");
                None
            }
            Err(error) => {
                self.report(
                    &format!("{place}/{name}"),
                    format!("Value is not a valid JSONPath: {error}"),
                );
                None
            }
        }
    }

    fn template(
        &mut self,
        fields: &Map<String, Value>,
        place: &str,
        name: &str,
    ) -> Option<Template> {
        let place = format!("{place}/{name}");
        match Template::read(fields.get(name)?, &place) {
            Ok(template) => Some(template),
            Err((place, why)) => {
                self.report(&place, why);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        StateMachine::parse(text)
            .err()
            .unwrap_or_default()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn finds_what_is_wrong() {
        for (text, expected) in [
            ("{", "INVALID_JSON_DESCRIPTION: EOF"),
            ("{}", "These fields are required: [StartAt, States] at /"),
            (
                r#"{"StartAt":"A","States":{}}"#,
                "at least one state at /States",
            ),
            (
                r#"{"StartAt":"B","States":{"A":{"Type":"Succeed"}}}"#,
                "MISSING_TRANSITION_TARGET: Missing 'StartAt' target: B at /StartAt",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}"#,
                "Missing 'Next' target: B at /States/A/Next",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass"}}}"#,
                "One of these fields is required: [Next, End] at /States/A",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Colour":1}}}"#,
                "Field 'Colour' is not supported at /States/A/Colour",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Task","End":true}}}"#,
                "These fields are required: [Resource] at /States/A",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"InputPath":"x"}}}"#,
                "not a valid JSONPath",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"ResultPath":"$.a[*]"}}}"#,
                "not a Reference Path",
            ),
        ] {
            let found = findings(text);
            assert!(
                found.iter().any(|it| it.contains(expected)),
                "{text}: {found:?}"
            );
        }
        assert_eq!(
            findings(r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#),
            [""; 0]
        );
    }
}
