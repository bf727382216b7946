//! What must not lie among the handler's sources: cargo follows links and opens what it finds.

use std::fs;
use std::path::Path;

use crate::error::Error;

/// Refuses links to folders outside of the project or above the link, and what is neither file
/// nor folder: cargo would walk through all of the disk, or wait for ever.
///
/// # Errors
///
/// Names the first of them.
pub fn check(root: &Path, folder: &str) -> Result<(), Error> {
    let unreadable = |error| Error::Input(format!("cannot read the handler's sources: {error}"));
    let root = root.canonicalize().map_err(unreadable)?;
    check_folder(&root, &root.join(folder))
}

fn check_folder(root: &Path, folder: &Path) -> Result<(), Error> {
    // What is not there is told of by who needs it.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            check_folder(root, &path)?;
            continue;
        }
        let leads_out = kind.is_symlink()
            && path
                .canonicalize()
                .is_ok_and(|it| !it.starts_with(root) || path.starts_with(&it));
        let is_special = fs::metadata(&path).is_ok_and(|it| !it.is_file() && !it.is_dir());
        let what = match (is_special, leads_out) {
            (true, _) => "is neither a file nor a folder",
            (_, true) => "is a link that leads out of the project or back above itself",
            _ => continue,
        };
        let name = path.strip_prefix(root).unwrap_or(&path);
        return Err(Error::Input(format!(
            "{} {what}. Remove it, then run the command again.",
            name.display()
        )));
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("handler/src");
        fs::create_dir_all(&source).unwrap();
        fs::write(source.join("main.rs"), "").unwrap();
        for (target, is_refused) in [
            ("main.rs", false),
            ("nowhere", false),
            ("..", true),
            ("/", true),
            ("/dev/null", true),
        ] {
            let link = source.join("link");
            symlink(target, &link).unwrap();
            let said = check(folder.path(), "handler");
            assert_eq!(said.is_err(), is_refused, "{target}");
            if let Err(error) = said {
                assert!(error.to_string().starts_with("handler/src/link is "));
            }
            fs::remove_file(link).unwrap();
        }
    }
}
