//! What is uploaded: CVs that are drawn anew for each run, or files that the course brings along.

use std::collections::BTreeMap;
use std::path::Path;

use rand::Rng;

use crate::course::cv;
use crate::course::file::{CourseFile, Inputs, is_inside};
use crate::course::probe::Probe;
use crate::course::project_file;
use crate::course::score::{self, Scoring, Values};
use crate::course::task::{ProbeSpec, Task};
use crate::error::Error;

/// Makes what is uploaded.
#[derive(Debug, Clone)]
pub enum Generator {
    /// CVs, by what counts in them.
    Cv(Scoring),
    /// Files, by the names that probes give.
    Files(BTreeMap<String, Vec<u8>>),
}

/// What one probe uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The file.
    pub content: Vec<u8>,
    /// What it says, as far as it is text.
    pub lines: Vec<String>,
    /// What a manifest can ask about it.
    pub values: Values,
}

impl Generator {
    /// Reads what it needs for these tasks.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, or a probe does not say which it is.
    pub fn read(root: &Path, course: &CourseFile, tasks: &[Task]) -> Result<Self, Error> {
        let folder = match &course.inputs {
            Inputs::Cv { .. } => return Ok(Self::Cv(score::read(root, course)?)),
            Inputs::Files { folder } => folder,
        };
        let mut files = BTreeMap::new();
        for task in tasks {
            for probe in &task.probes {
                let wrong = |what: String| {
                    let (place, name) = (&task.folder, &probe.name);
                    Error::Input(format!("{place}/task.toml: the probe {name:?}: {what}"))
                };
                let name = probe.file.as_ref();
                let name = name
                    .ok_or_else(|| wrong(format!("name its file in {folder}: file = \"...\"")))?;
                if !is_inside(name) {
                    return Err(wrong(format!("{name:?} is no path within {folder}")));
                }
                let content = project_file::read_bytes(&root.join(folder).join(name));
                let content = content
                    .map_err(|error| wrong(format!("cannot read {folder}/{name}: {error}")))?;
                files.insert(name.clone(), content);
            }
        }
        Ok(Self::Files(files))
    }

    /// The input of a probe, drawn so that it tells itself apart from `others`. Of a CV the
    /// values are those of [`Scoring::values`], of a file those of the manifest.
    pub fn make(
        &self,
        spec: &ProbeSpec,
        nonce: &str,
        others: &[Probe],
        random: &mut impl Rng,
    ) -> Input {
        match self {
            Self::Cv(scoring) => {
                let (lines, values) = draw(spec, scoring, nonce, others, random);
                Input {
                    content: cv::file(&spec.format(), &lines, &spec.cv),
                    lines,
                    values,
                }
            }
            Self::Files(files) => {
                let named = spec.file.as_ref().and_then(|it| files.get(it));
                let content = named.cloned().unwrap_or_default();
                let text = String::from_utf8_lossy(&content);
                Input {
                    lines: text.lines().map(str::to_owned).collect(),
                    values: spec.values.clone(),
                    content,
                }
            }
        }
    }
}

/// Of so many random CVs the one is taken that tells most.
const DRAWS: usize = 50;

/// A random CV, chosen so that no mistake gives the right values by chance, as far as what it
/// has to be worth leaves room.
fn draw(
    spec: &ProbeSpec,
    scoring: &Scoring,
    nonce: &str,
    others: &[Probe],
    random: &mut impl Rng,
) -> (Vec<String>, Values) {
    let mut one = || {
        let lines = cv::lines(&spec.cv, scoring, nonce, &spec.format(), random);
        let values = scoring.values(&lines.join("\n"));
        (chances(&values, scoring, others), lines, values)
    };
    let mut best = one();
    // With every word in it, with none, or as long as that, it is what it is by design.
    let by_design = spec.cv.every_word || spec.cv.length > 0 || spec.cv.worth == Some([0, 0]);
    let draws = if by_design { 1 } else { DRAWS };
    for _ in 1..draws {
        if best.0 == 0 {
            break;
        }
        let next = one();
        if next.0 < best.0 {
            best = next;
        }
    }
    (best.1, best.2)
}

/// How much a wrong solution would get right by chance: a constant, where another CV of the
/// task has the same value, and another way of counting, where it gives the same.
fn chances(values: &Values, scoring: &Scoring, others: &[Probe]) -> usize {
    let same_as_others = |name: &str| {
        let same = |other: &&Probe| other.values.get(name) == values.get(name);
        others.iter().filter(same).count()
    };
    let of_words: usize = scoring
        .words
        .keys()
        .map(|name| {
            let mistakes = [format!("{name}-once"), format!("{name}-cased")];
            let alike = mistakes
                .iter()
                .filter(|it| values.get(*it) == values.get(name));
            alike.count() + same_as_others(name)
        })
        .sum();
    // The sum is what the last tasks are about.
    of_words + 100 * same_as_others("sum")
}
