//! The project that a participant works in: where it is, and who works in it.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// The longest user name, in characters: bucket names, which hold it, have at
/// most 63.
const LONGEST_USER: usize = 20;

/// Finds the folder with `serverless.yml`: the current one, or one above it.
///
/// # Errors
///
/// Where there is none.
pub fn find_root(current: &Path) -> Result<PathBuf, Error> {
    let root = current
        .ancestors()
        .find(|folder| folder.join("serverless.yml").is_file());
    root.map(Path::to_owned).ok_or_else(|| {
        Error::Input(format!(
            "there is no serverless.yml in {} or above it. Run the checker inside the workshop's \
             repository.",
            current.display()
        ))
    })
}

/// Checks a user name: it becomes part of bucket names.
///
/// # Errors
///
/// Says what a name may look like.
pub fn check_user(name: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let problem = if name.is_empty() {
        "is empty"
    } else if name.chars().count() > LONGEST_USER {
        "is too long"
    } else if !name.chars().all(allowed) {
        "has a character that bucket names cannot have"
    } else if name.starts_with('-') || name.ends_with('-') {
        "begins or ends with a dash"
    } else {
        return Ok(());
    };
    Err(Error::Input(format!(
        "the user name {name:?} {problem}. Use 1 to {LONGEST_USER} characters of a-z, 0-9 and -, \
         such as --user alice."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users() {
        for name in ["a", "alice", "team-7", "0", &"x".repeat(20)] {
            assert!(check_user(name).is_ok(), "{name}");
        }
        for (name, problem) in [
            ("", "is empty"),
            ("Alice", "cannot have"),
            ("zoë", "cannot have"),
            ("a b", "cannot have"),
            ("a.b", "cannot have"),
            ("-a", "dash"),
            ("a-", "dash"),
            (&"x".repeat(21), "too long"),
        ] {
            let error = check_user(name).unwrap_err().to_string();
            assert!(
                error.contains(problem) && error.contains("--user alice"),
                "{error}"
            );
        }
    }
}
