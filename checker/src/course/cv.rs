//! Test CVs: invented persons with a random past, in which nothing counts by chance.
//!
//! Text files hold what a wrong way of counting stumbles over; PDFs only what a reader of
//! scanned pages is sure to read, since that is what Textract does on AWS.

mod file;
#[cfg(test)]
mod tests;

pub use file::file;

use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng, RngExt as _};
use serde::Deserialize;

use crate::course::score::Scoring;

/// What a probe wants its CV to be like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CvSpec {
    /// What its words are worth, the least and the most; anything small if not given.
    pub worth: Option<[usize; 2]>,
    /// Which words of the exclude list it holds, in this order: the first is 1.
    #[serde(default)]
    pub excluded: Vec<usize>,
    /// Whether every word that counts is there, and all that a wrong way of counting takes for
    /// one or does not take: each on more than one line, twice on a line, in capitals and in
    /// small letters, within longer words, in the first line and in the last one; misspelt
    /// words, and words that a line's end divides.
    #[serde(default)]
    pub every_word: bool,
    /// How many characters it has at least, with words that count throughout.
    #[serde(default)]
    pub length: usize,
    /// Whether a text file's lines end in CRLF.
    #[serde(default)]
    pub crlf: bool,
    /// Whether a text file begins with a byte order mark.
    #[serde(default)]
    pub mark: bool,
    /// Whether a PDF's content is compressed.
    #[serde(default)]
    pub compressed: bool,
}

/// What a CV is worth that may be worth anything.
const ANYTHING: [usize; 2] = [10, 60];

/// How many words one line names.
const WORDS_PER_LINE: usize = 4;

/// What begins lines of text files: letters of many scripts, one that is longer in small
/// letters, and a new page.
const PLACES: [&str; 8] = [
    "– Łódź, 2019: ",
    "• Zürich ",
    "東京で ",
    "İstanbul · ",
    "Αθήνα: ",
    "São Paulo, 2021 – ",
    "\u{c}Reykjavík: ",
    "Kyjiw (Київ), ",
];

/// A CV in the making.
struct Writer<'a, R> {
    scoring: &'a Scoring,
    random: &'a mut R,
    /// Whether it will be read from a picture of it.
    plain: bool,
}

/// Writes the lines of a CV, of a file with that extension.
pub fn lines(
    spec: &CvSpec,
    scoring: &Scoring,
    nonce: &str,
    extension: &str,
    random: &mut impl Rng,
) -> Vec<String> {
    let mut writer = Writer {
        scoring,
        random,
        plain: extension == "pdf",
    };
    let person = writer.person(nonce);
    let mut body = if spec.every_word {
        writer.every_word()
    } else {
        writer.worth(spec.worth.unwrap_or(ANYTHING))
    };
    let mut long = person.len();
    while long < spec.length {
        let line = writer.filler();
        long += line.chars().count() + 1;
        body.push(line);
    }
    body.shuffle(writer.random);
    // What is divided by a line's end stays together, and so does the order of the names.
    let mut body: Vec<Vec<String>> = body.into_iter().map(|line| vec![line]).collect();
    if spec.every_word && !writer.plain {
        for divided in writer.divided() {
            let at = writer.random.random_range(0..=body.len());
            body.insert(at, divided);
        }
    }
    let names = writer.names(&spec.excluded);
    let apart = spec.every_word || spec.length > 0;
    for (at, name) in names.iter().enumerate().filter(|_| apart) {
        // In the parts of the CV that follow each other.
        let part = body.len() / names.len().max(1);
        body.insert(
            (at * part + at).min(body.len()),
            vec![format!("Known to {name}.")],
        );
    }
    let mut lines = Vec::new();
    lines.extend(
        spec.every_word
            .then(|| writer.one_of_each("Curriculum vitae: ")),
    );
    lines.push("Curriculum vitae".to_owned());
    lines.push(person);
    if !apart && !names.is_empty() {
        lines.push(format!("Known to {}.", names.join(" and ")));
    }
    lines.extend(body.into_iter().flatten());
    lines.extend(writer.misspelt_name(&spec.excluded));
    lines.push("Reads and sings.".to_owned());
    lines.extend(spec.every_word.then(|| writer.one_of_each("Last, ")));
    lines
}

impl<'a, R: Rng> Writer<'a, R> {
    fn words(&self) -> Vec<&'a str> {
        let scoring = self.scoring;
        let words = scoring.words.values().flatten();
        words.map(String::as_str).collect()
    }

    fn person(&mut self, nonce: &str) -> String {
        let first = ["José", "Zoë", "André", "Jörg", "Noémie"].choose(self.random);
        let last = ["Müller", "Exemplar", "Núñez", "Placeholder"].choose(self.random);
        let person = [first, last].map(|it| *it.unwrap_or(&"Zoë")).join(" ");
        format!("{person} {nonce}").trim_end().to_owned()
    }

    /// Lines whose words are worth that much.
    fn worth(&mut self, [least, most]: [usize; 2]) -> Vec<String> {
        let (scoring, points) = (self.scoring, self.scoring.points);
        let wanted = self.random.random_range(least..=most.max(least)) / points * points;
        let wanted = wanted.max(least.next_multiple_of(points));
        let all = self.words();
        let mut words: Vec<String> = Vec::new();
        let mut reached = 0;
        while reached < wanted {
            let Some(word) = all.choose(self.random) else {
                break;
            };
            let worth = scoring.sum(word);
            // A word that holds another one is worth more than one.
            if reached + worth <= wanted {
                reached += worth;
                words.push(cased(word, self.random));
            }
        }
        if words.is_empty() && !self.plain {
            let mut misspelt = self.misspelt();
            misspelt.retain(|word| scoring.sum(word) == 0);
            words = misspelt;
        }
        self.in_lines(&words)
    }

    fn in_lines(&mut self, words: &[String]) -> Vec<String> {
        let lines = words.chunks(WORDS_PER_LINE).zip(2012..);
        let plain = self.plain;
        let lines = lines.map(|(words, year)| {
            let place = PLACES.choose(self.random).filter(|_| !plain);
            let words = words.join(", ");
            format!("{}{year}: worked with {words}.", place.unwrap_or(&""))
        });
        lines.collect()
    }

    /// Lines in which every word stands two or three times, each at least once in small letters
    /// and once otherwise, a third of them within a longer word; one of each list twice on a
    /// line; and, once each, what is no such word but nearly.
    fn every_word(&mut self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for (at, word) in self.words().into_iter().enumerate() {
            words.extend([word.to_owned(), capitals_or_name(word, self.random)]);
            if at % 3 == 0 && !self.plain {
                words.push(format!("{word}ish"));
            }
        }
        words.shuffle(self.random);
        let mut lines = self.in_lines(&words);
        let scoring = self.scoring;
        for list in scoring.words.values() {
            if let Some(word) = list.choose(self.random) {
                let again = capitals_or_name(word, self.random);
                lines.push(format!("Began with {word}, ended with {again} and {word}."));
            }
        }
        if !self.plain {
            let misspelt = self.misspelt();
            lines.extend(self.in_lines(&misspelt));
        }
        lines
    }

    /// Words that are none, each once: without the first letter, without the last one, with one
    /// twice or two exchanged, without the dot or with another character there.
    /// Some hold another word that counts.
    fn misspelt(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        for word in self.words() {
            let letters: Vec<char> = word.chars().collect();
            let (last, at) = (
                letters.len() - 1,
                self.random.random_range(1..letters.len()),
            );
            let mut twice = letters.clone();
            twice.insert(at, letters[at - 1]);
            let mut exchanged = letters.clone();
            exchanged.swap(at - 1, at);
            words.extend(
                [&letters[1..], &letters[..last], &twice, &exchanged].map(String::from_iter),
            );
            words.extend(word.contains('.').then(|| word.replace('.', "")));
            words.extend(word.contains('.').then(|| word.replace('.', "x")));
            words.extend(word.contains(' ').then(|| word.replace(' ', "  ")));
        }
        words.shuffle(self.random);
        words
    }

    /// A word of each list, divided by a line's end.
    fn divided(&mut self) -> Vec<Vec<String>> {
        let mut divided = Vec::new();
        for list in self.scoring.words.values() {
            let many = list.iter().find(|it| it.contains(' '));
            for word in many.into_iter().chain(list.choose(self.random)) {
                let middle = word.find(' ').unwrap_or(word.len() / 2);
                let (begin, end) = word.split_at(middle);
                let end = end.trim_start();
                divided.push(vec![
                    format!("Has known {begin}"),
                    format!("{end} for years."),
                ]);
            }
        }
        divided
    }

    /// A line of a long CV.
    fn filler(&mut self) -> String {
        let plain = self.plain;
        let place = PLACES.choose(self.random).filter(|_| !plain).copied();
        let all = self.words();
        let word = all.choose(self.random).map(|it| cased(it, self.random));
        let year = self.random.random_range(1990..2026);
        format!(
            "{}In {year} much was done, and some of it by means of {}.",
            place.unwrap_or_default(),
            word.unwrap_or_default()
        )
    }

    fn one_of_each(&mut self, begin: &str) -> String {
        let mut words = Vec::new();
        for list in self.scoring.words.values() {
            words.extend(list.choose(self.random).map(String::as_str));
        }
        format!("{begin}{}", words.join(" "))
    }

    /// The words of the exclude list at these positions, one in capitals, one as a name, one
    /// within a longer word.
    fn names(&self, positions: &[usize]) -> Vec<String> {
        let named = positions.iter().enumerate().filter_map(|(at, position)| {
            let word = self.scoring.excluded.get(position.checked_sub(1)?)?;
            Some(match at % 3 {
                0 => word.to_uppercase(),
                1 => capitalised(word),
                _ => format!("{}s", capitalised(word)),
            })
        });
        named.collect()
    }

    /// Where one is missing, it is there without its last letter and without its first one, and
    /// another one once more: as many in all as if none were missing.
    fn misspelt_name(&self, positions: &[usize]) -> Option<String> {
        let all = &self.scoring.excluded;
        let missing = (1..=all.len()).find(|it| !positions.contains(it))?;
        let again = all.get(positions.first()?.checked_sub(1)?)?;
        let word = all.get(missing - 1)?;
        let mut without_last = capitalised(word);
        without_last.pop();
        let without_first: String = word.chars().skip(1).collect();
        let (again, without_first) = (capitalised(again), capitalised(&without_first));
        Some(format!(
            "Known to {again} for years, not to {without_last} or {without_first}."
        ))
    }
}

/// In lower case, in capitals, or as a name.
fn cased(word: &str, random: &mut impl Rng) -> String {
    match random.random_range(0..3) {
        0 => word.to_owned(),
        _ => capitals_or_name(word, random),
    }
}

fn capitals_or_name(word: &str, random: &mut impl Rng) -> String {
    if random.random() {
        word.to_uppercase()
    } else {
        capitalised(word)
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
