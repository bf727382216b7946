//! Nothing that stands in a file brings the compiler down, or takes it long.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use serverless_template::{Error, Options, Service, compile};

const PROVIDER: &str = "service: demo
provider:
  name: aws
  runtime: provided.al2023
  versionFunctions: false
";

/// Compiles files given by name and text.
fn compile_files(files: &[(&str, &str)]) -> Result<Service, Error> {
    let root = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    for (name, text) in files {
        std::fs::write(root.path().join(name), text).unwrap_or_else(|error| panic!("{error}"));
    }
    compile(&Options {
        root: root.path().to_owned(),
        env: [("STUDENT_NAME".to_owned(), "alice".to_owned())].into(),
        opts: BTreeMap::new(),
    })
}

fn error_of(text: &str) -> String {
    match compile_files(&[("serverless.yml", text)]) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.problem,
    }
}

#[test]
fn variables_that_double() {
    let mut lists = format!("{PROVIDER}custom:\n  v0: [x, x]\n");
    let mut texts = format!("{PROVIDER}custom:\n  v0: xx\n");
    for level in 1..60 {
        let below = level - 1;
        let _ = writeln!(
            lists,
            "  v{level}: ['${{self:custom.v{below}}}', '${{self:custom.v{below}}}']"
        );
        let _ = writeln!(
            texts,
            "  v{level}: ${{self:custom.v{below}}}${{self:custom.v{below}}}"
        );
    }
    assert_eq!(
        error_of(&lists),
        "aliases and variables expand to more than 4 MiB here"
    );
    assert_eq!(error_of(&texts), "variables expand to more than 4 MiB");
}

#[test]
fn a_long_chain_of_variables() {
    let link = |level: u32| format!("  v{level}: ${{self:custom.v{}}}\n", level - 1);
    let chain = |links: String| format!("{PROVIDER}custom:\n  v0: x\n{links}");
    // From the first link on, each is known when the next one asks.
    assert_eq!(error_of(&chain((1..1500).map(link).collect())), "no error");
    assert_eq!(
        error_of(&chain((1..1500).rev().map(link).collect())),
        "nested more than 100 levels deep"
    );
}

#[test]
fn a_large_value_in_many_places() {
    let mut text = format!("{PROVIDER}custom:\n  big:\n");
    for index in 0..1500 {
        let _ = writeln!(text, "    key{index}: value");
    }
    text += "  many:\n";
    for _ in 0..30_000 {
        text += "    - ${self:custom.big}\n";
    }
    assert_eq!(
        error_of(&text),
        "aliases and variables expand to more than 4 MiB here"
    );
}

#[test]
fn merge_keys_of_a_large_mapping() {
    let mut text = format!("{PROVIDER}custom:\n  big: &big\n");
    for index in 0..1500 {
        let _ = writeln!(text, "    key{index}: value");
    }
    text += "  many:\n";
    for _ in 0..30_000 {
        text += "    - <<: *big\n";
    }
    assert_eq!(error_of(&text), "merge keys copy more than 20000 keys");
}

#[test]
fn many_keys() {
    let text = (0..50_000).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "key{index}: x");
        text
    });
    assert_eq!(error_of(&text), "the mapping has more than 2000 keys");
}

#[test]
fn a_large_file() {
    assert_eq!(
        error_of(&"#".repeat(2 << 20)),
        "serverless.yml is larger than 1 MiB"
    );
}

#[test]
fn a_file_that_is_no_text() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("serverless.yml"), b"\xff\xfe\x00").unwrap();
    let options = Options {
        root: root.path().to_owned(),
        ..Options::default()
    };
    let error = compile(&options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "serverless.yml: serverless.yml cannot be read: stream did not contain valid UTF-8. \
         Check the file and its permissions"
    );
}

#[test]
fn an_include_that_includes_itself() {
    let error = compile_files(&[
        (
            "serverless.yml",
            &format!("{PROVIDER}custom: ${{file(a.yml)}}\n"),
        ),
        ("a.yml", "again: ${file(a.yml)}\n"),
    ])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.yml:1:8: custom.again.again: ${file(a.yml)} leads back to itself. Break the circle of variables"
    );
}

/// Keys that mean something somewhere, and one that does not.
const KEYS: [&str; 40] = [
    "service",
    "provider",
    "functions",
    "resources",
    "stepFunctions",
    "custom",
    "package",
    "plugins",
    "useDotenv",
    "name",
    "runtime",
    "versionFunctions",
    "iam",
    "role",
    "statements",
    "Effect",
    "Action",
    "Resource",
    "s3",
    "events",
    "bucket",
    "rules",
    "prefix",
    "environment",
    "tags",
    "handler",
    "stateMachines",
    "definition",
    "States",
    "Type",
    "Seconds",
    "Resources",
    "Properties",
    "Outputs",
    "Ref",
    "Fn::GetAtt",
    "Fn::Sub",
    "artifact",
    "timeout",
    "other",
];

const TEXTS: [&str; 22] = [
    "aws",
    "demo",
    "provided.al2023",
    "false",
    "Allow",
    "s3:GetObject",
    "*",
    "Wait",
    "input",
    "AWS::S3::Bucket",
    "${self:custom}",
    "${self:provider.name}",
    "${env:STUDENT_NAME}",
    "${env:NONE, 'x'}",
    "${file(serverless.yml):custom}",
    "${opt:a, null}",
    "${sls:stage}",
    "${AWS::Region}",
    "#{AWS::Region}",
    "${self:${self:service}}",
    "serverless-step-functions",
    "\u{e9}\u{0}\u{1F600}",
];

fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        proptest::sample::select(&TEXTS[..]).prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        (-5i64..1000).prop_map(Json::from),
        Just(Json::Null),
    ];
    let key = proptest::sample::select(&KEYS[..]).prop_map(str::to_owned);
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6).prop_map(|entries| entries
                .into_iter()
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

/// A service that compiles, with one of its sections replaced.
fn service_with(section: &str, content: Json) -> String {
    let mut service = json!({
        "service": "demo",
        "provider": { "name": "aws", "runtime": "provided.al2023", "versionFunctions": false },
        "functions": { "hello": { "handler": "hello", "events": [{ "s3": "input" }] } },
        "plugins": ["serverless-step-functions"],
    });
    service[section] = content;
    service.to_string()
}

fn project_text() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/cases/definition-functions/serverless.yml"
    );
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}"))
}

proptest! {
    #[test]
    fn no_document_panics(content in document()) {
        let _ = compile_files(&[("serverless.yml", &content.to_string())]);
        for section in ["provider", "functions", "resources", "stepFunctions", "package", "custom"] {
            let _ = compile_files(&[("serverless.yml", &service_with(section, content.clone()))]);
        }
    }

    #[test]
    fn no_damage_panics(at in 0usize..2500, length in 0usize..40, text in r#"[ \n\-:\[\]{}$'"!&*a-c0-2]{0,8}"#) {
        let whole: Vec<char> = project_text().chars().collect();
        let start = at.min(whole.len());
        let end = (start + length).min(whole.len());
        let damaged: String = whole[..start].iter().copied()
            .chain(text.chars())
            .chain(whole[end..].iter().copied())
            .collect();
        if let Err(error) = compile_files(&[("serverless.yml", &damaged)]) {
            prop_assert!(error.place.line <= damaged.lines().count() + 1, "{error}");
        }
    }
}
