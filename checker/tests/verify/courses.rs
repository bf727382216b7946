//! The courses that are tried: the kit's own, and a second one, `tests/orders`, that shares nothing
//! with it but the checker.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use checker::course::file::CourseFile;

/// What every course takes from the kit.
const SHARED: [&str; 5] = [".cargo", "Cargo.lock", "checker", "clippy.toml", "sandbox"];

/// The kit's own course.
pub static SCAN_CV: LazyLock<Course> = LazyLock::new(|| {
    let own = ["handler", "serverless.yml", "tasks"];
    Course::read("project", kit(), &own, kit().join("checker/tests/mistakes"))
});

/// The second one.
pub static ORDERS: LazyLock<Course> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/orders");
    let own = [
        "functions",
        "serverless.yml",
        "tasks",
        "README.md",
        "mistakes",
    ];
    Course::read("orders", &folder, &own, folder.join("mistakes"))
});

/// Where a course's files are, and what it says of itself.
pub struct Course {
    /// For folders.
    pub name: &'static str,
    /// Files and folders, and where they are in a project.
    pub parts: Vec<(PathBuf, &'static str)>,
    /// The course file.
    pub file: CourseFile,
    /// The catalogue of its mistakes.
    pub mistakes: PathBuf,
}

impl Course {
    fn read(name: &'static str, folder: &Path, own: &[&'static str], mistakes: PathBuf) -> Self {
        let shared = SHARED.map(|part| (kit().join(part), part));
        let own = own.iter().map(|part| (folder.join(part), *part));
        Self {
            name,
            parts: shared.into_iter().chain(own).collect(),
            file: CourseFile::read(folder).unwrap(),
            mistakes,
        }
    }

    /// The tasks, in their order.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.file.tasks.iter().map(String::as_str)
    }

    /// The workspace's manifest, with crates of a version of their own: cargo would take one
    /// project's build for another's.
    pub fn manifest(&self, number: &str) -> String {
        let manifest = fs::read_to_string(kit().join("Cargo.toml")).unwrap();
        let version = format!("version = \"0.1.0-{}.{number}\"", self.name);
        let folder = format!("members = [\"{}\"", self.file.handler.folder);
        manifest
            .replacen("version = \"0.1.0\"", &version, 1)
            .replacen("members = [\"handler\"", &folder, 1)
    }
}

fn kit() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
