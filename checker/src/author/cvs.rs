//! `checker author cvs`: the CVs in `tasks/cvs/`, to upload by hand. Persons and pasts are
//! invented, and the same each time.

use std::path::Path;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::course::cv::{self, CvSpec};
use crate::course::keys::extension;
use crate::course::score::Scoring;
use crate::error::Error;

/// Where they are.
const FOLDER: &str = "tasks/cvs";

/// Their names, what they are worth, and the words of the exclude list that they hold.
const FILES: [(&str, [usize; 2], &[usize]); 5] = [
    ("high-score.pdf", [150, 150], &[]),
    ("low-score.pdf", [40, 40], &[]),
    ("excluded.pdf", [150, 150], &[1, 2, 3]),
    ("high-score.txt", [150, 150], &[]),
    ("wrong-format.docx", [150, 150], &[]),
];

fn files(scoring: &Scoring) -> impl Iterator<Item = (String, Vec<u8>)> {
    (1..).zip(FILES).map(|(seed, (name, worth, excluded))| {
        let spec = CvSpec {
            worth: Some(worth),
            excluded: excluded.to_vec(),
            ..CvSpec::default()
        };
        let mut random = StdRng::seed_from_u64(seed);
        let extension = extension(name);
        let lines = cv::lines(&spec, scoring, "", &extension, &mut random);
        let bytes = cv::file(&extension, &lines, &spec);
        (format!("{FOLDER}/{name}"), bytes)
    })
}

/// Writes them; says which.
///
/// # Errors
///
/// Where a file cannot be written.
pub fn write(root: &Path, scoring: &Scoring) -> Result<String, Error> {
    let failed = |file: &str, error| Error::Unclear(format!("cannot write {file}: {error}"));
    std::fs::create_dir_all(root.join(FOLDER)).map_err(|error| failed(FOLDER, error))?;
    let mut said = String::new();
    for (file, bytes) in files(scoring) {
        std::fs::write(root.join(&file), bytes).map_err(|error| failed(&file, error))?;
        said += &format!("{file}\n");
    }
    Ok(said)
}

/// Those that are missing, or not as they are made.
pub fn check(root: &Path, scoring: &Scoring) -> Vec<String> {
    files(scoring)
        .filter(|(file, bytes)| !std::fs::read(root.join(file)).is_ok_and(|it| it == *bytes))
        .map(|(file, _)| format!("{file} is not what cargo checker author cvs makes: run it"))
        .collect()
}
