//! `stepFunctions`, as the plugin serverless-step-functions reads it.

use std::rc::Rc;

use serde_json::Value as Json;

use super::tags;
use crate::error::Error;
use crate::naming;
use crate::node::{Entry, Node, Value};
use crate::reader::Field;

#[derive(Default)]
pub(crate) struct StepFunctions {
    pub state_machines: Vec<StateMachine>,
    pub no_output: bool,
}

pub(crate) struct StateMachine {
    pub field: Field,
    pub key: String,
    pub id: Option<String>,
    pub name: Option<String>,
    pub role: Json,
    pub definition: Rc<Node>,
    /// STANDARD or EXPRESS.
    pub kind: Option<String>,
    pub tags: Vec<(String, String)>,
    pub inherit_tags: bool,
    pub depends_on: Vec<String>,
    pub retain: bool,
    pub logging: Option<Logging>,
    pub tracing: Option<bool>,
}

/// Properties that the plugin has besides.
const UNSERVED: [&str; 8] = [
    "alarms",
    "configureTaskTimeouts",
    "encryptionConfig",
    "events",
    "iamRoleStatements",
    "kmsKeyArns",
    "notifications",
    "useExactVersion",
];

pub(crate) struct Logging {
    pub level: String,
    pub include_execution_data: bool,
    pub destinations: Vec<Json>,
}

impl StateMachine {
    pub fn logical_id(&self) -> String {
        match self.id.as_ref().or(self.name.as_ref()) {
            Some(id) => naming::normalized(id),
            None => format!("{}StepFunctionsStateMachine", naming::normalized(&self.key)),
        }
    }

    /// The logical id of the output that holds the ARN.
    pub fn output_logical_id(&self) -> String {
        format!("{}Arn", self.logical_id())
    }
}

impl StepFunctions {
    pub fn read(field: &Field) -> Result<Self, Error> {
        let mut object = field.object()?;
        let validate = object.read("validate", Field::boolean)?.unwrap_or_default();
        let no_output = object.read("noOutput", Field::boolean)?.unwrap_or_default();
        let mut state_machines = Vec::new();
        for (key, _, field) in object.require("stateMachines")?.object()?.rest() {
            let mut machine = read(key, &field)?;
            if validate {
                let language = machine.definition.get("QueryLanguage").cloned();
                machine.definition = with_languages(&machine.definition, language.as_ref())?;
            }
            state_machines.push(machine);
        }
        object.finish()?;
        Ok(Self {
            state_machines,
            no_output,
        })
    }
}

fn read(key: String, field: &Field) -> Result<StateMachine, Error> {
    let mut object = field.object()?;
    object.unserved(&UNSERVED)?;
    let Some(role) = object.take("role") else {
        return Err(object.field.error(
            "role is missing, and a role made by the plugin is not supported",
            "Declare a role under resources and name it: role: !GetAtt [TheRole, Arn]",
        ));
    };
    let definition = object.require("definition")?;
    definition.object()?;
    let machine = StateMachine {
        field: field.clone(),
        key,
        id: object.read("id", Field::text)?,
        name: object.read("name", |field| {
            let name = field.text()?;
            naming::STATE_MACHINE.check(&name, field)?;
            Ok(name)
        })?,
        role: arn(&role)?,
        definition: nulls_last(&definition.node)?,
        kind: object.read("type", |field| field.choice(&["STANDARD", "EXPRESS"]))?,
        tags: object.read("tags", tags)?.unwrap_or_default(),
        inherit_tags: object
            .read("inheritGlobalTags", Field::boolean)?
            .unwrap_or(true),
        depends_on: object
            .read("dependsOn", |field| {
                field.list().iter().map(Field::text).collect()
            })?
            .unwrap_or_default(),
        retain: object.read("retain", Field::boolean)?.unwrap_or_default(),
        logging: object.read("loggingConfig", logging)?,
        tracing: object.read("tracingConfig", tracing)?,
    };
    object.finish()?;
    Ok(machine)
}

/// The plugin's validation writes into each state the query language that it has by default:
/// the definition's. What else it looks at, CreateStateMachine does as well.
fn with_languages(node: &Rc<Node>, language: Option<&Rc<Node>>) -> Result<Rc<Node>, Error> {
    let value = match &node.value {
        Value::List(items) => {
            let items = items.iter().map(|item| with_languages(item, language));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Value::Map(entries) => {
            let written = entries.iter().map(|entry| {
                let mut value = with_languages(&entry.value, language)?;
                if entry.key == "States" {
                    value = with_language_each(&value, language)?;
                }
                Ok(Entry {
                    value,
                    ..entry.clone()
                })
            });
            Value::Map(written.collect::<Result<_, Error>>()?)
        }
        _ => return Ok(Rc::clone(node)),
    };
    Node::new(node.place.clone(), value)
}

fn with_language_each(states: &Rc<Node>, language: Option<&Rc<Node>>) -> Result<Rc<Node>, Error> {
    const NAME: &str = "QueryLanguage";
    let Value::Map(entries) = &states.value else {
        return Ok(Rc::clone(states));
    };
    let written = entries.iter().map(|state| {
        let Value::Map(fields) = &state.value.value else {
            return Ok(state.clone());
        };
        let place = &state.value.place;
        let by_default = match language {
            Some(language) => Rc::clone(language),
            None => Node::new(place.clone(), Value::String("JSONPath".to_owned()))?,
        };
        let mut fields = fields.clone();
        match fields.iter_mut().find(|field| field.key == NAME) {
            Some(field) if field.value.is_null() => field.value = by_default,
            Some(_) => {}
            None => fields.push(Entry {
                key: NAME.to_owned(),
                place: place.clone(),
                value: by_default,
            }),
        }
        Ok(Entry {
            value: Node::new(place.clone(), Value::Map(fields))?,
            ..state.clone()
        })
    });
    let written = Value::Map(written.collect::<Result<_, Error>>()?);
    Node::new(states.place.clone(), written)
}

/// The CLI's validation takes nulls out of mappings and puts them back at the
/// end, which shows in the text of the definition.
fn nulls_last(node: &Rc<Node>) -> Result<Rc<Node>, Error> {
    let value = match &node.value {
        Value::List(items) => Value::List(items.iter().map(nulls_last).collect::<Result<_, _>>()?),
        Value::Map(entries) => {
            let sorted = entries.iter().map(|entry| {
                Ok(Entry {
                    value: nulls_last(&entry.value)?,
                    ..entry.clone()
                })
            });
            let mut sorted: Vec<Entry> = sorted.collect::<Result<_, Error>>()?;
            sorted.sort_by_key(|entry| entry.value.is_null());
            Value::Map(sorted)
        }
        _ => return Ok(Rc::clone(node)),
    };
    Node::new(node.place.clone(), value)
}

fn logging(field: &Field) -> Result<Logging, Error> {
    let mut object = field.object()?;
    let logging = Logging {
        level: object
            .read("level", |field| {
                field.choice(&["ALL", "ERROR", "FATAL", "OFF"])
            })?
            .unwrap_or_else(|| "OFF".to_owned()),
        include_execution_data: object
            .read("includeExecutionData", Field::boolean)?
            .unwrap_or_default(),
        destinations: object
            .read("destinations", |field| {
                field.list().iter().map(arn).collect()
            })?
            .unwrap_or_default(),
    };
    object.finish()?;
    Ok(logging)
}

fn tracing(field: &Field) -> Result<bool, Error> {
    let mut object = field.object()?;
    let enabled = object.read("enabled", Field::boolean)?.unwrap_or_default();
    object.finish()?;
    Ok(enabled)
}

/// An ARN, or one of the functions that the plugin takes in its place.
fn arn(field: &Field) -> Result<Json, Error> {
    let fits = match &field.node.value {
        Value::String(text) => text.starts_with("arn:aws"),
        Value::Map(entries) => match entries.as_slice() {
            [entry] => {
                ["Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join"].contains(&entry.key.as_str())
            }
            _ => false,
        },
        _ => false,
    };
    if !fits {
        return Err(field.error(
            "this is no ARN",
            "Write an ARN, !Ref, !GetAtt, !ImportValue or !Join",
        ));
    }
    Ok(field.node.to_json())
}
