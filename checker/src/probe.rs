//! Probes: test CVs on their way, each under a key that nothing else has.

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
    /// The object's content.
    pub content: String,
}

impl Probe {
    /// The key's extension in lower case, without the dot.
    pub fn extension(&self) -> String {
        let name = self.key.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.')
            .map(|(_, it)| it.to_lowercase())
            .unwrap_or_default()
    }
}

impl Probe {
    /// Whatever a run has uploaded, as one.
    pub fn of_run(nonce: &str) -> Self {
        Self {
            spec: ProbeSpec {
                name: "all of a run".to_owned(),
                key: "{nonce}".to_owned(),
                uploads: 1,
                checks: Vec::new(),
            },
            nonce: nonce.to_owned(),
            key: nonce.to_owned(),
            content: String::new(),
        }
    }
}

/// Ten characters that mark all that a run causes.
pub fn run_nonce() -> String {
    let word = uuid::Uuid::new_v4().simple().to_string();
    // A letter first: the nonce is no number, whatever reads it.
    format!("cv{}", &word[..8])
}

/// The probes of a task. Their nonces all begin with the run's.
pub fn probes(task: &Task, run: &str) -> Vec<Probe> {
    let numbered = task.probes.iter().enumerate();
    numbered
        .map(|(at, spec)| {
            let nonce = format!("{run}{at:02}");
            Probe {
                key: spec.key.replace("{nonce}", &nonce),
                content: content(&nonce),
                spec: spec.clone(),
                nonce,
            }
        })
        .collect()
}

/// A short CV of an invented person.
fn content(nonce: &str) -> String {
    format!(
        "Curriculum vitae {nonce}\n\nRobin Example\nSoftware engineer\n\n\
         Five years of terraform, docker and kubernetes; two of aws.\n"
    )
}
