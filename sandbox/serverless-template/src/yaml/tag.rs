//! CloudFormation's short tags: `!Ref`, `!GetAtt` and the like.

use std::rc::Rc;

use saphyr_parser::Tag;

use crate::error::{Error, Place};
use crate::node::{Entry, Node, Value};

/// The tags that stand for an intrinsic function of CloudFormation; but for
/// `Ref` and `Condition`, the function's full name begins with `Fn::`.
const FUNCTIONS: [&str; 18] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Not",
    "Or",
    "Ref",
    "Select",
    "Split",
    "Sub",
    "Transform",
];

/// The intrinsic function that a tag stands for; `None` for no tag and `!!str`.
pub(super) fn function(tag: Option<&Tag>, place: &Place) -> Result<Option<&'static str>, Error> {
    let Some(tag) = tag else {
        return Ok(None);
    };
    if tag.handle == "!"
        && let Some(function) = FUNCTIONS.iter().find(|name| **name == tag.suffix)
    {
        return Ok(Some(function));
    }
    if tag.is_yaml_core_schema() && tag.suffix == "str" {
        return Ok(None);
    }
    Err(Error::new(
        place,
        "",
        format!("the tag {tag} is not known"),
        format!(
            "Known are !!str and CloudFormation's !{}",
            FUNCTIONS.join(", !")
        ),
    ))
}

/// `!Name argument` as `{"Fn::Name": argument}`.
pub(super) fn call(function: &str, argument: Rc<Node>) -> Result<Rc<Node>, Error> {
    let place = argument.place.clone();
    let argument = match &argument.value {
        Value::String(text) if function == "GetAtt" => {
            let Some((resource, attribute)) = text.split_once('.') else {
                return Err(Error::new(
                    &place,
                    "",
                    format!("!GetAtt {text} names no attribute"),
                    "Write !GetAtt Resource.Attribute",
                ));
            };
            let part = |text: &str| Node::new(place.clone(), Value::String(text.to_owned()));
            let parts = vec![part(resource)?, part(attribute)?];
            Node::new(place.clone(), Value::List(parts))?
        }
        _ => argument,
    };
    let key = match function {
        "Ref" | "Condition" => function.to_owned(),
        _ => format!("Fn::{function}"),
    };
    let entry = Entry {
        key,
        place: place.clone(),
        value: argument,
    };
    Node::new(place, Value::Map(vec![entry]))
}
