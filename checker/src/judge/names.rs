//! Names of executions that are unique only as long as no two CVs come at once.

/// Whether names differ in nothing but the time at which they were made, in seconds or
/// milliseconds since 1970 or as a date. `now` is in milliseconds since 1970.
pub fn are_by_time(names: &[&str], now: i64) -> bool {
    if names.len() < 2 {
        return false;
    }
    let without: Option<Vec<String>> = names.iter().map(|it| without_time(it, now)).collect();
    let Some(without) = without else {
        return false;
    };
    without.iter().all(|it| *it == without[0])
}

/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The name without the time in it; nothing if there is none.
fn without_time(name: &str, now: i64) -> Option<String> {
    let mut rest = String::new();
    let mut digits = String::new();
    let mut found = false;
    for c in name.chars().chain(['-']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if is_time(&digits, now) {
            found = true;
        } else {
            rest += &digits;
        }
        digits.clear();
        rest.push(c);
    }
    if found {
        return Some(rest);
    }
    // A date, however it is written, with the time of the day behind it.
    let all: String = name.chars().filter(char::is_ascii_digit).collect();
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    let days = [now - DAY, now, now + DAY].map(date);
    days.iter().any(|it| all.contains(it)).then_some(letters)
}

fn is_time(digits: &str, now: i64) -> bool {
    let Ok(number) = digits.parse::<i64>() else {
        return false;
    };
    let millis = match digits.len() {
        10 => number * 1000,
        13 => number,
        _ => return false,
    };
    (millis - now).abs() < 2 * DAY
}

/// Year, month and day, in digits.
fn date(millis: i64) -> String {
    let date = aws_smithy_types::DateTime::from_millis(millis);
    let text = date.fmt(aws_smithy_types::date_time::Format::DateTime);
    let text = text.unwrap_or_default();
    let digits = text.chars().filter(char::is_ascii_digit);
    digits.take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        // 2026-11-26T11:30:00Z
        let now = 1_795_692_600_000;
        for (names, expected) in [
            (vec!["cv-1795692600123", "cv-1795692600124"], true),
            (vec!["cv-1795692600", "cv-1795692601"], true),
            (vec!["20261126T113000123", "20261126T113000124"], true),
            (
                vec!["cv-2026-11-26-11-30-00-1", "cv-2026-11-26-11-30-00-2"],
                true,
            ),
            (vec!["cv-1795692600123-a", "cv-1795692600124-b"], false),
            (
                vec!["cv-1795692600123456789", "cv-1795692600123456790"],
                false,
            ),
            (vec!["cv-1", "cv-2"], false),
            (vec!["cv-1795692600123"], false),
            (
                vec![
                    "cv-txt-ccd154c2-0d36-4079-9274-aeb979676562",
                    "cv-txt-11111111-2222-4333-8444-555555555555",
                ],
                false,
            ),
        ] {
            assert_eq!(are_by_time(&names, now), expected, "{names:?}");
        }
    }
}
