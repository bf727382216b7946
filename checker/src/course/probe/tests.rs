//! No mistake in counting is right by chance: drawn runs tell each one apart.

use std::collections::BTreeMap;
use std::path::Path;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::course::file::CourseFile;
use crate::course::inputs::Generator;
use crate::course::score::{self, Scoring};

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

impl Way {
    /// Whether only the exclude list is looked at in another way.
    fn is_about_names(&self, right: &Way) -> bool {
        self.excluded != right.excluded || !std::ptr::fn_addr_eq(self.all, right.all)
    }
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

/// One word of a list exchanged for another text, or a text added.
struct Change<'a> {
    list: &'a str,
    from: Option<&'a str>,
    to: String,
}

impl Change<'_> {
    /// Whether it gives another sum for a text in small letters.
    fn shows_in(&self, lower: &str) -> bool {
        let from = self.from.map_or(0, |it| lower.matches(it).count());
        lower.matches(self.to.as_str()).count() != from
    }
}

/// Each change of a single word of a list.
fn changes(scoring: &Scoring) -> Vec<Change<'_>> {
    let mut all = Vec::new();
    for (list, words) in &scoring.words {
        for word in words {
            let mut exchange = |to: String| {
                all.push(Change {
                    list,
                    from: Some(word),
                    to,
                });
            };
            exchange(word[1..].to_owned());
            exchange(word[..word.len() - 1].to_owned());
            exchange(format!("{word}x"));
            exchange("nothing of the kind".to_owned());
            for middle in 1..word.len() {
                // One letter twice, and one not at all.
                exchange(format!("{}{}", &word[..middle], &word[middle - 1..]));
                exchange(format!("{}{}", &word[..middle], &word[middle + 1..]));
            }
        }
        for (_, others) in scoring.words.iter().filter(|it| it.0 != list) {
            all.extend(others.iter().map(|word| Change {
                list,
                from: None,
                to: word.clone(),
            }));
        }
    }
    all
}

/// Counting of all kinds that is wrong.
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
    all
}

/// The task of the course, with long CVs that are not as long: those take long to count here.
fn task_of_the_course(id: &str, longest: usize) -> (Task, Scoring) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let course = CourseFile::read(root).unwrap();
    let tasks = crate::course::task::read_all(root, &course).unwrap();
    let mut task = tasks.into_iter().find(|it| it.id == id).unwrap();
    for spec in &mut task.probes {
        spec.cv.length = spec.cv.length.min(longest);
    }
    (task, score::read(root, &course).unwrap())
}

/// The texts of a drawn run.
fn drawn(task: &Task, scoring: &Scoring, run: u64) -> Vec<String> {
    let mut random = StdRng::seed_from_u64(run);
    let probes = probes(task, &Generator::Cv(scoring.clone()), "cvtest", &mut random);
    probes.iter().map(|it| it.lines.join("\n")).collect()
}

#[test]
fn every_change_of_a_word_shows() {
    for (id, sums) in [("3a", ["it", "cloud"].as_slice()), ("3b", &["node"])] {
        let (task, scoring) = task_of_the_course(id, 3_000);
        let changes = changes(&scoring);
        let about = changes.iter().filter(|it| sums.contains(&it.list));
        let changes: Vec<&Change<'_>> = about.collect();
        assert!(changes.len() > 100, "{}", changes.len());
        for run in 0..RUNS {
            let texts = drawn(&task, &scoring, run);
            let lower: Vec<String> = texts.iter().map(|it| it.to_lowercase()).collect();
            for change in &changes {
                let (from, to) = (change.from, &change.to);
                let shows = lower.iter().any(|it| change.shows_in(it));
                assert!(shows, "task {id}, run {run}: {from:?} as {to:?} passes");
            }
        }
    }
}

#[test]
fn every_other_way_of_counting_shows() {
    for (id, sums) in [
        ("3a", ["it", "cloud"].as_slice()),
        ("3b", &["node", "excluded"]),
    ] {
        // Whoever counts only to some bound, or only so much of the text, is told by the long
        // ones as they are.
        let of_long = [
            "the beginning",
            "no more than 150",
            "no more than 1000",
            "a byte",
        ];
        for (runs, longest) in [(RUNS, 3_000), (3, usize::MAX)] {
            let (task, scoring) = task_of_the_course(id, longest);
            let right = right(&scoring);
            let mut ways = wrong(&scoring);
            ways.retain(|it| longest == usize::MAX || !of_long.contains(&it.name.as_str()));
            // What is about the exclude list shows where that is judged.
            ways.retain(|it| id == "3b" || !it.is_about_names(&right));
            for run in 0..runs {
                let texts = drawn(&task, &scoring, run);
                let expected: Vec<_> = texts.iter().map(|it| outcome(&right, it)).collect();
                for way in &ways {
                    let shows = texts.iter().zip(&expected).any(|(text, expected)| {
                        let given = outcome(way, text);
                        sums.iter().any(|it| given[*it] != expected[*it])
                    });
                    assert!(shows, "task {id}, run {run}: {} passes", way.name);
                }
            }
        }
    }
}

#[test]
fn every_value_is_of_one_probe_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let course = CourseFile::read(root).unwrap();
    let scoring = score::read(root, &course).unwrap();
    let tasks = crate::course::task::read_all(root, &course).unwrap();
    let task = tasks.iter().find(|it| it.id == "4").unwrap();
    for run in 0..50 {
        let mut random = StdRng::seed_from_u64(run);
        let probes = probes(task, &Generator::Cv(scoring.clone()), "cvtest", &mut random);
        let mut scores: Vec<&str> = probes.iter().map(|it| it.values["sum"].as_str()).collect();
        scores.sort_unstable();
        scores.dedup();
        assert_eq!(scores.len(), probes.len());
        let score = |at: usize| probes[at].values["score"].parse::<usize>().unwrap();
        assert!(score(0) > 255 && score(4) > 1_000);
    }
}
