//! What can keep the checker from a verdict, and the exit code that tells it.

use std::process::ExitCode;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that was given to the checker cannot be used: an argument, a
    /// file of the project, the handler's source. Exit code 2.
    #[error("{0}")]
    Input(String),
    /// The checker could not find out. Exit code 3.
    #[error("{0}")]
    Unclear(String),
    /// A signal came. Exit code 3.
    #[error("interrupted: there is no verdict")]
    Interrupted,
}

impl Error {
    /// The exit code: 2 where the caller can mend it, 3 where the checker
    /// could not tell.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Unclear(_) | Self::Interrupted => ExitCode::from(3),
        }
    }
}
