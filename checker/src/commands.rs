//! The command line: one file a command. They alone print.

pub mod agree;
pub mod branches;
pub mod clean;
pub mod cli;
pub mod doctor;
pub mod hint;
pub mod interrupts;
pub mod machine;
pub mod print;
pub mod progress_line;
pub mod reset;
pub mod sandbox;
pub mod show;
pub mod solution;
pub mod start;
pub mod tasks;
pub mod verify;
pub mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use cli::{Author, Command};
use print::print;
use progress_line::ProgressLine;

use crate::author;
use crate::course::file::CourseFile;
use crate::course::score;
use crate::course::stack::Stack;
use crate::error::Error;
use crate::report::graph;
use crate::workspace::course::Course;
use crate::workspace::git::Git;
use crate::workspace::project;

/// Carries out a command; the exit code is that of its outcome.
///
/// # Errors
///
/// Whatever kept it from its end.
pub async fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Verify(arguments) => verify::verify(&root()?, &arguments).await,
        Command::Watch(arguments) => {
            let mut stop = interrupts::listen();
            watch::watch(&root()?, &arguments, &mut stop).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Sandbox(arguments) => {
            let mut stop = interrupts::listen();
            let user = arguments.user.as_deref();
            let root = match user {
                Some(user) => {
                    project::check_user(user)?;
                    Some(root()?)
                }
                None => None,
            };
            sandbox::serve(root.as_deref(), user, arguments.port, &mut stop).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Tasks => {
            let course = course()?;
            let record = course.record();
            print(&tasks::overview(
                &course.tasks,
                course.current.as_deref(),
                &record,
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Show { task } => {
            let course = course()?;
            let task = course.task_or_current(task.as_deref())?;
            let page = format!("{}:{}/README.md", course.source, task.folder);
            print(&show::show(&course.git.text(["cat-file", "blob", &page])?))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Start { task } => {
            print(&start::start(&course()?, &task)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Hint { task } => {
            let course = course()?;
            let task = course.task_or_current(task.as_deref())?;
            let hint = course.update_record(|record| hint::hint(task, record))?;
            print(&hint)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Reset => {
            print(&reset::reset(&course()?)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Solution { task, give_up } => {
            let course = course()?;
            let task = course.task_or_current(task.as_deref())?;
            let record = course.record();
            let passed = record.tasks.get(&task.id).is_some_and(|it| it.passed);
            if !passed && !give_up {
                return Err(Error::Input(format!(
                    "task {id} has not passed yet. A hint: cargo checker hint {id}. The reference \
                     all the same: cargo checker solution {id} --give-up",
                    id = task.id
                )));
            }
            print(&solution::solution(&course, &task.id)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor(arguments) => {
            let lines = doctor::doctor(&root()?, &arguments).await;
            print(&doctor::text(&lines))?;
            let problems = lines.iter().any(|it| it.state == doctor::State::Problem);
            Ok(ExitCode::from(u8::from(problems)))
        }
        Command::Clean(arguments) => clean::clean(&root()?, &arguments).await,
        Command::Graph => {
            // No name of a user is in the graph.
            let stack = Stack::compile(&root()?, "graph", None)?;
            print(&graph::graph(&stack.definition()?))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Author(Author::Check) => {
            let mut line = ProgressLine::new();
            let report = author::check(&root()?, &mut |text| line.show(text))?;
            line.clear();
            print(&report.text())?;
            Ok(ExitCode::from(u8::from(!report.problems.is_empty())))
        }
        Command::Author(Author::Cvs) => {
            let root = root()?;
            print(&author::cvs::write(
                &root,
                &score::read(&root, &CourseFile::read(&root)?)?,
            )?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Branches(command) => branches::run(&Git::at(&root()?)?, command),
    }
}

fn course() -> Result<Course, Error> {
    Course::at(&root()?)
}

fn root() -> Result<PathBuf, Error> {
    let current = std::env::current_dir()
        .map_err(|error| Error::Input(format!("the current folder is gone: {error}")))?;
    project::find_root(&current)
}
