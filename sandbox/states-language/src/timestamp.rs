//! Timestamps: the profile of ISO 8601 that the language takes.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment such as `2026-01-31T23:59:59Z`, with `T`, a `Z` or an offset, and a
/// fraction of any length; nothing for any other text.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    // RFC 3339 allows small letters and a space, the language does not.
    if text.chars().any(|c| matches!(c, 't' | 'z' | ' ')) {
        return None;
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, expected) in [
            ("2026-01-31T23:59:59Z", true),
            ("2026-01-31T23:59:59.000000Z", true),
            ("2026-01-31T23:59:59.123456789Z", true),
            ("2026-01-31T23:59:59+02:00", true),
            ("2026-01-31T23:59:59", false),
            ("2026-01-31 23:59:59Z", false),
            ("2026-01-31t23:59:59Z", false),
            ("31-01-2026T23:59:59Z", false),
            ("2026-13-31T23:59:59Z", false),
            ("2026-01-31T25:59:59Z", false),
            ("", false),
        ] {
            assert_eq!(parse(text).is_some(), expected, "{text}");
        }
    }
}
