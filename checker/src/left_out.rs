//! What a run does not judge where it runs, and why: said, never passed over.

use crate::cli::{Ability, Verify};
use crate::probe::Probe;
use crate::task::Task;

/// What a run can judge.
#[derive(Debug)]
pub struct Reach {
    without: Vec<Ability>,
    /// Whether one PDF has to do, as Textract bills by the page.
    one_pdf: bool,
    pdfs: usize,
}

impl Reach {
    /// That of a run: everything on a sandbox of its own, one PDF on AWS, and on another
    /// endpoint what the user says that it has.
    pub fn of(arguments: &Verify, on_aws: bool) -> Self {
        Self {
            without: arguments.without.clone(),
            one_pdf: on_aws && arguments.place.endpoint_url.is_none(),
            pdfs: 0,
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
    pub fn choose(&mut self, probes: Vec<Probe>) -> (Vec<Probe>, Vec<String>) {
        let mut notes = Vec::new();
        let mut kept = Vec::new();
        for probe in probes {
            let is_pdf = probe.values.get("extension").is_some_and(|it| it == "pdf");
            let why = if !is_pdf {
                None
            } else if self.without.contains(&Ability::Textract) {
                Some(format!("{} (--without textract)", Ability::Textract.lack()))
            } else if self.one_pdf && self.pdfs > 0 {
                Some(
                    "Textract bills by the page, and this run has uploaded a PDF already"
                        .to_owned(),
                )
            } else {
                None
            };
            self.pdfs += usize::from(is_pdf);
            match why {
                Some(why) => notes.push(format!("Left out: {:?}: {why}.", probe.spec.name)),
                None => kept.push(probe),
            }
        }
        (kept, notes)
    }
}

impl Ability {
    fn name(self) -> &'static str {
        match self {
            Self::Textract => "textract",
            Self::Iam => "iam",
            Self::BranchEvents => "branch-events",
        }
    }

    fn lack(self) -> &'static str {
        match self {
            Self::Textract => "the endpoint has no Textract",
            Self::Iam => "the endpoint does not enforce policies",
            Self::BranchEvents => "the endpoint records no events of branches",
        }
    }
}
