//! A mapping while it is read: no key twice, and merge keys.

use std::rc::Rc;

use crate::error::{Error, Place};
use crate::node::{Entry, Node, Value};
use crate::scalar;

/// Most keys of one mapping, since they are searched one after the other.
const MAX_KEYS: usize = 2000;

#[derive(Default)]
pub(super) struct Mapping {
    pub entries: Vec<Entry>,
    /// Which of `entries` came by a merge key, and so give way to a later key.
    merged: Vec<String>,
    /// The key whose value comes next.
    key: Option<(String, Place)>,
}

impl Mapping {
    /// Takes a key or a value, in turn. Gives how many keys a merge looked at.
    pub fn add(&mut self, node: Rc<Node>, place: Place) -> Result<usize, Error> {
        match self.key.take() {
            None => {
                self.key = Some((key_text(&node)?, place));
                Ok(0)
            }
            Some((key, _)) if key == "<<" => self.merge(&node),
            Some((key, place)) => {
                self.insert(Entry {
                    key,
                    place,
                    value: node,
                })?;
                Ok(0)
            }
        }
    }

    fn insert(&mut self, entry: Entry) -> Result<(), Error> {
        let Some(known) = self.entries.iter_mut().find(|known| known.key == entry.key) else {
            return self.push(entry);
        };
        let Some(index) = self.merged.iter().position(|key| *key == entry.key) else {
            return Err(Error::new(
                &entry.place,
                "",
                format!("the key {} stands here twice", entry.key),
                format!("Remove one; the first is in line {}", known.place.line),
            ));
        };
        self.merged.swap_remove(index);
        *known = entry;
        Ok(())
    }

    fn push(&mut self, entry: Entry) -> Result<(), Error> {
        if self.entries.len() >= MAX_KEYS {
            return Err(Error::new(
                &entry.place,
                "",
                format!("the mapping has more than {MAX_KEYS} keys"),
                "Divide it",
            ));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// `<<: *other` or `<<: [*one, *two]`: takes over the keys that are not
    /// there yet.
    fn merge(&mut self, source: &Node) -> Result<usize, Error> {
        let sources = match &source.value {
            Value::List(items) => items.iter().map(Rc::as_ref).collect(),
            _ => vec![source],
        };
        let mut looked_at = 0;
        for source in sources {
            let Value::Map(others) = &source.value else {
                return Err(Error::new(
                    &source.place,
                    "",
                    "only mappings can be merged with <<",
                    "Point << at a mapping",
                ));
            };
            looked_at += others.len();
            for other in others {
                if !self.entries.iter().any(|known| known.key == other.key) {
                    self.push(other.clone())?;
                    self.merged.push(other.key.clone());
                }
            }
        }
        Ok(looked_at)
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
