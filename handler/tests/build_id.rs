//! The build id: what changes it and what does not.
#![allow(clippy::unwrap_used)]

#[path = "../../checker/src/build_id.rs"]
mod build_id;

use std::fs;
use std::path::Path;

use build_id::build_id;
use tempfile::TempDir;

/// A handler's folder with these files.
fn handler(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn id_of(files: &[(&str, &str)]) -> String {
    build_id(handler(files).path()).unwrap()
}

const FILES: [(&str, &str); 3] = [
    ("Cargo.toml", "[package]\n"),
    ("src/a/mod.rs", "one\ntwo\n"),
    ("src/b.rs", "three\n"),
];

#[test]
fn the_binary_carries_the_id_of_its_sources() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(build_id(sources).unwrap(), handler::BUILD_ID);
}

#[test]
fn an_id_is_16_hex_digits() {
    let id = id_of(&FILES);
    assert_eq!(id.len(), 16);
    assert!(id.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
}

#[test]
fn other_line_ends_and_other_kinds_of_files_do_not_change_it() {
    let mut files = FILES.to_vec();
    files[1].1 = "one\r\ntwo\r\n";
    files.push(("src/a/function.yml", "environment: {}\n"));
    files.push(("workflow/workflow.asl.yml", "StartAt: a\n"));
    assert_eq!(id_of(&files), id_of(&FILES));
}

#[test]
fn any_change_to_a_source_changes_it() {
    for changed in [
        vec![("Cargo.toml", "[package] \n"), FILES[1], FILES[2]],
        vec![FILES[0], ("src/a/mod.rs", "one\rtwo\n"), FILES[2]],
        vec![FILES[0], ("src/c/mod.rs", "one\ntwo\n"), FILES[2]],
        vec![FILES[0], FILES[1]],
        vec![
            FILES[0],
            ("src/a/mod.rs", "one\n"),
            ("src/b.rs", "two\nthree\n"),
        ],
    ] {
        assert_ne!(id_of(&changed), id_of(&FILES), "{changed:?}");
    }
}

#[test]
fn a_missing_folder_is_named() {
    let error = build_id(handler(&[("Cargo.toml", "")]).path()).unwrap_err();
    assert!(error.to_string().contains("src"), "{error}");
}
