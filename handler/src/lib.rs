//! The Lambda functions of the Scan CV workflow, one module each.

pub mod aws;
pub mod example;
pub mod scan_file;
pub mod settings;

use lambda_runtime::{Diagnostic, Error};

/// Says from which sources this binary was built: 16 hex digits, made by `build.rs`.
/// Every function logs it, so that an old deployment shows.
pub const BUILD_ID: &str = env!("BUILD_ID");

/// What Lambda reports and logs when a function fails: the error with all its
/// causes on one line. The AWS SDK keeps AWS's own message among the causes.
pub fn diagnostic(error: Error) -> Diagnostic {
    let mut error_message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        error_message = format!("{error_message}: {error}");
        cause = error.source();
    }
    Diagnostic {
        error_type: "Error".to_owned(),
        error_message,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_failure_is_told_with_all_its_causes_on_one_line() {
        #[derive(Debug, thiserror::Error)]
        #[error("service error")]
        struct ServiceError(#[source] io::Error);

        let error = ServiceError(io::Error::other("AccessDeniedException"));

        assert_eq!(
            diagnostic(error.into()).error_message,
            "service error: AccessDeniedException"
        );
    }
}
