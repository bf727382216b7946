//! The items in what an `ItemReader` has read ("ItemReader" in the developer guide).

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::map::ItemFormat;

/// Why there are no items; the texts are AWS's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable(pub String);

/// Reads the items in the answer of the reader's resource.
///
/// # Errors
/// The answer has no items in the format that the state names.
pub(crate) fn read(format: &ItemFormat, answer: Value) -> Result<Vec<Arc<Value>>, Unreadable> {
    let items = match format {
        ItemFormat::Listing => match answer {
            Value::Object(mut members) => members.remove("Contents").unwrap_or(Value::Null),
            other => other,
        },
        ItemFormat::Json { pointer } => {
            let value: Value = serde_json::from_str(&body(&answer)?).map_err(not_json)?;
            match pointer {
                None => value,
                Some(pointer) => value.pointer(pointer).cloned().unwrap_or_default(),
            }
        }
        ItemFormat::JsonLines => body(&answer)?
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str::<Value>(line).map_err(not_json))
            .collect::<Result<Value, _>>()?,
        ItemFormat::Csv { delimiter, headers } => {
            rows(&body(&answer)?, *delimiter, headers.as_deref())?
        }
        ItemFormat::Unsupported(name) => {
            return Err(Unreadable(format!(
                "Files of the type {name} are not read here, only on AWS."
            )));
        }
    };
    match items {
        Value::Array(items) => Ok(items.into_iter().map(Arc::new).collect()),
        // Of an object, each member is an item.
        Value::Object(members) if matches!(format, ItemFormat::Json { pointer: Some(_) }) => {
            let items = members.into_iter().map(|(key, value)| {
                let item = [("Key".to_owned(), key.into()), ("Value".to_owned(), value)];
                Arc::new(Value::Object(Map::from_iter(item)))
            });
            Ok(items.collect())
        }
        _ => Err(Unreadable(
            "Attempting to map over non-iterable node.".to_owned(),
        )),
    }
}

fn body(answer: &Value) -> Result<String, Unreadable> {
    match &answer["Body"] {
        Value::String(text) => Ok(text.clone()),
        // A reader that parses what it reads.
        Value::Null => Err(Unreadable("The object has no content.".to_owned())),
        other => Ok(other.to_string()),
    }
}

fn not_json(error: serde_json::Error) -> Unreadable {
    Unreadable(format!("The file is not valid JSON: {error}"))
}

/// The rows of a CSV file as objects: short rows are filled with empty texts, and
/// what is beyond the headers is left out, as recorded.
fn rows(text: &str, delimiter: u8, headers: Option<&[String]>) -> Result<Value, Unreadable> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let unreadable = |error: csv::Error| Unreadable(format!("The file is not CSV: {error}"));
    let headers = match headers {
        Some(headers) => headers.to_vec(),
        None => match records.next() {
            Some(first) => {
                let first = first.map_err(unreadable)?;
                first.iter().map(str::to_owned).collect()
            }
            None => Vec::new(),
        },
    };
    let mut sorted: Vec<&String> = headers.iter().collect();
    sorted.sort();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Unreadable(
            "CSV headers cannot contain duplicates.".to_owned(),
        ));
    }
    let mut items = Vec::new();
    for record in records {
        let record = record.map_err(unreadable)?;
        let members = headers.iter().enumerate().map(|(at, header)| {
            let value = record.get(at).unwrap_or_default();
            (header.clone(), Value::from(value))
        });
        items.push(Value::Object(members.collect()));
    }
    Ok(Value::Array(items))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_body(format: ItemFormat, body: &str) -> Result<Value, String> {
        let items = read(&format, json!({ "Body": body })).map_err(|it| it.0)?;
        Ok(items.iter().map(|it| Value::clone(it)).collect())
    }

    fn csv(headers: Option<&[&str]>) -> ItemFormat {
        ItemFormat::Csv {
            delimiter: b',',
            headers: headers.map(|it| it.iter().map(|it| (*it).to_owned()).collect()),
        }
    }

    #[test]
    fn csv_files() {
        let rows = "a,b\n1,\"x,y\"\n2\n3,4,5\n";
        assert_eq!(
            read_body(csv(None), rows).unwrap(),
            json!([{ "a": "1", "b": "x,y" }, { "a": "2", "b": "" }, { "a": "3", "b": "4" }])
        );
        assert_eq!(
            read_body(csv(Some(&["c"])), "1,2\n").unwrap(),
            json!([{ "c": "1" }])
        );
        assert_eq!(
            read_body(csv(Some(&["c", "c"])), "1,2\n").unwrap_err(),
            "CSV headers cannot contain duplicates."
        );
        assert_eq!(read_body(csv(None), "").unwrap(), json!([]));
    }

    #[test]
    fn json_files() {
        let json = |pointer: Option<&str>| ItemFormat::Json {
            pointer: pointer.map(str::to_owned),
        };
        assert_eq!(read_body(json(None), "[1, 2]").unwrap(), json!([1, 2]));
        assert_eq!(
            read_body(json(None), "{}").unwrap_err(),
            "Attempting to map over non-iterable node."
        );
        assert_eq!(
            read_body(json(Some("/a")), r#"{"a": [3]}"#).unwrap(),
            json!([3])
        );
        assert_eq!(
            read_body(json(Some("/a")), r#"{"a": {"k": 1}}"#).unwrap(),
            json!([{ "Key": "k", "Value": 1 }])
        );
        assert_eq!(
            read_body(ItemFormat::JsonLines, "{\"a\":1}\n\n2\n").unwrap(),
            json!([{ "a": 1 }, 2])
        );
        assert!(read_body(json(None), "[").is_err());
    }

    #[test]
    fn listings() {
        let answer = json!({ "Contents": [{ "Key": "a" }] });
        let items = read(&ItemFormat::Listing, answer).unwrap();
        assert_eq!(*items[0], json!({ "Key": "a" }));
        assert!(read(&ItemFormat::Listing, json!({})).is_err());
    }
}
