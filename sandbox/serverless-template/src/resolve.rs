//! Puts values in the place of variables.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::Options;
use crate::dotenv;
use crate::error::{Error, Place};
use crate::files::Files;
use crate::node::{Entry, Node, Value, too_deep};
use crate::scalar;
use crate::variable::{self, Part, Source};

/// Deepest chain of values and variables that lead to each other. Each link
/// takes a few stack frames.
const MAX_CHAIN: usize = 100;

/// Most bytes that variables within texts may add.
const MAX_WRITTEN: usize = 4 * 1024 * 1024;

/// Region when neither `--region` nor `provider.region` names one.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// Stage when neither `--stage` nor `provider.stage` names one.
pub(crate) const DEFAULT_STAGE: &str = "dev";

/// `serverless.yml` with its variables resolved.
pub(crate) fn resolve_service(options: &Options) -> Result<Rc<Node>, Error> {
    const MAIN: &str = "serverless.yml";
    let mut files = Files::new(&options.root);
    let place = Place::whole_file(MAIN);
    let raw = files.include(MAIN, &place, "")?.ok_or_else(|| {
        Error::new(
            &place,
            "",
            "there is no such file",
            "Run this in the directory of the workshop",
        )
    })?;
    let dotenv = match raw.get("useDotenv").map(|node| &node.value) {
        Some(Value::Bool(true)) => Some(read_dotenv(&files, &raw, options)?),
        _ => None,
    };
    let mut resolver = Resolver {
        options,
        raw: Rc::clone(&raw),
        files,
        dotenv,
        resolved: HashMap::new(),
        open: Vec::new(),
        written: 0,
    };
    resolver.resolve(&raw, "", 0)
}

/// `.env.<stage>` if it exists, else `.env`, as the CLI reads them.
fn read_dotenv(
    files: &Files,
    raw: &Node,
    options: &Options,
) -> Result<BTreeMap<String, String>, Error> {
    let written = raw.get("provider").and_then(|node| node.get("stage"));
    let stage = match (options.opts.get("stage"), written.map(|node| &node.value)) {
        (Some(stage), _) => stage,
        (None, Some(Value::String(stage))) => stage.as_str(),
        _ => DEFAULT_STAGE,
    };
    for name in [format!(".env.{stage}"), ".env".to_owned()] {
        let text = files.read(&name).map_err(|(problem, advice)| {
            Error::new(&Place::whole_file(&name), "", problem, advice)
        })?;
        if let Some(text) = text {
            return dotenv::parse(&name, &text);
        }
    }
    Ok(BTreeMap::new())
}

struct Resolver<'a> {
    options: &'a Options,
    raw: Rc<Node>,
    files: Files,
    /// The variables of `.env`, if the service wants them.
    dotenv: Option<BTreeMap<String, String>>,
    /// What each node came to, by the node's address. The node is kept, so that
    /// no other takes its address.
    resolved: HashMap<*const Node, (Rc<Node>, Rc<Node>)>,
    /// The texts that are being resolved, to notice a circle.
    open: Vec<*const Node>,
    /// Bytes put in the place of variables within texts.
    written: usize,
}

/// Where a variable stands.
struct Site<'a> {
    place: &'a Place,
    property: &'a str,
    chain: usize,
}

impl Site<'_> {
    fn error(&self, problem: impl Into<String>, advice: impl Into<String>) -> Error {
        Error::new(self.place, self.property, problem, advice)
    }
}

impl Resolver<'_> {
    /// `node` with all variables in it resolved; `property` is its path.
    fn resolve(
        &mut self,
        node: &Rc<Node>,
        property: &str,
        chain: usize,
    ) -> Result<Rc<Node>, Error> {
        if chain > MAX_CHAIN {
            return Err(too_deep(&node.place));
        }
        if let Some((_, resolved)) = self.resolved.get(&Rc::as_ptr(node)) {
            return Ok(Rc::clone(resolved));
        }
        let resolved = match &node.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => return Ok(Rc::clone(node)),
            Value::String(text) if !text.contains("${") => return Ok(Rc::clone(node)),
            Value::String(text) => self.resolve_text(node, text, property, chain)?,
            Value::List(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    resolved.push(self.resolve(item, &join(property, index), chain + 1)?);
                }
                Node::new(node.place.clone(), Value::List(resolved))?
            }
            Value::Map(entries) => {
                let mut resolved = Vec::with_capacity(entries.len());
                for entry in entries {
                    let property = join(property, &entry.key);
                    resolved.push(Entry {
                        value: self.resolve(&entry.value, &property, chain + 1)?,
                        ..entry.clone()
                    });
                }
                Node::new(node.place.clone(), Value::Map(resolved))?
            }
        };
        self.resolved
            .insert(Rc::as_ptr(node), (Rc::clone(node), Rc::clone(&resolved)));
        Ok(resolved)
    }

    fn resolve_text(
        &mut self,
        node: &Rc<Node>,
        text: &str,
        property: &str,
        chain: usize,
    ) -> Result<Rc<Node>, Error> {
        let site = Site {
            place: &node.place,
            property,
            chain,
        };
        let address = Rc::as_ptr(node);
        if self.open.contains(&address) {
            return Err(site.error(
                format!("{text} leads back to itself"),
                "Break the circle of variables",
            ));
        }
        let parts = variable::parse(text)
            .map_err(|problem| site.error(format!("{text}: {problem}"), "Correct the variable"))?;
        self.open.push(address);
        let resolved = self.fill(&parts, &site);
        self.open.pop();
        resolved
    }

    /// One variable alone is replaced by its value; between other text it has
    /// to be a text, a number or a boolean.
    fn fill(&mut self, parts: &[Part], site: &Site<'_>) -> Result<Rc<Node>, Error> {
        if let [Part::Variable(sources)] = parts {
            return self.look_up(sources, site);
        }
        let mut filled = String::new();
        for part in parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Variable(sources) => {
                    let value = self.look_up(sources, site)?;
                    let text = scalar::to_text(&value.value).ok_or_else(|| {
                        site.error(
                            "a variable within a text has no text as its value",
                            "Use the variable alone, or point it at a text",
                        )
                    })?;
                    filled.push_str(&text);
                    self.written += text.len();
                }
            }
            if self.written > MAX_WRITTEN {
                return Err(site.error("variables expand to more than 4 MiB", "Repeat less"));
            }
        }
        Node::new(site.place.clone(), Value::String(filled))
    }

    /// The value of the first source that has one.
    fn look_up(&mut self, sources: &[Source], site: &Site<'_>) -> Result<Rc<Node>, Error> {
        let mut missing = None;
        for source in sources {
            match source {
                Source::Literal(value) => return Node::new(site.place.clone(), value.clone()),
                Source::Lookup {
                    kind,
                    params,
                    address,
                } => {
                    let address = match address {
                        Some(parts) => Some(self.text_of(parts, site)?),
                        None => None,
                    };
                    let mut texts = Vec::new();
                    for param in params {
                        texts.push(self.text_of(param, site)?);
                    }
                    match self.source(kind, &texts, address.as_deref(), site)? {
                        Some(value) => return Ok(value),
                        None => {
                            missing = Some(self.not_found(kind, &texts, address.as_deref(), site))
                        }
                    }
                }
            }
        }
        Err(missing.unwrap_or_else(|| site.error("a variable without a source", "Name a source")))
    }

    fn text_of(&mut self, parts: &[Part], site: &Site<'_>) -> Result<String, Error> {
        let node = self.fill(parts, site)?;
        scalar::to_text(&node.value).ok_or_else(|| {
            site.error(
                "a variable's address has no text as its value",
                "Point it at a text",
            )
        })
    }

    fn source(
        &mut self,
        kind: &str,
        params: &[String],
        address: Option<&str>,
        site: &Site<'_>,
    ) -> Result<Option<Rc<Node>>, Error> {
        let options = self.options;
        match (kind, params, address) {
            ("self", [], address) => {
                let raw = Rc::clone(&self.raw);
                self.follow(raw, address, site)
            }
            ("file", [path], address) => match self.files.include(path, site.place, site.property)? {
                Some(node) => self.follow(node, address, site),
                None => Ok(None),
            },
            ("env", [], Some(name)) => {
                let dotenv = self.dotenv.as_ref().and_then(|dotenv| dotenv.get(name));
                let value = options.env.get(name).or(dotenv);
                self.given(value.cloned(), site)
            }
            ("opt", [], Some(name)) => self.given(options.opts.get(name).cloned(), site),
            ("sls", [], Some("stage")) => {
                self.chosen("stage", DEFAULT_STAGE, site)
            }
            ("aws", [], Some("region")) => {
                self.chosen("region", DEFAULT_REGION, site)
            }
            ("aws", [], Some("accountId")) => Err(site.error(
                "the account is not known before the deployment",
                "Use !Sub with ${AWS::AccountId}",
            )),
            ("sls", [], Some("instanceId")) => Err(site.error(
                "${sls:instanceId} changes with each run, so it is not supported",
                "Use a fixed name",
            )),
            _ => Err(site.error(
                format!("the source {kind} is not supported in this form"),
                "Supported are ${self:path}, ${env:NAME}, ${opt:name}, ${file(path):key}, ${sls:stage} and ${aws:region}",
            )),
        }
    }

    /// A value given from outside, which may hold variables itself.
    fn given(&mut self, text: Option<String>, site: &Site<'_>) -> Result<Option<Rc<Node>>, Error> {
        let Some(text) = text else {
            return Ok(None);
        };
        let node = Node::new(site.place.clone(), Value::String(text))?;
        self.resolve(&node, site.property, site.chain + 1).map(Some)
    }

    /// An option of the command line, else the provider's property, else the default.
    fn chosen(
        &mut self,
        name: &str,
        default: &str,
        site: &Site<'_>,
    ) -> Result<Option<Rc<Node>>, Error> {
        if let Some(value) = self.options.opts.get(name) {
            return self.given(Some(value.clone()), site);
        }
        let raw = Rc::clone(&self.raw);
        match self.follow(raw, Some(&format!("provider.{name}")), site)? {
            Some(value) => Ok(Some(value)),
            None => self.given(Some(default.to_owned()), site),
        }
    }

    /// The value at `address` within `node`, resolved; `None` if there is none.
    fn follow(
        &mut self,
        mut node: Rc<Node>,
        address: Option<&str>,
        site: &Site<'_>,
    ) -> Result<Option<Rc<Node>>, Error> {
        let mut path = String::new();
        for key in address.into_iter().flat_map(|address| address.split('.')) {
            if matches!(node.value, Value::String(_)) {
                node = self.resolve(&node, &path, site.chain + 1)?;
            }
            let next = match &node.value {
                Value::List(items) => key.parse().ok().and_then(|index: usize| items.get(index)),
                _ => node.get(key),
            };
            let Some(next) = next.cloned() else {
                return Ok(None);
            };
            node = next;
            path = join(&path, key);
        }
        let property = if path.is_empty() {
            site.property
        } else {
            &path
        };
        let resolved = self.resolve(&node, property, site.chain + 1)?;
        Ok(match &resolved.value {
            Value::Null => None,
            Value::Map(_) | Value::List(_) => Some(resolved),
            // What is wrong with a single value is wrong where it is used.
            value => Some(Node::new(site.place.clone(), value.clone())?),
        })
    }

    /// Why the last source of a variable is no help.
    fn not_found(
        &self,
        kind: &str,
        params: &[String],
        address: Option<&str>,
        site: &Site<'_>,
    ) -> Error {
        let name = address.unwrap_or_default();
        match kind {
            "env" => {
                let file = match self.dotenv {
                    Some(_) => ", or write it into the file .env",
                    None => "",
                };
                site.error(
                    format!("the environment variable {name} is not set"),
                    format!("Set {name}{file}"),
                )
            }
            "opt" => site.error(
                format!("the option --{name} is not given"),
                "Give it, or write a fallback into the variable",
            ),
            "file" => {
                let path = params.first().map_or("", String::as_str);
                match address {
                    None => site.error(
                        format!("{path} does not exist or is empty"),
                        "Write the file, or correct the path",
                    ),
                    Some(name) => site.error(
                        format!("{path} does not exist or has no {name}"),
                        "Write the file, or correct the path and the key",
                    ),
                }
            }
            _ => site.error(
                format!("{name} has no value"),
                "Give it one, or write a fallback into the variable",
            ),
        }
    }
}

/// The path of a property within another.
pub(crate) fn join(property: &str, key: impl std::fmt::Display) -> String {
    if property.is_empty() {
        return key.to_string();
    }
    format!("{property}.{key}")
}
