//! Whether what is deployed is what is in the working tree.
//!
//! The verdict is about what is deployed: an instructor verifies the stacks of others from
//! a tree of their own. So an old deployment is told of, and judged all the same.

use std::path::Path;

use aws_smithy_xml::decode::{Document, XmlDecodeError, try_data};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::build_id::build_id;
use crate::course::stack::Stack;
use crate::target::aws::Aws;

/// Says so where a function's code was built from other sources than those in `folder`:
/// `builds` are the functions with the ids that they logged.
pub fn code(root: &Path, folder: &str, builds: &[(&str, &str)]) -> Option<String> {
    let here = build_id(&root.join(folder)).ok()?;
    let old = builds.iter().find(|(_, deployed)| *deployed != here);
    old.map(|(function, deployed)| {
        format!(
            "{function} was deployed from other sources than those in {folder}/ (build {deployed}, \
             here {here}): you changed them after the last deploy. Deploy again to verify what you \
             see here."
        )
    })
}

/// Says so where the deployed workflow is another one than in the working tree: the one
/// that an execution ran, as one that starts soon after an update may run the former one.
pub async fn workflow(
    aws: &Aws,
    stack: &Stack,
    machine: &str,
    execution: Option<&str>,
) -> Option<String> {
    // Who may not look does not know.
    let ran = match execution {
        Some(arn) => {
            let asked = aws.sfn.describe_state_machine_for_execution();
            let described = asked.execution_arn(arn).send().await.ok();
            described.map(|it| it.definition().to_owned())
        }
        None => None,
    };
    let definition = match ran {
        Some(ran) => ran,
        None => {
            let asked = aws.sfn.describe_state_machine().state_machine_arn(machine);
            asked.send().await.ok()?.definition().to_owned()
        }
    };
    let deployed: Value = serde_json::from_str(&definition).ok()?;
    let here = stack.definition().ok()?;
    let place = difference(&here, &deployed, "", fits)?;
    let file = stack.definition_file();
    Some(format!(
        "the deployed workflow is another one than in {file} ({place} differs): you changed it \
         after the last deploy. Deploy again to verify what you see here."
    ))
}

/// Says so where something else of the stack is other than in the working tree: what is set in a
/// function's environment, what a role may do, what tells a function of new objects.
pub async fn template(aws: &Aws, stack: &Stack) -> Option<String> {
    let name = utf8_percent_encode(&stack.service.stack_name, NON_ALPHANUMERIC);
    let body = format!("Action=GetTemplate&Version=2010-05-15&StackName={name}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let calls = &aws.calls;
    // Who may not look does not know.
    let answer = calls
        .post("cloudformation", "/", &headers, &body)
        .await
        .ok()?;
    let deployed = template_in(&answer.body).ok()?;
    let deployed: Value = serde_json::from_str(&deployed?).ok()?;
    let here = stack.service.template["Resources"].as_object()?;
    let deployed = deployed["Resources"].as_object()?;
    here.iter().find_map(|(id, here)| {
        let kind = here["Type"].as_str().unwrap_or_default();
        let place = match deployed.get(id) {
            // Its id holds the hash of the code.
            _ if kind == "AWS::Lambda::Version" => return None,
            None => "it is not deployed".to_owned(),
            Some(deployed) => {
                let (here, deployed) = (comparable(here), comparable(deployed));
                format!(
                    "{} differs",
                    difference(&here, &deployed, "", |one, other| one == other)?
                )
            }
        };
        let file = stack
            .service
            .places
            .get(id)
            .map_or("serverless.yml", |it| &it.file);
        Some(format!(
            "the deployed {kind} {id} is another one than in {file} ({place}): you changed it \
             after the last deploy. Deploy again to verify what you see here."
        ))
    })
}

/// The text of the template that CloudFormation answers with.
fn template_in(xml: &str) -> Result<Option<String>, XmlDecodeError> {
    let mut document = Document::new(xml);
    let mut answer = document.root_element()?;
    while let Some(mut result) = answer.next_tag() {
        while let Some(mut field) = result.next_tag() {
            if field.start_el().matches("TemplateBody") {
                return Ok(Some(try_data(&mut field)?.into_owned()));
            }
        }
    }
    Ok(None)
}

/// A resource without what is another with each deployment, or told of elsewhere: a function's
/// code and the workflow's definition.
fn comparable(resource: &Value) -> Value {
    let mut resource = resource.clone();
    if let Some(properties) = resource["Properties"].as_object_mut() {
        properties.remove("Code");
        properties.remove("DefinitionString");
    }
    resource
}

/// The pointer to the first value that differs, where `same` tells texts apart.
fn difference(
    here: &Value,
    deployed: &Value,
    pointer: &str,
    same: fn(&str, &str) -> bool,
) -> Option<String> {
    let differs = || {
        let place = if pointer.is_empty() { "all" } else { pointer };
        Some(place.to_owned())
    };
    match (here, deployed) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys());
            for name in names {
                let within = format!("{pointer}/{name}");
                match (one.get(name), other.get(name)) {
                    (Some(one), Some(other)) => {
                        if let Some(place) = difference(one, other, &within, same) {
                            return Some(place);
                        }
                    }
                    _ => return Some(within),
                }
            }
            None
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(at, (one, other))| {
                difference(one, other, &format!("{pointer}/{at}"), same)
            }),
        (Value::String(one), Value::String(other)) if same(one, other) => None,
        (one, other) if one == other => None,
        _ => differs(),
    }
}

/// Whether a text is what another one becomes, with anything in the place of each `${name}`: what
/// CloudFormation puts in.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once("${") else {
        return pattern == text;
    };
    let Some((name, rest)) = rest.split_once('}') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(begin) else {
        return false;
    };
    // ${!name} is how a text says ${name} itself.
    if let Some(name) = name.strip_prefix('!') {
        let literal = format!("${{{name}}}");
        return text
            .strip_prefix(literal.as_str())
            .is_some_and(|text| fits(rest, text));
    }
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.into_iter().any(|at| fits(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "b", false),
            ("${f}", "arn:aws:lambda", true),
            ("arn:${p}:states:::s3", "arn:aws:states:::s3", true),
            ("arn:${p}:states:::s3", "arn:aws:states:::s4", false),
            ("${a}-${b}", "x-y-z", true),
            ("${a}-${b}", "xyz", false),
            ("${!a}", "${a}", true),
            ("${!a}", "x", false),
            ("${open", "${open", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn templates() {
        let body = "{&quot;Resources&quot;: {&quot;a&amp;b&quot;: 1}}";
        let xml = format!(
            "<GetTemplateResponse xmlns=\"x\"><GetTemplateResult><StagesAvailable><member>Original\
             </member></StagesAvailable><TemplateBody>{body}</TemplateBody></GetTemplateResult>\
             </GetTemplateResponse>"
        );
        let found = template_in(&xml).ok().flatten();
        assert_eq!(found.as_deref(), Some(r#"{"Resources": {"a&b": 1}}"#));
        assert_eq!(template_in("<ErrorResponse/>").ok().flatten(), None);
        assert!(template_in("no XML").is_err());
    }

    #[test]
    fn definitions() {
        let here = json!({ "States": { "a": { "Resource": "${fn}", "Next": ["b", 1] } } });
        let place = |deployed: Value| difference(&here, &deployed, "", fits);
        let deployed = |resource: &str, next: Value| json!({ "States": { "a": { "Resource": resource, "Next": next } } });
        assert_eq!(place(deployed("arn:x", json!(["b", 1]))), None);
        assert_eq!(
            place(deployed("arn:x", json!(["c", 1]))).as_deref(),
            Some("/States/a/Next/0")
        );
        assert_eq!(
            place(deployed("arn:x", json!(["b"]))).as_deref(),
            Some("/States/a/Next")
        );
        assert_eq!(
            place(json!({ "States": {}, "Comment": "old" })).as_deref(),
            Some("/States/a")
        );
        assert_eq!(place(json!("text")).as_deref(), Some("all"));
    }
}
