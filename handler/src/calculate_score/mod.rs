//@ file task 4 start
//! `calculate-score`: sums up what the branches of the workflow found.

//@ task 4 solution
#[cfg(test)]
mod tests;
//@ end

use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use serde_json::{Map, Value, json};

use crate::BUILD_ID;
//@ task 5 solution
use crate::copy_source::copy_source;
//@ end
use crate::input::key;

/// Returns the score of the CV that `branches` are about, one output for each branch.
///
/// # Errors
///
/// When a branch did not return its field.
pub fn handle(
    input_bucket: &str,
    branches: &[Map<String, Value>],
) -> Result<Map<String, Value>, Error> {
    let key = key(branches.first().ok_or("there are no branches")?)?;
    let it = number(branches, "itExperience")?;
    let cloud = number(branches, "cloudExperience")?;
    let node = number(branches, "nodeExperience")?;
    let excluded = field(branches, "isExcluded")? == &Value::Bool(true);

    //@ task 4 start
    //~ // TODO: Calculate the score here
    //~ let score = 0;
    //@ task 4 solution
    let score = if excluded { 0 } else { it + cloud + node };
    //@ end

    info!(
        key,
        bucket = input_bucket,
        it,
        cloud,
        node,
        excluded,
        score,
        build = BUILD_ID,
        "Calculated the score"
    );
    let output = json!({
        "calculatedScore": score,
        "key": key,
        //@ task 5 start
        //~ // TODO: Add copySource here
        //@ task 5 solution
        "copySource": copy_source(input_bucket, key),
        //@ end
    });
    Ok(output.as_object().cloned().unwrap_or_default())
}

/// What one of the branches returned as `name`.
fn field<'a>(branches: &'a [Map<String, Value>], name: &str) -> Result<&'a Value, Error> {
    let found = branches.iter().find_map(|branch| branch.get(name));
    found.ok_or_else(|| format!("no branch of the workflow returned {name}").into())
}

fn number(branches: &[Map<String, Value>], name: &str) -> Result<u64, Error> {
    let number = field(branches, name)?.as_u64();
    number.ok_or_else(|| format!("{name} is no whole number").into())
}
