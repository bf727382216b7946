//! Texts of what was found.

use percent_encoding::percent_decode_str;

use crate::evidence::{Execution, Invocation};

pub fn requests(invocations: &[Invocation]) -> String {
    let ids: Vec<&str> = invocations.iter().map(Invocation::short_id).collect();
    match ids.as_slice() {
        [id] => format!("request {id}"),
        [first @ .., last] if !first.is_empty() => {
            format!("requests {} and {last}", first.join(", "))
        }
        _ => "no request".to_owned(),
    }
}

pub fn names(executions: &[Execution]) -> String {
    let names: Vec<&str> = executions.iter().map(|it| it.name.as_str()).collect();
    names.join(", ")
}

/// As S3 encodes keys in events.
pub fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// One, two, ... for people.
pub fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("one {thing}"),
        2 => format!("two {thing}s"),
        3 => format!("three {thing}s"),
        4 => format!("four {thing}s"),
        _ => format!("{number} {thing}s"),
    }
}

/// An object, for people.
pub fn object(bucket: &str, key: &str) -> String {
    cut(&format!("s3://{bucket}/{key}"), 200)
}

/// A text that fits a report.
pub fn shortened(text: &str) -> String {
    cut(text, 300)
}

/// An error of AWS: longer, as the half that decides stands at its end.
pub fn whole(error: &str) -> String {
    cut(error, 1_200)
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let begin: String = text.chars().take(longest).collect();
    format!("{begin}...")
}
