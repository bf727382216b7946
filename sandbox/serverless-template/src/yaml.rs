//! From YAML text to a [`Node`]: aliases, merge keys and CloudFormation's short tags.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use crate::error::{Error, Place};
use crate::node::{Entry, Node, Value, too_deep};
use crate::scalar;

/// Deepest nesting within one file.
const MAX_DEPTH: usize = 64;

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

/// Parses the one document in `text`. `file` is what errors call it.
pub(crate) fn parse(file: &str, text: &str) -> Result<Rc<Node>, Error> {
    let mut builder = Builder {
        file: file.into(),
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            Error::new(
                &builder.place(error.marker()),
                "",
                format!("not valid YAML: {}", error.info()),
                "Correct the syntax",
            )
        })?;
        builder.take(event, builder.place(&span.start))?;
    }
    builder.root.ok_or_else(|| {
        Error::new(
            &Place::whole_file(file),
            "",
            "the file is empty",
            "Write its properties",
        )
    })
}

/// What is being read: the collections that are still open, outermost first.
struct Builder {
    file: Arc<str>,
    open: Vec<Collection>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
}

struct Collection {
    place: Place,
    anchor: usize,
    function: Option<&'static str>,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    Map {
        entries: Vec<Entry>,
        /// Which of `entries` came by a merge key, and so give way to a later key.
        merged: Vec<String>,
        key: Option<(String, Place)>,
    },
}

impl Builder {
    fn place(&self, marker: &Marker) -> Place {
        Place {
            file: Arc::clone(&self.file),
            line: marker.line(),
            column: marker.col() + 1,
        }
    }

    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), Error> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    let node = Rc::clone(node);
                    self.add(node, place)
                }
                None => Err(Error::new(
                    &place,
                    "",
                    "the alias stands inside of what it repeats",
                    "Write the value out",
                )),
            },
            Event::Scalar(text, style, anchor, tag) => {
                let function = function(tag.as_deref(), &place)?;
                let value = if style != ScalarStyle::Plain || tag.is_some() {
                    Value::String(text.into_owned())
                } else {
                    scalar::resolve(&text).map_err(|problem| {
                        Error::new(
                            &place,
                            "",
                            format!("{text} is not usable: {problem}"),
                            "Put it in quotes",
                        )
                    })?
                };
                let node = Node::new(place.clone(), value)?;
                self.close(node, function, anchor, place)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(place, anchor, tag.as_deref(), Content::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Map {
                    entries: Vec::new(),
                    merged: Vec::new(),
                    key: None,
                };
                self.open(place, anchor, tag.as_deref(), content)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(done) = self.open.pop() else {
                    return Ok(());
                };
                let value = match done.content {
                    Content::List(items) => Value::List(items),
                    Content::Map { entries, .. } => Value::Map(entries),
                };
                let node = Node::new(done.place.clone(), value)?;
                self.close(node, done.function, done.anchor, done.place)
            }
        }
    }

    fn open(
        &mut self,
        place: Place,
        anchor: usize,
        tag: Option<&Tag>,
        content: Content,
    ) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(&place));
        }
        let function = function(tag, &place)?;
        self.open.push(Collection {
            place,
            anchor,
            function,
            content,
        });
        Ok(())
    }

    /// A node is complete: apply its tag, remember its anchor, put it in its parent.
    fn close(
        &mut self,
        node: Rc<Node>,
        function: Option<&'static str>,
        anchor: usize,
        place: Place,
    ) -> Result<(), Error> {
        let node = match function {
            Some(function) => call(function, node)?,
            None => node,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.add(node, place)
    }

    fn add(&mut self, node: Rc<Node>, place: Place) -> Result<(), Error> {
        match self.open.last_mut().map(|parent| &mut parent.content) {
            None if self.root.is_some() => Err(Error::new(
                &place,
                "",
                "a second document begins here",
                "Keep one document per file",
            )),
            None => {
                self.root = Some(node);
                Ok(())
            }
            Some(Content::List(items)) => {
                items.push(node);
                Ok(())
            }
            Some(Content::Map {
                entries,
                merged,
                key,
            }) => match key.take() {
                None => {
                    *key = Some((key_text(&node)?, place));
                    Ok(())
                }
                Some((name, _)) if name == "<<" => merge(entries, merged, &node),
                Some((name, place)) => insert(
                    entries,
                    merged,
                    Entry {
                        key: name,
                        place,
                        value: node,
                    },
                ),
            },
        }
    }
}

fn key_text(node: &Node) -> Result<String, Error> {
    match &node.value {
        Value::Null => Ok("null".to_owned()),
        value => scalar::to_text(value).ok_or_else(|| {
            Error::new(
                &node.place,
                "",
                "a list or a mapping cannot be a key",
                "Use a text as the key",
            )
        }),
    }
}

fn insert(entries: &mut Vec<Entry>, merged: &mut Vec<String>, entry: Entry) -> Result<(), Error> {
    let Some(known) = entries.iter_mut().find(|known| known.key == entry.key) else {
        entries.push(entry);
        return Ok(());
    };
    let Some(index) = merged.iter().position(|key| *key == entry.key) else {
        return Err(Error::new(
            &entry.place,
            "",
            format!("the key {} stands here twice", entry.key),
            format!("Remove one; the first is in line {}", known.place.line),
        ));
    };
    merged.swap_remove(index);
    *known = entry;
    Ok(())
}

/// `<<: *other` or `<<: [*one, *two]`: takes over the keys that are not there yet.
fn merge(entries: &mut Vec<Entry>, merged: &mut Vec<String>, source: &Node) -> Result<(), Error> {
    let sources = match &source.value {
        Value::List(items) => items.iter().map(Rc::as_ref).collect(),
        _ => vec![source],
    };
    for source in sources {
        let Value::Map(others) = &source.value else {
            return Err(Error::new(
                &source.place,
                "",
                "only mappings can be merged with <<",
                "Point << at a mapping",
            ));
        };
        for other in others {
            if !entries.iter().any(|known| known.key == other.key) {
                entries.push(other.clone());
                merged.push(other.key.clone());
            }
        }
    }
    Ok(())
}

/// The intrinsic function that a tag stands for; `None` for no tag and `!!str`.
fn function(tag: Option<&Tag>, place: &Place) -> Result<Option<&'static str>, Error> {
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
fn call(function: &str, argument: Rc<Node>) -> Result<Rc<Node>, Error> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn documents() {
        let cases = [
            (
                "a: 1\nb: [x, 'y', !!str 3]",
                json!({"a": 1, "b": ["x", "y", "3"]}),
            ),
            ("a: !Ref X", json!({"a": {"Ref": "X"}})),
            (
                "a: !GetAtt X.Y.Z",
                json!({"a": {"Fn::GetAtt": ["X", "Y.Z"]}}),
            ),
            (
                "a: !GetAtt [X, Y]",
                json!({"a": {"Fn::GetAtt": ["X", "Y"]}}),
            ),
            (
                "a: !Join ['-', [!Ref X, y]]",
                json!({"a": {"Fn::Join": ["-", [{"Ref": "X"}, "y"]]}}),
            ),
            ("a: !If [C, 1, 2]", json!({"a": {"Fn::If": ["C", 1, 2]}})),
            ("a: &x {p: 1}\nb: *x", json!({"a": {"p": 1}, "b": {"p": 1}})),
            (
                "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3",
                json!({"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
            ),
            ("1: a\ntrue: b", json!({"1": "a", "true": "b"})),
            (
                "\u{feff}a: |\n  two\n  lines\n",
                json!({"a": "two\nlines\n"}),
            ),
            ("a:\nb: ~", json!({"a": null, "b": null})),
        ];
        for (text, expected) in cases {
            assert_eq!(parse("x.yml", text).unwrap().to_json(), expected, "{text}");
        }
    }

    #[test]
    fn keys_keep_their_order_but_indexes_come_first() {
        let node = parse("x.yml", "b: 1\n10: 2\na: 3\n9: 4\n01: 5").unwrap();
        let text = serde_json::to_string(&*node).unwrap();
        // 01 is the number 1, as YAML has it.
        assert_eq!(text, r#"{"1":5,"9":4,"10":2,"b":1,"a":3}"#);
    }

    #[test]
    fn errors() {
        let cases = [
            ("", "x.yml: the file is empty. Write its properties"),
            (
                "a: 1\nb: 2\na: 3",
                "x.yml:3:1: the key a stands here twice. Remove one; the first is in line 1",
            ),
            (
                "a: !GetAtt X",
                "x.yml:1:4: !GetAtt X names no attribute. Write !GetAtt Resource.Attribute",
            ),
            (
                "a: &x [*x]",
                "x.yml:1:8: the alias stands inside of what it repeats. Write the value out",
            ),
            (
                "a: 1\n---\nb: 2",
                "x.yml:3:1: a second document begins here. Keep one document per file",
            ),
            (
                "[a]: 1",
                "x.yml:1:1: a list or a mapping cannot be a key. Use a text as the key",
            ),
            (
                "<<: 1",
                "x.yml:1:5: only mappings can be merged with <<. Point << at a mapping",
            ),
            (
                "a: .inf",
                "x.yml:1:4: .inf is not usable: JSON has no infinity and no NaN. Put it in quotes",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse("x.yml", text).unwrap_err().to_string(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [lol, lol]\n".to_owned();
        for level in 1..60 {
            let below = level - 1;
            text += &format!("a{level}: &a{level} [*a{below}, *a{below}]\n");
        }
        let error = parse("x.yml", &text).unwrap_err().to_string();
        assert!(error.contains("expand to more than 4 MiB"), "{error}");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let error = parse("x.yml", &"[".repeat(200)).unwrap_err().to_string();
        assert!(error.contains("levels deep"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"[ \n\-:\[\]{}#&*!|>'"%@`~a-c0-2.<é]{0,60}"#) {
            let _ = parse("x.yml", &text);
        }
    }
}
