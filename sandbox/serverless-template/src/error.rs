//! The one error of this crate.

use std::fmt;
use std::sync::Arc;

/// A place in a file of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Path of the file, relative to the service's root.
    pub file: Arc<str>,
    /// Line, counted from 1; 0 when the whole file is meant.
    pub line: usize,
    /// Column in characters, counted from 1; 0 when the whole file is meant.
    pub column: usize,
}

impl Place {
    pub(crate) fn whole_file(file: &str) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// Why a `serverless.yml` cannot be compiled: where, what, and what to do next.
///
/// It displays as `serverless.yml:12:5: functions.scan-file: the problem. The next step`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {}{problem}{}", Prefix(.property), Suffix(.advice))]
pub struct Error {
    /// Where the problem is.
    pub place: Place,
    /// The property's path, such as `functions.scan-file.timeout`; empty when
    /// the problem is not about one property (YAML syntax, a missing file).
    pub property: String,
    /// What is wrong, without a final full stop.
    pub problem: String,
    /// What to do about it; empty where nothing is wrong with what stands there.
    pub advice: String,
}

impl Error {
    pub(crate) fn new(
        place: &Place,
        property: impl Into<String>,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            place: place.clone(),
            property: property.into(),
            problem: problem.into(),
            advice: advice.into(),
        }
    }
}

struct Prefix<'a>(&'a str);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "{}: ", self.0)
    }
}

struct Suffix<'a>(&'a str);

impl fmt::Display for Suffix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, ". {}", self.0)
    }
}
