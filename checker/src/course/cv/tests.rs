use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::course::score::tests::scoring;

fn text(spec: &CvSpec, extension: &str, seed: u64) -> String {
    let mut random = StdRng::seed_from_u64(seed);
    lines(spec, &scoring(), "cv1", extension, &mut random).join("\n")
}

#[test]
fn worth_what_is_wanted() {
    let scoring = scoring();
    for seed in 0..100 {
        for (worth, extension) in [(100, "txt"), (100, "pdf"), (0, "txt"), (0, "pdf")] {
            let both = seed % 2 == 0;
            let spec = CvSpec {
                worth: Some([worth, worth]),
                excluded: if both { vec![2, 1] } else { vec![2] },
                ..CvSpec::default()
            };
            let text = text(&spec, extension, seed);
            assert_eq!(scoring.sum(&text), worth, "{text}");
            assert_eq!(scoring.is_excluded(&text), both, "{text}");
        }
        let text = text(&CvSpec::default(), "txt", seed);
        assert!((10..=60).contains(&scoring.sum(&text)), "{text}");
    }
}

#[test]
fn no_two_are_alike() {
    let spec = CvSpec {
        worth: Some([20, 200]),
        ..CvSpec::default()
    };
    assert_ne!(text(&spec, "txt", 1), text(&spec, "txt", 2));
}

#[test]
fn every_word_and_all_that_is_hard() {
    let spec = CvSpec {
        every_word: true,
        length: 5_000,
        excluded: vec![2, 1],
        ..CvSpec::default()
    };
    for seed in 0..50 {
        let text = text(&spec, "txt", seed);
        assert!(text.chars().count() >= 5_000);
        let lower = text.to_lowercase();
        for word in ["docker", "ansible", "google", "google cloud"] {
            assert!(text.contains(word), "{word} in small letters");
            assert!(lower.matches(word).count() > text.matches(word).count());
            // Without its first letter and without its last one, more often than the word.
            for part in [&word[1..], &word[..word.len() - 1]] {
                assert!(
                    lower.matches(part).count() > lower.matches(word).count(),
                    "{part}"
                );
            }
        }
        let first = text.lines().next().unwrap_or_default();
        let last = text.lines().last().unwrap_or_default();
        assert!(
            scoring().sum(first) > 0 && scoring().sum(last) > 0,
            "{first} {last}"
        );
        let mut lines = text.lines();
        assert!(
            lines.any(|it| it.to_lowercase().ends_with(" google")),
            "{text}"
        );
        assert!(text.contains('\u{c}') && !text.is_ascii());
    }
}

#[test]
fn files() {
    let lines = ["José Muster".to_owned(), "Ten years".to_owned()];
    let spec = CvSpec::default();
    assert_eq!(
        file("txt", &lines, &spec),
        "José Muster\nTen years".as_bytes()
    );
    let odd = CvSpec {
        crlf: true,
        mark: true,
        compressed: true,
        ..spec.clone()
    };
    let marked = "\u{feff}José Muster\r\nTen years";
    assert_eq!(file("txt", &lines, &odd), marked.as_bytes());
    assert!(file("pdf", &lines, &spec).starts_with(b"%PDF-"));
    let compressed = file("pdf", &lines, &odd);
    assert!(compressed.windows(11).any(|it| it == b"FlateDecode"));
    assert!(file("docx", &lines, &spec).starts_with(b"PK"));
}
