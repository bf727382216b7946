//! The `checker` command.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use checker::cli::{Author, Cli, Command};
use checker::course::{self, Course, hint, overview, show};
use checker::course_file::CourseFile;
use checker::error::Error;
use checker::git::Git;
use checker::interrupts::Interrupts;
use checker::print::print;
use checker::stack::Stack;
use checker::verdict::{Verdict, worst};
use checker::{
    activity, author, clean, doctor, graph, instructor, machine, project, report, score, temporary,
    verify, watch,
};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runs = matches!(
        cli.command,
        Command::Verify(_) | Command::Watch(_) | Command::Sandbox(_)
    );
    if runs && let Err(error) = machine::check() {
        return fail(&error);
    }
    temporary::sweep(&std::env::temp_dir());
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Error::Unclear(format!("cannot start: {error}"))),
    };
    let code = runtime
        .block_on(run(cli.command))
        .unwrap_or_else(|error| fail(&error));
    // Nobody waits for what a thread still reads.
    runtime.shutdown_background();
    code
}

async fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Verify(arguments) => {
            let mut interrupts = Interrupts::listen();
            // Nobody takes a former run's report for one of this run.
            if let Some(file) = &arguments.junit {
                let _ = std::fs::remove_file(file);
            }
            let (run, cleaned) = verify::verify(&root()?, &arguments, &mut interrupts).await?;
            print(&if arguments.json {
                format!("{}\n", report::json(&run))
            } else {
                report::text(&run)
            })?;
            cleaned?;
            if let Some(file) = &arguments.junit {
                report::junit::write(&run, file)?;
            }
            if run.tasks.iter().all(|it| it.verdict == Verdict::Skipped) {
                return Err(Error::Unclear(
                    "nothing was judged: verify where nothing has to be left out".to_owned(),
                ));
            }
            Ok(match worst(run.tasks.iter().map(|task| task.verdict)) {
                Verdict::Passed | Verdict::Skipped => ExitCode::SUCCESS,
                Verdict::Failed => ExitCode::from(1),
                Verdict::Error => ExitCode::from(3),
            })
        }
        Command::Watch(arguments) => {
            let mut interrupts = Interrupts::listen();
            watch::watch(&root()?, &arguments.verify(), &mut interrupts).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Sandbox(arguments) => {
            let mut interrupts = Interrupts::listen();
            let user = arguments.user.as_deref();
            let root = match user {
                Some(user) => {
                    project::check_user(user)?;
                    Some(root()?)
                }
                None => None,
            };
            activity::serve(root.as_deref(), user, arguments.port, &mut interrupts).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Tasks => {
            let course = course()?;
            let record = course.record();
            print(&overview::overview(
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
            print(&course::start(&course()?, &task)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Hint { task } => {
            let course = course()?;
            let mut record = course.record();
            let task = course.task_or_current(task.as_deref())?;
            let hint = hint::hint(task, &mut record)?;
            record.write(course.git.root())?;
            print(&hint)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Reset => {
            print(&course::reset(&course()?)?)?;
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
            print(&course::solution(&course, &task.id)?)?;
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
            let report = author::check(&root()?)?;
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
        Command::Branches(command) => instructor::run(&Git::at(&root()?)?, command),
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

fn fail(error: &Error) -> ExitCode {
    // Texts of an endpoint or a file must not steer the terminal.
    let text: String = error
        .to_string()
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    // Where even this cannot be written, the exit code has to do.
    let _ = writeln!(anstream::stderr(), "error: {text}");
    error.exit_code()
}
