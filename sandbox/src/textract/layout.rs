//! Glyphs to words and lines, by where they stand.

/// A glyph on the page, in points from the top left corner.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// What it says; several characters for a ligature.
    pub text: String,
    pub left: f64,
    /// Where the next one would stand.
    pub right: f64,
    pub baseline: f64,
    /// The font's size.
    pub size: f64,
}

/// What a page says, lines from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub lines: Vec<Line>,
}

/// Words that stand beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    pub place: Area,
}

/// A part of the page, as shares of its width and height from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    /// The smallest that holds both.
    pub fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// Distances as shares of the font's size: how far baselines of one line differ, from
/// which gap on words are apart, and from which on lines are (columns).
const SAME_LINE: f64 = 0.3;
const BETWEEN_WORDS: f64 = 0.15;
const BETWEEN_LINES: f64 = 1.5;

/// How far a font reaches above and below its baseline, as shares of its size.
const ASCENT: f64 = 0.75;
const DESCENT: f64 = 0.22;

/// Puts marks together on a page of that size in points.
pub fn page(width: f64, height: f64, marks: Vec<Mark>) -> Page {
    let finite = |mark: &Mark| {
        [mark.left, mark.right, mark.baseline, mark.size]
            .iter()
            .all(|it| it.is_finite())
    };
    let mut marks: Vec<Mark> = marks.into_iter().filter(finite).collect();
    marks.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut lines = Vec::new();
    let mut rest = marks.into_iter().peekable();
    while let Some(first) = rest.next() {
        let reach = first.baseline + SAME_LINE * first.size;
        let mut row = vec![first];
        row.extend(std::iter::from_fn(|| {
            rest.next_if(|mark| mark.baseline <= reach)
        }));
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        lines.extend(split(&row, width, height));
    }
    Page { lines }
}

/// The lines of one row of marks, from left to right.
fn split(row: &[Mark], width: f64, height: f64) -> Vec<Line> {
    let mut lines = vec![Vec::<Word>::new()];
    let mut word: Option<Word> = None;
    let mut end: Option<f64> = None;
    for mark in row {
        let gap = end.map_or(0.0, |end| mark.left - end);
        let blank = mark.text.trim().is_empty();
        if blank || gap > BETWEEN_WORDS * mark.size {
            lines
                .last_mut()
                .into_iter()
                .for_each(|it| it.extend(word.take()));
        }
        if blank {
            continue;
        }
        if gap > BETWEEN_LINES * mark.size {
            lines.push(Vec::new());
        }
        end = Some(mark.right);
        let place = Area {
            left: mark.left / width,
            top: (mark.baseline - ASCENT * mark.size) / height,
            right: mark.right / width,
            bottom: (mark.baseline + DESCENT * mark.size) / height,
        };
        word = Some(match word.take() {
            None => Word {
                text: mark.text.clone(),
                place,
            },
            Some(begun) => Word {
                text: begun.text + &mark.text,
                place: begun.place.with(place),
            },
        });
    }
    lines
        .last_mut()
        .into_iter()
        .for_each(|it| it.extend(word.take()));
    lines.retain(|words| !words.is_empty());
    lines.into_iter().map(|words| Line { words }).collect()
}
