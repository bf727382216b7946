//! Text to [`Path`].

use super::filter::{self, Filter};
use super::{Function, Path, Root, Segment, Selector};

/// A text that is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at position {position}")]
pub(crate) struct PathSyntaxError {
    pub problem: &'static str,
    /// In bytes from the start of the text.
    pub position: usize,
}

/// No path that a person writes has more steps; it bounds the work per path.
const MAX_SEGMENTS: usize = 256;

pub(super) fn parse(text: &str) -> Result<Path, PathSyntaxError> {
    let mut cursor = Cursor::new(text);
    let path = parse_at(&mut cursor)?;
    if cursor.rest().is_empty() {
        Ok(path)
    } else {
        Err(cursor.error("unexpected character"))
    }
}

/// A path that may be followed by something else (an argument of an intrinsic
/// call).
pub(super) fn parse_at(cursor: &mut Cursor<'_>) -> Result<Path, PathSyntaxError> {
    let (text, start) = (cursor.text, cursor.position);
    let (root, segments) = path(cursor)?;
    Ok(Path {
        text: text[start..cursor.position].to_owned(),
        root,
        segments,
    })
}

fn path(cursor: &mut Cursor<'_>) -> Result<(Root, Vec<Segment>), PathSyntaxError> {
    if !cursor.take("$") {
        return Err(cursor.error("a path must begin with '$'"));
    }
    let root = if cursor.take("$") {
        Root::Context
    } else {
        match cursor.identifier() {
            Some(name) => Root::Variable(name.to_owned()),
            None => Root::Data,
        }
    };
    let segments = segments(cursor)?;
    Ok((root, segments))
}

pub(super) fn segments(cursor: &mut Cursor<'_>) -> Result<Vec<Segment>, PathSyntaxError> {
    let mut segments = Vec::new();
    loop {
        if segments.len() > MAX_SEGMENTS {
            return Err(cursor.error("the path has too many steps"));
        }
        if cursor.take("..") {
            let selector = if cursor.take("[") {
                bracket(cursor)?
            } else {
                dotted(cursor)?
            };
            segments.push(Segment::Descent(selector));
        } else if cursor.take(".") {
            let selector = dotted(cursor)?;
            match (&selector, cursor.take("()")) {
                (Selector::Name(name), true) => {
                    let function = match name.as_str() {
                        "length" | "size" => Function::Length,
                        "min" => Function::Min,
                        "max" => Function::Max,
                        "sum" => Function::Sum,
                        "avg" => Function::Avg,
                        "keys" => Function::Keys,
                        _ => return Err(cursor.error("unknown path function")),
                    };
                    segments.push(Segment::Function(function));
                    return Ok(segments);
                }
                (_, true) => return Err(cursor.error("a function needs a name")),
                (_, false) => segments.push(Segment::Child(selector)),
            }
        } else if cursor.take("[") {
            segments.push(Segment::Child(bracket(cursor)?));
        } else {
            return Ok(segments);
        }
    }
}

fn dotted(cursor: &mut Cursor<'_>) -> Result<Selector, PathSyntaxError> {
    if cursor.take("*") {
        return Ok(Selector::Wildcard);
    }
    match cursor.member_name() {
        "" => Err(cursor.error("a member name is missing")),
        name => Ok(Selector::Name(name.to_owned())),
    }
}

/// What stands between `[` (already taken) and `]`.
fn bracket(cursor: &mut Cursor<'_>) -> Result<Selector, PathSyntaxError> {
    cursor.skip_space();
    let selector = match cursor.peek() {
        Some('\'' | '"') => names(cursor)?,
        Some('*') => {
            cursor.take("*");
            Selector::Wildcard
        }
        Some('?') => {
            cursor.take("?");
            Selector::Filter(filter_expression(cursor)?)
        }
        _ => numbers(cursor)?,
    };
    cursor.skip_space();
    if cursor.take("]") {
        Ok(selector)
    } else {
        Err(cursor.error("']' is missing"))
    }
}

fn filter_expression(cursor: &mut Cursor<'_>) -> Result<Filter, PathSyntaxError> {
    cursor.skip_space();
    if !cursor.take("(") {
        return Err(cursor.error("'(' is missing"));
    }
    // Paths within a filter may hold filters: all that nests counts together.
    let filter = filter::parse(cursor)?;
    cursor.skip_space();
    if cursor.take(")") {
        Ok(filter)
    } else {
        Err(cursor.error("')' is missing"))
    }
}

fn names(cursor: &mut Cursor<'_>) -> Result<Selector, PathSyntaxError> {
    let first = cursor.quoted()?;
    let mut names = vec![first];
    loop {
        cursor.skip_space();
        if !cursor.take(",") {
            break;
        }
        cursor.skip_space();
        names.push(cursor.quoted()?);
    }
    Ok(if names.len() == 1 {
        Selector::Name(names.remove(0))
    } else {
        Selector::Names(names)
    })
}

fn numbers(cursor: &mut Cursor<'_>) -> Result<Selector, PathSyntaxError> {
    let first = cursor.integer()?;
    cursor.skip_space();
    if cursor.take(":") {
        cursor.skip_space();
        return Ok(Selector::Slice(first, cursor.integer()?));
    }
    let Some(first) = first else {
        return Err(cursor.error("an index, a name, '*' or a filter is missing"));
    };
    let mut indices = vec![first];
    while cursor.take(",") {
        cursor.skip_space();
        match cursor.integer()? {
            Some(index) => indices.push(index),
            None => return Err(cursor.error("an index is missing")),
        }
        cursor.skip_space();
    }
    Ok(if indices.len() == 1 {
        Selector::Index(first)
    } else {
        Selector::Indices(indices)
    })
}

/// A place in a text.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    position: usize,
    /// How deep filters are nested here.
    depth: usize,
}

/// Filters nest no deeper: it bounds the parser's and the evaluator's stack.
const MAX_DEPTH: usize = 32;

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            position: 0,
            depth: 0,
        }
    }

    pub(crate) fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    pub(crate) fn error(&self, problem: &'static str) -> PathSyntaxError {
        PathSyntaxError {
            problem,
            position: self.position,
        }
    }

    /// Parses something that may hold its like.
    pub(crate) fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, PathSyntaxError>,
    ) -> Result<T, PathSyntaxError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error("the path nests too deeply"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Steps over `token` if it comes next.
    pub(crate) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.position += token.len();
        }
        found
    }

    /// Steps over so many bytes, which have been looked at.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.position += bytes;
    }

    pub(crate) fn skip_space(&mut self) {
        self.take_while(|c| c == ' ');
    }

    pub(crate) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    /// A variable's name: a letter or `_`, then letters, digits and `_`.
    fn identifier(&mut self) -> Option<&'t str> {
        match self.peek() {
            Some(first) if first.is_alphabetic() || first == '_' => {
                Some(self.take_while(|c| c.is_alphanumeric() || c == '_'))
            }
            _ => None,
        }
    }

    /// A member's name after a dot: anything up to what ends it.
    fn member_name(&mut self) -> &'t str {
        self.take_while(|c| {
            !matches!(
                c,
                '.' | '['
                    | ']'
                    | '('
                    | ')'
                    | '\''
                    | '"'
                    | ','
                    | ' '
                    | '*'
                    | '?'
                    | '@'
                    | '='
                    | '<'
                    | '>'
                    | '!'
                    | '&'
                    | '|'
                    | '~'
                    | '\\'
            ) && !c.is_control()
        })
    }

    /// A text in single or double quotes. A backslash before the quote or another
    /// backslash is not meant itself; any other backslash is, as recorded.
    pub(crate) fn quoted(&mut self) -> Result<String, PathSyntaxError> {
        let quote = match self.peek() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => return Err(self.error("a quoted name is missing")),
        };
        let mut text = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            match (std::mem::take(&mut escaped), c) {
                (true, c) if c == quote || c == '\\' => text.push(c),
                (true, c) => text.extend(['\\', c]),
                (false, '\\') => escaped = true,
                (false, c) if c == quote => {
                    self.position += offset + 1;
                    return Ok(text);
                }
                (false, c) => text.push(c),
            }
        }
        Err(self.error("the closing quote is missing"))
    }

    /// A whole number, or nothing.
    fn integer(&mut self) -> Result<Option<i64>, PathSyntaxError> {
        let start = self.position;
        self.take("-");
        let digits = self.take_while(|c| c.is_ascii_digit());
        let text = &self.text[start..self.position];
        if text.is_empty() {
            return Ok(None);
        }
        if digits.is_empty() {
            return Err(self.error("a number is missing"));
        }
        text.parse()
            .map(Some)
            .map_err(|_| self.error("the number is too large"))
    }
}
