use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, line: &str) -> bool {
    Pattern::read(pattern).unwrap().matches(line)
}

fn refusal(pattern: &str) -> String {
    let error = Pattern::read(pattern).unwrap_err();
    assert_eq!(
        (error.status, error.code.as_ref()),
        (400, "InvalidParameterException")
    );
    error.message
}

#[test]
fn terms() {
    let table = [
        ("", "anything", true),
        ("  ", "anything", true),
        ("ERROR", "[ERROR] A fatal exception", true),
        ("ERROR", "Exiting with ERRORCODE: -1", true),
        ("ERROR", "an error", false),
        ("ERROR Exception", "[ERROR] Unhandled Exception", true),
        ("ERROR Exception", "[ERROR] Unhandled", false),
        ("ERROR -Exiting", "Exiting with ERRORCODE: -1", false),
        (
            "\"ERROR\" - \"Exiting\"",
            "Exiting with ERRORCODE: -1",
            false,
        ),
        ("\"ERROR\" - \"Exiting\"", "ERRORCODE: -1", true),
        ("-\"START RequestId\"", "START RequestId: 1", false),
        ("-\"START RequestId\"", "END RequestId: 1", true),
        ("?ERROR ?WARN", "WARN message", true),
        ("?ERROR ?\"WARN m\"", "WARN message", true),
        ("?ERROR ?WARN", "INFO message", false),
        ("?ERROR ?WARN message", "INFO message", true),
        ("\"cv-1 (2).pdf\"", "key: cv-1 (2).pdf", true),
        ("\"cv-1 (2).pdf\"", "key: cv-1 (3).pdf", false),
        (r#""say \"hi\"""#, r#"they say "hi""#, true),
        (r#""a\\b""#, r"a\b", true),
        ("\"caf\u{e9}\"", "a caf\u{e9}", true),
    ];
    for (pattern, line, expected) in table {
        assert_eq!(matches(pattern, line), expected, "{pattern} on {line}");
    }
}

#[test]
fn json() {
    let cloud_trail = r#"{
        "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{ "name": "a", "id": 1 }, { "name": "b", "id": 2 }],
        "SomeObject": null, "ThisFlag": true, "an-id_2": "x", "errorCode": 400, "latency": 50.5
    }"#;
    let users = r#"{
        "user": { "id": 1, "email": "John.Stiles@example.com" },
        "users": [{ "id": 2, "email": "John.Doe@example.com" }],
        "actions": ["GET", "PUT", "DELETE"], "coordinates": [[0, 1, 2], [4, 5, 6]]
    }"#;
    let table = [
        ("{ $.eventType = \"UpdateTrail\" }", cloud_trail, true),
        ("{$.eventType=UpdateTrail}", cloud_trail, true),
        ("{ $.eventType = \"UpdateTrai\" }", cloud_trail, false),
        ("{ $.eventType = Update* }", cloud_trail, true),
        ("{ $.eventType = \"*Trail\" }", cloud_trail, true),
        ("{ $.eventType = *dateT* }", cloud_trail, true),
        ("{ $.eventType = Up*ail }", cloud_trail, false),
        ("{ $.eventType = * }", cloud_trail, true),
        ("{ $.sourceIPAddress != 123.123.* }", cloud_trail, true),
        ("{ $.sourceIPAddress != 111.111.* }", cloud_trail, false),
        ("{ $.arrayKey[0] = \"value\" }", cloud_trail, true),
        ("{ $.objectList[1].id = 2 }", cloud_trail, true),
        ("{ $.objectList[2].id = 2 }", cloud_trail, false),
        ("{ $.objectList = 2 }", cloud_trail, false),
        ("{ $.objectList != 2 }", cloud_trail, false),
        ("{ $.SomeObject IS NULL }", cloud_trail, true),
        ("{ $.eventType IS NULL }", cloud_trail, false),
        ("{ $.SomeOtherObject NOT EXISTS }", cloud_trail, true),
        ("{ $.SomeObject NOT EXISTS }", cloud_trail, false),
        ("{ $.ThisFlag IS TRUE }", cloud_trail, true),
        ("{ $.ThisFlag IS FALSE }", cloud_trail, false),
        ("{ $.an-id_2 = x }", cloud_trail, true),
        ("{ $.missing != x }", cloud_trail, false),
        ("{ $.errorCode = 400 }", cloud_trail, true),
        ("{ $.errorCode = 4e2 }", cloud_trail, true),
        ("{ $.errorCode = 4* }", cloud_trail, true),
        ("{ $.errorCode != 500 }", cloud_trail, true),
        ("{ $.errorCode > +399.5 }", cloud_trail, true),
        (
            "{ $.errorCode >= 400 && $.errorCode < 5e2 }",
            cloud_trail,
            true,
        ),
        ("{ $.latency <= 50 }", cloud_trail, false),
        ("{ $.eventType > 1 }", cloud_trail, false),
        (
            "{ ($.user.id = 1) && ($.users[0].email = \"John.Doe@example.com\") }",
            users,
            true,
        ),
        (
            "{ ($.user.id = 2 && $.users[0].email = \"no\") || $.actions[2] = \"GET\" }",
            users,
            false,
        ),
        (
            "{ $.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = no && $.actions[2] = no }",
            users,
            true,
        ),
        (
            "{ ($.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = no) && $.actions[2] = no }",
            users,
            false,
        ),
        ("{ $.a = b }", "no JSON", false),
        ("{ $.a NOT EXISTS }", "no JSON", false),
        ("{ $.a != b }", "[1]", false),
    ];
    for (pattern, line, expected) in table {
        assert_eq!(matches(pattern, line), expected, "{pattern}");
    }
}

#[test]
fn fields() {
    let line =
        "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";
    let table = [
        ("[ip, id, user, time, request, status, bytes]", true),
        ("[ip, id, user, time, request, status]", false),
        ("[..., status = 404, bytes]", true),
        ("[..., request = *.html*, status = 4*, bytes]", true),
        ("[..., request = \"GET*\", status, bytes]", true),
        ("[..., status, bytes > 1534]", false),
        ("[ip = 127.*, ..., bytes >= 1534]", true),
        ("[ip, id, user = frank || user = \"a, b\", ...]", true),
        ("[..., status = 4* && status != 403, bytes]", true),
        ("[..., status = 4* && status != 404, bytes]", false),
        ("[ip, ...]", true),
        ("[...]", true),
        ("[a, b, c, d, e, f, g, ..., h]", false),
    ];
    for (pattern, expected) in table {
        assert_eq!(matches(pattern, line), expected, "{pattern}");
    }
}

#[test]
fn what_cannot_be_read_matches_nothing_but_is_refused() {
    let unreadable = [
        "%regex%",
        "-",
        "ERROR ?",
        "\"open",
        "\"a\"b",
        "{}",
        "{ $ = 1 }",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = b c }",
        "{ $.a = %b% }",
        "{ $.a > b }",
        "{ $.a == 1 }",
        "{ $.a is null }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{ $.a = 1) }",
        "{ $.a[x] = 1 }",
        "{ $.a[-1] = 1 }",
        "{ $..a = 1 }",
        "{ a = 1 }",
        "[]",
        "[a,]",
        "[..., a, ...]",
        "[a, b = c && d > 1]",
        "[a = \"b]",
    ];
    for pattern in unreadable {
        assert_eq!(refusal(pattern), "Invalid filter pattern", "{pattern}");
    }
    assert_eq!(refusal("a-b"), "Invalid character(s) in term 'a-b'");
    assert_eq!(refusal("\"\""), "Invalid character(s) in term '\"\"'");
    assert_eq!(
        refusal("{ $.a = 1"),
        "If a filter pattern starts with '{' it must end with '}'"
    );
    assert!(refusal(&"x".repeat(1025)).contains("less than or equal to 1024"));
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(400), ")".repeat(400));
    assert_eq!(refusal(&deep), "Invalid filter pattern");
}

proptest! {
    #[test]
    fn any_pattern_is_read_or_refused(pattern: String, line: String) {
        if let Ok(pattern) = Pattern::read(&pattern) {
            pattern.matches(&line);
        }
    }

    #[test]
    fn what_looks_like_a_pattern_is_read_or_refused(
        pattern in r#"[\[{]?([ ()]|\$\.a|\[0\]|=|!=|<=|"x*"|\*|&&|\|\||IS NULL|,|\.\.\.|b|é|-1|%|\\){0,12}[\]}]?"#,
        line in r#"(\{"a":("x"|-1|null|\[0\])\}|[ "\[\]xé1]{0,20})"#,
    ) {
        if let Ok(pattern) = Pattern::read(&pattern) {
            pattern.matches(&line);
        }
    }

    #[test]
    fn a_quoted_phrase_is_found_wherever_it_is(before: String, phrase in ".{1,40}", after: String) {
        let quoted = phrase.replace('\\', r"\\").replace('"', r#"\""#);
        let pattern = Pattern::read(&format!("\"{quoted}\"")).unwrap();
        let line = format!("{before}{phrase}{after}");
        prop_assert!(pattern.matches(&line));
        let excluding = Pattern::read(&format!("-\"{quoted}\"")).unwrap();
        prop_assert!(!excluding.matches(&line));
    }

    #[test]
    fn a_member_is_found_by_its_text(value in "[^*]{0,40}") {
        let line = serde_json::json!({ "a": { "b": [value] } }).to_string();
        let quoted = value.replace('\\', r"\\").replace('"', r#"\""#);
        let equal = Pattern::read(&format!("{{ $.a.b[0] = \"{quoted}\" }}")).unwrap();
        prop_assert!(equal.matches(&line));
        let unequal = Pattern::read(&format!("{{ $.a.b[0] != \"{quoted}\" }}")).unwrap();
        prop_assert!(!unequal.matches(&line));
    }
}
