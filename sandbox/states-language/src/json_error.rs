//! What is wrong with a text that should be JSON, in the words of the parser that
//! AWS uses.

/// What is wrong with a text that is not JSON, without its place: as AWS words it in
/// `InvalidExecutionInput`.
pub fn json_problem(text: &str, error: &serde_json::Error) -> String {
    problem(text, error).0
}

/// The message and the place, such as `Unrecognized token 'not': ...` and
/// `[Source: (String)"not a definition"; line: 1, column: 4]`.
pub(crate) fn describe(text: &str, error: &serde_json::Error) -> (String, String) {
    let (what, column) = problem(text, error);
    let line = error.line().max(1);
    let shown: String = text.chars().take(LONGEST_SHOWN).collect();
    let cut = text.chars().count().saturating_sub(LONGEST_SHOWN);
    let rest = if cut > 0 {
        format!("[truncated {cut} chars]")
    } else {
        String::new()
    };
    let place = format!("[Source: (String)\"{shown}\"{rest}; line: {line}, column: {column}]");
    (format!("{what}\n at {place}"), place)
}

/// The message, and the column where the text goes wrong.
fn problem(text: &str, error: &serde_json::Error) -> (String, usize) {
    if let Some(word) = unknown_word(text, error) {
        let what = format!(
            "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or \
             token 'null', 'true' or 'false')"
        );
        return (what, column_after(text, error.line(), word));
    }
    let message = error.to_string();
    // The library puts the place at the end of its own messages.
    let at = format!(" at line {} column {}", error.line(), error.column());
    let what = message.strip_suffix(&at).unwrap_or(&message).to_owned();
    (what, error.column())
}

/// How much of a text its parser quotes.
const LONGEST_SHOWN: usize = 500;

/// The bare word at which the text goes wrong, if it is one.
fn unknown_word<'t>(text: &'t str, error: &serde_json::Error) -> Option<&'t str> {
    let line = text.lines().nth(error.line().checked_sub(1)?)?;
    let before = line.get(..error.column().min(line.len()))?;
    let start = before.rfind(|c: char| !is_word(c)).map_or(0, |at| {
        at + before[at..].chars().next().map_or(1, char::len_utf8)
    });
    let word = &line[start..];
    let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
    let word = &word[..end];
    let begins = word.chars().next()?;
    begins.is_alphabetic().then_some(word)
}

fn column_after(text: &str, line: usize, word: &str) -> usize {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    line.find(word).map_or(1, |at| at + word.len() + 1)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
