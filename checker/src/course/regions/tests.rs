//! Rendering, by table and by chance.

use std::path::Path;

use proptest::prelude::*;

use super::*;

const ORDER: [&str; 3] = ["1", "2", "3a"];

fn comments() -> Comments {
    let all = [("rs", "//"), ("yml", "#"), ("yaml", "#"), ("toml", "#")];
    Comments::from(all.map(|(ending, begin)| (ending.to_owned(), begin.to_owned())))
}

fn rust(text: &str, task: &str, side: Side) -> Result<Option<String>, String> {
    render(
        Path::new("src/lib.rs"),
        text,
        &comments(),
        &ORDER,
        task,
        side,
    )
    .map_err(|error| error.to_string())
}

fn rendered(text: &str, task: &str, side: Side) -> String {
    rust(text, task, side).unwrap().unwrap()
}

const GROWING: &str = "\
fn f() {
    //@ task 1 start
    //~ // TODO: call g
    //@ task 1 solution
    //~ g(
    //~     1,
    //~
    //~ );
    //@ task 3a solution
    h();
    //@ end
}
";

#[test]
fn a_region_shows_the_last_stage_that_has_come() {
    let start = "fn f() {\n    // TODO: call g\n}\n";
    let first = "fn f() {\n    g(\n        1,\n\n    );\n}\n";
    let last = "fn f() {\n    h();\n}\n";
    for (task, side, expected) in [
        ("1", Side::Start, start),
        ("1", Side::Solution, first),
        ("2", Side::Start, first),
        ("2", Side::Solution, first),
        ("3a", Side::Start, first),
        ("3a", Side::Solution, last),
    ] {
        assert_eq!(rendered(GROWING, task, side), expected, "{task} {side:?}");
    }
}

#[test]
fn yaml_and_toml_have_regions_too() {
    let text = "a: 1\n#@ task 2 start\n#~ # TODO: b\n#@ task 2 solution\nb:\n  - 1\n#@ end\n";
    for file in ["serverless.yml", "a/workflow.asl.yaml", "Cargo.toml"] {
        let at =
            |task, side| render(Path::new(file), text, &comments(), &ORDER, task, side).unwrap();
        assert_eq!(at("1", Side::Solution).as_deref(), Some("a: 1\n"));
        assert_eq!(at("2", Side::Start).as_deref(), Some("a: 1\n# TODO: b\n"));
        assert_eq!(at("3a", Side::Start).as_deref(), Some("a: 1\nb:\n  - 1\n"));
    }
}

#[test]
fn other_files_have_none() {
    let text = "//@ task 9 start\n#@ end\n";
    for file in ["README.md", "LICENSE", "a.json", ".gitignore"] {
        let text_at_start = render(Path::new(file), text, &comments(), &ORDER, "1", Side::Start);
        assert_eq!(text_at_start.unwrap().as_deref(), Some(text));
    }
}

#[test]
fn a_file_begins_to_exist() {
    let text = "//@ file task 2 solution\n//! New.\n";
    assert_eq!(rust(text, "2", Side::Start), Ok(None));
    assert_eq!(rendered(text, "2", Side::Solution), "//! New.\n");
    assert_eq!(rendered(text, "3a", Side::Start), "//! New.\n");
}

/// `NOTHING` stands for a region that shows nothing yet.
#[test]
fn no_blank_lines_are_left_over() {
    let region = "//@ task 3a solution\nlater();\n//@ end\n";
    for (text, expected) in [
        ("a\n\nNOTHING\nb\n", "a\n\nb\n"),
        ("a\nNOTHING\nb\n", "a\n\nb\n"),
        ("a\n\nNOTHINGb\n", "a\n\nb\n"),
        ("a\nNOTHINGb\n", "a\nb\n"),
        ("a\n\nNOTHING\nNOTHING\nb\n", "a\n\nb\n"),
        ("NOTHING\na\n", "a\n"),
        ("a\n\nNOTHING", "a\n"),
        ("f(|| {\nNOTHING\na\n});\n", "f(|| {\na\n});\n"),
        ("{\na\n\nNOTHING}\n", "{\na\n}\n"),
        ("{\nNOTHING}\n", "{\n}\n"),
        ("a\n\n\nb\nNOTHINGc\n\n\nd\n", "a\n\n\nb\nc\n\n\nd\n"),
    ] {
        let text = text.replace("NOTHING", region);
        assert_eq!(rendered(&text, "1", Side::Start), expected, "{text}");
    }
}

#[test]
fn windows_line_ends_stay() {
    let text = "a\r\n//@ task 1 start\r\n//~ b\r\n//~\r\n//@ task 1 solution\r\nc\r\n//@ end\r\nd";
    assert_eq!(rendered(text, "1", Side::Start), "a\r\nb\r\n\r\nd");
    assert_eq!(rendered(text, "1", Side::Solution), "a\r\nc\r\nd");
}

#[test]
fn broken_markers_are_named_with_file_and_line() {
    for (text, expected) in [
        (
            "//@ task 1 start\n",
            "src/lib.rs:1: this region is never closed",
        ),
        (
            "a\n//@ end\n",
            "src/lib.rs:2: this //@ end closes no region",
        ),
        ("a\n//~ b\n", "src/lib.rs:2: a hidden line (//~) outside"),
        ("//@ task 1 begin\n", "src/lib.rs:1: not a marker"),
        ("//@ tsak 1 start\n", "src/lib.rs:1: not a marker"),
        ("//@\n", "src/lib.rs:1: not a marker"),
        (
            "//@ task 7 start\n//@ end\n",
            "src/lib.rs:1: there is no task 7: the tasks are 1, 2, 3a",
        ),
        (
            "//@ file task 7 start\n",
            "src/lib.rs:1: there is no task 7",
        ),
        (
            "a\n//@ file task 1 start\n",
            "src/lib.rs:2: //@ file belongs on the first line",
        ),
        (
            "//@ task 2 start\n//@ task 1 solution\n//@ end\n",
            "src/lib.rs:2: this stage is not later",
        ),
        (
            "//@ task 1 start\n//@ task 1 start\n//@ end\n",
            "src/lib.rs:2: this stage is not later",
        ),
        (
            "//@ task 1 start\na\n//@ task 1 solution\nb\n//@ end\n",
            "src/lib.rs:2: a plain line in a stage that another follows",
        ),
        (
            "//@ task 1 start\n//~ a\n//@ end\n",
            "src/lib.rs:2: a hidden line (//~) in the last stage",
        ),
    ] {
        let error = rust(text, "1", Side::Start).unwrap_err();
        assert!(error.starts_with(expected), "{text}{error}");
    }
}

#[test]
fn a_broken_marker_counts_even_where_the_file_does_not_exist_yet() {
    let text = "//@ file task 2 start\n//@ end\n";
    assert!(rust(text, "1", Side::Start).is_err());
}

#[test]
fn an_unknown_task_is_named() {
    assert_eq!(
        rust("", "3b", Side::Start).unwrap_err(),
        "there is no task 3b: the tasks are 1, 2, 3a"
    );
}

/// The handler's own source, as the participants of task 1 get it and leave it.
#[test]
fn the_start_of_task_1_lacks_exactly_what_its_todos_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../handler/src/scan_file/mod.rs");
    let text = std::fs::read_to_string(&path).unwrap();
    let at = |side| {
        render(&path, &text, &comments(), &["1"], "1", side)
            .unwrap()
            .unwrap()
    };

    let (start, solution) = (at(Side::Start), at(Side::Solution));

    assert!(start.contains("\n    // TODO: Create a Step Functions client here\n"));
    assert!(start.contains("\n        // TODO: Start the workflow here\n"));
    assert_eq!(start.matches("TODO").count(), 2);
    assert!(!start.contains("aws_sdk_sfn"));
    assert!(!solution.contains("TODO"));
    assert!(solution.contains("Starting SF execution"));
}

fn moments() -> impl Strategy<Value = (&'static str, Side)> {
    (
        prop::sample::select(ORDER.to_vec()),
        prop::sample::select(vec![Side::Start, Side::Solution]),
    )
}

proptest! {
    #[test]
    fn text_without_markers_comes_back_unchanged(
        text in r"([ \ta-z{}()/#~@é]{0,6}\r?\n?){0,20}",
        (task, side) in moments(),
    ) {
        prop_assume!(!text.contains("//@") && !text.contains("//~"));
        prop_assert_eq!(rust(&text, task, side), Ok(Some(text)));
    }

    #[test]
    fn anything_renders_free_of_markers_or_is_refused(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                "//@ task 1 start", "//@ task 1 solution", "  //@ task 2 start",
                "//@ task 3a solution", "//@ end", "//@ end", "//@ file task 2 start",
                "//~ hidden", "  //~   deeper", "//~", "plain", "", "}", "{ é", "//@é",
            ]),
            0..12,
        ),
        end in prop::sample::select(vec!["", "\n", "\r\n"]),
        (task, side) in moments(),
    ) {
        let text = lines.join("\n") + end;
        if let Ok(Some(rendered)) = rust(&text, task, side) {
            prop_assert!(!rendered.contains("//@") && !rendered.contains("//~"));
        }
    }
}
