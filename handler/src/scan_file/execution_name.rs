//! Names for executions.

use uuid::Uuid;

use super::object_key::file_name;

/// A fresh name for an execution that works on `key`: the file's name and a UUID.
///
/// A name is unique per state machine for 90 days, has at most 80 characters, and only
/// ASCII letters, digits, `-` and `_` are fit for CloudWatch Logs as well
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>).
/// So 43 characters of the file's name are left beside the 37 of `-` and the UUID.
pub fn execution_name(key: &str) -> String {
    let words: Vec<&str> = file_name(key)
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let id = Uuid::new_v4();
    if words.is_empty() {
        return id.to_string();
    }
    format!("{:.43}-{id}", words.join("-"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_begin_with_what_can_be_kept_of_the_file_name() {
        let long = "x".repeat(200);
        for (key, begin) in [
            ("in/cv.txt", "cv-txt-"),
            ("Zoë Nowak - CV 7f3a.txt", "Zo-Nowak-CV-7f3a-txt-"),
            ("my_cv", "my_cv-"),
            (&long, &format!("{}-", "x".repeat(43))),
            ("łęść/😀", ""),
            ("", ""),
        ] {
            let name = execution_name(key);
            let id = name.strip_prefix(begin).expect(&name);
            assert_eq!(Uuid::parse_str(id).unwrap().get_version_num(), 4, "{name}");
        }
    }

    #[test]
    fn the_same_key_never_gives_the_same_name() {
        assert_ne!(execution_name("cv.txt"), execution_name("cv.txt"));
    }

    proptest! {
        #[test]
        fn aws_takes_every_name(key in any::<String>()) {
            let name = execution_name(&key);
            prop_assert!((1..=80).contains(&name.len()));
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)));
        }
    }
}
