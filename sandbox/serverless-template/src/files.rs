//! Reads the files of a service, and none from elsewhere.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::error::{Error, Place};
use crate::node::{Node, Value};
use crate::yaml;

/// Largest file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why a file cannot be had: the problem and the next step.
type Refusal = (String, String);

/// The files under one directory, each parsed once.
pub(crate) struct Files {
    root: PathBuf,
    parsed: HashMap<String, Rc<Node>>,
}

impl Files {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            parsed: HashMap::new(),
        }
    }

    /// The parsed file at `path`, as a variable `${file(path)}` standing at
    /// `place` sees it; `None` if there is no such file.
    pub fn include(
        &mut self,
        path: &str,
        place: &Place,
        property: &str,
    ) -> Result<Option<Rc<Node>>, Error> {
        let refuse = |(problem, advice): Refusal| Error::new(place, property, problem, advice);
        let name = relative(path).map_err(refuse)?;
        if let Some(node) = self.parsed.get(&name) {
            return Ok(Some(Rc::clone(node)));
        }
        let Some(text) = self.read(&name).map_err(refuse)? else {
            return Ok(None);
        };
        let node = match Path::new(&name).extension().and_then(|ext| ext.to_str()) {
            // YAML takes in JSON, and knows the place of each value.
            Some("yml" | "yaml" | "json") => yaml::parse(&name, &text)?,
            Some("js" | "cjs" | "mjs" | "ts" | "mts" | "tfstate") => {
                return Err(refuse((
                    format!("{name} would have to be run to be included"),
                    "Include a .yml, .json or text file".to_owned(),
                )));
            }
            _ => Node::new(Place::whole_file(&name), Value::String(text))?,
        };
        self.parsed.insert(name, Rc::clone(&node));
        Ok(Some(node))
    }

    /// The text of the file called `name`; `None` if there is no such file.
    pub fn read(&self, name: &str) -> Result<Option<String>, Refusal> {
        let path = self.root.join(name);
        let unreadable = |error: std::io::Error| {
            (
                format!("{name} cannot be read: {error}"),
                "Check the file and its permissions".to_owned(),
            )
        };
        let real = match (path.canonicalize(), self.root.canonicalize()) {
            (Ok(real), Ok(root)) => real.starts_with(root).then_some(real),
            (Err(error), _) | (_, Err(error)) if error.kind() == ErrorKind::NotFound => {
                return Ok(None);
            }
            (Err(error), _) | (_, Err(error)) => return Err(unreadable(error)),
        };
        let Some(real) = real else {
            return Err(outside(name));
        };
        if !real.is_file() {
            return Err((format!("{name} is not a file"), "Name a file".to_owned()));
        }
        let mut text = String::new();
        let file = std::fs::File::open(real).map_err(unreadable)?;
        file.take(MAX_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        if text.len() as u64 > MAX_BYTES {
            return Err((
                format!("{name} is larger than 1 MiB"),
                "Make it smaller".to_owned(),
            ));
        }
        Ok(Some(text))
    }
}

/// `path` without `.` and `..`, if it stays in the service's directory.
pub(crate) fn relative(path: &str) -> Result<String, Refusal> {
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.extend(part.to_str()),
            Component::ParentDir if parts.pop().is_some() => {}
            _ => return Err(outside(path)),
        }
    }
    Ok(parts.join("/"))
}

fn outside(path: &str) -> Refusal {
    (
        format!("{path} is outside of the directory of serverless.yml"),
        "Move the file there and name it by a relative path".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(relative("./a/../b//c.yml").unwrap(), "b/c.yml");
        for path in ["../a", "a/../../b", "/etc/hosts"] {
            assert!(relative(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_link_does_not_lead_out() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("secret"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(other.path().join("secret"), root.path().join("link")).unwrap();
        let files = Files::new(root.path());
        assert_eq!(files.read("nothing"), Ok(None));
        #[cfg(unix)]
        assert_eq!(
            files.read("link").unwrap_err().0,
            "link is outside of the directory of serverless.yml"
        );
    }
}
