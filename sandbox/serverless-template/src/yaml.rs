//! From YAML text to a [`Node`]: aliases, merge keys and CloudFormation's short tags.

mod mapping;
mod tag;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use crate::error::{Error, Place};
use crate::node::{Node, Value, too_deep};
use crate::scalar;
use mapping::Mapping;

/// Deepest nesting within one file.
const MAX_DEPTH: usize = 64;

/// Most keys that merge keys may copy in one file.
const MAX_MERGED: usize = 20_000;

/// Parses the one document in `text`. `file` is what errors call it.
pub(crate) fn parse(file: &str, text: &str) -> Result<Rc<Node>, Error> {
    let mut builder = Builder {
        file: file.into(),
        open: Vec::new(),
        anchors: HashMap::new(),
        merged: 0,
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
    /// How many keys were copied by merge keys.
    merged: usize,
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
    Map(Mapping),
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
                let function = tag::function(tag.as_deref(), &place)?;
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
            Event::MappingStart(anchor, tag) => self.open(
                place,
                anchor,
                tag.as_deref(),
                Content::Map(Mapping::default()),
            ),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(done) = self.open.pop() else {
                    return Ok(());
                };
                let value = match done.content {
                    Content::List(items) => Value::List(items),
                    Content::Map(mapping) => Value::Map(mapping.entries),
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
        let function = tag::function(tag, &place)?;
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
            Some(function) => tag::call(function, node)?,
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
            Some(Content::Map(mapping)) => {
                self.merged += mapping.add(node, place)?;
                if self.merged > MAX_MERGED {
                    return Err(Error::new(
                        &Place::whole_file(&self.file),
                        "",
                        format!("merge keys copy more than {MAX_MERGED} keys"),
                        "Merge less",
                    ));
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
