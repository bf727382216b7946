//! Whether what is deployed is what is in the working tree.
//!
//! The verdict is about what is deployed: an instructor verifies the stacks of others from
//! a tree of their own. So an old deployment is told of, and judged all the same.

use std::path::Path;

use serde_json::Value;

use crate::aws::Aws;
use crate::build_id::build_id;
use crate::stack::Stack;

/// Says so where a function's code was built from other sources than those in `handler/`:
/// `builds` are the functions with the ids that they logged.
pub fn code(root: &Path, builds: &[(&str, &str)]) -> Option<String> {
    let here = build_id(&root.join("handler")).ok()?;
    let old = builds.iter().find(|(_, deployed)| *deployed != here);
    old.map(|(function, deployed)| {
        format!(
            "{function} was deployed from other sources than those in handler/ (build {deployed}, \
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
    let place = difference(&here, &deployed, "")?;
    let file = stack.definition_file();
    Some(format!(
        "the deployed workflow is another one than in {file} ({place} differs): you changed it \
         after the last deploy. Deploy again to verify what you see here."
    ))
}

/// The pointer to the first value that differs. In the texts of `here`, `${name}` stands for
/// what CloudFormation puts in.
fn difference(here: &Value, deployed: &Value, pointer: &str) -> Option<String> {
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
                        if let Some(place) = difference(one, other, &within) {
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
            .find_map(|(at, (one, other))| difference(one, other, &format!("{pointer}/{at}"))),
        (Value::String(one), Value::String(other)) if fits(one, other) => None,
        (one, other) if one == other => None,
        _ => differs(),
    }
}

/// Whether a text is what another one becomes, with anything in the place of each `${name}`.
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
    fn definitions() {
        let here = json!({ "States": { "a": { "Resource": "${fn}", "Next": ["b", 1] } } });
        let place = |deployed: Value| difference(&here, &deployed, "");
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
