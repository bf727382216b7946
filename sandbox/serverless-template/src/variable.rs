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
                    // To the CLI, all dollars before the bracket open a variable.
                    text.truncate(text.trim_end_matches('$').len());
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
mod tests;
