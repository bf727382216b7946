use proptest::prelude::*;

use super::*;

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn lookup(kind: &str, params: &[&str], address: &str) -> Source {
    Source::Lookup {
        kind: kind.to_owned(),
        params: params.iter().map(|param| vec![text(param)]).collect(),
        address: (!address.is_empty()).then(|| vec![text(address)]),
    }
}

#[test]
fn texts() {
    let literal = |value: &str| Source::Literal(Value::String(value.to_owned()));
    let cases = [
        ("plain", vec![text("plain")]),
        ("${AWS::Region}-${x}", vec![text("${AWS::Region}-${x}")]),
        ("${aws: :x}", vec![text("${aws: :x}")]),
        ("${", vec![text("${")]),
        (
            "${x-${self:a}}",
            vec![
                text("${x-"),
                Part::Variable(vec![lookup("self", &[], "a")]),
                text("}"),
            ],
        ),
        (
            "${${self:a}}",
            vec![
                text("${"),
                Part::Variable(vec![lookup("self", &[], "a")]),
                text("}"),
            ],
        ),
        (
            "${self:a.b}",
            vec![Part::Variable(vec![lookup("self", &[], "a.b")])],
        ),
        (
            "${self:}",
            vec![Part::Variable(vec![lookup("self", &[], "")])],
        ),
        (
            "x${env:A, 'it, }'}y",
            vec![
                text("x"),
                Part::Variable(vec![lookup("env", &[], "A"), literal("it, }")]),
                text("y"),
            ],
        ),
        (
            "${opt:a, env:B, \"q\\\"\"}",
            vec![Part::Variable(vec![
                lookup("opt", &[], "a"),
                lookup("env", &[], "B"),
                literal("q\""),
            ])],
        ),
        (
            "${file(./a b.yml):k}",
            vec![Part::Variable(vec![lookup("file", &["./a b.yml"], "k")])],
        ),
        (
            "${file('a.yml')}",
            vec![Part::Variable(vec![lookup("file", &["a.yml"], "")])],
        ),
        (
            "${env:A, true}${env:A, 12}",
            vec![
                Part::Variable(vec![
                    lookup("env", &[], "A"),
                    Source::Literal(Value::Bool(true)),
                ]),
                Part::Variable(vec![
                    lookup("env", &[], "A"),
                    Source::Literal(Value::Number(12.into())),
                ]),
            ],
        ),
        (
            "${self:custom.${opt:stage}}",
            vec![Part::Variable(vec![Source::Lookup {
                kind: "self".to_owned(),
                params: vec![],
                address: Some(vec![
                    text("custom."),
                    Part::Variable(vec![lookup("opt", &[], "stage")]),
                ]),
            }])],
        ),
        (r"\${self:a}", vec![text("${self:a}")]),
        (
            r"a\b\\${self:a}",
            vec![
                text(r"a\b\"),
                Part::Variable(vec![lookup("self", &[], "a")]),
            ],
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(parse(input).unwrap(), expected, "{input}");
    }
}

#[test]
fn errors() {
    let cases = [
        ("${self:a", "a variable has no closing bracket"),
        ("${file(a", "a variable has no closing bracket"),
        ("${file(a}", "a variable has } where ) belongs"),
        ("${file(a) b}", "a variable has b where } belongs"),
        ("${env:A, 'x}", "a quoted text in a variable has no end"),
        (
            "${env:A, \"\\x\"}",
            "\"\\x\" in a variable is not a JSON text",
        ),
        (
            "${env:A, word}",
            "the fallback \"word\" of a variable is no source, number, true, false or null; a text needs quotes",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(parse(input).unwrap_err(), expected, "{input}");
    }
    let nested = "${self:".repeat(50);
    assert_eq!(
        parse(&nested).unwrap_err(),
        "variables are nested more than 10 deep"
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in r#"([$][{]|self:|file[(]|[ a-z'":,(){}$\\é\x00]){0,20}"#) {
        let _ = parse(&text);
    }
}
