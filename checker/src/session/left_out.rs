//! What a run does not judge where it runs, and why: said, never passed over.

use crate::course::ability::Ability;
use crate::course::probe::Probe;
use crate::course::task::{Content, Kind, ProbeSpec, Task};
use crate::session::Options;
use crate::target::Target;

/// What a run can judge.
#[derive(Debug)]
pub struct Reach {
    without: Vec<Ability>,
    /// The one PDF that has to do, as Textract bills by the page: its task's id, and its name.
    one_pdf: Option<(String, String)>,
}

impl Reach {
    /// That of a run: everything on a sandbox of its own, one PDF on AWS, and on another
    /// endpoint what the user says that it has.
    pub fn of(options: &Options, tasks: &[Task]) -> Self {
        let is_billed = options.target == Target::Aws && options.endpoint.url.is_none();
        Self {
            without: options.without.clone(),
            one_pdf: is_billed.then(|| one_pdf(tasks)).flatten(),
        }
    }

    /// Why a task cannot be judged at all, if so.
    pub fn without_task(&self, task: &Task) -> Option<String> {
        let missing = task.needs.iter().find(|it| self.without.contains(it))?;
        Some(format!(
            "Left out: {} (--without {}), and this task is about it.",
            missing.lack(),
            missing.name()
        ))
    }

    /// What cannot be judged of any task, said once.
    pub fn in_general(&self) -> Option<String> {
        self.without.contains(&Ability::Iam).then(|| {
            "Not judged: what the roles may do. The endpoint does not enforce policies (--without \
             iam)."
                .to_owned()
        })
    }

    /// Takes out the probes that cannot be judged, and says why.
    pub fn choose(&self, task: &Task, probes: Vec<Probe>) -> (Vec<Probe>, Vec<String>) {
        let mut notes = Vec::new();
        let mut kept = Vec::new();
        for probe in probes {
            let why = if !is_pdf(&probe.spec) {
                None
            } else if self.without.contains(&Ability::Textract) {
                Some(format!("{} (--without textract)", Ability::Textract.lack()))
            } else {
                let this = (&task.id, &probe.spec.name);
                let other = self
                    .one_pdf
                    .as_ref()
                    .filter(|(task, name)| (task, name) != this);
                other.map(|(task, name)| {
                    format!(
                        "Textract bills by the page, and the one PDF of this run is {name:?} of \
                         task {task}"
                    )
                })
            };
            match why {
                Some(why) => notes.push(format!("Left out: {:?}: {why}.", probe.spec.name)),
                None => kept.push(probe),
            }
        }
        (kept, notes)
    }
}

/// Of all the PDFs of a run the one that shows most: one of which the text that was read is
/// compared, else the last.
fn one_pdf(tasks: &[Task]) -> Option<(String, String)> {
    let all = tasks
        .iter()
        .flat_map(|task| task.probes.iter().map(move |probe| (task, probe)));
    let pdfs: Vec<_> = all.filter(|(_, probe)| is_pdf(probe)).collect();
    let shows_text = |(task, probe): &&(&Task, &ProbeSpec)| {
        let mut checks = probe.checks.iter().filter_map(|it| task.checks.get(it));
        checks.any(|it| {
            matches!(
                it.expect,
                Kind::ObjectIn {
                    content: Content::Text,
                    ..
                }
            )
        })
    };
    let (task, probe) = pdfs.iter().find(shows_text).or(pdfs.last())?;
    Some((task.id.clone(), probe.name.clone()))
}

fn is_pdf(probe: &ProbeSpec) -> bool {
    probe.format() == "pdf"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: &str, check: &str, probes: &[(&str, &str)]) -> Task {
        let probes = probes.iter().map(|(name, key)| {
            format!("[[probe]]\nname = {name:?}\nkey = {key:?}\nchecks = [\"c\"]\n")
        });
        let probes: String = probes.collect();
        let text = format!(
            "id = {id:?}\ntitle = \"t\"\nminutes = 1\n{probes}[check.c]\nexpect = {check}\n"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn the_pdf_of_a_run() {
        let text = r#"{ object-in = { bucket = "extracted", content = "text" } }"#;
        let up = task("1", r#""object-uploaded""#, &[("up", "{nonce}.PDF")]);
        let read = task(
            "2",
            text,
            &[("txt", "{nonce}.txt"), ("read", "a/{nonce}.pdf")],
        );
        let late = task(
            "3",
            r#""object-uploaded""#,
            &[("a", "b.pdf"), ("late", "c.pdf")],
        );
        let none = task("4", text, &[("txt", "{nonce}.txt")]);
        for (tasks, expected) in [
            (vec![&up, &read, &late], Some(("2", "read"))),
            (vec![&up, &late], Some(("3", "late"))),
            (vec![&up], Some(("1", "up"))),
            (vec![&none], None),
        ] {
            let tasks: Vec<Task> = tasks.into_iter().cloned().collect();
            let expected = expected.map(|(task, name)| (task.to_owned(), name.to_owned()));
            assert_eq!(one_pdf(&tasks), expected);
        }
    }
}
