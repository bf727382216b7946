//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::progress_line;
use crate::course::ability::Ability;
use crate::error::Error;
use crate::session::{Options, Wanted};
use crate::target::{Endpoint, Target};

/// Verifies the tasks of a workshop on event-driven serverless systems.
#[derive(Debug, Parser)]
#[command(name = "checker", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Upload fresh test CVs and follow each to its end
    Verify(Verify),
    /// Verify again whenever a file is saved
    Watch(Watch),
    /// List the tasks, and how far you are
    Tasks,
    /// Read a task's page
    Show {
        /// The task, such as 1 [default: that of the branch]
        task: Option<String>,
    },
    /// Go to the branch of a task; uncommitted work is kept
    Start {
        /// The task, such as 1
        task: String,
    },
    /// Get a hint at the check that failed last, one more each time
    Hint {
        /// The task, such as 1 [default: that of the branch]
        task: Option<String>,
    },
    /// Bring the files of the branch's task back to its start; your work is kept
    Reset,
    /// Show what the reference does otherwise, as a patch
    Solution {
        /// The task, such as 1 [default: that of the branch]
        task: Option<String>,
        /// Before the task has passed, too
        #[arg(long)]
        give_up: bool,
    },
    /// Look at all that you need, and say what to mend
    Doctor(Doctor),
    /// Empty your buckets on AWS, so that npx sls remove can remove them
    Clean(Clean),
    /// Draw the workflow as a Mermaid state diagram
    Graph,
    /// Serve an AWS-compatible sandbox and show what happens in it
    Sandbox(Serve),
    /// For authors
    #[command(subcommand)]
    Author(Author),
    /// For instructors: the branches task/1 to task/5, which the tasks start from
    #[command(subcommand)]
    Branches(Branches),
}

/// `checker author`
#[derive(Debug, Subcommand)]
pub enum Author {
    /// Prove that every start fails for its own reason, every solution passes, and pages are true
    Check,
    /// Make the CVs in tasks/cvs
    Cvs,
}

/// `checker branches`
#[derive(Debug, Subcommand)]
pub enum Branches {
    /// Make those that are missing, and bring older builds up to date
    Build(From),
    /// Show how they stand beside a build, here and on each remote as last fetched
    Status(From),
    /// Make them what a build makes; what they were is kept
    Reset(ResetBranches),
    /// Bring a backup back, or list all backups
    Restore {
        /// The backup's name, such as task/1/20260102T030405Z
        backup: Option<String>,
    },
}

/// What branches are rendered from.
#[derive(Debug, Args)]
pub struct From {
    /// The commit to render them from
    #[arg(long = "from", value_name = "COMMIT", default_value = "main")]
    pub commit: String,
}

/// `checker branches reset`
#[derive(Debug, Args)]
pub struct ResetBranches {
    /// The tasks whose branches to reset, such as 1 3a
    #[arg(
        value_name = "ID",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub tasks: Vec<String>,
    /// The branches of all tasks
    #[arg(long)]
    pub all: bool,
    /// Reset them on this remote, too
    #[arg(long, value_name = "NAME")]
    pub remote: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// What they are rendered from
    #[command(flatten)]
    pub from: From,
}

/// `checker verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Your name: the stack's names carry it (a-z, 0-9, -; at most 20)
    #[arg(long)]
    pub user: String,
    /// The task to verify, such as 1; can be given more than once [default: that of the branch, or all]
    #[arg(long)]
    pub task: Vec<String>,
    /// Verify all tasks, whatever the branch
    #[arg(long, conflicts_with = "task")]
    pub all: bool,
    /// Where the stack runs
    #[arg(long, value_enum)]
    pub target: Option<Target>,
    /// Where AWS is
    #[command(flatten)]
    pub place: Place,
    /// What the endpoint lacks: probes that need it are left out, and listed
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        value_delimiter = ',',
        requires = "endpoint_url"
    )]
    pub without: Vec<Ability>,
    /// Ask as seldom as on AWS: for an endpoint on this machine that limits calls
    #[arg(long)]
    pub polite: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    /// Write the report into this file, too, as JUnit's XML, which CI systems read
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How many seconds to wait for an outcome [default: 20, on aws 120]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: Option<u64>,
}

/// Where AWS is, and who asks.
#[derive(Debug, Default, Args)]
pub struct Place {
    /// Another endpoint that speaks AWS's APIs, in the place of AWS
    #[arg(long, value_name = "URL", value_parser = endpoint_url)]
    pub endpoint_url: Option<String>,
    /// The profile of your AWS files to sign in with
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The AWS region [default: the one in serverless.yml]
    #[arg(long, value_parser = region)]
    pub region: Option<String>,
}

/// `checker doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Your name, as for verify
    #[arg(long)]
    pub user: String,
    /// Where AWS is
    #[command(flatten)]
    pub place: Place,
}

/// `checker clean`
#[derive(Debug, Args)]
pub struct Clean {
    /// Whose buckets to empty
    #[arg(long)]
    pub user: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Show what would be removed, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Where AWS is
    #[command(flatten)]
    pub place: Place,
}

/// `checker watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// Your name, as for verify
    #[arg(long)]
    pub user: String,
    /// The task to verify, as for verify
    #[arg(long)]
    pub task: Vec<String>,
}

/// `checker sandbox`
#[derive(Debug, Args)]
pub struct Serve {
    /// The port on 127.0.0.1; 0 for any free one
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// Deploy the stack of this user into it
    #[arg(long)]
    pub user: Option<String>,
}

/// An endpoint as an SDK takes it.
fn endpoint_url(text: &str) -> Result<String, String> {
    let uri: Option<http::Uri> = text.parse().ok();
    let has_host = |uri: &http::Uri| {
        let plain = matches!(uri.scheme_str(), Some("http" | "https"));
        // A port that is no number up to 65535 is not read as one.
        let port = uri.authority().is_some_and(|it| {
            let after_host = it.as_str().rsplit(']').next().unwrap_or_default();
            it.port_u16().is_some() || !after_host.contains(':')
        });
        plain && port && uri.host().is_some_and(|host| !host.is_empty())
    };
    match uri {
        Some(uri) if has_host(&uri) => Ok(text.to_owned()),
        _ => Err("it has to be a URL such as http://127.0.0.1:4566".to_owned()),
    }
}

/// A region's name, such as `eu-west-1`.
fn region(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let [words @ .., number] = parts.as_slice() else {
        return Err(NO_REGION.to_owned());
    };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    if words.len() >= 2 && words.iter().all(is_word) && is_number {
        Ok(text.to_owned())
    } else {
        Err(NO_REGION.to_owned())
    }
}

const NO_REGION: &str = "it has to be the name of a region, such as eu-west-1";

impl ValueEnum for Target {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Sandbox, Self::Aws]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Sandbox => PossibleValue::new("sandbox").help("Inside the checker, offline"),
            Self::Aws => PossibleValue::new("aws").help("On AWS, as deployed by npx sls deploy"),
        })
    }
}

impl ValueEnum for Ability {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Textract => "It reads no PDFs",
            Self::Iam => "It does not enforce policies",
            Self::BranchEvents => "It records no events of what runs in branches",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

impl Place {
    /// As a session takes it.
    fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: self.endpoint_url.clone(),
            profile: self.profile.clone(),
            region: self.region.clone(),
        }
    }
}

impl Verify {
    /// The tasks that are asked for.
    pub fn wanted(&self) -> Wanted {
        match (self.all, self.task.is_empty()) {
            (true, _) => Wanted::All,
            (false, true) => Wanted::Branch,
            (false, false) => Wanted::Tasks(self.task.clone()),
        }
    }

    /// Where and how to verify: `--endpoint-url` implies `aws`.
    ///
    /// # Errors
    ///
    /// Where arguments contradict each other.
    pub fn options(&self) -> Result<Options, Error> {
        let target = match (self.target, &self.place.endpoint_url) {
            (Some(Target::Sandbox), Some(_)) => {
                return Err(Error::Input(
                    "--endpoint-url is for --target aws: the sandbox target starts a sandbox of its own."
                        .to_owned(),
                ));
            }
            (Some(target), _) => target,
            (None, Some(_)) => Target::Aws,
            (None, None) => Target::Sandbox,
        };
        Ok(Options {
            target,
            endpoint: self.place.endpoint(),
            without: self.without.clone(),
            is_polite: self.polite,
            limit: self.timeout.map(Duration::from_secs),
            terminal: progress_line::terminal(),
        })
    }
}
