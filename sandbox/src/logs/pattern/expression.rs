//! Conditions, and how `&&`, `||` and parentheses join them.

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// Conditions on subjects: paths into JSON, or fields.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression<S> {
    /// One condition.
    Condition(S, Test),
    /// All of them.
    And(Vec<Self>),
    /// One of them.
    Or(Vec<Self>),
}

/// What is asked of a subject.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `= x`
    Equal(Operand),
    /// `!= x`
    NotEqual(Operand),
    /// `< 1`
    Less(f64),
    /// `<= 1`
    LessOrEqual(f64),
    /// `> 1`
    Greater(f64),
    /// `>= 1`
    GreaterOrEqual(f64),
    /// `IS NULL`
    Null,
    /// `IS TRUE` and `IS FALSE`
    Is(bool),
    /// `NOT EXISTS`
    NotExists,
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A number, and how it is written.
    Number(f64, String),
    /// A text, and whether anything may be before or after it.
    Text {
        /// `*x`
        before: bool,
        /// The `x`.
        text: String,
        /// `x*`
        after: bool,
    },
}

impl<S> Expression<S> {
    /// Whether it holds, where `holds` says so for each condition.
    pub fn holds(&self, holds: &impl Fn(&S, &Test) -> bool) -> bool {
        match self {
            Self::Condition(subject, test) => holds(subject, test),
            Self::And(all) => all.iter().all(|it| it.holds(holds)),
            Self::Or(any) => any.iter().any(|it| it.holds(holds)),
        }
    }
}

impl Test {
    /// Whether a text passes.
    pub fn passes_text(&self, text: &str) -> bool {
        match self {
            Self::Equal(operand) => operand.is(text),
            Self::NotEqual(operand) => !operand.is(text),
            _ => false,
        }
    }

    /// Whether a number passes, which is written as `text`.
    pub fn passes_number(&self, number: f64, text: &str) -> bool {
        let is = |operand: &Operand| match operand {
            #[expect(
                clippy::float_cmp,
                reason = "the same text has to give the same number"
            )]
            Operand::Number(other, _) => number == *other,
            Operand::Text { .. } => operand.is(text),
        };
        match self {
            Self::Equal(operand) => is(operand),
            Self::NotEqual(operand) => !is(operand),
            Self::Less(limit) => number < *limit,
            Self::LessOrEqual(limit) => number <= *limit,
            Self::Greater(limit) => number > *limit,
            Self::GreaterOrEqual(limit) => number >= *limit,
            Self::Null | Self::Is(_) | Self::NotExists => false,
        }
    }
}

impl Operand {
    fn is(&self, given: &str) -> bool {
        match self {
            Self::Number(_, text) => given == text,
            Self::Text {
                before,
                text,
                after,
            } => match (before, after) {
                (false, false) => given == text,
                (true, false) => given.ends_with(text.as_str()),
                (false, true) => given.starts_with(text.as_str()),
                (true, true) => given.contains(text.as_str()),
            },
        }
    }

    /// Only a star at the very beginning or end stands for anything.
    fn of_text(text: &str) -> Self {
        let (before, text) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (after, text) = match text.strip_suffix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        Self::Text {
            before,
            text: text.to_owned(),
            after,
        }
    }

    fn of_word(word: &str) -> Self {
        // Rust would read `inf` and `nan` too.
        let numeric = word
            .chars()
            .all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        match word.parse() {
            Ok(number) if numeric => Self::Number(number, word.to_owned()),
            _ => Self::of_text(word),
        }
    }
}

/// Reads a whole expression; `subject` reads what stands before an operator, and
/// what is left. `None` where it cannot be read.
pub fn read<S>(text: &str, subject: &impl Fn(&str) -> Option<(S, &str)>) -> Option<Expression<S>> {
    let (expression, rest) = or(text, subject, 0)?;
    rest.trim_start().is_empty().then_some(expression)
}

type Read<'a, T> = Option<(T, &'a str)>;

fn or<'a, S>(
    text: &'a str,
    subject: &impl Fn(&str) -> Option<(S, &str)>,
    depth: usize,
) -> Read<'a, Expression<S>> {
    let (first, mut rest) = and(text, subject, depth)?;
    let mut any = vec![first];
    while let Some(after) = rest.trim_start().strip_prefix("||") {
        let (next, after) = and(after, subject, depth)?;
        any.push(next);
        rest = after;
    }
    Some((
        if any.len() == 1 {
            any.remove(0)
        } else {
            Expression::Or(any)
        },
        rest,
    ))
}

fn and<'a, S>(
    text: &'a str,
    subject: &impl Fn(&str) -> Option<(S, &str)>,
    depth: usize,
) -> Read<'a, Expression<S>> {
    let (first, mut rest) = unit(text, subject, depth)?;
    let mut all = vec![first];
    while let Some(after) = rest.trim_start().strip_prefix("&&") {
        let (next, after) = unit(after, subject, depth)?;
        all.push(next);
        rest = after;
    }
    Some((
        if all.len() == 1 {
            all.remove(0)
        } else {
            Expression::And(all)
        },
        rest,
    ))
}

fn unit<'a, S>(
    text: &'a str,
    subject: &impl Fn(&str) -> Option<(S, &str)>,
    depth: usize,
) -> Read<'a, Expression<S>> {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('(') {
        if depth == DEEPEST {
            return None;
        }
        let (expression, rest) = or(inner, subject, depth + 1)?;
        return Some((expression, rest.trim_start().strip_prefix(')')?));
    }
    let (subject, rest) = subject(text)?;
    let (test, rest) = test(rest.trim_start())?;
    Some((Expression::Condition(subject, test), rest))
}

/// Makes a test that compares with a number.
type Ordered = fn(f64) -> Test;

fn test(text: &str) -> Read<'_, Test> {
    if let Some(rest) = text.strip_prefix("!=") {
        let (operand, rest) = operand(rest)?;
        return Some((Test::NotEqual(operand), rest));
    }
    if let Some(rest) = text.strip_prefix('=') {
        let (operand, rest) = operand(rest)?;
        return Some((Test::Equal(operand), rest));
    }
    // The longer ones first.
    let ordered: [(&str, Ordered); 4] = [
        ("<=", Test::LessOrEqual),
        (">=", Test::GreaterOrEqual),
        ("<", Test::Less),
        (">", Test::Greater),
    ];
    for (sign, test) in ordered {
        if let Some(rest) = text.strip_prefix(sign) {
            return match operand(rest)? {
                (Operand::Number(number, _), rest) => Some((test(number), rest)),
                _ => None,
            };
        }
    }
    let (first, rest) = word(text)?;
    let (second, rest) = word(rest.trim_start())?;
    let test = match (first, second) {
        ("IS", "NULL") => Test::Null,
        ("IS", "TRUE") => Test::Is(true),
        ("IS", "FALSE") => Test::Is(false),
        ("NOT", "EXISTS") => Test::NotExists,
        _ => return None,
    };
    Some((test, rest))
}

fn operand(text: &str) -> Read<'_, Operand> {
    let text = text.trim_start();
    if text.starts_with('"') {
        let (text, rest) = quoted(text)?;
        return Some((Operand::of_text(&text), rest));
    }
    let (word, rest) = word(text)?;
    Some((Operand::of_word(word), rest))
}

/// What needs no quotes: letters, digits, and what numbers, addresses and
/// wildcards are made of.
fn word(text: &str) -> Read<'_, &str> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "_-+.*".contains(c)))
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// A text in double quotes, where a backslash takes the next character as it is;
/// and what follows.
pub fn quoted(text: &str) -> Read<'_, String> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut read = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((read, chars.as_str())),
            '\\' => read.push(chars.next()?),
            c => read.push(c),
        }
    }
}
