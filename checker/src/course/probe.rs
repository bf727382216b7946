//! Probes: test CVs on their way, each under a key that nothing else has.

#[cfg(test)]
mod tests;

use rand::Rng;

use crate::course::cv::CvSpec;
use crate::course::inputs::Generator;
use crate::course::keys::{self, Nonces, RUN_NONCE, extension};
use crate::course::score::Values;
use crate::course::task::{Arrival, ProbeSpec, Task};

/// One test CV of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What the task says of it.
    pub spec: ProbeSpec,
    /// In the key, and in nothing else.
    pub nonce: String,
    /// The object's key.
    pub key: String,
    /// What the CV says.
    pub lines: Vec<String>,
    /// The object's content.
    pub content: Vec<u8>,
    /// What a manifest can ask about it: see [`Generator::make`], `{key}` and `{extension}`.
    pub values: Values,
}

impl Probe {
    /// The nonce of its run.
    pub fn run(&self) -> &str {
        self.nonce.get(..RUN_NONCE).unwrap_or(&self.nonce)
    }

    /// Whether the file is text.
    pub fn is_text(&self) -> bool {
        !["pdf", "doc", "docx"].contains(&self.spec.format().as_str())
    }

    /// Whether these are the bytes of the file; further uploads end in an empty line more.
    pub fn is_content(&self, bytes: &[u8]) -> bool {
        let more = bytes.strip_prefix(self.content.as_slice());
        more.is_some_and(|it| it.len() < self.spec.arrives.len() && it.iter().all(|b| *b == b'\n'))
    }

    /// Whatever a run has uploaded, as one.
    pub fn of_run(nonce: &str) -> Self {
        Self {
            spec: ProbeSpec {
                name: "all of a run".to_owned(),
                key: "{nonce}".to_owned(),
                format: None,
                file: None,
                values: Values::new(),
                arrives: vec![Arrival::Put],
                last: false,
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

/// The probes of a task. Their nonces all begin with `nonce`, the task's, which begins with the
/// run's.
pub fn probes(
    task: &Task,
    generator: &Generator,
    nonce: &str,
    random: &mut impl Rng,
) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    let nonces: Vec<String> = Nonces::of(nonce, random).take(task.probes.len()).collect();
    for (spec, nonce) in task.probes.iter().zip(nonces) {
        let key = keys::fill(&spec.key, &nonce, random);
        let input = generator.make(spec, &nonce, &probes, random);
        let mut values = input.values;
        values.insert("key".to_owned(), key.clone());
        values.insert("extension".to_owned(), extension(&key));
        probes.push(Probe {
            content: input.content,
            spec: spec.clone(),
            key,
            lines: input.lines,
            nonce,
            values,
        });
    }
    probes
}
