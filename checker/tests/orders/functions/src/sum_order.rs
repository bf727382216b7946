//@ file task 2 start
//! `sum-order`: how much an order is worth.

use aws_sdk_s3::Client;
use lambda_runtime::Error;
use lambda_runtime::tracing::info;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Order {
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    quantity: u64,
    price: u64,
}

/// Returns `input` with `total` added.
pub async fn handle(
    s3: &Client,
    bucket: &str,
    mut input: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let key = input.get("key").and_then(Value::as_str);
    let key = key.ok_or("the input has no key")?;
    let object = s3.get_object().bucket(bucket).key(key).send().await?;
    let bytes = object.body.collect().await?.into_bytes();
    let order: Order = serde_json::from_slice(&bytes)?;
    //@ task 2 start
    //~ // TODO: Add up quantity times price of all lines here
    //~ let total = order.lines.first().map(|line| line.quantity + line.price);
    //@ task 2 solution
    let total: u64 = order
        .lines
        .iter()
        .map(|line| line.quantity * line.price)
        .sum();
    //@ end
    info!(key, total, "Summed up the order");
    input.insert("total".to_owned(), total.into());
    Ok(input)
}
