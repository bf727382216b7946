//! Known causes, `tasks/causes.toml`: what an error in a log means, and what to do.

use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use crate::course::place::Look;
use crate::course::stack::Stack;
use crate::error::Error;

/// What is known of one kind of error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Texts that the log has to hold; `{workflow}` is the state machine's name, `{user}` the
    /// user's.
    pub all: Vec<String>,
    /// Texts that it must not hold.
    #[serde(default)]
    pub none: Vec<String>,
    /// Whether it is about the error of an execution, not about a function's log.
    #[serde(default)]
    pub execution: bool,
    /// What it means, and the next step; the same names here as well.
    pub says: String,
    /// Where to look.
    #[serde(default)]
    pub look: Vec<Look>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "cause")]
    causes: Vec<Cause>,
}

/// Reads the file for a stack; without a file nothing is known.
///
/// # Errors
///
/// Where the file is there but wrong.
pub fn read(root: &Path, stack: &Stack) -> Result<Vec<Cause>, Error> {
    let text = match crate::course::project_file::read(&root.join("tasks/causes.toml")) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Error::Input(format!(
                "cannot read tasks/causes.toml: {error}"
            )));
        }
    };
    let text = text.replace("{workflow}", &stack.workflow);
    let text = text.replace("{user}", &stack.user);
    let file: File = toml::from_str(&text)
        .map_err(|error| Error::Input(format!("tasks/causes.toml: {error}")))?;
    Ok(file.causes)
}

/// The first cause that a function's log tells of; `{function}` and `{folder}` in it are
/// replaced by the function's key and its folder.
pub fn find(causes: &[Cause], function: &str, log: &str) -> Option<Cause> {
    let folder = function.replace('-', "_");
    let fill = |text: &str| {
        text.replace("{function}", function)
            .replace("{folder}", &folder)
    };
    let mut found = find_of(causes, false, log)?.clone();
    found.says = fill(&found.says);
    for look in &mut found.look {
        look.file = fill(&look.file);
    }
    Some(found)
}

/// The first cause that an execution's error tells of.
pub fn find_in_execution(causes: &[Cause], error: &str) -> Option<Cause> {
    find_of(causes, true, error).cloned()
}

fn find_of<'a>(causes: &'a [Cause], execution: bool, text: &str) -> Option<&'a Cause> {
    let holds = |part: &String| text.contains(part);
    let mut of_kind = causes.iter().filter(|cause| cause.execution == execution);
    of_kind.find(|cause| cause.all.iter().all(holds) && !cause.none.iter().any(holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds() {
        let cause = |all: &[&str], none: &[&str], says: &str| Cause {
            all: all.iter().map(|it| (*it).to_owned()).collect(),
            none: none.iter().map(|it| (*it).to_owned()).collect(),
            execution: says == "workflow",
            says: says.to_owned(),
            look: Vec::new(),
        };
        let causes = [
            cause(
                &["AccessDenied"],
                &[":scan "],
                "other machine of {function} in {folder}",
            ),
            cause(&["AccessDenied"], &[], "permission"),
            cause(&["AccessDenied"], &[], "workflow"),
        ];
        let found = find_in_execution(&causes, "AccessDenied");
        assert_eq!(found.map(|it| it.says).as_deref(), Some("workflow"));
        assert_eq!(find_in_execution(&causes, ""), None);
        let says = |log: &str| find(&causes, "copy-file", log).map(|cause| cause.says);
        assert_eq!(
            says("AccessDenied on arn:scan because").as_deref(),
            Some("permission")
        );
        assert_eq!(
            says("AccessDenied on arn:other because").as_deref(),
            Some("other machine of copy-file in copy_file")
        );
        assert_eq!(says("fine"), None);
    }
}
