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

/// Of so many random CVs the one is taken that tells most.
const DRAWS: usize = 50;

/// The probes of a task. Their nonces all begin with the run's.
pub fn probes(task: &Task, scoring: &Scoring, run: &str) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    for (at, spec) in task.probes.iter().enumerate() {
        let nonce = format!("{run}{at:02}");
        let key = spec.key.replace("{nonce}", &nonce);
        let extension = extension(&key);
        let (lines, mut values) = draw(&spec.cv, scoring, &nonce, &probes);
        values.insert("key".to_owned(), key.clone());
        values.insert("extension".to_owned(), extension.clone());
        probes.push(Probe {
            content: cv::file(&extension, &lines),
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
fn draw(spec: &CvSpec, scoring: &Scoring, nonce: &str, others: &[Probe]) -> (Vec<String>, Values) {
    let mut random = rand::rng();
    let mut one = || {
        let lines = cv::lines(spec, scoring, nonce, &mut random);
        let values = scoring.values(&lines.join("\n"));
        (chances(&values, scoring, others), lines, values)
    };
    let mut best = one();
    for _ in 1..DRAWS {
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

/// The key's extension in lower case, without the dot.
pub fn extension(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    let parts = name.rsplit_once('.');
    parts.map(|(_, it)| it.to_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score;

    #[test]
    fn no_mistake_is_right_by_chance() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap();
        let scoring = score::read(root).unwrap();
        let tasks = crate::task::read_all(root).unwrap();
        let task = tasks.iter().find(|it| it.id == "4").unwrap();
        for _ in 0..100 {
            let probes = probes(task, &scoring, "cvtest");
            let [text, pdf, _] = probes.as_slice() else {
                panic!("{probes:?}");
            };
            assert_ne!(text.values["score"], pdf.values["score"]);
            for probe in [text, pdf] {
                for name in scoring.words.keys() {
                    let of = |mistake: &str| &probe.values[&format!("{name}{mistake}")];
                    assert_ne!(of(""), of("-once"), "{name}: {:?}", probe.lines);
                    assert_ne!(of(""), of("-cased"), "{name}: {:?}", probe.lines);
                }
            }
        }
    }
}
