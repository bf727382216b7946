//! What the pages say, beside what is there: TODOs, steps, places, graphs, links.

use std::collections::BTreeSet;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::course::file::CourseFile;
use crate::course::stack::Stack;
use crate::course::task::Task;
use crate::error::Error;
use crate::report::graph::graph;

/// How much was looked at.
#[derive(Debug, Default)]
pub struct Seen {
    /// TODOs in the starts.
    pub todos: usize,
    /// Links in the pages.
    pub links: usize,
}

/// Looks at a task's page and manifest beside its start: each TODO is in the page, each step
/// that a check names is there, and so is a place to look at, in the start or in the source.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn check_start(
    project: &Path,
    start: &Path,
    course: &CourseFile,
    task: &Task,
    seen: &mut Seen,
) -> Result<Vec<String>, Error> {
    let page = format!("{}/README.md", task.folder);
    let text = read(&project.join(&page))?;
    let mut problems = Vec::new();
    for part in &course.edited {
        for (file, line, todo) in todos(start, part)? {
            seen.todos += 1;
            if !text.contains(&todo) {
                problems.push(format!("{page} does not mention {file}:{line}: {todo}"));
            }
        }
    }
    let headings = headings(&text);
    for (name, check) in &task.checks {
        let place = format!("{}/task.toml: [check.{name}]", task.folder);
        if let Some(step) = check.step {
            let begins = format!("{step}. ");
            if !headings.iter().any(|it| it.starts_with(&begins)) {
                problems.push(format!("{place} names step {step}, which {page} has not"));
            }
        }
        let mut looks = check.look.iter();
        // What the task adds is in the source only.
        let found = looks.any(|look| {
            let roots = [start, project].into_iter();
            let mut texts = roots.map(|root| std::fs::read_to_string(root.join(&look.file)));
            texts.any(|text| text.is_ok_and(|it| it.contains(&look.text)))
        });
        if !found && !check.look.is_empty() {
            problems.push(format!("{place}: no place to look at is there"));
        }
    }
    problems.extend(check_links(project, start, &page, seen)?);
    Ok(problems)
}

/// Looks for the graph of the solution's workflow in the task's page.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn check_graph(project: &Path, solution: &Path, task: &Task) -> Result<Vec<String>, Error> {
    let page = format!("{}/README.md", task.folder);
    let text = read(&project.join(&page))?;
    let stack = Stack::compile(solution, "graph", None)?;
    let block = format!("```mermaid\n{}```\n", graph(&stack.definition()?));
    if text.contains(&block) {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "{page} does not have the graph of the workflow after the task. Put this into it:\n\n{block}"
    )])
}

/// Follows the links of a page that lead to other files and to headings.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn check_links(
    project: &Path,
    tree: &Path,
    page: &str,
    seen: &mut Seen,
) -> Result<Vec<String>, Error> {
    let text = read(&project.join(page))?;
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let mut problems = Vec::new();
    for (event, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event else {
            continue;
        };
        seen.links += 1;
        if dest_url.contains("://") || dest_url.starts_with("mailto:") {
            continue;
        }
        let line = text[..range.start].matches('\n').count() + 1;
        let (path, anchor) = match dest_url.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor)),
            None => (&*dest_url, None),
        };
        let target = match path {
            "" => tree.join(page),
            path => tree.join(folder).join(path),
        };
        if !target.exists() {
            problems.push(format!("{page}:{line}: {path} is not there"));
            continue;
        }
        let Some(anchor) = anchor.filter(|_| target.extension().is_some_and(|it| it == "md"))
        else {
            continue;
        };
        if !headings(&read(&target)?)
            .iter()
            .any(|it| slug(it) == anchor)
        {
            problems.push(format!("{page}:{line}: {path} has no heading #{anchor}"));
        }
    }
    Ok(problems)
}

/// File, line and text of each TODO in a file or folder.
fn todos(root: &Path, part: &str) -> Result<BTreeSet<(String, usize, String)>, Error> {
    let mut found = BTreeSet::new();
    let path = root.join(part);
    if path.is_dir() {
        let unreadable = |error| Error::Input(format!("cannot read {}: {error}", path.display()));
        for entry in std::fs::read_dir(&path).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            found.extend(todos(root, &format!("{part}/{}", name.to_string_lossy()))?);
        }
    } else if let Ok(text) = std::fs::read_to_string(&path) {
        for (at, line) in text.lines().enumerate() {
            if let Some((_, todo)) = line.split_once("TODO: ") {
                found.insert((part.to_owned(), at + 1, format!("TODO: {}", todo.trim())));
            }
        }
    }
    Ok(found)
}

/// The headings of a page, as they are read.
fn headings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for event in Parser::new(text) {
        match (event, &mut open) {
            (Event::Start(Tag::Heading { .. }), _) => open = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), _) => found.extend(open.take()),
            (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(&text),
            _ => {}
        }
    }
    found
}

/// What a heading is called in a link: as GitHub does it.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map_err(|error| Error::Input(format!("cannot read {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_todos() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("handler/src")).unwrap();
        std::fs::write(
            root.join("handler/src/a.rs"),
            "x\n    // TODO: Do it here\n",
        )
        .unwrap();
        std::fs::write(
            root.join("page.md"),
            "# A `b` page, no?\n\n[a](handler/src/a.rs) [b](#a-b-page-no)\n\
             [c](gone.rs) [d](page.md#gone) [e](https://example.com/#x)\n",
        )
        .unwrap();
        let mut seen = Seen::default();
        assert_eq!(
            check_links(root, root, "page.md", &mut seen).unwrap(),
            [
                "page.md:4: gone.rs is not there",
                "page.md:4: page.md has no heading #gone"
            ]
        );
        assert_eq!(seen.links, 5);
        let found = todos(root, "handler").unwrap();
        let expected = ("handler/src/a.rs".into(), 2, "TODO: Do it here".into());
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [expected]);
    }
}
