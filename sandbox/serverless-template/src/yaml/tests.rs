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
        (
            "{\n\t\"a\":\t[1,\n\t\t{\"b\":2}],\n\t\"c\\u00e9\": \"\\/\"\n}\n",
            json!({"a": [1, {"b": 2}], "c\u{e9}": "/"}),
        ),
        ("a: 1\r\nb:\r\n  - x\r\n", json!({"a": 1, "b": ["x"]})),
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
