//! Probes: test CVs on their way, each under a key that nothing else has.

use crate::cv::{self, CvSpec};
use crate::score::{Scoring, Values};
use crate::task::{ProbeSpec, Task};

/// One test CV of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What the task says of it.
    pub spec: ProbeSpec,
    /// In the key, and in nothing else: `[a-z0-9]`.
    pub nonce: String,
    /// The object's key.
    pub key: String,
    /// What the CV says.
    pub lines: Vec<String>,
    /// The object's content.
    pub content: Vec<u8>,
    /// What a manifest can ask about it: see [`Scoring::values`], `{key}` and
    /// `{extension}`.
    pub values: Values,
}

impl Probe {
    /// The nonce of its run.
    pub fn run(&self) -> &str {
        self.nonce.get(..RUN_NONCE).unwrap_or(&self.nonce)
    }

    /// Whatever a run has uploaded, as one.
    pub fn of_run(nonce: &str) -> Self {
        Self {
            spec: ProbeSpec {
                name: "all of a run".to_owned(),
                key: "{nonce}".to_owned(),
                uploads: 1,
                cv: CvSpec::default(),
                checks: Vec::new(),
            },
            nonce: nonce.to_owned(),
            key: nonce.to_owned(),
            lines: Vec::new(),
            content: Vec::new(),
            values: Values::new(),
        }
    }
}

/// How long the nonce of a run is, in characters.
const RUN_NONCE: usize = 10;

/// What marks all that a run causes.
pub fn run_nonce() -> String {
    // A letter first: the nonce is no number, whatever reads it.
    let mut nonce = format!("cv{}", uuid::Uuid::new_v4().simple());
    nonce.truncate(RUN_NONCE);
    nonce
}

/// The probes of a task. Their nonces all begin with the run's.
pub fn probes(task: &Task, scoring: &Scoring, run: &str) -> Vec<Probe> {
    let numbered = task.probes.iter().enumerate();
    numbered
        .map(|(at, spec)| {
            let nonce = format!("{run}{at:02}");
            let key = spec.key.replace("{nonce}", &nonce);
            let extension = extension(&key);
            let lines = cv::lines(&spec.cv, scoring, &nonce, &mut rand::rng());
            let mut values = scoring.values(&lines.join("\n"));
            values.insert("key".to_owned(), key.clone());
            values.insert("extension".to_owned(), extension.clone());
            Probe {
                content: cv::file(&extension, &lines),
                spec: spec.clone(),
                key,
                lines,
                nonce,
                values,
            }
        })
        .collect()
}

/// The key's extension in lower case, without the dot.
pub fn extension(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    let parts = name.rsplit_once('.');
    parts.map(|(_, it)| it.to_lowercase()).unwrap_or_default()
}
