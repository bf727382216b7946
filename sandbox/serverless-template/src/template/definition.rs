//! The text of a state machine's definition: CloudFormation's functions in it
//! become parameters of `Fn::Sub`.

use std::fmt::Write as _;
use std::rc::Rc;

use md5::{Digest, Md5};
use serde_json::{Map, Value as Json, json};

use crate::config::Function;
use crate::error::Error;
use crate::node::{Entry, Node, Value};

/// What `DefinitionString` is to be.
pub(super) fn write(definition: &Rc<Node>, functions: &[Function]) -> Result<Json, Error> {
    let mut calls = Vec::new();
    let definition = substitute(definition, &mut calls)?;
    let mut text = to_text(&definition, serde_json::to_string_pretty)?;
    let has_pseudo_parameters = replace_pseudo_parameters(&mut text);
    if calls.is_empty() {
        return Ok(match has_pseudo_parameters {
            true => json!({ "Fn::Sub": text }),
            false => json!(text),
        });
    }
    for call in calls.iter().filter(|call| call.is_number) {
        let parameter = format!("${{{}}}", call.parameter);
        text = text.replace(&format!("\"{parameter}\""), &parameter);
    }
    let mut parameters = Map::new();
    for call in calls {
        match translate(&call.node, functions)? {
            Translated::Value(value) => {
                parameters.insert(call.parameter, value);
            }
            Translated::FunctionName(name) => {
                let arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:";
                let parameter = format!("${{{}}}", call.parameter);
                text = text.replace(&parameter, &format!("{arn}{name}"));
            }
        }
    }
    Ok(match parameters.is_empty() {
        true => json!({ "Fn::Sub": text }),
        false => json!({ "Fn::Sub": [text, parameters] }),
    })
}

/// A call of an intrinsic function within the definition.
struct Call {
    /// The MD5 hash of the call's JSON.
    parameter: String,
    node: Rc<Node>,
    /// Whether its value stands where a number has to be: `Seconds` of a wait.
    is_number: bool,
}

/// `node` with each call in it replaced by `${parameter}`.
fn substitute(node: &Rc<Node>, calls: &mut Vec<Call>) -> Result<Rc<Node>, Error> {
    let value = match &node.value {
        Value::List(items) => Value::List(
            items
                .iter()
                .map(|item| replace(item, false, calls))
                .collect::<Result<_, _>>()?,
        ),
        Value::Map(entries) => {
            let is_wait = node
                .get("Type")
                .is_some_and(|kind| matches!(&kind.value, Value::String(kind) if kind == "Wait"));
            let replaced = entries.iter().map(|entry| {
                Ok(Entry {
                    value: replace(&entry.value, is_wait && entry.key == "Seconds", calls)?,
                    ..entry.clone()
                })
            });
            Value::Map(replaced.collect::<Result<_, Error>>()?)
        }
        _ => return Ok(Rc::clone(node)),
    };
    Node::new(node.place.clone(), value)
}

fn replace(node: &Rc<Node>, is_number: bool, calls: &mut Vec<Call>) -> Result<Rc<Node>, Error> {
    if !is_call(node) {
        return substitute(node, calls);
    }
    let hash = Md5::digest(to_text(node, serde_json::to_string)?);
    let parameter = hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    let placeholder = Value::String(format!("${{{parameter}}}"));
    calls.push(Call {
        parameter,
        node: Rc::clone(node),
        is_number,
    });
    Node::new(node.place.clone(), placeholder)
}

fn is_call(node: &Node) -> bool {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .any(|entry| entry.key == "Ref" || entry.key.starts_with("Fn::")),
        _ => false,
    }
}

fn to_text(
    node: &Node,
    write: impl Fn(&Node) -> serde_json::Result<String>,
) -> Result<String, Error> {
    write(node).map_err(|error| {
        Error::new(
            &node.place,
            "",
            format!("this cannot be written as JSON: {error}"),
            "Use texts as keys",
        )
    })
}

/// `#{AWS::Region}` is the plugin's older spelling of `${AWS::Region}`.
fn replace_pseudo_parameters(text: &mut String) -> bool {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find("#{") {
        let (before, from) = rest.split_at(start);
        replaced.push_str(before);
        match from[2..].find('}') {
            Some(end) if end > 0 => {
                let _ = write!(replaced, "${{{}}}", &from[2..2 + end]);
                rest = &from[3 + end..];
            }
            _ => {
                replaced.push_str("#{");
                rest = &from[2..];
            }
        }
    }
    replaced.push_str(rest);
    let changed = replaced != *text;
    *text = replaced;
    changed
}

enum Translated {
    Value(Json),
    /// `!Ref` of a function: the plugin writes its ARN out, since a `Ref` is
    /// only the name.
    FunctionName(String),
}

/// A function may be called by its key instead of its logical id.
fn translate(call: &Node, functions: &[Function]) -> Result<Translated, Error> {
    let find = |id: &str| {
        functions
            .iter()
            .find(|function| function.key == id || function.logical_id() == id)
    };
    let logical_id = |id: &str| find(id).map_or(id.to_owned(), Function::logical_id);
    let malformed = |problem: &str, advice: &str| Err(Error::new(&call.place, "", problem, advice));
    if let Some(target) = call.get("Ref") {
        let Value::String(id) = &target.value else {
            return malformed("Ref takes a text", "Write !Ref and a logical id");
        };
        return Ok(match find(id) {
            Some(function) => Translated::FunctionName(function.name.clone()),
            None => Translated::Value(json!({ "Ref": id })),
        });
    }
    if let Some(target) = call.get("Fn::GetAtt") {
        let target = target.to_json();
        let (Some(id), Some(attribute)) = (target[0].as_str(), target[1].as_str()) else {
            return malformed(
                "Fn::GetAtt takes a list of two texts",
                "Write !GetAtt [TheResource, Arn]",
            );
        };
        return Ok(Translated::Value(
            json!({ "Fn::GetAtt": [logical_id(id), attribute] }),
        ));
    }
    Ok(Translated::Value(call.to_json()))
}
