//! What a CV is worth, by the list of words that the course names: the checker counts for itself,
//! so that no constant and no other way of counting passes.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::course::file::{CourseFile, FILE as COURSE, Inputs};
use crate::error::Error;

/// The words that count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    /// What each occurrence of a word gives.
    pub points: usize,
    /// Whose CV holds all of these is worth nothing.
    pub excluded: Vec<String>,
    /// By the name of the sum: words in lower case.
    pub words: BTreeMap<String, Vec<String>>,
}

/// Texts for what stands in braces in a manifest.
pub type Values = BTreeMap<String, String>;

/// Reads the file.
///
/// # Errors
///
/// Where it is not there, or wrong; or what is uploaded is no CV.
pub fn read(root: &Path, course: &CourseFile) -> Result<Scoring, Error> {
    let Inputs::Cv { scores: file } = &course.inputs else {
        return Err(Error::Input(format!(
            "this course uploads no CVs: see inputs in {COURSE}."
        )));
    };
    let text = crate::course::project_file::read(&root.join(file))
        .map_err(|error| Error::Input(format!("cannot read {file}: {error}")))?;
    toml::from_str(&text).map_err(|error| Error::Input(format!("{file}: {error}")))
}

impl Scoring {
    /// The sum of all words in a text, whether it is excluded or not.
    pub fn sum(&self, text: &str) -> usize {
        let text = text.to_lowercase();
        let words = self.words.values();
        words
            .map(|words| self.points * occurrences(&text, words))
            .sum()
    }

    /// True if all words of the exclude list are there.
    pub fn is_excluded(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.excluded.iter().all(|word| text.contains(word))
    }

    /// What a manifest can ask about a text. For each sum `it`: `{it}`, and what it would
    /// be by mistake: each word once (`{it-once}`), upper and lower case apart
    /// (`{it-cased}`). `{excluded}` is `true` or `false`, `{excluded-by-one}` what one
    /// word of the list would say. `{score}` is the sum or 0, `{sum}` the sum.
    pub fn values(&self, text: &str) -> Values {
        let lower = text.to_lowercase();
        let mut values = Values::new();
        for (name, words) in &self.words {
            let once = words.iter().filter(|word| lower.contains(*word)).count();
            for (name, count) in [
                (name.clone(), occurrences(&lower, words)),
                (format!("{name}-once"), once),
                (format!("{name}-cased"), occurrences(text, words)),
            ] {
                values.insert(name, (self.points * count).to_string());
            }
        }
        let excluded = self.is_excluded(text);
        let by_one = self.excluded.iter().any(|word| lower.contains(word));
        values.insert("excluded".to_owned(), excluded.to_string());
        values.insert("excluded-by-one".to_owned(), by_one.to_string());
        let sum = self.sum(text);
        values.insert("sum".to_owned(), sum.to_string());
        let score = if excluded { 0 } else { sum };
        values.insert("score".to_owned(), score.to_string());
        values
    }
}

fn occurrences(text: &str, words: &[String]) -> usize {
    words.iter().map(|word| text.matches(word).count()).sum()
}

/// Replaces what stands in braces; what is not known stays.
pub fn filled(template: &str, values: &Values) -> String {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small list.
    pub fn scoring() -> Scoring {
        toml::from_str(
            r#"
            points = 5
            excluded = ["janusz", "kowalski"]
            [words]
            it = ["docker", "ansible"]
            cloud = ["google", "google cloud"]
            "#,
        )
        .unwrap()
    }

    #[test]
    fn counts() {
        let text = "Docker, docker.\nGoogle Cloud. Janusz";
        let values = scoring().values(text);
        let expected = [
            ("cloud", "10"),
            ("cloud-cased", "0"),
            ("cloud-once", "10"),
            ("excluded", "false"),
            ("excluded-by-one", "true"),
            ("it", "10"),
            ("it-cased", "5"),
            ("it-once", "5"),
            ("score", "20"),
            ("sum", "20"),
        ];
        let found: Vec<(&str, &str)> = values.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(found, expected);
        assert_eq!(scoring().values("janusz kowalski docker")["score"], "0");
        assert_eq!(filled("{it}/{none}", &values), "10/{none}");
    }
}
