//@ file task 2 start
//! `extract-text`: makes a text file of what Textract found in a CV.

use aws_config::SdkConfig;
use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use serde_json::{Map, Value};

use crate::BUILD_ID;
use crate::input::key;

/// Writes the lines of `taskresult` under the CV's key, and returns `input` without it:
/// copied into every branch to come, it could exceed what a state may pass on.
///
/// # Errors
///
/// When `input` has no key or no blocks, or S3 refuses the object.
pub async fn handle(
    aws: &SdkConfig,
    extracted_bucket: &str,
    mut input: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let found = input.remove("taskresult").unwrap_or_default();
    let key = key(&input)?;
    let blocks = found["Blocks"]
        .as_array()
        .ok_or("the input has no \"taskresult\" with Textract's Blocks: see ResultPath")?;
    let text = lines(blocks).join("\n");
    aws_sdk_s3::Client::new(aws)
        .put_object()
        .bucket(extracted_bucket)
        .key(key)
        .content_type("text/plain; charset=utf-8")
        .body(text.into_bytes().into())
        .send()
        .await?;
    info!(key, build = BUILD_ID, "Extracted the text");
    Ok(input)
}

/// The texts of the LINE blocks, from top to bottom.
fn lines(blocks: &[Value]) -> Vec<&str> {
    let lines = blocks.iter().filter(|block| block["BlockType"] == "LINE");
    lines.filter_map(|block| block["Text"].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_lines_count() {
        let blocks = [
            json!({ "BlockType": "PAGE" }),
            json!({ "BlockType": "LINE", "Text": "Zoë Nowak" }),
            json!({ "BlockType": "LINE", "Text": "Engineer" }),
            json!({ "BlockType": "WORD", "Text": "Zoë" }),
        ];
        assert_eq!(lines(&blocks), ["Zoë Nowak", "Engineer"]);
    }
}
