//! The checker as a library: a session verifies users and tasks, and tells what happens as it
//! happens. It prints nothing and writes no file but what is built.
//!
//! Many users can be verified at once by one session, and each again: they share the clients,
//! their pace on AWS, and on the sandbox its one process, the handler and their stacks as they
//! were at the first run. Whoever changes a file begins another session. A future of
//! [`Session::verify`] that is dropped cleans nothing up: ask it to [stop](stop::Stop).

mod cleanup;
mod clock;
pub mod event;
mod left_out;
mod plan;
pub mod run;
mod stale;
pub mod stop;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OnceCell};

use crate::course::ability::Ability;
use crate::course::cause;
use crate::course::inputs::Generator;
use crate::course::keys::{Nonces, run_nonce};
use crate::course::probe::{Probe, probes};
use crate::course::stack::Stack;
use crate::course::task::{self, Task};
use crate::error::Error;
use crate::evidence::gather::now_millis;
use crate::target::aws::Aws;
use crate::target::cargo::{Screen, Terminal};
use crate::target::local::{Deployed, Local};
use crate::target::{Endpoint, Target};
use crate::verdict::{TaskResult, Verdict};
use crate::workspace::branches::current_task;
use crate::workspace::project::check_user;
use crate::workspace::tampered;
use cleanup::Mess;
use clock::Clocks;
use event::{Event, What};
use plan::Plan;
use run::{Ready, Run, Verified};
use stop::Stop;

/// How long to wait for an outcome where nothing else is asked for.
const LIMIT_HERE: Duration = Duration::from_secs(20);
const LIMIT_ON_AWS: Duration = Duration::from_secs(120);

/// Where and how a session verifies.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the stacks run.
    pub target: Target,
    /// Where AWS is; not looked at on the sandbox, but for the region.
    pub endpoint: Endpoint,
    /// What the endpoint lacks.
    pub without: Vec<Ability>,
    /// Whether an endpoint on this machine is asked as seldom as AWS.
    pub is_polite: bool,
    /// How long to wait for an outcome.
    pub limit: Option<Duration>,
    /// Where the text of [`What::Cargo`] is shown.
    pub terminal: Terminal,
}

impl Options {
    /// On a sandbox of the session's own.
    pub fn on_sandbox(terminal: Terminal) -> Self {
        Self {
            target: Target::Sandbox,
            endpoint: Endpoint::default(),
            without: Vec::new(),
            is_polite: false,
            limit: None,
            terminal,
        }
    }
}

/// The tasks that a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// That of the branch that is checked out; on none of a task's, all.
    Branch,
    /// All of them.
    All,
    /// Those with these ids.
    Tasks(Vec<String>),
}

/// Is told what happens.
pub type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// One use of the checker: see the [module](self).
pub struct Session {
    root: PathBuf,
    options: Options,
    listener: Listener,
    place: OnceCell<Place>,
}

/// What the runs of a session share, once it is there.
#[derive(Debug)]
struct Place {
    aws: Aws,
    local: Option<Local>,
    /// What was deployed into the sandbox, by user.
    stacks: Mutex<BTreeMap<String, Deployed>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("root", &self.root);
        shown.field("options", &self.options);
        shown.finish_non_exhaustive()
    }
}

impl Session {
    /// Nothing is begun before somebody is to be verified.
    pub fn new(root: PathBuf, options: Options, listener: Listener) -> Self {
        Self {
            root,
            options,
            listener,
            place: OnceCell::new(),
        }
    }

    /// Verifies a user's tasks. What the run caused is cleaned up in any case; the result says
    /// where that failed.
    ///
    /// # Errors
    ///
    /// Whatever kept the checker from a verdict. A request to stop ends the run early, and a
    /// second one ends the cleaning up.
    pub async fn verify(
        &self,
        user: &str,
        wanted: &Wanted,
        stop: &mut Stop,
    ) -> Result<Verified, Error> {
        let begun = Instant::now();
        let root = self.root.clone();
        let changed = tokio::task::spawn_blocking(move || tampered::changed(&root));
        check_user(user)?;
        if *wanted == Wanted::Tasks(Vec::new()) {
            return Err(Error::Input(
                "no task is named: name one, or all.".to_owned(),
            ));
        }
        let target = self.options.target;
        let region = self.options.endpoint.region.as_deref();
        let stack = Stack::compile(&self.root, user, region)?;
        let all = task::read_all(&self.root, &stack.course)?;
        let other_buckets = match target {
            Target::Sandbox => Vec::new(),
            Target::Aws => stack.other_buckets(&all),
        };
        let tasks = task::select(all, &self.ids(wanted, &stack))?;
        let causes = cause::read(&self.root, &stack)?;
        let nonce = run_nonce(&mut rand::rng());
        let drawing = {
            let generator = Generator::read(&self.root, &stack.course, &tasks)?;
            let (tasks, nonce) = (tasks.clone(), nonce.clone());
            tokio::task::spawn_blocking(move || draw(&tasks, &generator, &nonce))
        };
        let (place, ready) = tokio::select! {
            () = stop.next() => return Err(Error::Interrupted),
            ready = self.get_ready(&stack) => ready?,
        };
        let _user = place.aws.one_more_user();
        let mut mess = Mess {
            aws: &place.aws,
            stack: &stack,
            other_buckets,
            nonce,
            since: now_millis(),
            settles: false,
        };
        let drawn = drawing.await;
        let drawn =
            drawn.map_err(|error| Error::Unclear(format!("cannot draw test CVs: {error}")))?;
        let plan = Plan {
            session: self,
            aws: &place.aws,
            stack: &stack,
            causes: &causes,
            limit: self.limit(),
        };
        let mut since = mess.since;
        let clocks = Clocks::watch();
        let verified = tokio::select! {
            () = stop.next() => Err(Error::Interrupted),
            verified = plan.verify_all(&tasks, drawn, &mut since) => verified,
        };
        let verified = in_even_time(verified, clocks);
        mess.settles = verified.is_err() && target == Target::Aws;
        mess.since = since;
        self.tell(user, What::CleaningUp);
        let cleaned = tokio::select! {
            () = stop.next() => Err(mess.left("the cleaning up was interrupted")),
            cleaned = mess.clean_up(), if target == Target::Aws => cleaned,
            // What a sandbox of the session's own holds ends with it.
            () = std::future::ready(()), if target == Target::Sandbox => Ok(()),
        };
        self.tell(user, What::CleanedUp);
        let tasks = match (verified, &cleaned) {
            (Ok(tasks), _) => tasks,
            (Err(error), Ok(())) => return Err(error),
            (Err(error), Err(left)) => {
                let error = error.to_string();
                let error = error.trim_end_matches('.');
                return Err(Error::Unclear(format!("{error}. Besides, {left}")));
            }
        };
        let run = Run {
            user: user.to_owned(),
            course: stack.course.title,
            target: match (target, &self.options.endpoint.url) {
                (Target::Sandbox, _) => "sandbox".to_owned(),
                (Target::Aws, Some(endpoint)) => endpoint.clone(),
                (Target::Aws, None) => "aws".to_owned(),
            },
            ready,
            tasks,
            // It does not panic; and of what it would say no verdict depends.
            changed: changed.await.unwrap_or_default(),
            took: begun.elapsed(),
            processes: place.local.as_ref().map(|it| it.sandbox.processes()),
        };
        Ok(Verified { run, cleaned })
    }

    /// Ends the sandbox, if there is one, and waits for its processes.
    pub async fn end(self) {
        let place = self.place.into_inner();
        if let Some(local) = place.and_then(|it| it.local) {
            local.end().await;
        }
    }

    /// The ids of the tasks that are wanted; none stands for all.
    fn ids(&self, wanted: &Wanted, stack: &Stack) -> Vec<String> {
        match wanted {
            Wanted::All => Vec::new(),
            Wanted::Tasks(ids) => ids.clone(),
            Wanted::Branch => Vec::from_iter(current_task(&self.root, &stack.course)),
        }
    }

    /// Builds the handler and starts a sandbox, or signs in, once; and deploys the user's stack
    /// into a sandbox.
    async fn get_ready(&self, stack: &Stack) -> Result<(&Place, Option<Ready>), Error> {
        let place = self.place.get_or_try_init(|| self.open(stack)).await?;
        let Some(local) = &place.local else {
            return Ok((place, None));
        };
        let deployed = {
            let mut stacks = place.stacks.lock().await;
            match stacks.get(&stack.user) {
                Some(deployed) => *deployed,
                None => {
                    let deployed = local.deploy(stack)?;
                    stacks.insert(stack.user.clone(), deployed);
                    deployed
                }
            }
        };
        let (resources, took) = (deployed.resources, deployed.took);
        self.tell(&stack.user, What::Deployed { resources, took });
        let ready = Ready {
            built: local.handler.took,
            deployed: local.took + took,
            resources,
        };
        Ok((place, Some(ready)))
    }

    async fn open(&self, stack: &Stack) -> Result<Place, Error> {
        let region = &stack.service.region;
        match self.options.target {
            Target::Sandbox => {
                let show = |text: &[u8]| self.tell(&stack.user, What::Cargo(text.to_vec()));
                let screen = Screen {
                    terminal: self.options.terminal,
                    show: &show,
                };
                let local = Local::start(&self.root, stack, 0, screen).await?;
                self.tell(&stack.user, What::Built(local.handler.took));
                Ok(Place {
                    aws: Aws::sandbox(local.sandbox.endpoint(), region),
                    local: Some(local),
                    stacks: Mutex::default(),
                })
            }
            Target::Aws => {
                let Endpoint { url, profile, .. } = &self.options.endpoint;
                let mut aws = Aws::real(url.as_deref(), region, profile.as_deref()).await?;
                aws.near = self.options.endpoint.is_here() && !self.options.is_polite;
                aws.find_owner().await?;
                Ok(Place {
                    aws,
                    local: None,
                    stacks: Mutex::default(),
                })
            }
        }
    }

    fn limit(&self) -> Duration {
        self.options.limit.unwrap_or(match self.options.target {
            Target::Sandbox => LIMIT_HERE,
            Target::Aws => LIMIT_ON_AWS,
        })
    }

    fn tell(&self, user: &str, what: What) {
        let user = user.to_owned();
        (self.listener)(Event { user, what });
    }
}

/// The probes of each task, drawn while the handler is built.
fn draw(tasks: &[Task], generator: &Generator, run_nonce: &str) -> Vec<Vec<Probe>> {
    let mut random = rand::rng();
    let nonces: Vec<String> = Nonces::of(run_nonce, &mut random)
        .take(tasks.len())
        .collect();
    let drawn = tasks.iter().zip(nonces);
    drawn
        .map(|(task, nonce)| probes(task, generator, &nonce, &mut random))
        .collect()
}

/// Something that did not come is nobody's fault where time itself did not go on.
fn in_even_time(
    verified: Result<Vec<TaskResult>, Error>,
    clocks: Clocks,
) -> Result<Vec<TaskResult>, Error> {
    let seen = clocks.end();
    match (&verified, seen) {
        (Ok(tasks), Some(seen)) if tasks.iter().any(|it| it.verdict == Verdict::Failed) => {
            Err(Error::Unclear(format!(
                "{seen} while the checker waited: what did not come may be missing for no other \
                 reason. Run the checker again."
            )))
        }
        _ => verified,
    }
}
