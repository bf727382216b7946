//! `package`: what is uploaded as the functions' code.

use std::path::PathBuf;

use crate::error::Error;
use crate::files;
use crate::reader::Field;

#[derive(Default)]
pub(crate) struct Package {
    pub artifact: Option<PathBuf>,
    pub individually: bool,
}

impl Package {
    pub fn read(field: &Field) -> Result<Self, Error> {
        let mut object = field.object()?;
        let artifact = object.read("artifact", artifact)?;
        let individually = object.read("individually", Field::boolean)?;
        // They choose what the CLI zips, not what the template says.
        object.read("patterns", |field| {
            field
                .list()
                .iter()
                .map(Field::text)
                .collect::<Result<Vec<_>, _>>()
        })?;
        object.finish()?;
        Ok(Self {
            artifact,
            individually: individually.unwrap_or_default(),
        })
    }
}

/// A zip file of the project.
fn artifact(field: &Field) -> Result<PathBuf, Error> {
    let path = field.text()?;
    if path.contains("://") {
        return Err(field.error(
            "an artifact from elsewhere is not supported",
            "Name a zip file of this project",
        ));
    }
    files::relative(&path)
        .map(PathBuf::from)
        .map_err(|(problem, advice)| field.error(problem, advice))
}
