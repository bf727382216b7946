//! The keys of test CVs. They tell nothing of what a CV is for: names, folders and nonces are
//! drawn anew for each run, and nearly every key holds every odd character, so that no solution
//! can choose its answer by the key, and each one meets what is hard about keys.

use rand::Rng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};

/// How long the nonce of a run is, in characters.
pub const RUN_NONCE: usize = 10;

/// S3 takes keys of up to 1,024 bytes ("Naming Amazon S3 objects").
const LONG: usize = 1_000;

/// Step Functions takes inputs of up to 262,144 bytes ("Step Functions service quotas"): a key
/// of this length makes a longer one.
const TOO_LONG: usize = 300_000;

/// What makes keys hard: what S3 encodes in events, what a copy source has to encode, what an
/// execution's name must not hold, what looks encoded already, what looks like an ending.
const ODD: [&str; 17] = [
    "Zoë",
    "Ångström",
    "Życiorys",
    "文",
    "😀",
    "+",
    "100%",
    "%2F",
    "O'Neil",
    "\"Ko\"",
    "v1.2.docx",
    "(final)",
    "&",
    "a=b",
    "~#1?",
    "\\",
    "ĐŽ",
];

const FIRST: [&str; 6] = ["Robin", "Alex", "Kim", "Noa", "Sam", "Uma"];
const LAST: [&str; 6] = ["Exemplar", "Muster", "Sample", "Persson", "Novak", "Okoro"];
const FOLDERS: [&str; 5] = [
    "incoming",
    "CVs 2026.docx",
    "from agency/May",
    "Übersicht.txt",
    "a/b.doc/c",
];

/// Fills in a key's template: `{nonce}`, `{plain}` (a person's name), `{odd}` (all that is odd,
/// in some order), `{folder}`, `{long}` (as much as a key has room for), `{too-long}` (more).
pub fn fill(template: &str, nonce: &str, random: &mut impl Rng) -> String {
    let mut odd = ODD;
    odd.shuffle(random);
    let name = [&FIRST, &LAST].map(|them| *them.choose(random).unwrap_or(&"Robin"));
    let key = template
        .replace("{nonce}", nonce)
        .replace("{plain}", &name.join(" "))
        .replace("{odd}", &odd.join(" "))
        .replace("{folder}", FOLDERS.choose(random).unwrap_or(&FOLDERS[0]));
    let room = LONG.saturating_sub(key.len());
    key.replace("{long}", &"long ".repeat(room / 5))
        .replace("{too-long}", &"x".repeat(TOO_LONG))
}

/// The key's extension in lower case, without the dot.
pub fn extension(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    let parts = name.rsplit_once('.');
    parts.map(|(_, it)| it.to_lowercase()).unwrap_or_default()
}

/// Makes nonces: words of syllables, which look like names and are in no other key. A consonant
/// and a vowel in turn, without z: no word that counts for a CV comes of them.
#[derive(Debug)]
pub struct Nonces {
    begin: String,
    syllables: Vec<String>,
}

impl Nonces {
    /// Those that begin with `begin`: the run's, or a task's.
    pub fn of(begin: &str, random: &mut impl Rng) -> Self {
        let mut syllables = syllables();
        syllables.shuffle(random);
        Self {
            begin: begin.to_owned(),
            syllables,
        }
    }
}

/// As many as there are syllables: far more than a course has tasks or a task probes.
impl Iterator for Nonces {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        Some(format!("{}{}", self.begin, self.syllables.pop()?))
    }
}

/// What marks all that a run causes: one of some three thousand million words.
pub fn run_nonce(random: &mut impl Rng) -> String {
    let syllables = syllables();
    let drawn = (0..RUN_NONCE / 2).filter_map(|_| syllables.choose(random));
    drawn.map(String::as_str).collect()
}

fn syllables() -> Vec<String> {
    let consonants = "bdfghklmnprstvwy".chars();
    let all = consonants.flat_map(|first| "aeiou".chars().map(move |then| [first, then]));
    all.map(String::from_iter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_hold_all_that_is_odd_and_have_room_in_s3() {
        let mut random = rand::rng();
        for _ in 0..200 {
            let key = fill("{folder}/{odd} {nonce}.pdf", "kobudemila", &mut random);
            assert!(ODD.iter().all(|it| key.contains(it)), "{key}");
            assert!(key.ends_with(" kobudemila.pdf"), "{key}");
            let long = fill(
                "{folder}/{long}{odd} {nonce}.txt",
                "kobudemila",
                &mut random,
            );
            assert!((985..=1_024).contains(&long.len()), "{}", long.len());
        }
        let plain = fill("{plain} {nonce}.txt", "kobudemila", &mut random);
        assert!(plain.is_ascii(), "{plain}");
    }

    #[test]
    fn extensions() {
        for (key, expected) in [
            ("a/b.TXT", "txt"),
            ("a.docx/b", ""),
            ("a.b.Pdf", "pdf"),
            ("none", ""),
        ] {
            assert_eq!(extension(key), expected, "{key}");
        }
    }

    #[test]
    fn no_nonce_is_in_another() {
        let mut random = rand::rng();
        let run = run_nonce(&mut random);
        assert_eq!(run.len(), RUN_NONCE);
        let tasks: Vec<String> = Nonces::of(&run, &mut random).take(20).collect();
        let of_tasks = tasks
            .iter()
            .flat_map(|it| Nonces::of(it, &mut rand::rng()).take(20));
        let all: Vec<String> = of_tasks.collect();
        let different: BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), 400);
        assert!(all.iter().all(|it| it.len() == RUN_NONCE + 4));
    }
}
