//! One invocation, as its log tells it.

/// One invocation, as its log tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Invocation {
    /// Lambda's id for it.
    pub request_id: String,
    /// What the function logged.
    pub lines: Vec<String>,
    /// What Lambda said when it ended.
    pub report: Option<InvocationReport>,
}

/// Lambda's REPORT line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InvocationReport {
    /// In milliseconds.
    pub duration_ms: f64,
    /// `timeout` or `error`, where Lambda itself saw the invocation fail.
    pub status: Option<String>,
}

impl Invocation {
    /// What went wrong, where something did: Lambda's word for it, or the
    /// error that the function returned.
    pub fn failure(&self) -> Option<String> {
        // The runtime writes an error that a function returns as one line:
        // ERROR ...: Diagnostic { error_type: ..., error_message: ... }
        let returned = self.line(|line| line.contains("ERROR") && line.contains("Diagnostic {"));
        if let Some(line) = returned {
            let at = line
                .find("error_message: ")
                .map_or(0, |at| at + "error_message: ".len());
            let text = line.get(at..).unwrap_or(line).trim_end_matches(" }");
            let text = text
                .strip_prefix('"')
                .and_then(|it| it.strip_suffix('"'))
                .unwrap_or(text);
            return Some(text.replace("\\\"", "\""));
        }
        // A panic it catches, and goes on: Lambda itself sees no failure.
        let caught =
            self.line(|line| line.contains("ERROR") && line.contains("user handler panicked"));
        let status = self.report.as_ref().and_then(|it| it.status.as_deref());
        let status = caught.map(|_| "panicked").or(status)?;
        let ended = self.line(|line| {
            line.contains("Task timed out")
                || line.contains("Runtime exited")
                || line.contains("Error:")
        });
        // Lambda's line names the request, which is said already.
        let ended = ended.map(|line| {
            let line = line.lines().next().unwrap_or(line);
            line.split_once(" Error: ")
                .map_or(line, |(_, text)| text)
                .to_owned()
        });
        let own = self.panic().or_else(|| self.last_words());
        let parts: Vec<String> = own.into_iter().chain(ended).collect();
        Some(if parts.is_empty() {
            status.to_owned()
        } else {
            parts.join("; ")
        })
    }

    /// What the function seems to have returned as an error: its last line is as the runtime
    /// writes errors of any type, in the form for programmers. A function may write such a line
    /// itself, and end well.
    pub fn seems_returned(&self) -> Option<String> {
        let last = self.lines.last()?;
        let (_, text) = last.split_once("ERROR Lambda runtime invoke{")?;
        let (_, text) = text.split_once("}: ")?;
        if let Some(text) = text.trim_end().strip_prefix('"') {
            let text = text.strip_suffix('"').unwrap_or(text);
            return Some(text.replace("\\\"", "\""));
        }
        let end = text.find(|c: char| !c.is_ascii_alphanumeric());
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
            && (rest.trim_end().is_empty() || rest.starts_with('(') || rest.starts_with(" {"));
        // AWS's own words, where it refused a call.
        let of_aws = |field: &str| {
            let (_, text) = text.split_once(&format!("{field}: Some(\""))?;
            Some(text.split_once("\")")?.0.to_owned())
        };
        match (of_aws("code"), of_aws("message")) {
            _ if !is_type => None,
            (Some(code), Some(message)) => Some(format!("{code}: {message}")),
            _ => Some(text.to_owned()),
        }
    }

    /// What the function said when it panicked: the place and, on the line after
    /// it, the message.
    fn panic(&self) -> Option<String> {
        let at = self
            .lines
            .iter()
            .position(|line| line.contains("panicked at"))?;
        let message = self.lines.get(at + 1).map(|line| format!(" {line}"));
        Some(format!("{}{}", self.lines[at], message.unwrap_or_default()))
    }

    /// The line before Lambda's word that the process exited.
    fn last_words(&self) -> Option<String> {
        let at = self
            .lines
            .iter()
            .position(|line| line.contains("Runtime exited"))?;
        self.lines
            .get(at.checked_sub(1)?)
            .map(|line| line.trim().to_owned())
    }

    /// The last such line: what ended the invocation.
    fn line(&self, is_it: impl Fn(&str) -> bool) -> Option<&str> {
        self.lines
            .iter()
            .rev()
            .map(String::as_str)
            .find(|line| is_it(line))
    }

    /// The build id that the function logged: of the sources that it was built from.
    pub fn build_id(&self) -> Option<&str> {
        self.lines.iter().find_map(|it| build_id_in(it))
    }

    /// The first characters of the request id, for people.
    pub fn short_id(&self) -> &str {
        self.request_id.get(..8).unwrap_or(&self.request_id)
    }
}

/// The build id that a line of a log holds.
pub fn build_id_in(line: &str) -> Option<&str> {
    let (_, quoted) = line.split_once("build=\"")?;
    quoted.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_any_type() {
        let span = "ERROR Lambda runtime invoke{requestId=\"r\"}: ";
        for (text, expected) in [
            ("\"there is no \\\"key\\\"\"", Some("there is no \"key\"")),
            (
                "ServiceError(ServiceError { source: ErrorMetadata { code: Some(\"InvalidArn\"), \
                 message: Some(\"Invalid Arn: 'x'\"), extras: None } })",
                Some("InvalidArn: Invalid Arn: 'x'"),
            ),
            (
                "Utf8Error { valid_up_to: 1 }",
                Some("Utf8Error { valid_up_to: 1 }"),
            ),
            ("an error that was dealt with", None),
            ("NotFound", Some("NotFound")),
            ("Refused: no order", None),
            ("Could not start it", None),
        ] {
            let invocation = Invocation {
                lines: vec![" INFO begun".to_owned(), format!("{span}{text}")],
                ..Invocation::default()
            };
            assert_eq!(invocation.seems_returned().as_deref(), expected);
        }
        let later = Invocation {
            lines: vec![format!("{span}\"no\""), " INFO went on".to_owned()],
            ..Invocation::default()
        };
        assert_eq!(later.seems_returned(), None);
    }
}
