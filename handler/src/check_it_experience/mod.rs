//@ file task 3a start
//! `check-it-experience`: counts how often a CV speaks of IT experience.

use aws_config::SdkConfig;
use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use serde_json::{Map, Value};

use crate::BUILD_ID;
use crate::experience::points;
use crate::extracted;
use crate::input::key;

/// What counts, in lower case.
const WORDS: [&str; 10] = [
    "terraform",
    "kubernetes",
    "cypress",
    "mysql",
    "postgresql",
    "mongodb",
    "arangodb",
    "github",
    "docker",
    "ansible",
];

/// Returns `input` with `itExperience` added.
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
    let experience = points(&text, &WORDS);
    info!(key, experience, build = BUILD_ID, "Checked IT experience");
    input.insert("itExperience".to_owned(), experience.into());
    Ok(input)
}
