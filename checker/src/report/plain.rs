//! Text from logs, files, programs and AWS, without what a terminal would obey.

/// One line of it: whatever would steer the terminal is a space.
pub fn line(text: &str) -> String {
    text.chars()
        .map(|c| if steers(c) { ' ' } else { c })
        .collect()
}

/// The same of several lines.
pub fn lines(text: &str) -> String {
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Controls, and what turns the direction of the text around, so that it reads as another one.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers() {
        for (text, expected) in [
            ("Zoë – CV", "Zoë – CV"),
            ("a\x1b[2Jb\r\n\tc", "a [2Jb   c"),
            ("gpj.\u{202e}exe\u{9b}1m", "gpj. exe 1m"),
        ] {
            assert_eq!(line(text), expected);
        }
        assert_eq!(lines("a\r\nb\x07\n"), "a \nb \n");
    }
}
