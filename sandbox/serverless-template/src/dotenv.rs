//! Files of environment variables, as `useDotenv` reads them.

use std::collections::BTreeMap;

use crate::error::{Error, Place};

/// Parses lines of `NAME=value`: comments, `export`, and both kinds of quotes.
/// Values that refer to other variables are refused rather than half understood.
pub(crate) fn parse(file: &str, text: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut variables = BTreeMap::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let refuse = |problem: &str, advice: &str| {
            let place = Place {
                file: file.into(),
                line: index + 1,
                column: 1,
            };
            Err(Error::new(&place, "", problem, advice))
        };
        let assignment = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = assignment.split_once('=') else {
            return refuse("the line assigns nothing", "Write NAME=value");
        };
        let name = name.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(is_name) {
            return refuse(
                "the name of a variable is not valid",
                "Use letters, digits and underscores",
            );
        }
        let Some(value) = unquote(value.trim()) else {
            return refuse("a quote is not closed", "Close it in the same line");
        };
        if value.contains('$') {
            return refuse(
                "the value refers to another variable, which is not supported",
                "Write the value out",
            );
        }
        variables.insert(name.to_owned(), value);
    }
    Ok(variables)
}

fn unquote(value: &str) -> Option<String> {
    let Some(quote @ ('\'' | '"' | '`')) = value.chars().next() else {
        let value = value.split('#').next().unwrap_or_default();
        return Some(value.trim_end().to_owned());
    };
    let (inner, after) = value[1..].split_once(quote)?;
    let after = after.trim_start();
    if !after.is_empty() && !after.starts_with('#') {
        return None;
    }
    Some(match quote {
        '"' => inner.replace("\\n", "\n").replace("\\r", "\r"),
        _ => inner.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let text = "# a comment\n\nA=1\nexport B = two words # said\nC='x # y'\nD=\"l1\\nl2\" # z\nE=\nA=2\r\n";
        let variables = parse(".env", text).unwrap();
        let expected = [
            ("A", "2"),
            ("B", "two words"),
            ("C", "x # y"),
            ("D", "l1\nl2"),
            ("E", ""),
        ];
        assert_eq!(
            variables
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn errors() {
        let cases = [
            (
                "\nA",
                ".env:2:1: the line assigns nothing. Write NAME=value",
            ),
            (
                "A B=1",
                ".env:1:1: the name of a variable is not valid. Use letters, digits and underscores",
            ),
            (
                "A='x",
                ".env:1:1: a quote is not closed. Close it in the same line",
            ),
            (
                "A=$HOME",
                ".env:1:1: the value refers to another variable, which is not supported. Write the value out",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse(".env", text).unwrap_err().to_string(),
                expected,
                "{text}"
            );
        }
    }
}
