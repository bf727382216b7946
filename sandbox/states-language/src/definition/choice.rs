//! Choice states: their rules, and how they are read.

use serde_json::Value;

use super::program::Transitions;
use super::reader::{Node, Reader};
use super::{Assign, QueryLanguage, StateIndex, fields};
use crate::path::Path;
use crate::template::{Field, Template};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub rules: Vec<Rule>,
    pub default: Option<StateIndex>,
}

/// A top-level rule: where it leads, and what it makes of the data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub condition: Condition,
    pub next: StateIndex,
    pub output: Option<Template>,
    pub assign: Assign,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// `"Condition": "{% ... %}"`
    Jsonata(Field),
    /// `"Condition": true`
    Constant(bool),
    /// The operators of JSONPath states.
    Test(Test),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    /// `IsPresent` and its kin: whether the variable is so.
    Is(Path, Quality, bool),
    Compare(Path, Comparison),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    Present,
    Null,
    Numeric,
    Text,
    Boolean,
    Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub of: Compared,
    pub relation: Relation,
    pub with: Operand,
}

/// What both sides must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Text,
    Number,
    Boolean,
    Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
    /// `StringMatches`: `*` stands for any characters.
    Matches,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Literal(Value),
    /// Of the operators whose name ends in `Path`.
    Path(Path),
}

const QUALITIES: [(&str, Quality); 6] = [
    ("IsPresent", Quality::Present),
    ("IsNull", Quality::Null),
    ("IsNumeric", Quality::Numeric),
    ("IsString", Quality::Text),
    ("IsBoolean", Quality::Boolean),
    ("IsTimestamp", Quality::Timestamp),
];

const COMPARED: [(&str, Compared); 4] = [
    ("String", Compared::Text),
    ("Numeric", Compared::Number),
    ("Boolean", Compared::Boolean),
    ("Timestamp", Compared::Timestamp),
];

const RELATIONS: [(&str, Relation); 6] = [
    ("Equals", Relation::Equals),
    ("LessThan", Relation::LessThan),
    ("GreaterThan", Relation::GreaterThan),
    ("LessThanEquals", Relation::LessThanEquals),
    ("GreaterThanEquals", Relation::GreaterThanEquals),
    ("Matches", Relation::Matches),
];

/// What an operator's name says: `NumericLessThanPath`, `IsNull`, ...
enum Operator {
    Is(Quality),
    Compare(Compared, Relation, bool),
}

fn operator(name: &str) -> Option<Operator> {
    if let Some((_, quality)) = QUALITIES.iter().find(|(known, _)| *known == name) {
        return Some(Operator::Is(*quality));
    }
    let (plain, of_path) = match name.strip_suffix("Path") {
        Some(plain) => (plain, true),
        None => (name, false),
    };
    COMPARED.iter().find_map(|(prefix, of)| {
        let rest = plain.strip_prefix(prefix)?;
        let (_, relation) = RELATIONS.iter().find(|(known, _)| *known == rest)?;
        let exists = match (of, relation) {
            (Compared::Boolean, relation) => *relation == Relation::Equals,
            (of, Relation::Matches) => *of == Compared::Text && !of_path,
            _ => true,
        };
        exists.then_some(Operator::Compare(*of, *relation, of_path))
    })
}

/// Reads the rules.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
    transitions: &mut Transitions<'_>,
) -> Option<Choice> {
    if !reader.require(node, &["Choices"]) {
        return None;
    }
    let listed = reader.list(node, "Choices")?;
    if listed.is_empty() {
        reader.reject(&node.at("Choices"), "Value cannot be empty");
    }
    let mut rules = Vec::with_capacity(listed.len());
    for (place, value) in &listed {
        if let Some(rule) = reader.object(value, place.clone()) {
            rules.extend(read_rule(reader, &rule, language, transitions));
        }
    }
    let default = match node.has("Default") {
        true => Some(transitions.target(reader, node, "Default")?),
        false => None,
    };
    (rules.len() == listed.len()).then_some(Choice { rules, default })
}

fn read_rule(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
    transitions: &mut Transitions<'_>,
) -> Option<Rule> {
    for field in node.fields.keys() {
        match (language, field.as_str()) {
            (QueryLanguage::JsonPath, "Condition") => {
                reject_language(reader, node, "Condition", "JSONPath", "JSONata");
            }
            (QueryLanguage::Jsonata, "Variable") => {
                reject_language(reader, node, "Variable", "JSONata", "JSONPath");
            }
            (_, other) => {
                fields::check_language(reader, node, other, language_of_rule(other, language))
            }
        }
    }
    let next = reader.require(node, &["Next"]);
    let next = next.then(|| transitions.target(reader, node, "Next"));
    let assign = reader.assign(node, language);
    let output = reader.template(node, "Output", language);
    reader.text(node, "Comment");
    let condition = match language {
        QueryLanguage::JsonPath => {
            let own = ["Next", "Comment", "Assign"];
            Condition::Test(read_test(reader, node, &own)?)
        }
        QueryLanguage::Jsonata => {
            reader.only(node, &["Condition", "Next", "Comment", "Assign", "Output"]);
            read_condition(reader, node)?
        }
    };
    Some(Rule {
        condition,
        next: next??,
        output,
        assign,
    })
}

/// The operators whose name ends in `Path` are no fields of the other language.
fn language_of_rule(field: &str, language: QueryLanguage) -> QueryLanguage {
    match operator(field) {
        Some(_) => QueryLanguage::JsonPath,
        None => language,
    }
}

fn reject_language(reader: &mut Reader, node: &Node<'_>, field: &str, is: &str, other: &str) {
    reader.reject(
        &node.place,
        format!(
            "The QueryLanguage is set to '{is}', but field '{field}' is only supported for the \
             '{other}' QueryLanguage"
        ),
    );
}

fn read_condition(reader: &mut Reader, node: &Node<'_>) -> Option<Condition> {
    let place = node.at("Condition");
    match node.get("Condition") {
        Some(Value::Bool(value)) => Some(Condition::Constant(*value)),
        Some(Value::String(text)) => reader.jsonata(text, &place).map(Condition::Jsonata),
        Some(_) => {
            reader.reject(&place, "Expected value of type Boolean");
            None
        }
        None => {
            reject_shape(reader, node);
            None
        }
    }
}

fn reject_shape(reader: &mut Reader, node: &Node<'_>) {
    reader.reject(
        &node.place,
        "The object must have only one of the following fields, [And, Or, Not, Variable, \
         Condition]",
    );
}

/// Reads a test; `own` are fields that are read elsewhere.
fn read_test(reader: &mut Reader, node: &Node<'_>, own: &[&str]) -> Option<Test> {
    let shapes = ["And", "Or", "Not", "Variable"];
    let given: Vec<&str> = shapes.into_iter().filter(|it| node.has(it)).collect();
    let &[shape] = given.as_slice() else {
        reject_shape(reader, node);
        return None;
    };
    if shape == "Variable" {
        return read_comparison(reader, node, own);
    }
    let known = [own, &[shape]].concat();
    reader.only(node, &known);
    if shape == "Not" {
        let inner = reader.object_field(node, "Not")?;
        return Some(Test::Not(Box::new(read_test(reader, &inner, &[])?)));
    }
    let listed = reader.list(node, shape)?;
    if listed.is_empty() {
        reader.reject(&node.at(shape), "Value cannot be empty");
    }
    let mut tests = Vec::with_capacity(listed.len());
    for (place, value) in &listed {
        if let Some(inner) = reader.object(value, place.clone()) {
            tests.extend(read_test(reader, &inner, &[]));
        }
    }
    if tests.len() < listed.len() {
        return None;
    }
    Some(match shape {
        "And" => Test::And(tests),
        _ => Test::Or(tests),
    })
}

fn read_comparison(reader: &mut Reader, node: &Node<'_>, own: &[&str]) -> Option<Test> {
    let mut operators = Vec::new();
    for (field, value) in node.fields {
        match operator(field) {
            Some(found) => operators.push((field.as_str(), found, value)),
            None if field == "Variable" || own.contains(&field.as_str()) => {}
            None => reader.reject(&node.place, format!("Field '{field}' is not supported")),
        }
    }
    let variable = read_variable(reader, node, "Variable");
    let (name, operator, value) = match operators.len() {
        1 => operators.remove(0),
        count => {
            let names: Vec<&str> = operators.iter().map(|(name, ..)| *name).collect();
            let message = if count == 0 {
                "This object should have only one comparison operator".to_owned()
            } else {
                format!(
                    "There should only be one of the following fields: [{}]",
                    names.join(", ")
                )
            };
            reader.reject(&node.place, message);
            return None;
        }
    };
    let place = node.at(name);
    match operator {
        Operator::Is(quality) => match value {
            Value::Bool(wanted) => Some(Test::Is(variable?, quality, *wanted)),
            _ => {
                reader.reject(&place, "Expected value of type Boolean");
                None
            }
        },
        Operator::Compare(of, relation, of_path) => {
            let with = if of_path {
                Operand::Path(read_variable(reader, node, name)?)
            } else {
                Operand::Literal(read_literal(reader, of, value, &place)?)
            };
            Some(Test::Compare(variable?, Comparison { of, relation, with }))
        }
    }
}

/// A path to what is compared.
fn read_variable(reader: &mut Reader, node: &Node<'_>, field: &str) -> Option<Path> {
    let text = reader.text(node, field)?;
    if text.starts_with('$') {
        return reader.path(node, field);
    }
    reader.reject(
        &node.at(field),
        "Value is not a Reference Path: Reference path didn't start with '$'",
    );
    None
}

fn read_literal(reader: &mut Reader, of: Compared, value: &Value, place: &str) -> Option<Value> {
    let problem = match (of, value) {
        (Compared::Text, Value::String(_))
        | (Compared::Number, Value::Number(_))
        | (Compared::Boolean, Value::Bool(_)) => return Some(value.clone()),
        (Compared::Timestamp, Value::String(text)) => {
            if crate::timestamp::parse(text).is_some() {
                return Some(value.clone());
            }
            "String does not match RFC3339 timestamp"
        }
        (Compared::Text | Compared::Timestamp, _) => "Expected value of type String",
        (Compared::Number, _) => "Expected value of type Number",
        (Compared::Boolean, _) => "Expected value of type Boolean",
    };
    reader.reject(place, problem);
    None
}
