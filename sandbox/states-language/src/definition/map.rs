//! Map states, inline and distributed: what they say, and how they are read.

use serde_json::Value;

use super::error_handling::{self, ErrorHandling};
use super::program::{self, Transitions};
use super::reader::{Node, Reader};
use super::{Kind, Program, QueryLanguage};
use crate::diagnostic::Code;
use crate::path::Path;
use crate::setting::{self, Number};
use crate::template::{Field, Template};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapState {
    pub items: Items,
    /// `ItemSelector`, or `Parameters` as it was called first.
    pub selector: Option<Template>,
    pub max_concurrency: Option<Number>,
    pub processor: Program,
    pub distributed: Option<Distributed>,
    pub errors: ErrorHandling,
}

/// Where the items come from, unless an `ItemReader` reads them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Items {
    /// The state's input.
    Input,
    /// `ItemsPath`
    Path(Path),
    /// `"Items": "{% ... %}"`
    Computed(Field),
    /// `"Items": [...]`
    Template(Template),
}

/// What only a distributed Map has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Distributed {
    pub label: Option<String>,
    pub execution_kind: Kind,
    pub reader: Option<ItemReader>,
    pub batcher: Option<ItemBatcher>,
    pub writer: Option<ResultWriter>,
    pub tolerated_count: Option<Number>,
    pub tolerated_percentage: Option<Number>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ItemReader {
    pub resource: String,
    pub arguments: Option<Template>,
    pub format: ItemFormat,
    pub max_items: Option<Number>,
}

/// How the file that an `ItemReader` reads is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ItemFormat {
    /// None: the items are what the resource lists.
    Listing,
    Json {
        /// `ItemsPointer`: where in the file the items are.
        pointer: Option<String>,
    },
    JsonLines,
    Csv {
        delimiter: u8,
        /// Nothing: they stand in the first row.
        headers: Option<Vec<String>>,
    },
    /// One that this crate does not read.
    Unsupported(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ItemBatcher {
    pub max_items: Option<Number>,
    pub max_bytes: Option<Number>,
    pub input: Option<Template>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResultWriter {
    /// Nothing: the results are only formatted.
    pub resource: Option<String>,
    pub arguments: Option<Template>,
    /// `WriterConfig.Transformation`
    pub transformation: Transformation,
    /// `WriterConfig.OutputType` is `JSONL`.
    pub lines: bool,
}

/// "ResultWriter" in the developer guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transformation {
    /// Each execution's output with its metadata.
    None,
    /// The outputs alone.
    Compact,
    /// The outputs alone, those that are lists joined.
    Flatten,
}

/// The longest label, in characters.
const LONGEST_LABEL: usize = 40;

/// Reads a Map state.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
    transitions: &mut Transitions<'_>,
) -> Option<MapState> {
    let processors: Vec<&str> = ["ItemProcessor", "Iterator"]
        .into_iter()
        .filter(|field| node.has(field))
        .collect();
    reader.exclude(node, &["ItemProcessor", "Iterator"]);
    reader.exclude(node, &["ItemSelector", "Parameters"]);
    let items = read_items(reader, node, language);
    let selector = ["ItemSelector", "Parameters"]
        .into_iter()
        .find(|field| node.has(field))
        .and_then(|field| reader.template(node, field, language));
    let max_concurrency = reader.number(node, &setting::MAX_CONCURRENCY, language);
    let tolerated_count = reader.number(node, &setting::TOLERATED_COUNT, language);
    let tolerated_percentage = reader.number(node, &setting::TOLERATED_PERCENTAGE, language);
    let errors = error_handling::read(reader, node, language, transitions);
    let Some(field) = processors.first() else {
        reader.reject(
            &node.place,
            "This object should have only one of the following fields: [ItemProcessor, Iterator]",
        );
        return None;
    };
    let processor = reader.object_field(node, field)?;
    reader.only(
        &processor,
        &["Comment", "StartAt", "States", "ProcessorConfig"],
    );
    let execution_kind = read_mode(reader, &processor);
    let program = program::read(reader, &processor, false);
    let distributed = match execution_kind {
        Some(execution_kind) => Some(Distributed {
            label: read_label(reader, node),
            execution_kind,
            reader: read_reader(reader, node, language),
            batcher: read_batcher(reader, node, language),
            writer: read_writer(reader, node, language),
            tolerated_count,
            tolerated_percentage,
        }),
        None => {
            let own = [
                "Label",
                "ItemReader",
                "ItemBatcher",
                "ResultWriter",
                "ToleratedFailureCount",
                "ToleratedFailureCountPath",
                "ToleratedFailurePercentage",
                "ToleratedFailurePercentagePath",
            ];
            for field in own.iter().filter(|field| node.has(field)) {
                reader.reject(&node.place, format!("Field '{field}' is not supported"));
            }
            None
        }
    };
    Some(MapState {
        items,
        selector,
        max_concurrency,
        processor: program?,
        distributed,
        errors,
    })
}

fn read_items(reader: &mut Reader, node: &Node<'_>, language: QueryLanguage) -> Items {
    match language {
        QueryLanguage::JsonPath => reader.path(node, "ItemsPath").map(Items::Path),
        QueryLanguage::Jsonata => match node.get("Items") {
            Some(Value::String(text)) => {
                let place = node.at("Items");
                reader.jsonata(text, &place).map(Items::Computed)
            }
            Some(Value::Array(_)) => {
                let items = reader.template(node, "Items", language);
                items.map(Items::Template)
            }
            Some(_) => {
                reader.reject(&node.at("Items"), "Expected value of type Array");
                None
            }
            None => None,
        },
    }
    .unwrap_or(Items::Input)
}

/// `ProcessorConfig`: nothing for an inline Map.
fn read_mode(reader: &mut Reader, processor: &Node<'_>) -> Option<Kind> {
    let config = reader.object_field(processor, "ProcessorConfig")?;
    reader.only(&config, &["Mode", "ExecutionType"]);
    let mode = reader.one_of(&config, "Mode", &["INLINE", "DISTRIBUTED"]);
    if mode != Some("DISTRIBUTED") {
        if config.has("ExecutionType") {
            reader.reject(&config.place, "Field 'ExecutionType' is not supported");
        }
        return None;
    }
    if reader.kind == Kind::Express {
        reader.reject(
            &config.place,
            "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state \
             machines",
        );
    }
    reader.require(&config, &["ExecutionType"]);
    match reader.one_of(&config, "ExecutionType", &["STANDARD", "EXPRESS"]) {
        Some("EXPRESS") => Some(Kind::Express),
        _ => Some(Kind::Standard),
    }
}

fn read_label(reader: &mut Reader, node: &Node<'_>) -> Option<String> {
    let label = reader.text(node, "Label")?;
    let place = node.at("Label");
    let forbidden =
        |c: char| c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"/".contains(c);
    if label.is_empty() {
        reader.report(Code::InvalidLabelName, &place, "Label cannot be empty");
    } else if label.chars().count() > LONGEST_LABEL {
        let message = format!(
            "Invalid Label name: {label} exceeds the {LONGEST_LABEL}-character limit allowed by \
             the service"
        );
        reader.report(Code::InvalidLabelName, &place, message);
    } else if let Some(found) = label.chars().find(|c| forbidden(*c)) {
        let message = format!("Label contains invalid character: '{found}'");
        reader.report(Code::InvalidLabelName, &place, message);
    }
    if !reader.labels.insert(label.to_owned()) {
        let message = format!("Duplicate Label name: {label}");
        reader.report(Code::DuplicateLabelName, &place, message);
    }
    Some(label.to_owned())
}

/// `Parameters` or `Arguments`, as the language calls it.
fn read_arguments(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
) -> Option<Template> {
    let (field, other) = match language {
        QueryLanguage::JsonPath => ("Parameters", "Arguments"),
        QueryLanguage::Jsonata => ("Arguments", "Parameters"),
    };
    if node.has(other) {
        reader.reject(&node.place, format!("Field '{other}' is not supported"));
    }
    reader.template(node, field, language)
}

fn read_reader(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
) -> Option<ItemReader> {
    let node = reader.object_field(node, "ItemReader")?;
    reader.only(
        &node,
        &["Resource", "Parameters", "Arguments", "ReaderConfig"],
    );
    reader.require(&node, &["Resource"]);
    let resource = reader.text(&node, "Resource")?;
    let lists = resource.ends_with(":s3:listObjectsV2");
    if !lists && !resource.ends_with(":s3:getObject") {
        reader.reject(
            &node.at("Resource"),
            "The field 'Resource' does not match any of the allowed values",
        );
        return None;
    }
    let arguments = read_arguments(reader, &node, language);
    let config = reader.object_field(&node, "ReaderConfig");
    let max_items = config
        .as_ref()
        .and_then(|config| reader.number(config, &setting::MAX_ITEMS, language));
    let format = match (&config, lists) {
        (_, true) | (None, false) => ItemFormat::Listing,
        (Some(config), false) => read_format(reader, config)?,
    };
    Some(ItemReader {
        resource: resource.to_owned(),
        arguments,
        format,
        max_items,
    })
}

fn read_format(reader: &mut Reader, config: &Node<'_>) -> Option<ItemFormat> {
    const TYPES: [&str; 5] = ["CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"];
    reader.only(
        config,
        &[
            "InputType",
            "CSVHeaderLocation",
            "CSVHeaders",
            "CSVDelimiter",
            "MaxItems",
            "MaxItemsPath",
            "ManifestType",
            "ItemsPointer",
            "Transformation",
        ],
    );
    let input_type = reader.text(config, "InputType");
    match input_type {
        Some("JSON") => Some(ItemFormat::Json {
            pointer: reader.text(config, "ItemsPointer").map(str::to_owned),
        }),
        Some("JSONL") => Some(ItemFormat::JsonLines),
        Some("MANIFEST") => Some(ItemFormat::Unsupported("MANIFEST")),
        Some("PARQUET") => Some(ItemFormat::Unsupported("PARQUET")),
        Some("CSV") => {
            let delimiter = match reader.text(config, "CSVDelimiter") {
                None | Some("COMMA") => b',',
                Some("PIPE") => b'|',
                Some("SEMICOLON") => b';',
                Some("SPACE") => b' ',
                Some("TAB") => b'\t',
                Some(_) => {
                    reader.reject(
                        &config.at("CSVDelimiter"),
                        "Value should be one of the following: [COMMA, PIPE, SEMICOLON, SPACE, \
                         TAB]",
                    );
                    return None;
                }
            };
            let location = ["FIRST_ROW", "GIVEN"];
            let headers = match reader.one_of(config, "CSVHeaderLocation", &location) {
                Some("GIVEN") => Some(read_headers(reader, config)?),
                Some(_) => None,
                None => {
                    if !config.has("CSVHeaderLocation") {
                        reader.reject(&config.place, "The field 'CSVHeaderLocation' is required");
                    }
                    return None;
                }
            };
            Some(ItemFormat::Csv { delimiter, headers })
        }
        _ => {
            reader.reject(
                &config.place,
                format!(
                    "The field 'InputType' should have one of these values: [{}]",
                    TYPES.join(", ")
                ),
            );
            None
        }
    }
}

fn read_headers(reader: &mut Reader, config: &Node<'_>) -> Option<Vec<String>> {
    if !reader.require(config, &["CSVHeaders"]) {
        return None;
    }
    let listed = reader.list(config, "CSVHeaders")?;
    let mut headers = Vec::with_capacity(listed.len());
    for (place, value) in listed {
        match value.as_str() {
            Some(name) => headers.push(name.to_owned()),
            None => reader.reject(&place, "Expected value of type String"),
        }
    }
    Some(headers)
}

fn read_batcher(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
) -> Option<ItemBatcher> {
    let node = reader.object_field(node, "ItemBatcher")?;
    reader.only(
        &node,
        &[
            "MaxItemsPerBatch",
            "MaxItemsPerBatchPath",
            "MaxInputBytesPerBatch",
            "MaxInputBytesPerBatchPath",
            "BatchInput",
        ],
    );
    Some(ItemBatcher {
        max_items: reader.number(&node, &setting::MAX_ITEMS_PER_BATCH, language),
        max_bytes: reader.number(&node, &setting::MAX_INPUT_BYTES_PER_BATCH, language),
        input: reader.template(&node, "BatchInput", language),
    })
}

fn read_writer(
    reader: &mut Reader,
    node: &Node<'_>,
    language: QueryLanguage,
) -> Option<ResultWriter> {
    let node = reader.object_field(node, "ResultWriter")?;
    reader.only(
        &node,
        &["Resource", "Parameters", "Arguments", "WriterConfig"],
    );
    let resource = reader.text(&node, "Resource").map(str::to_owned);
    if resource
        .as_ref()
        .is_some_and(|it| !it.ends_with(":s3:putObject"))
    {
        reader.reject(
            &node.at("Resource"),
            "The field 'Resource' does not match any of the allowed values",
        );
    }
    let arguments = read_arguments(reader, &node, language);
    let config = reader.object_field(&node, "WriterConfig");
    let mut transformation = Transformation::None;
    let mut lines = false;
    if let Some(config) = config {
        reader.only(&config, &["Transformation", "OutputType"]);
        transformation =
            match reader.one_of(&config, "Transformation", &["NONE", "COMPACT", "FLATTEN"]) {
                Some("COMPACT") => Transformation::Compact,
                Some("FLATTEN") => Transformation::Flatten,
                _ => Transformation::None,
            };
        lines = reader.one_of(&config, "OutputType", &["JSON", "JSONL"]) == Some("JSONL");
    }
    Some(ResultWriter {
        resource,
        arguments,
        transformation,
        lines,
    })
}
