//! Probes: test CVs on their way, each under a key that nothing else has.

#[cfg(test)]
mod tests;

use rand::Rng;

use crate::cv::{self, CvSpec};
use crate::keys::{self, Nonces, RUN_NONCE, extension};
use crate::score::{Scoring, Values};
use crate::task::{Arrival, ProbeSpec, Task};

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
    /// What a manifest can ask about it: see [`Scoring::values`], `{key}` and
    /// `{extension}`.
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

/// Of so many random CVs the one is taken that tells most.
const DRAWS: usize = 50;

/// The probes of a task. Their nonces all begin with `nonce`, the task's, which begins with the
/// run's.
pub fn probes(task: &Task, scoring: &Scoring, nonce: &str, random: &mut impl Rng) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    let nonces: Vec<String> = Nonces::of(nonce, random).take(task.probes.len()).collect();
    for (spec, nonce) in task.probes.iter().zip(nonces) {
        let key = keys::fill(&spec.key, &nonce, random);
        let (lines, mut values) = draw(spec, scoring, &nonce, &probes, random);
        values.insert("key".to_owned(), key.clone());
        values.insert("extension".to_owned(), extension(&key));
        probes.push(Probe {
            content: cv::file(&spec.format(), &lines, &spec.cv),
            spec: spec.clone(),
            key,
            lines,
            nonce,
            values,
        });
    }
    probes
}

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
