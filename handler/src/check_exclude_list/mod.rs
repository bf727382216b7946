//@ file task 3b solution
//! `check-exclude-list`: says whether a CV is of somebody who is not wanted.

use aws_config::SdkConfig;
use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use serde_json::{Map, Value};

use crate::BUILD_ID;
use crate::extracted;
use crate::input::key;

/// Whose CV holds all of these is excluded.
const WORDS: [&str; 3] = ["janusz", "kowalski", "chrzaszczyzewoszyce"];

/// Returns `input` with `isExcluded` added.
///
/// # Errors
///
/// When there is no key, or no text under it.
pub async fn handle(
    aws: &SdkConfig,
    extracted_bucket: &str,
    mut input: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let key = key(&input)?;
    let text = extracted::text(aws, extracted_bucket, key).await?;
    let excluded = is_excluded(&text);
    info!(key, excluded, build = BUILD_ID, "Checked the exclude list");
    input.insert("isExcluded".to_owned(), excluded.into());
    Ok(input)
}

fn is_excluded(text: &str) -> bool {
    let text = text.to_lowercase();
    WORDS.iter().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_have_to_be_there() {
        assert!(is_excluded("Janusz KOWALSKI, Chrzaszczyzewoszyce"));
        assert!(!is_excluded("Janusz Kowalski, Warszawa"));
        assert!(!is_excluded(""));
    }
}
