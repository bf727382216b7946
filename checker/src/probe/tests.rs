//! No mistake in counting is right by chance: drawn runs tell each one apart.

use std::collections::BTreeMap;
use std::path::Path;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::score;

/// How many runs are drawn.
const RUNS: u64 = 1_000;

/// A way of counting: words and what each gives, and what is done to the text before.
struct Way {
    name: String,
    words: BTreeMap<String, Vec<String>>,
    excluded: Vec<String>,
    points: usize,
    text: fn(&str) -> String,
    count: fn(&str, &str) -> usize,
    all: fn(&str, &[String]) -> bool,
    cap: fn(usize) -> usize,
}

fn right(scoring: &Scoring) -> Way {
    Way {
        name: "right".to_owned(),
        words: scoring.words.clone(),
        excluded: scoring.excluded.clone(),
        points: scoring.points,
        text: str::to_lowercase,
        count: |text, word| text.matches(word).count(),
        all: |text, words| words.iter().all(|it| text.contains(it.as_str())),
        cap: |sum| sum,
    }
}

/// What a way gives for a CV: the sums by their names, and the exclusion.
fn outcome(way: &Way, raw: &str) -> BTreeMap<String, usize> {
    let text = (way.text)(raw);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for (name, words) in &way.words {
        let count: usize = words.iter().map(|word| (way.count)(&text, word)).sum();
        found.insert(name.clone(), (way.cap)(way.points * count));
    }
    found.insert(
        "excluded".to_owned(),
        (way.all)(&text, &way.excluded).into(),
    );
    found
}

/// Counting of all kinds that is wrong, and each change of a single word or number.
fn wrong(scoring: &Scoring) -> Vec<Way> {
    let mut all = Vec::new();
    let mut add = |name: &str, change: &dyn Fn(&mut Way)| {
        let mut way = right(scoring);
        name.clone_into(&mut way.name);
        change(&mut way);
        all.push(way);
    };
    add("case", &|it| it.text = str::to_owned);
    add("once", &|it| {
        it.count = |text, word| text.contains(word).into()
    });
    add("once a line", &|it| {
        it.count = |text, word| text.lines().filter(|it| it.contains(word)).count();
    });
    add("whole words", &|it| {
        it.count = |text, word| {
            let ends = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
            let found = text.match_indices(word);
            let whole = found.filter(|(at, _)| {
                let (before, after) = (&text[..*at], &text[at + word.len()..]);
                ends(before.chars().next_back()) && ends(after.chars().next())
            });
            whole.count()
        };
    });
    add("by spaces", &|it| {
        it.count = |text, word| text.split_whitespace().filter(|it| *it == word).count();
    });
    add("lines joined", &|it| {
        it.text = |text| text.to_lowercase().replace('\n', "");
    });
    add("without the first line", &|it| {
        it.text = |text| {
            text.to_lowercase()
                .split_once('\n')
                .map_or("", |it| it.1)
                .to_owned()
        };
    });
    add("without the last line", &|it| {
        it.text = |text| {
            text.to_lowercase()
                .rsplit_once('\n')
                .map_or("", |it| it.0)
                .to_owned()
        };
    });
    add("the beginning", &|it| {
        it.text = |text| text.to_lowercase().chars().take(50_000).collect();
    });
    add("the first page", &|it| {
        it.text = |text| {
            text.to_lowercase()
                .split('\u{c}')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
    });
    add("a byte", &|it| it.cap = |sum| sum % 256);
    add("no more than 150", &|it| it.cap = |sum| sum.min(150));
    add("no more than 1000", &|it| it.cap = |sum| sum.min(1_000));
    add("at least one", &|it| it.cap = |sum| sum.max(5));
    add("one more point", &|it| it.points += 1);
    add("one is enough", &|it| {
        it.all = |text, words| words.iter().any(|it| text.contains(it.as_str()));
    });
    add("in one line", &|it| {
        it.all = |text, words| {
            let holds = |line: &str| words.iter().all(|it| line.contains(it.as_str()));
            text.lines().any(holds)
        };
    });
    add("in order", &|it| {
        it.all = |text, words| {
            let mut rest = text;
            words
                .iter()
                .all(|word| match rest.split_once(word.as_str()) {
                    Some((_, after)) => {
                        rest = after;
                        true
                    }
                    None => false,
                })
        };
    });
    add("never excluded", &|it| it.all = |_, _| false);
    add("always excluded", &|it| it.all = |_, _| true);
    for at in 0..scoring.excluded.len() {
        add("an excluded word is missing", &|it| {
            it.excluded.remove(at);
        });
        add("an excluded word is cut", &|it| {
            it.excluded[at].pop();
        });
    }
    for (list, words) in &scoring.words {
        for (at, word) in words.iter().enumerate() {
            let mut replace = |to: String| {
                add(&format!("{list}: {word} is {to:?}"), &|it| {
                    if let Some(words) = it.words.get_mut(list) {
                        words[at].clone_from(&to);
                    }
                });
            };
            replace(word[1..].to_owned());
            replace(word[..word.len() - 1].to_owned());
            replace(format!("{word}x"));
            replace("nothing of the kind".to_owned());
            for middle in 1..word.len() {
                // One letter twice, and one not at all.
                replace(format!("{}{}", &word[..middle], &word[middle - 1..]));
                replace(format!("{}{}", &word[..middle], &word[middle + 1..]));
            }
        }
        for (other, words) in scoring.words.iter().filter(|it| it.0 != list) {
            for word in words {
                add(&format!("{list}: {word} of {other} as well"), &|it| {
                    if let Some(words) = it.words.get_mut(list) {
                        words.push(word.clone());
                    }
                });
            }
        }
    }
    all
}

#[test]
fn no_mistake_is_right_by_chance() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let scoring = score::read(root).unwrap();
    let tasks = crate::task::read_all(root).unwrap();
    let ways = wrong(&scoring);
    // What each task checks of what is counted.
    for (id, sums) in [
        ("3a", vec!["it", "cloud"]),
        ("3b", vec!["node", "excluded"]),
    ] {
        let mut task = tasks.iter().find(|it| it.id == id).unwrap().clone();
        let about = |way: &&Way| {
            let reference = right(&scoring);
            let own = sums
                .iter()
                .any(|it| reference.words.get(*it) != way.words.get(*it));
            let words_differ = reference.words != way.words;
            let of_names = ["order", "line", "enough", "excluded"];
            let names = of_names.iter().any(|it| way.name.contains(it));
            own || (!words_differ && (!names || id == "3b" || way.name.contains("a line")))
        };
        let ways: Vec<&Way> = ways.iter().filter(about).collect();
        assert!(ways.len() > 60, "{}", ways.len());
        // Long CVs take long to count in a test: one run in fifty has them at full length.
        for run in 0..RUNS {
            for spec in &mut task.probes {
                let full = run % 50 == 0;
                spec.cv.length = if spec.cv.length == 0 || full {
                    spec.cv.length
                } else {
                    3_000
                };
            }
            let mut random = StdRng::seed_from_u64(run);
            let probes = probes(&task, &scoring, "cvtest", &mut random);
            let texts: Vec<String> = probes.iter().map(|it| it.lines.join("\n")).collect();
            let reference: Vec<_> = texts
                .iter()
                .map(|it| outcome(&right(&scoring), it))
                .collect();
            let long_only = [
                "the beginning",
                "no more than 150",
                "no more than 1000",
                "a byte",
            ];
            for way in &ways {
                if run % 50 != 0 && long_only.contains(&way.name.as_str()) {
                    continue;
                }
                let told = texts.iter().zip(&reference).any(|(text, right)| {
                    let given = outcome(way, text);
                    sums.iter().any(|it| given[*it] != right[*it])
                });
                assert!(told, "task {id}, run {run}: {} passes", way.name);
            }
            for spec in &mut task.probes {
                if spec.cv.length > 0 {
                    spec.cv.length = 100_000;
                }
            }
        }
    }
}

#[test]
fn every_value_is_of_one_probe_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let scoring = score::read(root).unwrap();
    let tasks = crate::task::read_all(root).unwrap();
    let task = tasks.iter().find(|it| it.id == "4").unwrap();
    for run in 0..50 {
        let mut random = StdRng::seed_from_u64(run);
        let probes = probes(task, &scoring, "cvtest", &mut random);
        let mut scores: Vec<&str> = probes.iter().map(|it| it.values["sum"].as_str()).collect();
        scores.sort_unstable();
        scores.dedup();
        assert_eq!(scores.len(), probes.len());
        let score = |at: usize| probes[at].values["score"].parse::<usize>().unwrap();
        assert!(score(0) > 255 && score(4) > 1_000);
    }
}
