//! Reads one state.

use serde_json::Value;

use super::program::{self, Transitions};
use super::reader::{Node, Reader};
use super::{
    Fail, Flow, JsonPathFlow, JsonataFlow, ParallelState, QueryLanguage, Resource, State,
    TaskState, Wait, Work, choice, error_handling, expressions, fields, map,
};
use crate::diagnostic::Code;
use crate::payload::Payload;
use crate::setting::{self, Source};

/// Reads a state and where it leads.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node<'_>,
    name: &str,
    transitions: &mut Transitions<'_>,
) -> Option<State> {
    if !reader.require(node, &["Type"]) {
        return None;
    }
    let state_type = reader.one_of(node, "Type", &fields::TYPES)?;
    let language = language(reader, node)?;
    fields::check(reader, node, state_type, language);
    reader.text(node, "Comment");
    let flow = flow(reader, node, language);
    let next = match state_type {
        "Choice" | "Succeed" | "Fail" => None,
        _ => next(reader, node, transitions)?,
    };
    let work = match state_type {
        "Pass" => pass(reader, node),
        "Task" => Work::Task(Box::new(task(reader, node, language, transitions)?)),
        "Choice" => Work::Choice(choice::read(reader, node, language, transitions)?),
        "Wait" => Work::Wait(wait(reader, node, language)?),
        "Succeed" => Work::Succeed,
        "Parallel" => Work::Parallel(Box::new(parallel(reader, node, language, transitions)?)),
        "Map" => Work::Map(Box::new(map::read(reader, node, language, transitions)?)),
        _ => Work::Fail(Fail {
            error: reader.text_setting(node, "Error", language),
            cause: reader.text_setting(node, "Cause", language),
        }),
    };
    Some(State {
        name: name.into(),
        work,
        next,
        flow,
    })
}

fn language(reader: &mut Reader, node: &Node<'_>) -> Option<QueryLanguage> {
    let of_machine = reader.language;
    let of_state = program::query_language(reader, node).unwrap_or(of_machine);
    if (of_machine, of_state) == (QueryLanguage::Jsonata, QueryLanguage::JsonPath) {
        reader.reject(
            &node.place,
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
        );
        return None;
    }
    Some(of_state)
}

/// `Next` or `End`: `Some(None)` where the program ends.
#[allow(clippy::option_option)] // The outer one: is it right? The inner one: does it go on?
fn next(
    reader: &mut Reader,
    node: &Node<'_>,
    transitions: &mut Transitions<'_>,
) -> Option<Option<usize>> {
    let end = match node.get("End") {
        None => false,
        Some(Value::Bool(end)) => *end,
        Some(_) => {
            reader.reject(&node.at("End"), "Expected value of type Boolean");
            return None;
        }
    };
    match (node.has("Next"), end) {
        (true, false) => transitions.target(reader, node, "Next").map(Some),
        (false, true) => Some(None),
        (true, true) => {
            reader.reject(
                &node.place,
                "There should only be one of the following fields: [Next, End]",
            );
            None
        }
        (false, false) => {
            reader.reject(
                &node.place,
                "This object should have only one of the following fields: [Next, End]",
            );
            None
        }
    }
}

fn flow(reader: &mut Reader, node: &Node<'_>, language: QueryLanguage) -> Flow {
    let assign = reader.assign(node, language);
    match language {
        QueryLanguage::JsonPath => {
            // A Map's are the older name of its ItemSelector, read there.
            let of_map = node.get("Type").is_some_and(|it| it == "Map");
            let parameters = if of_map {
                None
            } else {
                warn_of_paths(reader, node, "Parameters");
                reader.template(node, "Parameters", language)
            };
            Flow::JsonPath(Box::new(JsonPathFlow {
                input_path: reader.path_or_null(node, "InputPath"),
                parameters,
                result_selector: reader.template(node, "ResultSelector", language),
                result_path: reader.reference_path_or_null(node, "ResultPath"),
                output_path: reader.path_or_null(node, "OutputPath"),
                assign,
            }))
        }
        QueryLanguage::Jsonata => Flow::Jsonata(Box::new(JsonataFlow {
            arguments: reader.template(node, "Arguments", language),
            output: reader.template(node, "Output", language),
            assign,
        })),
    }
}

/// Warns of members that look like paths but are not computed.
fn warn_of_paths(reader: &mut Reader, node: &Node<'_>, field: &str) {
    let Some(Value::Object(members)) = node.get(field) else {
        return;
    };
    for (name, value) in members {
        let looks = value.as_str().is_some_and(|text| text.starts_with("$."));
        if looks && !name.ends_with(".$") {
            let message = format!(
                "The value of '{name}' looks like a JSONPath. Instead of '{name}', use '{name}.$' \
                 to evaluate it as a JSONPath at runtime."
            );
            reader.warn(Code::NoDollar, &node.at(field), message);
        }
    }
}

fn pass(reader: &mut Reader, node: &Node<'_>) -> Work {
    if let Some(Value::Object(members)) = node.get("Result") {
        for name in members.keys().filter(|name| name.ends_with(".$")) {
            let message = format!(
                "The value of '{name}' will not evaluate as a JSONPath or Intrinsic Function at \
                 runtime. Instead of 'Result', use 'Parameters' to evaluate it as a JSONPath or \
                 Intrinsic Function at runtime."
            );
            reader.warn(Code::PassResultIsStatic, &node.at("Result"), message);
        }
    }
    Work::Pass {
        result: node.get("Result").cloned().map(Payload::new),
    }
}

fn task(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
    transitions: &mut Transitions<'_>,
) -> Option<TaskState> {
    if !reader.require(node, &["Resource"]) {
        return None;
    }
    let timeout = reader.number(node, &setting::TIMEOUT, language);
    let heartbeat = reader.number(node, &setting::HEARTBEAT, language);
    if let (Some(timeout), Some(heartbeat)) = (&timeout, &heartbeat)
        && let (Source::Fixed(timeout), Source::Fixed(heartbeat)) =
            (&timeout.source, &heartbeat.source)
        && heartbeat >= timeout
    {
        reader.reject(
            &node.at("HeartbeatSeconds"),
            "'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'",
        );
    }
    let role = credentials(reader, node, language);
    let errors = error_handling::read(reader, node, language, transitions);
    let text = reader.text(node, "Resource")?;
    let resource = Resource::read(reader, text, &node.at("Resource"))?;
    parameters(reader, node, language, &resource);
    Some(TaskState {
        resource,
        timeout,
        heartbeat,
        role,
        errors,
    })
}

/// Rejects a call without the parameters that it needs, where they are written out: fixed,
/// or as paths under a name that ends in `.$`.
fn parameters(reader: &mut Reader, node: &Node<'_>, language: QueryLanguage, resource: &Resource) {
    let field = match language {
        QueryLanguage::JsonPath => "Parameters",
        QueryLanguage::Jsonata => "Arguments",
    };
    let Some(Value::Object(given)) = node.get(field) else {
        return;
    };
    for name in resource.required() {
        let as_path =
            language == QueryLanguage::JsonPath && given.contains_key(&format!("{name}.$"));
        if !given.contains_key(*name) && !as_path {
            let message = format!("The field '{name}' is required but was missing");
            reader.reject(&node.at(field), message);
        }
    }
}

fn credentials(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
) -> Option<crate::template::Template> {
    let credentials = reader.object_field(node, "Credentials")?;
    for field in ["RoleArn", "RoleArn.$"] {
        if let Some(value) = credentials.get(field) {
            // The member alone would lose the name that makes it a path.
            let place = node.at("Credentials");
            let members = Value::Object([(field.to_owned(), value.clone())].into_iter().collect());
            return reader.template_of(&members, &place, language);
        }
    }
    reader.reject(
        &credentials.place,
        "The field 'RoleArn' is required but was missing",
    );
    None
}

fn wait(reader: &mut Reader, node: &Node<'_>, language: QueryLanguage) -> Option<Wait> {
    const FORMS: [&str; 4] = ["SecondsPath", "Seconds", "TimestampPath", "Timestamp"];
    match FORMS.iter().filter(|form| node.has(form)).count() {
        1 => {}
        count => {
            let forms = FORMS.join(", ");
            let message = if count == 0 {
                format!("This object should have only one of the following fields: [{forms}]")
            } else {
                format!("There should only be one of the following fields: [{forms}]")
            };
            reader.reject(&node.place, message);
            return None;
        }
    }
    if node.has("Seconds") || node.has("SecondsPath") {
        return reader
            .number(node, &setting::SECONDS, language)
            .map(Wait::Seconds);
    }
    let timestamp = reader.text_setting(node, "Timestamp", language)?;
    if let Source::Fixed(text) = &timestamp
        && crate::timestamp::parse(text).is_none()
    {
        let message = if expressions::is_jsonata(text) {
            "JSONata string must start with {% and end with %}"
        } else {
            "String does not match RFC3339 timestamp"
        };
        reader.reject(&node.at("Timestamp"), message);
    }
    Some(Wait::Timestamp(timestamp))
}

fn parallel(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
    transitions: &mut Transitions<'_>,
) -> Option<ParallelState> {
    if !reader.require(node, &["Branches"]) {
        return None;
    }
    let errors = error_handling::read(reader, node, language, transitions);
    let listed = reader.list(node, "Branches")?;
    if listed.is_empty() {
        reader.reject(&node.at("Branches"), "Value cannot be empty");
    }
    let mut branches = Vec::with_capacity(listed.len());
    for (place, branch) in &listed {
        let Some(branch) = reader.object(branch, place.clone()) else {
            continue;
        };
        reader.only(&branch, &["Comment", "StartAt", "States"]);
        branches.extend(program::read(reader, &branch, false));
    }
    (branches.len() == listed.len()).then_some(ParallelState { branches, errors })
}
