//! Reads paths, templates and settings.

use serde_json::Value;

use super::Assign;
use super::QueryLanguage;
use super::reader::{Node, Reader};
use crate::diagnostic::Code;
use crate::intrinsic::Intrinsic;
use crate::jsonata::Jsonata;
use crate::path::{Path, Root};
use crate::setting::{Number, Rule, Shape, Source, Text};
use crate::template::{Expression, Field, Template};

/// How deep a template may be nested; parsing JSON has the same bound.
const DEEPEST: usize = 128;

/// The longest name of a variable, in characters.
const LONGEST_VARIABLE: usize = 80;

impl Reader {
    /// A path field.
    pub fn path(&mut self, node: &Node<'_>, field: &str) -> Option<Path> {
        let text = self.text(node, field)?;
        self.parse_path(text, &node.at(field))
    }

    fn parse_path(&mut self, text: &str, place: &str) -> Option<Path> {
        match Path::parse(text) {
            Ok(path) => {
                self.path_refers(&path);
                Some(path)
            }
            Err(_) => {
                self.reject(place, "Value must be a valid JSONPath.");
                None
            }
        }
    }

    fn path_refers(&mut self, path: &Path) {
        if let Root::Variable(name) = path.root() {
            self.refers_to(name);
        }
    }

    /// A path field that is `$` where it is missing, and nothing where it is `null`.
    pub fn path_or_null(&mut self, node: &Node<'_>, field: &str) -> Option<Path> {
        match node.get(field) {
            None => Some(Path::whole()),
            Some(Value::Null) => None,
            Some(_) => self.path(node, field),
        }
    }

    /// A path that can be written to: `ResultPath`.
    pub fn reference_path_or_null(&mut self, node: &Node<'_>, field: &str) -> Option<Path> {
        let path = self.path_or_null(node, field)?;
        if !path.is_reference() {
            self.reject(&node.at(field), "Value is not a Reference Path");
        }
        Some(path)
    }

    /// A template field.
    pub fn template(
        &mut self,
        node: &Node<'_>,
        field: &str,
        language: QueryLanguage,
    ) -> Option<Template> {
        self.template_of(node.get(field)?, &node.at(field), language)
    }

    /// A value that is a template.
    pub fn template_of(
        &mut self,
        value: &Value,
        place: &str,
        language: QueryLanguage,
    ) -> Option<Template> {
        self.template_at(value, place, language, 0)
    }

    fn template_at(
        &mut self,
        value: &Value,
        place: &str,
        language: QueryLanguage,
        depth: usize,
    ) -> Option<Template> {
        if depth > DEEPEST {
            self.reject(place, "The template is nested too deeply");
            return None;
        }
        Some(match value {
            Value::Object(fields) => {
                let mut members = Vec::with_capacity(fields.len());
                for (name, member) in fields {
                    let place = format!("{place}/{name}");
                    match (language, name.strip_suffix(".$")) {
                        (QueryLanguage::JsonPath, Some(plain)) => {
                            let computed = self.computed(name, member, &place)?;
                            members.push((plain.to_owned(), computed));
                        }
                        _ => {
                            let member = self.template_at(member, &place, language, depth + 1)?;
                            members.push((name.clone(), member));
                        }
                    }
                }
                constant(Template::Object(members), value)
            }
            Value::Array(items) => {
                let read = items.iter().enumerate().map(|(at, item)| {
                    self.template_at(item, &format!("{place}[{at}]"), language, depth + 1)
                });
                constant(Template::Array(read.collect::<Option<_>>()?), value)
            }
            Value::String(text) if language == QueryLanguage::Jsonata && is_jsonata(text) => {
                Template::Field(Box::new(self.jsonata(text, place)?))
            }
            other => Template::Literal(other.clone()),
        })
    }

    /// A member whose name ends in `.$`: a path or an intrinsic call.
    fn computed(&mut self, name: &str, value: &Value, place: &str) -> Option<Template> {
        let text = value.as_str().unwrap_or_default();
        let expression = if text.starts_with('$') {
            Path::parse(text).ok().map(Expression::Path)
        } else {
            Intrinsic::parse(text).ok().map(Expression::Intrinsic)
        };
        match &expression {
            Some(Expression::Path(path)) => self.path_refers(path),
            Some(Expression::Intrinsic(call)) => {
                call.paths()
                    .into_iter()
                    .for_each(|path| self.path_refers(path));
            }
            _ => {
                self.reject(
                    place,
                    format!(
                        "The value for the field '{name}' must be a valid JSONPath or a valid \
                         intrinsic function call"
                    ),
                );
            }
        }
        Some(Template::Field(Box::new(Field {
            name: name.to_owned(),
            expression: expression?,
        })))
    }

    /// A text between `{%` and `%}`.
    pub fn jsonata(&mut self, text: &str, place: &str) -> Option<Field> {
        let Some(inner) = text.strip_prefix("{%").and_then(|it| it.strip_suffix("%}")) else {
            self.reject(place, "JSONata string must start with {% and end with %}");
            return None;
        };
        match Jsonata::parse(inner) {
            Ok(expression) => {
                for name in expression.variables().iter().filter(|it| *it != "states") {
                    self.refers_to(name);
                }
                Some(Field {
                    name: self.within_state(place).to_owned(),
                    expression: Expression::Jsonata(expression),
                })
            }
            Err(message) => {
                self.report(Code::InvalidJsonataExpression, place, message);
                None
            }
        }
    }

    /// A number field, with its `Path` variant where the rule's language has one.
    pub fn number(
        &mut self,
        node: &Node<'_>,
        rule: &'static Rule,
        language: QueryLanguage,
    ) -> Option<Number> {
        let of_path = format!("{}Path", rule.field);
        self.exclude(node, &[rule.field, &of_path]);
        if language == QueryLanguage::JsonPath && node.has(&of_path) {
            let path = self.path(node, &of_path)?;
            let source = Source::Computed(Field::path(&of_path, path));
            return Some(Number { rule, source });
        }
        let place = node.at(rule.field);
        let source = match node.get(rule.field)? {
            Value::String(text) if language == QueryLanguage::Jsonata && is_jsonata(text) => {
                Source::Computed(self.jsonata(text, &place)?)
            }
            value => {
                let whole = rule.shape != Shape::Float;
                let number = value.as_f64().filter(|it| !whole || it.fract() == 0.0);
                let expected = if whole { "Integer" } else { "Float" };
                Source::Fixed(self.bounded(&place, number, expected, (rule.least, rule.most))?)
            }
        };
        Some(Number { rule, source })
    }

    /// A text field, with its `Path` variant in JSONPath states.
    pub fn text_setting(
        &mut self,
        node: &Node<'_>,
        field: &str,
        language: QueryLanguage,
    ) -> Option<Text> {
        let of_path = format!("{field}Path");
        self.exclude(node, &[field, &of_path]);
        match language {
            QueryLanguage::JsonPath if node.has(&of_path) => {
                let text = self.text(node, &of_path)?;
                let expression = if text.starts_with('$') {
                    Expression::Path(self.parse_path(text, &node.at(&of_path))?)
                } else {
                    match Intrinsic::parse(text) {
                        Ok(call) => Expression::Intrinsic(call),
                        Err(_) => {
                            self.reject(&node.at(&of_path), "Value must be a valid JSONPath.");
                            return None;
                        }
                    }
                };
                Some(Source::Computed(Field {
                    name: of_path,
                    expression,
                }))
            }
            QueryLanguage::JsonPath => {
                let text = self.text(node, field)?;
                if text.starts_with("$.") {
                    self.warn(
                        Code::NoPath,
                        &node.at(field),
                        format!(
                            "The value of '{field}' looks like a JSONPath. Instead of '{field}', \
                             use '{of_path}' to evaluate it as a JSONPath at runtime."
                        ),
                    );
                }
                Some(Source::Fixed(text.to_owned()))
            }
            QueryLanguage::Jsonata => {
                let text = self.text(node, field)?;
                Some(if is_jsonata(text) {
                    Source::Computed(self.jsonata(text, &node.at(field))?)
                } else {
                    Source::Fixed(text.to_owned())
                })
            }
        }
    }

    /// `Assign`.
    pub fn assign(&mut self, node: &Node<'_>, language: QueryLanguage) -> Assign {
        let Some(variables) = self.object_field(node, "Assign") else {
            return Assign::new();
        };
        match self.template_of(
            node.get("Assign").unwrap_or(&Value::Null),
            &variables.place,
            language,
        ) {
            Some(Template::Object(members)) => {
                members
                    .iter()
                    .for_each(|(name, _)| self.variable_name(name, &variables.place));
                members
            }
            // Nothing in it is computed.
            Some(Template::Literal(Value::Object(members))) => members
                .into_iter()
                .map(|(name, value)| {
                    self.variable_name(&name, &variables.place);
                    (name, Template::Literal(value))
                })
                .collect(),
            _ => Assign::new(),
        }
    }

    fn variable_name(&mut self, name: &str, place: &str) {
        let mut characters = name.chars();
        let begins = characters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_');
        let goes_on = characters.all(|c| c.is_alphanumeric() || c == '_');
        if name == "states" {
            self.report(
                Code::ReservedVariableName,
                place,
                "Cannot assign to reserved variable '$states'.",
            );
        } else if !begins || !goes_on || name.chars().count() > LONGEST_VARIABLE {
            self.report(
                Code::InvalidVariableName,
                place,
                format!(
                    "Invalid variable name '{name}': the variable name contains invalid characters."
                ),
            );
        }
    }
}

/// True if the text is meant as an expression.
pub(super) fn is_jsonata(text: &str) -> bool {
    text.starts_with("{%")
}

/// A template in which nothing is computed is a literal.
fn constant(template: Template, value: &Value) -> Template {
    let is_literal = |member: &Template| matches!(member, Template::Literal(_));
    let literal = match &template {
        Template::Object(members) => members.iter().all(|(_, member)| is_literal(member)),
        Template::Array(items) => items.iter().all(is_literal),
        _ => false,
    };
    if literal {
        Template::Literal(value.clone())
    } else {
        template
    }
}
