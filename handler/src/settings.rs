//! What the functions are told by their environment.

use std::env;

/// The settings of `scan-file`, set under `environment` in its `function.yml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// ARN of the state machine to start, from `STATE_MACHINE_ARN`.
    pub state_machine_arn: String,
    /// ARN of the topic that hears of refused files, from `SNS_SCAN_FAILED_TOPIC_ARN`.
    pub scan_failed_topic_arn: String,
}

/// An environment variable that is missing or wrong.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// The variable is not set, or empty.
    #[error(
        "the environment variable {name} is not set: \
         add it under environment in handler/src/{folder}/function.yml"
    )]
    Missing {
        /// Name of the variable.
        name: &'static str,
        /// The function's folder.
        folder: String,
    },
    /// The variable holds something else than an ARN of the kind that it should.
    #[error(
        "the environment variable {name} is \"{value}\", but should look like {expected}: \
         correct it under environment in handler/src/scan_file/function.yml"
    )]
    NotThatArn {
        /// Name of the variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// The form of a right value.
        expected: &'static str,
    },
}

impl Settings {
    /// Reads the settings from the environment.
    ///
    /// # Errors
    ///
    /// When a variable is missing or is not an ARN of the right service.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(|name| env::var(name).unwrap_or_default())
    }

    fn read(value_of: impl Fn(&str) -> String) -> Result<Self, SettingsError> {
        let arn = |name, expected| {
            let value = value_of(name);
            if value.is_empty() {
                let folder = "scan_file".to_owned();
                Err(SettingsError::Missing { name, folder })
            } else if has_form(&value, expected) {
                Ok(value)
            } else {
                Err(SettingsError::NotThatArn {
                    name,
                    value,
                    expected,
                })
            }
        };
        Ok(Self {
            state_machine_arn: arn(
                "STATE_MACHINE_ARN",
                "arn:aws:states:REGION:ACCOUNT:stateMachine:NAME",
            )?,
            scan_failed_topic_arn: arn(
                "SNS_SCAN_FAILED_TOPIC_ARN",
                "arn:aws:sns:REGION:ACCOUNT:TOPIC",
            )?,
        })
    }
}

//@ task 2 start
/// The value of an environment variable of a function, such as `copy-file`.
///
/// # Errors
///
/// When it is not set, or empty.
pub fn variable(function: &str, name: &'static str) -> Result<String, SettingsError> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(SettingsError::Missing {
            name,
            folder: function.replace('-', "_"),
        }),
    }
}
//@ end

/// Whether `arn` has the parts of `form`, where a part in capitals stands for any text.
/// The partition is free (`aws`, `aws-cn`, ...).
fn has_form(arn: &str, form: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let expected: Vec<&str> = form.split(':').collect();
    parts.len() == expected.len()
        && parts.iter().zip(expected).all(|(part, expected)| {
            let free = expected == "aws" || expected.chars().all(|c| c.is_ascii_uppercase());
            *part == expected || (free && !part.is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE_MACHINE: &str = "arn:aws:states:eu-west-1:000000000000:stateMachine:Scan";
    const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:scan-failed";

    fn read(state_machine: &str, topic: &str) -> Result<Settings, String> {
        Settings::read(|name| match name {
            "STATE_MACHINE_ARN" => state_machine.to_owned(),
            "SNS_SCAN_FAILED_TOPIC_ARN" => topic.to_owned(),
            other => panic!("reads {other}"),
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn right_values_are_taken_as_they_are() {
        let settings = read(STATE_MACHINE, TOPIC).unwrap();
        assert_eq!(settings.state_machine_arn, STATE_MACHINE);
        assert_eq!(settings.scan_failed_topic_arn, TOPIC);
        assert!(read(&STATE_MACHINE.replace("aws", "aws-cn"), TOPIC).is_ok());
    }

    #[test]
    fn a_missing_variable_is_named_with_the_place_to_set_it() {
        for (state_machine, topic, name) in [
            ("", TOPIC, "STATE_MACHINE_ARN"),
            (STATE_MACHINE, "", "SNS_SCAN_FAILED_TOPIC_ARN"),
        ] {
            let error = read(state_machine, topic).unwrap_err();
            assert!(error.contains(&format!("{name} is not set")), "{error}");
            assert!(
                error.contains("handler/src/scan_file/function.yml"),
                "{error}"
            );
        }
    }

    //@ task 2 start
    #[test]
    fn another_function_is_told_its_own_file() {
        let error = variable("copy-file", "NO_SUCH_BUCKET").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable NO_SUCH_BUCKET is not set: add it under environment in \
             handler/src/copy_file/function.yml"
        );
    }
    //@ end

    #[test]
    fn a_wrong_value_is_shown_beside_the_right_form() {
        let execution = STATE_MACHINE.replace("stateMachine", "execution");
        for wrong in [
            "Scan",
            TOPIC,
            &execution,
            "arn:aws:states:eu-west-1:000000000000:stateMachine:",
        ] {
            let error = read(wrong, TOPIC).unwrap_err();
            assert!(
                error.contains(&format!("STATE_MACHINE_ARN is \"{wrong}\"")),
                "{error}"
            );
            assert!(
                error.contains("arn:aws:states:REGION:ACCOUNT:stateMachine:NAME"),
                "{error}"
            );
        }
        assert!(
            read(STATE_MACHINE, STATE_MACHINE)
                .unwrap_err()
                .contains("arn:aws:sns:")
        );
    }
}
