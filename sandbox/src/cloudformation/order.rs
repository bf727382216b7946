//! In which order resources are made: each after those that it refers to.

use serde_json::{Map, Value};

use super::StackError;
use super::intrinsic::{PSEUDO_PARAMETERS, references};

/// The logical ids of a template, each after all that it depends on.
///
/// # Errors
///
/// A name that nothing has, or a circle, in CloudFormation's words.
pub fn creation_order(resources: &Map<String, Value>) -> Result<Vec<&str>, StackError> {
    let mut waiting: Vec<(&str, Vec<String>)> = Vec::new();
    let mut unresolved = Vec::new();
    for (logical_id, declaration) in resources {
        let needs = needs(declaration);
        let missing = needs.iter().filter(|name| !resources.contains_key(*name));
        unresolved.extend(missing.map(|name| (name.clone(), logical_id)));
        waiting.push((logical_id, needs));
    }
    if let Some((_, first)) = unresolved.first() {
        let logical_id = Some((*first).to_owned());
        let mut names: Vec<String> = unresolved.into_iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        return Err(StackError::Template {
            problem: format!(
                "Template format error: Unresolved resource dependencies [{}] in the Resources block of the template",
                names.join(", ")
            ),
            logical_id,
        });
    }
    let mut order: Vec<&str> = Vec::new();
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(_, needs)| needs.iter().all(|name| order.contains(&name.as_str())));
        if ready.is_empty() {
            let circle: Vec<&str> = rest.iter().map(|(logical_id, _)| *logical_id).collect();
            return Err(StackError::Template {
                problem: format!(
                    "Circular dependency between resources: [{}]",
                    circle.join(", ")
                ),
                logical_id: circle.first().map(|it| (*it).to_owned()),
            });
        }
        order.extend(ready.iter().map(|(logical_id, _)| *logical_id));
        waiting = rest;
    }
    Ok(order)
}

/// The logical ids that a resource refers to or depends on.
pub fn needs(declaration: &Value) -> Vec<String> {
    let mut needs = Vec::new();
    references(&declaration["Properties"], &mut needs);
    needs.retain(|name| !PSEUDO_PARAMETERS.contains(&name.as_str()));
    match &declaration["DependsOn"] {
        Value::String(name) => needs.push(name.clone()),
        Value::Array(names) => {
            needs.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        _ => {}
    }
    needs
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(resources: &Value) -> Result<Vec<String>, String> {
        let resources = resources.as_object().unwrap();
        match creation_order(resources) {
            Ok(order) => Ok(order.into_iter().map(str::to_owned).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn orders() {
        let template = json!({
            "A": { "Properties": { "x": { "Fn::GetAtt": ["B", "Arn"] } } },
            "B": { "DependsOn": ["C"], "Properties": { "r": { "Ref": "AWS::Region" } } },
            "C": {},
        });
        assert_eq!(order(&template).unwrap(), ["C", "B", "A"]);
        let circle = json!({
            "A": { "Properties": { "Ref": "B" } },
            "B": { "DependsOn": "A" },
        });
        assert_eq!(
            order(&circle).unwrap_err(),
            "Circular dependency between resources: [A, B]"
        );
        let unknown = json!({ "A": { "DependsOn": "Z" } });
        assert_eq!(
            order(&unknown).unwrap_err(),
            "Template format error: Unresolved resource dependencies [Z] in the Resources block of the template"
        );
    }
}
