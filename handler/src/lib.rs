//! The Lambda functions of the Scan CV workflow, one module each.

pub mod aws;
//@ task 4 start
pub mod calculate_score;
//@ end
//@ task 3a start
pub mod check_cloud_experience;
//@ end
//@ task 3b start
//~ // TODO: Declare check_exclude_list and check_node_experience here
//@ task 3b solution
pub mod check_exclude_list;
//@ end
//@ task 3a start
pub mod check_it_experience;
//@ end
//@ task 3b solution
pub mod check_node_experience;
//@ end
//@ task 2 start
pub mod copy_file;
//@ end
//@ task 2 start
pub mod copy_source;
//@ end
//@ task 3a start
pub mod experience;
//@ end
//@ task 2 start
pub mod extract_text;
//@ end
//@ task 3a start
pub mod extracted;
//@ end
//@ task 2 start
pub mod input;
//@ end
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
