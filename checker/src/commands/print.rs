//! Prints reports.

use std::io::{ErrorKind, Write as _};

use crate::error::Error;

/// Prints a report on standard output, without its colours where nobody sees them.
///
/// # Errors
///
/// Where it cannot be written; but whoever closed the pipe has read what they wanted.
pub fn print(text: &str) -> Result<(), Error> {
    let mut output = anstream::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => {
            other.map_err(|error| Error::Unclear(format!("the report cannot be written: {error}")))
        }
    }
}
