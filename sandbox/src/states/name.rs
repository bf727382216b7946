//! Names and ARNs of state machines and executions.

use crate::arn::ACCOUNT_ID;
use crate::error::ServiceError;

/// The longest name of a state machine or execution, in characters.
const LONGEST: usize = 80;

/// What a name must not contain besides white space and control characters
/// (StartExecution and CreateStateMachine in the Step Functions API Reference).
const FORBIDDEN: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";

/// Checks a name.
///
/// # Errors
///
/// `ValidationException` for its length, `InvalidName` for what is in it.
pub fn check_name(name: &str) -> Result<(), ServiceError> {
    let length = name.chars().count();
    if length == 0 || length > LONGEST {
        let rule = if length == 0 {
            "greater than or equal to 1"
        } else {
            "less than or equal to 80"
        };
        return Err(ServiceError::bad_request(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{name}' at 'name' failed to satisfy \
                 constraint: Member must have length {rule}"
            ),
        ));
    }
    let bad = |c: char| c.is_whitespace() || c.is_control() || FORBIDDEN.contains(c);
    if name.chars().any(bad) {
        return Err(ServiceError::bad_request(
            "InvalidName",
            format!("Invalid Name: '{name}'"),
        ));
    }
    Ok(())
}

/// Checks that an ARN is one of this account's Step Functions, of one of `kinds`
/// (`stateMachine`, `execution`, `express`), before anything is looked up.
///
/// # Errors
///
/// `InvalidArn`.
pub fn check_arn(arn: &str, kinds: &[&str]) -> Result<(), ServiceError> {
    let invalid = |why: &str| {
        Err(ServiceError::bad_request(
            "InvalidArn",
            format!("Invalid Arn: '{why}: {arn}'"),
        ))
    };
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    match parts.as_slice() {
        ["arn", _, "states", _, account, kind, resource] => {
            if *account != ACCOUNT_ID {
                invalid("Resource belongs to another account")
            } else if !kinds.contains(kind) || resource.is_empty() {
                invalid("Resource type not valid in this context")
            } else {
                Ok(())
            }
        }
        ["arn", ..] => invalid("ARN is malformed or of another service"),
        _ => invalid("Invalid ARN prefix"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(result: Result<T, ServiceError>) -> String {
        result
            .err()
            .map_or_else(|| "ok".to_owned(), |error| error.code.into_owned())
    }

    #[test]
    fn names() {
        for (name, expected) in [
            ("cv-7f3a", "ok"),
            ("Zoë.Nowak_7f3a", "ok"),
            ("", "ValidationException"),
            ("two words", "InvalidName"),
            ("a/b", "InvalidName"),
            ("a\u{7f}b", "InvalidName"),
        ] {
            assert_eq!(code(check_name(name)), expected, "{name}");
        }
        assert_eq!(code(check_name(&"x".repeat(80))), "ok");
        assert_eq!(code(check_name(&"x".repeat(81))), "ValidationException");
        for c in FORBIDDEN.chars() {
            assert_eq!(code(check_name(&format!("a{c}b"))), "InvalidName");
        }
    }

    #[test]
    fn arns() {
        let kinds = ["stateMachine"];
        for (arn, expected) in [
            ("arn:aws:states:eu-west-1:123456789012:stateMachine:a", "ok"),
            (
                "arn:aws:states:eu-west-1:123456789012:execution:a:b",
                "InvalidArn",
            ),
            (
                "arn:aws:states:eu-west-1:999999999999:stateMachine:a",
                "InvalidArn",
            ),
            (
                "arn:aws:states:eu-west-1:123456789012:stateMachine:",
                "InvalidArn",
            ),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:a",
                "InvalidArn",
            ),
            ("not-an-arn", "InvalidArn"),
        ] {
            assert_eq!(code(check_arn(arn, &kinds)), expected, "{arn}");
        }
    }
}
