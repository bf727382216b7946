//! Test CVs: invented persons with a random past.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _};
use serde::Deserialize;

use crate::score::Scoring;

/// What a probe wants its CV to be like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CvSpec {
    /// What its words are worth, the least and the most; anything small if not given.
    pub worth: Option<[usize; 2]>,
    /// How many words of the exclude list it holds.
    #[serde(default)]
    pub excluded: usize,
}

/// What a CV is worth that may be worth anything.
const ANYTHING: [usize; 2] = [10, 60];

/// How many words one line names.
const WORDS_PER_LINE: usize = 4;

/// Writes the lines of a CV.
pub fn lines(spec: &CvSpec, scoring: &Scoring, nonce: &str, random: &mut impl Rng) -> Vec<String> {
    let [least, most] = spec.worth.unwrap_or(ANYTHING);
    let wanted = random.random_range(least..=most.max(least)) / scoring.points * scoring.points;
    let wanted = wanted.max(least.next_multiple_of(scoring.points));
    let all: Vec<&String> = scoring.words.values().flatten().collect();
    let mut words: Vec<String> = Vec::new();
    let mut reached = 0;
    while reached < wanted {
        let Some(word) = all.choose(random) else {
            break;
        };
        let worth = scoring.sum(word);
        // A word that holds another one is worth more than one.
        if reached + worth <= wanted {
            reached += worth;
            words.push(cased(word, random));
        }
    }
    let mut lines = vec![
        "Curriculum vitae".to_owned(),
        format!("{} {nonce}", name(random)).trim_end().to_owned(),
        "Software engineer".to_owned(),
    ];
    lines.extend(exclusion(spec.excluded, scoring, random));
    for (year, words) in (2012..).zip(words.chunks(WORDS_PER_LINE)) {
        lines.push(format!("{year}: worked with {}.", words.join(", ")));
    }
    lines.push("Reads and sings.".to_owned());
    lines
}

fn name(random: &mut impl Rng) -> String {
    let first = ["Robin", "Alex", "Kim", "Noa", "Sam"].choose(random);
    let last = ["Exemplar", "Muster", "Placeholder", "Sample"].choose(random);
    format!(
        "{} {}",
        first.unwrap_or(&"Robin"),
        last.unwrap_or(&"Muster")
    )
}

fn exclusion(count: usize, scoring: &Scoring, random: &mut impl Rng) -> Option<String> {
    let chosen: Vec<&String> = scoring.excluded.sample(random, count).collect();
    let named: Vec<String> = chosen.iter().map(|word| cased(word, random)).collect();
    (!named.is_empty()).then(|| format!("Known to {}.", named.join(" and ")))
}

/// In lower case, in capitals, or as a name.
fn cased(word: &str, random: &mut impl Rng) -> String {
    match random.random_range(0..3) {
        0 => word.to_owned(),
        1 => word.to_uppercase(),
        _ => {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        }
    }
}

/// The bytes of a file with that extension: a PDF of one page, a Word document that no one
/// needs to open, or plain text.
pub fn file(extension: &str, lines: &[String]) -> Vec<u8> {
    match extension {
        "pdf" => pdf(lines),
        "doc" | "docx" => docx(lines),
        _ => (lines.join("\n") + "\n").into_bytes(),
    }
}

/// A page of A4 in points, its margin, and the lines on it.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 72.0;
const SIZE: f32 = 11.0;
const LEADING: f32 = 15.0;

fn pdf(lines: &[String]) -> Vec<u8> {
    let [catalog, pages, page, font, content] = [1, 2, 3, 4, 5].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut only = pdf.page(page);
    only.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1));
    only.parent(pages).contents(content);
    only.resources().fonts().pair(Name(b"F1"), font);
    only.finish();
    // One of the fourteen fonts that every reader has.
    pdf.type1_font(font)
        .base_font(Name(b"Helvetica"))
        .encoding_predefined(Name(b"WinAnsiEncoding"));
    let mut drawn = Content::new();
    drawn.begin_text().set_font(Name(b"F1"), SIZE);
    drawn
        .set_leading(LEADING)
        .next_line(MARGIN, PAGE.1 - MARGIN);
    for line in lines {
        // The encoding has more than ASCII, but CVs of invented persons need no more.
        let ascii: Vec<u8> = line
            .chars()
            .map(|c| if c.is_ascii() { c as u8 } else { b'?' })
            .collect();
        drawn.show(Str(&ascii)).next_line_using_leading();
    }
    drawn.end_text();
    pdf.stream(content, &drawn.finish());
    pdf.finish()
}

/// The beginning of a zip, as a Word document is one: nothing reads further.
fn docx(lines: &[String]) -> Vec<u8> {
    [b"PK\x03\x04".as_slice(), lines.join("\n").as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::score::tests::scoring;

    #[test]
    fn worth_what_is_wanted() {
        let scoring = scoring();
        for seed in 0..200 {
            let mut random = StdRng::seed_from_u64(seed);
            let spec = CvSpec {
                worth: Some([100, 100]),
                excluded: seed as usize % 3,
            };
            let text = lines(&spec, &scoring, "cv1", &mut random).join("\n");
            assert_eq!(scoring.sum(&text), 100, "{text}");
            assert_eq!(scoring.is_excluded(&text), spec.excluded == 2, "{text}");
            let text = lines(&CvSpec::default(), &scoring, "cv1", &mut random).join("\n");
            assert!((10..=60).contains(&scoring.sum(&text)), "{text}");
        }
    }

    #[test]
    fn no_two_are_alike() {
        let of = |seed| {
            let mut random = StdRng::seed_from_u64(seed);
            let spec = CvSpec {
                worth: Some([20, 200]),
                excluded: 0,
            };
            lines(&spec, &scoring(), "cv1", &mut random)
        };
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn files() {
        let lines = ["Robin Muster".to_owned(), "Ten years".to_owned()];
        assert_eq!(file("txt", &lines), b"Robin Muster\nTen years\n");
        assert!(file("pdf", &lines).starts_with(b"%PDF-"));
        assert!(file("docx", &lines).starts_with(b"PK"));
    }
}
