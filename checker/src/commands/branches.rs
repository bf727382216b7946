//! `checker branches`: what an instructor does with the branches of the tasks.

use std::fmt::Write as _;
use std::process::ExitCode;

use crate::commands::agree::agreed;
use crate::commands::cli::{Branches, From, ResetBranches};
use crate::commands::print::print;
use crate::course::task;
use crate::error::Error;
use crate::workspace::at_commit;
use crate::workspace::backup::{self, Backup};
use crate::workspace::branches::{self, Built, Chain, Plan, Remote, Step, standing};
use crate::workspace::git::Git;

/// Carries out a command.
///
/// # Errors
///
/// Whatever kept it from its end.
pub fn run(git: &Git, command: Branches) -> Result<ExitCode, Error> {
    match command {
        Branches::Build(from) => {
            let chain = chain(git, &from)?;
            let all = branches::build(git, &chain)?;
            print(&built(&chain.source, &all))?;
            let left = all.iter().any(|(_, built)| matches!(built, Built::Left(_)));
            Ok(ExitCode::from(u8::from(left)))
        }
        Branches::Status(from) => {
            print(&status(git, &chain(git, &from)?)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Branches::Reset(arguments) => reset(git, &arguments),
        Branches::Restore { backup: None } => {
            print(&backups(git, &backup::list(git)?)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Branches::Restore { backup: Some(name) } => {
            let backup = backup::find(git, &name)?;
            let kept = branches::restore(git, &backup)?;
            let mut said = format!("{} is back as in {}.\n", backup.branch, backup.name);
            if let Some(kept) = kept {
                let _ = writeln!(
                    said,
                    "What was there: cargo checker branches restore {kept}"
                );
            }
            print(&said)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn chain(git: &Git, from: &From) -> Result<Chain, Error> {
    let source = git.commit(&from.commit).ok_or_else(|| {
        Error::Input(format!(
            "there is no commit {:?}. Name the branch or commit that holds the full solution \
             with --from.",
            from.commit
        ))
    })?;
    let course = at_commit::course(git, &source)?;
    Chain::from(
        git,
        &source,
        &course,
        &at_commit::tasks(git, &source, &course)?,
    )
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn built(source: &str, all: &[(String, Built)]) -> String {
    let mut out = format!("From {}:\n", short(source));
    for (branch, built) in all {
        let what = match built {
            Built::Created => "created",
            Built::Moved => "brought up to date",
            Built::InSync => "in sync",
            Built::Left(why) => &format!("left as it is: {why}"),
        };
        let _ = writeln!(out, "  {branch:<8} {what}");
    }
    out
}

fn status(git: &Git, chain: &Chain) -> Result<String, Error> {
    let remotes = git.text(["remote"])?;
    let remotes: Vec<&str> = remotes.lines().collect();
    let mut rows = vec![vec!["branch".to_owned(), "here".to_owned()]];
    rows[0].extend(remotes.iter().map(|it| (*it).to_owned()));
    for (id, _) in &chain.commits {
        let branch = chain.course.branch_of(id);
        let mut row = vec![branch.clone()];
        let here = format!("refs/heads/{branch}");
        let fetched = remotes
            .iter()
            .map(|it| format!("refs/remotes/{it}/{branch}"));
        for name in std::iter::once(here).chain(fetched) {
            let tip = git.commit(&name);
            row.push(standing(git, chain, id, tip.as_deref())?.to_string());
        }
        rows.push(row);
    }
    Ok(format!(
        "Beside a build from {}:\n\n{}",
        short(&chain.source),
        table(&rows)
    ))
}

fn backups(git: &Git, all: &[Backup]) -> Result<String, Error> {
    if all.is_empty() {
        return Ok("There are no backups.\n".to_owned());
    }
    let mut rows = Vec::new();
    for backup in all {
        let subject = git.line(["show", "--no-patch", "--format=%h %s", &backup.tip])?;
        let what = match backup.work {
            Some(_) => format!("uncommitted work on {subject}"),
            None => subject,
        };
        rows.push(vec![backup.name.clone(), what]);
    }
    Ok(format!(
        "{}\nTo bring one back: cargo checker branches restore {}\n",
        table(&rows),
        all.last().map_or("", |it| it.name.as_str())
    ))
}

fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let line: String = cells
            .map(|(cell, width)| format!("  {cell:<width$}"))
            .collect();
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn reset(git: &Git, arguments: &ResetBranches) -> Result<ExitCode, Error> {
    let chain = chain(git, &arguments.from)?;
    let known = at_commit::tasks(git, &chain.source, &chain.course)?;
    let mut tasks = Vec::new();
    for task in &known {
        if arguments.all || arguments.tasks.contains(&task.id) {
            tasks.push(task.id.clone());
        }
    }
    if let Some(id) = arguments.tasks.iter().find(|id| !tasks.contains(id)) {
        return Err(task::unknown(id, &known));
    }
    let here = branches::plan(git, &chain, &tasks)?;
    let remote = match &arguments.remote {
        Some(name) => Some(branches::remote_plan(git, &chain, &tasks, name)?),
        None => None,
    };
    print(&planned(&chain.source, &here, remote.as_ref()))?;
    let there = remote.iter().flat_map(|it| &it.steps);
    if here.steps.iter().chain(there).all(Step::is_done) {
        print("Nothing has to be done.\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.yes && !agreed("Go on?")? {
        print("Nothing was done.\n")?;
        return Ok(ExitCode::from(1));
    }
    let mut kept = here.carry_out(git)?;
    if let Some(remote) = remote {
        kept.extend(remote.carry_out(git)?);
    }
    let mut said = String::new();
    for (branch, name) in kept {
        let _ = match name {
            Some(name) => writeln!(said, "  {branch}: reset; what it was: {name}"),
            None => writeln!(said, "  {branch}: created"),
        };
    }
    print(&format!(
        "Done.\n{said}A backup comes back by cargo checker branches restore NAME.\n"
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn planned(source: &str, here: &Plan, remote: Option<&Remote>) -> String {
    let mut rows = Vec::new();
    let mut add = |step: &Step, remote: Option<&str>| {
        let branch = match remote {
            Some(remote) => format!("{remote}/{}", step.branch),
            None => step.branch.clone(),
        };
        let mut what = step.standing.to_string();
        if step.work.is_some() {
            what += ", with uncommitted work";
        }
        rows.push(vec![branch, what]);
    };
    here.steps.iter().for_each(|step| add(step, None));
    if let Some(remote) = remote {
        remote
            .steps
            .iter()
            .for_each(|step| add(step, Some(&remote.name)));
    }
    format!(
        "To reset to a build from {}, with a backup of each:\n\n{}\n",
        short(source),
        table(&rows)
    )
}
