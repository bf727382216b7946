//@ file task 3b solution
//! `check-node-experience`: counts how often a CV speaks of Node.js experience.

use aws_config::SdkConfig;
use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use serde_json::{Map, Value};

use crate::BUILD_ID;
use crate::experience::points;
use crate::extracted;
use crate::input::key;

/// What counts, in lower case.
const WORDS: [&str; 8] = [
    "node.js",
    "javascript",
    "mocha",
    "jest",
    "chai",
    "express",
    "nest.js",
    "typescript",
];

/// Returns `input` with `nodeExperience` added.
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
    info!(
        key,
        experience,
        build = BUILD_ID,
        "Checked Node.js experience"
    );
    input.insert("nodeExperience".to_owned(), experience.into());
    Ok(input)
}
