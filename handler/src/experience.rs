//@ file task 3a start
//! How experience is counted.

/// What each occurrence of a word gives.
const POINTS: usize = 5;

/// The points that `text` gives for `words`, which are in lower case: upper and lower case
/// do not matter in the text, and every occurrence counts.
pub fn points(text: &str, words: &[&str]) -> usize {
    let text = text.to_lowercase();
    words
        .iter()
        .map(|word| POINTS * text.matches(word).count())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occurrence_counts_in_any_case() {
        for (text, expected) in [
            ("", 0),
            ("Docker, docker and DOCKER", 15),
            ("docker-compose", 5),
            // Part of a longer word of the list, it counts for both.
            ("Google Cloud", 10),
        ] {
            let words = ["docker", "google", "google cloud"];
            assert_eq!(points(text, &words), expected, "{text}");
        }
    }
}
