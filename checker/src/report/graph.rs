//! `checker graph`: a workflow as a Mermaid state diagram.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The diagram of a definition: states, transitions, the labels of choices and catches, and
/// the branches of Parallel and Map states.
pub fn graph(definition: &Value) -> String {
    let mut graph = Graph::default();
    graph.out.push_str("stateDiagram-v2\n");
    graph.machine(definition, 1);
    graph.out
}

#[derive(Default)]
struct Graph {
    out: String,
    /// How many states have got an id of their own.
    named: usize,
}

impl Graph {
    fn line(&mut self, depth: usize, line: &str) {
        let _ = writeln!(self.out, "{}{line}", "    ".repeat(depth));
    }

    fn machine(&mut self, machine: &Value, depth: usize) {
        let none = Map::new();
        let states = machine["States"].as_object().unwrap_or(&none);
        let ids: Vec<(&str, String)> = states
            .keys()
            .map(|name| (name.as_str(), self.id_of(name, depth)))
            .collect();
        let id = |name: Option<&str>| {
            let name = name?;
            let found = ids.iter().find(|(it, _)| *it == name);
            found.map(|(_, id)| id.clone())
        };
        if let Some(first) = id(machine["StartAt"].as_str()) {
            self.line(depth, &format!("[*] --> {first}"));
        }
        for (name, state) in states {
            let Some(this) = id(Some(name)) else { continue };
            self.inside(&this, state, depth);
            for (next, label) in transitions(state) {
                let label = label.map(|it| format!(": {it}")).unwrap_or_default();
                let next = match next {
                    None => "[*]".to_owned(),
                    Some(next) => id(Some(next)).unwrap_or_else(|| "[*]".to_owned()),
                };
                self.line(depth, &format!("{this} --> {next}{label}"));
            }
        }
    }

    /// What a state holds: one machine for each branch, side by side.
    fn inside(&mut self, id: &str, state: &Value, depth: usize) {
        let mut machines: Vec<&Value> = Vec::new();
        machines.extend(state["Branches"].as_array().into_iter().flatten());
        let map = ["ItemProcessor", "Iterator"];
        machines.extend(map.iter().filter_map(|it| state.get(it)));
        if machines.is_empty() {
            return;
        }
        self.line(depth, &format!("state {id} {{"));
        for (number, machine) in machines.into_iter().enumerate() {
            if number > 0 {
                self.line(depth + 1, "--");
            }
            self.machine(machine, depth + 1);
        }
        self.line(depth, "}");
    }

    /// What a state is called in the diagram: its name, if Mermaid takes that as it is.
    fn id_of(&mut self, name: &str, depth: usize) -> String {
        const WORDS: [&str; 8] = [
            "state",
            "note",
            "end",
            "class",
            "direction",
            "default",
            "style",
            "click",
        ];
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain && !WORDS.contains(&name.to_ascii_lowercase().as_str()) {
            return name.to_owned();
        }
        self.named += 1;
        let id = format!("state_{}", self.named);
        self.line(depth, &format!("state \"{}\" as {id}", label(name)));
        id
    }
}

/// Where a state leads, and on what condition; to nothing where it ends.
fn transitions(state: &Value) -> Vec<(Option<&str>, Option<String>)> {
    let mut all = Vec::new();
    for rule in state["Choices"].as_array().into_iter().flatten() {
        all.push((rule["Next"].as_str(), Some(condition(rule))));
    }
    if let Some(next) = state["Default"].as_str() {
        all.push((Some(next), Some("otherwise".to_owned())));
    }
    if let Some(next) = state["Next"].as_str() {
        all.push((Some(next), None));
    }
    for catcher in state["Catch"].as_array().into_iter().flatten() {
        let errors: Vec<&str> = catcher["ErrorEquals"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let errors = label(&format!("catch {}", errors.join(", ")));
        all.push((catcher["Next"].as_str(), Some(errors)));
    }
    let ends = state["End"] == true || matches!(state["Type"].as_str(), Some("Succeed" | "Fail"));
    if ends {
        all.push((None, None));
    }
    all
}

/// A choice rule in words.
fn condition(rule: &Value) -> String {
    let Some(rule) = rule.as_object() else {
        return String::new();
    };
    if let Some(condition) = rule.get("Condition") {
        return label(&text_of(condition));
    }
    for (word, and) in [("And", " and "), ("Or", " or ")] {
        if let Some(rules) = rule.get(word).and_then(Value::as_array) {
            let parts: Vec<String> = rules.iter().map(condition).collect();
            return parts.join(and);
        }
    }
    if let Some(rule) = rule.get("Not") {
        return format!("not ({})", condition(rule));
    }
    let variable = rule.get("Variable").map(text_of).unwrap_or_default();
    let operators = rule.iter().filter(|(key, _)| {
        !matches!(
            key.as_str(),
            "Variable" | "Next" | "Comment" | "Assign" | "Output"
        )
    });
    let parts: Vec<String> = operators
        .map(|(operator, value)| format!("{variable} {operator} {}", text_of(value)))
        .collect();
    label(&parts.join(" and "))
}

fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Text without what Mermaid reads as its own.
fn label(text: &str) -> String {
    let reads =
        |c: char| c.is_control() || matches!(c, '"' | ';' | ':' | '#' | '<' | '>' | '{' | '}');
    text.chars()
        .map(|c| if reads(c) { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_there_is_in_a_workflow() {
        let definition = json!({
            "StartAt": "checkFileType",
            "States": {
                "checkFileType": {
                    "Type": "Choice",
                    "Choices": [
                        {"Variable": "$.extension", "StringEquals": "txt", "Next": "a state"},
                        {"Not": {"Or": [
                            {"Variable": "$.a", "IsPresent": true},
                            {"Variable": "$.b", "NumericGreaterThan": 1}
                        ]}, "Next": "end"}
                    ],
                    "Default": "both"
                },
                "a state": {
                    "Type": "Task", "Next": "both",
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "end"}]
                },
                "both": {
                    "Type": "Parallel",
                    "Branches": [
                        {"StartAt": "left", "States": {"left": {"Type": "Pass", "End": true}}},
                        {"StartAt": "right", "States": {"right": {"Type": "Fail"}}}
                    ],
                    "End": true
                },
                "end": {"Type": "Succeed"}
            }
        });
        assert_eq!(
            graph(&definition),
            "stateDiagram-v2
    state \"a state\" as state_1
    state \"end\" as state_2
    [*] --> checkFileType
    checkFileType --> state_1: $.extension StringEquals txt
    checkFileType --> state_2: not ($.a IsPresent true or $.b NumericGreaterThan 1)
    checkFileType --> both: otherwise
    state_1 --> both
    state_1 --> state_2: catch States.ALL
    state both {
        [*] --> left
        left --> [*]
        --
        [*] --> right
        right --> [*]
    }
    both --> [*]
    state_2 --> [*]
"
        );
        assert_eq!(graph(&json!({"StartAt": "x"})), "stateDiagram-v2\n");
    }
}
