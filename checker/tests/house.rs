//! The rooms of the checker's house: who may know whom.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up, as the crate's page lists them.
const ROOMS: [&str; 11] = [
    "error",
    "course",
    "verdict",
    "workspace",
    "target",
    "evidence",
    "judge",
    "session",
    "report",
    "author",
    "commands",
];

#[test]
fn each_room_knows_only_those_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (at, room) in ROOMS.iter().enumerate() {
        let above = &ROOMS[at + 1..];
        for file in files(&source, room) {
            let text = fs::read_to_string(&file).unwrap();
            seen += 1;
            for other in above {
                if names(&text, other) {
                    wrong.push(format!("{} knows {other}", file.display()));
                }
            }
            // A list could hide a name.
            if text.contains("use crate::{") {
                wrong.push(format!("{} lists rooms in one use", file.display()));
            }
        }
    }
    assert!(seen > 80, "{seen} files were looked at");
    assert_eq!(wrong, Vec::<String>::new());
    let page = fs::read_to_string(source.join("lib.rs")).unwrap();
    for room in ROOMS {
        assert!(page.contains(&format!("//! | [`{room}`] |")), "{room}");
    }
}

/// Whether a text names a room, whatever comes after the name.
fn names(text: &str, room: &str) -> bool {
    let name = format!("crate::{room}");
    let mut found = text.match_indices(&name);
    found.any(|(at, _)| {
        let next = text[at + name.len()..].chars().next();
        !next.is_some_and(|it| it.is_alphanumeric() || it == '_')
    })
}

#[test]
fn a_name_is_found_however_it_ends() {
    for text in [
        "use crate::report;",
        "crate::report::text(x)",
        "crate::report",
    ] {
        assert!(names(text, "report"), "{text}");
    }
    assert!(!names("crate::reporter::x", "report"));
}

/// `x.rs` and all below `x/`.
fn files(source: &Path, room: &str) -> Vec<PathBuf> {
    let mut found = vec![source.join(format!("{room}.rs"))];
    let mut folders = vec![source.join(room)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    found
}
