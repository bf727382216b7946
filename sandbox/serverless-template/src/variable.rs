//! The syntax of variables: `${source(param):address, fallback}` within a text.
//!
//! What looks like a variable but has no lower-case source, such as
//! `${AWS::Region}` or `${name}`, belongs to CloudFormation and stays as it is.

use serde_json::Number;

use crate::node::Value;
use crate::scalar;

/// Deepest nesting of variables within variables.
const MAX_NESTING: usize = 10;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Text(String),
    /// The sources to try, in order; never empty.
    Variable(Vec<Source>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// A fallback written out: `'text'`, `12`, `true`, `null`.
    Literal(Value),
    /// `kind(params):address`
    Lookup {
        kind: String,
        params: Vec<Vec<Part>>,
        address: Option<Vec<Part>>,
    },
}

/// Splits `text` into its parts.
pub(crate) fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut scanner = Scanner {
        rest: text,
        nesting: 0,
    };
    scanner.template("")
}

struct Scanner<'a> {
    rest: &'a str,
    nesting: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.peek() != Some(wanted) {
            return Err(match self.peek() {
                Some(found) => format!("a variable has {found} where {wanted} belongs"),
                None => "a variable has no closing bracket".to_owned(),
            });
        }
        self.advance();
        Ok(())
    }

    /// Text and variables up to one of the characters `stops`, or to the end
    /// if there are none.
    fn template(&mut self, stops: &str) -> Result<Vec<Part>, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if stops.contains(c) {
                break;
            }
            let slashes = self.take_while(|c| c == '\\');
            if !self.rest.starts_with("${") {
                text.push_str(slashes);
                if slashes.is_empty() {
                    text.push(c);
                    self.advance();
                }
                continue;
            }
            // Before a bracket, a backslash escapes: itself, or the bracket.
            text.push_str(&slashes[..slashes.len() / 2]);
            self.rest = &self.rest[2..];
            let start = self.rest;
            let escaped = slashes.len() % 2 == 1;
            match if escaped { None } else { self.variable()? } {
                Some(sources) => {
                    push_text(&mut parts, &mut text);
                    parts.push(Part::Variable(sources));
                }
                None => {
                    text.push_str("${");
                    self.rest = start;
                }
            }
        }
        push_text(&mut parts, &mut text);
        Ok(parts)
    }

    /// What follows `${`; `None` if it is not a variable.
    fn variable(&mut self) -> Result<Option<Vec<Source>>, String> {
        if !self.peek().is_some_and(|c| c.is_ascii_lowercase()) {
            return Ok(None);
        }
        let kind = self.take_while(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
        let opens = match self.peek() {
            Some('(') => true,
            Some(':') => !self.rest[1..].trim_start_matches(' ').starts_with(':'),
            _ => false,
        };
        if !opens {
            return Ok(None);
        }
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(format!("variables are nested more than {MAX_NESTING} deep"));
        }
        let mut sources = vec![self.lookup(kind)?];
        loop {
            self.skip_spaces();
            if self.peek() == Some(',') {
                self.advance();
                sources.push(self.fallback()?);
            } else {
                self.expect('}')?;
                self.nesting -= 1;
                return Ok(Some(sources));
            }
        }
    }

    /// `(params):address` of a source.
    fn lookup(&mut self, kind: &str) -> Result<Source, String> {
        let mut params = Vec::new();
        if self.peek() == Some('(') {
            self.advance();
            params = self.params()?;
            self.skip_spaces();
        }
        let mut address = None;
        if self.peek() == Some(':') {
            self.advance();
            self.skip_spaces();
            let parts = match self.quoted()? {
                Some(text) => vec![Part::Text(text)],
                None => trim(self.template(",}")?),
            };
            address = (!parts.is_empty()).then_some(parts);
        }
        Ok(Source::Lookup {
            kind: kind.to_owned(),
            params,
            address,
        })
    }

    fn params(&mut self) -> Result<Vec<Vec<Part>>, String> {
        let mut params = Vec::new();
        loop {
            self.skip_spaces();
            let param = match self.quoted()? {
                Some(text) => vec![Part::Text(text)],
                None => trim(self.template(",)}")?),
            };
            self.skip_spaces();
            if self.peek() == Some(',') {
                self.advance();
                params.push(param);
            } else {
                self.expect(')')?;
                if !param.is_empty() {
                    params.push(param);
                }
                return Ok(params);
            }
        }
    }

    /// What follows a comma: another source, or a value written out.
    fn fallback(&mut self) -> Result<Source, String> {
        self.skip_spaces();
        if let Some(text) = self.quoted()? {
            return Ok(Source::Literal(Value::String(text)));
        }
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
        if matches!(self.peek(), Some(':' | '(')) {
            return self.lookup(word);
        }
        let value = match word {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            _ => scalar::number(word)?.map(|number: Number| Value::Number(number)),
        };
        value.map(Source::Literal).ok_or_else(|| {
            format!("the fallback {word:?} of a variable is no source, number, true, false or null; a text needs quotes")
        })
    }

    /// A text in single quotes (as it is) or in double quotes (as JSON has it).
    fn quoted(&mut self) -> Result<Option<String>, String> {
        let Some(quote @ ('\'' | '"')) = self.peek() else {
            return Ok(None);
        };
        let start = self.rest;
        self.advance();
        loop {
            self.take_while(|c| c != quote && c != '\\');
            match self.peek() {
                None => return Err("a quoted text in a variable has no end".to_owned()),
                Some('\\') if quote == '"' => {
                    self.advance();
                    self.advance();
                }
                Some(c) => {
                    self.advance();
                    if c == quote {
                        break;
                    }
                }
            }
        }
        let literal = &start[..start.len() - self.rest.len()];
        if quote == '\'' {
            return Ok(Some(literal[1..literal.len() - 1].to_owned()));
        }
        serde_json::from_str(literal)
            .map(Some)
            .map_err(|_| format!("{literal} in a variable is not a JSON text"))
    }
}

fn push_text(parts: &mut Vec<Part>, text: &mut String) {
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text)));
    }
}

/// Without the spaces at its end.
fn trim(mut parts: Vec<Part>) -> Vec<Part> {
    if let Some(Part::Text(text)) = parts.last_mut() {
        text.truncate(text.trim_end().len());
        if text.is_empty() {
            parts.pop();
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Part {
        Part::Text(text.to_owned())
    }

    fn lookup(kind: &str, params: &[&str], address: &str) -> Source {
        Source::Lookup {
            kind: kind.to_owned(),
            params: params.iter().map(|param| vec![text(param)]).collect(),
            address: (!address.is_empty()).then(|| vec![text(address)]),
        }
    }

    #[test]
    fn texts() {
        let literal = |value: &str| Source::Literal(Value::String(value.to_owned()));
        let cases = [
            ("plain", vec![text("plain")]),
            ("${AWS::Region}-${x}", vec![text("${AWS::Region}-${x}")]),
            ("${aws: :x}", vec![text("${aws: :x}")]),
            ("${", vec![text("${")]),
            (
                "${x-${self:a}}",
                vec![
                    text("${x-"),
                    Part::Variable(vec![lookup("self", &[], "a")]),
                    text("}"),
                ],
            ),
            (
                "${${self:a}}",
                vec![
                    text("${"),
                    Part::Variable(vec![lookup("self", &[], "a")]),
                    text("}"),
                ],
            ),
            (
                "${self:a.b}",
                vec![Part::Variable(vec![lookup("self", &[], "a.b")])],
            ),
            (
                "${self:}",
                vec![Part::Variable(vec![lookup("self", &[], "")])],
            ),
            (
                "x${env:A, 'it, }'}y",
                vec![
                    text("x"),
                    Part::Variable(vec![lookup("env", &[], "A"), literal("it, }")]),
                    text("y"),
                ],
            ),
            (
                "${opt:a, env:B, \"q\\\"\"}",
                vec![Part::Variable(vec![
                    lookup("opt", &[], "a"),
                    lookup("env", &[], "B"),
                    literal("q\""),
                ])],
            ),
            (
                "${file(./a b.yml):k}",
                vec![Part::Variable(vec![lookup("file", &["./a b.yml"], "k")])],
            ),
            (
                "${file('a.yml')}",
                vec![Part::Variable(vec![lookup("file", &["a.yml"], "")])],
            ),
            (
                "${env:A, true}${env:A, 12}",
                vec![
                    Part::Variable(vec![
                        lookup("env", &[], "A"),
                        Source::Literal(Value::Bool(true)),
                    ]),
                    Part::Variable(vec![
                        lookup("env", &[], "A"),
                        Source::Literal(Value::Number(12.into())),
                    ]),
                ],
            ),
            (
                "${self:custom.${opt:stage}}",
                vec![Part::Variable(vec![Source::Lookup {
                    kind: "self".to_owned(),
                    params: vec![],
                    address: Some(vec![
                        text("custom."),
                        Part::Variable(vec![lookup("opt", &[], "stage")]),
                    ]),
                }])],
            ),
            (r"\${self:a}", vec![text("${self:a}")]),
            (
                r"a\b\\${self:a}",
                vec![
                    text(r"a\b\"),
                    Part::Variable(vec![lookup("self", &[], "a")]),
                ],
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(parse(input).unwrap(), expected, "{input}");
        }
    }

    #[test]
    fn errors() {
        let cases = [
            ("${self:a", "a variable has no closing bracket"),
            ("${file(a", "a variable has no closing bracket"),
            ("${file(a}", "a variable has } where ) belongs"),
            ("${file(a) b}", "a variable has b where } belongs"),
            ("${env:A, 'x}", "a quoted text in a variable has no end"),
            (
                "${env:A, \"\\x\"}",
                "\"\\x\" in a variable is not a JSON text",
            ),
            (
                "${env:A, word}",
                "the fallback \"word\" of a variable is no source, number, true, false or null; a text needs quotes",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(parse(input).unwrap_err(), expected, "{input}");
        }
        let nested = "${self:".repeat(50);
        assert_eq!(
            parse(&nested).unwrap_err(),
            "variables are nested more than 10 deep"
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"([$][{]|self:|file[(]|[ a-z'":,(){}$\\é\x00]){0,20}"#) {
            let _ = parse(&text);
        }
    }
}
