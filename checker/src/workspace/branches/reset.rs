//! `checker branches reset`: branches become what a build makes, and what they were is kept.
//!
//! A plan is made first and shown; carried out, it keeps everything before it moves anything.
//! Each ref moves only from where the plan found it.

use super::status::{Standing, standing};
use super::{Chain, make, refuse_elsewhere};
use crate::error::Error;
use crate::workspace::backup::{self, naming};
use crate::workspace::git::Git;
use crate::workspace::work::{Taken, Work};

const WHY: &str = "checker branches reset";

/// What has to be done with one branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The branch.
    pub branch: String,
    /// How it stands.
    pub standing: Standing,
    /// Where it is.
    tip: Option<String>,
    /// Where it has to be.
    expected: String,
    /// What is not committed, where it is checked out here.
    pub work: Option<Work>,
}

impl Step {
    /// True if nothing has to be done.
    pub fn is_done(&self) -> bool {
        self.standing == Standing::InSync && self.work.is_none()
    }
}

/// What has to be done in this repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Branch by branch.
    pub steps: Vec<Step>,
}

/// Looks at the branches of these tasks.
///
/// # Errors
///
/// Where one is checked out in another working tree, a merge is under way, or git fails.
pub fn plan(git: &Git, chain: &Chain, tasks: &[String]) -> Result<Plan, Error> {
    let mut steps = Vec::new();
    for (task, expected) in &chain.commits {
        if !tasks.contains(task) {
            continue;
        }
        let branch = chain.course.branch_of(task);
        refuse_elsewhere(git, &branch)?;
        let tip = git.commit(&format!("refs/heads/{branch}"));
        let work = match &tip {
            Some(tip) if git.branch().as_deref() == Some(branch.as_str()) => {
                let taken = Taken::take(git)?;
                (!taken.is_in(git, tip)?).then_some(taken.work)
            }
            _ => None,
        };
        steps.push(Step {
            standing: standing(git, chain, task, tip.as_deref())?,
            branch,
            tip,
            expected: expected.clone(),
            work,
        });
    }
    Ok(Plan { steps })
}

impl Plan {
    /// Carries it out; says for each branch under which name it was kept, if there was
    /// something to keep.
    ///
    /// # Errors
    ///
    /// Where something has changed since it was made, or git fails. What was kept stays kept.
    pub fn carry_out(&self, git: &Git) -> Result<Vec<(String, Option<String>)>, Error> {
        let kept = keep(git, &self.steps)?;
        for step in self.steps.iter().filter(|step| !step.is_done()) {
            let name = format!("refs/heads/{}", step.branch);
            let Some(from) = step.tip.as_deref() else {
                make(git, &step.branch, &step.expected, WHY)?;
                continue;
            };
            if git.branch().as_deref() == Some(step.branch.as_str()) {
                let here = Taken::take(git)?;
                // What came after the plan was made has not been kept.
                let planned = match &step.work {
                    Some(work) => here.work == *work,
                    None => here.is_in(git, from)?,
                };
                if !planned {
                    return Err(Error::Input(format!(
                        "a file has changed since {} was looked at. Run the command again.",
                        step.branch
                    )));
                }
                let of_branch = kept.iter().find(|(branch, _)| *branch == step.branch);
                let name = of_branch.and_then(|(_, name)| name.as_deref());
                here.replace_by(git, &git.tree(&step.expected)?)
                    .map_err(|error| naming(name, error))?;
            }
            git.move_ref(&name, &step.expected, from, WHY)?;
        }
        Ok(kept)
    }
}

/// What has to be done in another repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name, as `git remote` lists it.
    pub name: String,
    /// Branch by branch; nothing is checked out there.
    pub steps: Vec<Step>,
}

/// Asks a remote for the branches of these tasks, and fetches what they hold.
///
/// # Errors
///
/// Where it cannot be reached.
pub fn remote_plan(
    git: &Git,
    chain: &Chain,
    tasks: &[String],
    remote: &str,
) -> Result<Remote, Error> {
    let known = git.text(["remote"])?;
    if !known.lines().any(|it| it == remote) {
        return Err(Error::Input(format!(
            "there is no remote {remote:?}. git remote lists them: {}.",
            known.lines().collect::<Vec<_>>().join(", ")
        )));
    }
    let listed = git.text(["ls-remote", "--heads", remote, "refs/heads/task/*"])?;
    let mut steps = Vec::new();
    for (task, expected) in &chain.commits {
        if !tasks.contains(task) {
            continue;
        }
        let branch = chain.course.branch_of(task);
        let name = format!("refs/heads/{branch}");
        let mut lines = listed.lines().filter_map(|line| line.split_once('\t'));
        let tip = lines.find(|(_, it)| *it == name).map(|(tip, _)| tip);
        if let Some(tip) = tip {
            git.line(["fetch", "--quiet", "--no-tags", "--refmap=", remote, &name])?;
            if git.commit(tip).is_none() {
                return Err(Error::Unclear(format!(
                    "{branch} moved on {remote} just now. Run the command again."
                )));
            }
        }
        steps.push(Step {
            standing: standing(git, chain, task, tip)?,
            branch,
            tip: tip.map(str::to_owned),
            expected: expected.clone(),
            work: None,
        });
    }
    Ok(Remote {
        name: remote.to_owned(),
        steps,
    })
}

impl Remote {
    /// As [`Plan::carry_out`]; what was there is kept here.
    ///
    /// # Errors
    ///
    /// Where somebody has pushed since, or git fails.
    pub fn carry_out(&self, git: &Git) -> Result<Vec<(String, Option<String>)>, Error> {
        let kept = keep(git, &self.steps)?;
        let open = || self.steps.iter().filter(|step| !step.is_done());
        let mut arguments = vec![
            "push".to_owned(),
            "--quiet".to_owned(),
            "--atomic".to_owned(),
        ];
        for step in open() {
            // An empty commit stands for a branch that is not there.
            let tip = step.tip.as_deref().unwrap_or_default();
            arguments.push(format!(
                "--force-with-lease=refs/heads/{}:{tip}",
                step.branch
            ));
        }
        arguments.push(self.name.clone());
        let refs = open().map(|step| format!("{}:refs/heads/{}", step.expected, step.branch));
        arguments.extend(refs);
        if kept.is_empty() {
            return Ok(kept);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        git.line_of(&arguments, b"")?;
        let named = kept.into_iter();
        let named = named.map(|(branch, name)| (format!("{}/{branch}", self.name), name));
        Ok(named.collect())
    }
}

/// Keeps what steps are about to move; says for each branch under which name.
fn keep(git: &Git, steps: &[Step]) -> Result<Vec<(String, Option<String>)>, Error> {
    let mut kept = Vec::new();
    for step in steps.iter().filter(|step| !step.is_done()) {
        let name = match &step.tip {
            Some(tip) => Some(backup::keep(git, &step.branch, tip, step.work.as_ref())?),
            None => None,
        };
        kept.push((step.branch.clone(), name));
    }
    Ok(kept)
}
