//! Lambda: functions as processes behind the Runtime API.

pub mod api;
mod code;
mod destination;
mod event_invoke;
mod folder;
mod function;
mod instance;
mod invocation_log;
mod invoke;
mod lineage;
mod lines;
mod machine;
mod own_time;
mod pool;
mod proc;
mod process;
pub mod report;
pub mod runtime_api;

pub use code::{Code, Unfolded};
pub use destination::{check as check_destinations, check_dead_letter};
pub use event_invoke::EventInvoke;
pub(crate) use folder::remove_leftovers;
pub use function::{ACTIVE, EPHEMERAL_MB, Function, FunctionConfig, LATEST, PASS_THROUGH};
pub use invoke::{Completed, Invocation, enqueue, invoke};
pub(crate) use lineage::Lineage;
pub use machine::cores;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::error::ServiceError;
use crate::iam::{Principal, ResourceStatement};
use machine::Machine;
use process::Process;
use runtime_api::RuntimeApi;

/// The functions of the account.
#[derive(Debug, Default)]
pub struct Lambda {
    /// By name, or by name and version: `greet`, `greet:1`.
    functions: RwLock<BTreeMap<String, Arc<Function>>>,
    pub(crate) unfolded: Unfolded,
    pub(crate) runtime_api: RuntimeApi,
    /// The processes, by the access keys that they sign with.
    callers: Mutex<HashMap<String, Arc<Process>>>,
    pub(crate) machine: Machine,
    /// How many processes were started.
    pub(crate) processes: AtomicUsize,
}

impl Lambda {
    /// Makes a function, or replaces the one of this name; says its ARN.
    ///
    /// # Errors
    ///
    /// A name or limit that AWS does not take.
    pub fn put_function(
        &self,
        config: FunctionConfig,
        region: &str,
    ) -> Result<Arc<Function>, ServiceError> {
        config.validate()?;
        let function = Arc::new(Function::new(config, region));
        let name = function.config.name.clone();
        if let Some(old) = self.write().insert(name, function.clone()) {
            // Who may invoke it, and how often, is no part of what it is made of.
            *function.policy() = old.policy().clone();
            function.set_event_invoke(old.event_invoke());
            old.pool.clear();
        }
        Ok(function)
    }

    /// Removes a function with all its versions, or one version of it.
    ///
    /// # Errors
    ///
    /// `ResourceNotFoundException`.
    pub fn delete_function(&self, name_or_arn: &str) -> Result<(), ServiceError> {
        let function = self.function(name_or_arn)?;
        let is_latest = function.version == LATEST;
        self.write().retain(|_, it| {
            let goes = it.config.name == function.config.name
                && (is_latest || it.version == function.version);
            if goes {
                it.pool.clear();
            }
            !goes
        });
        Ok(())
    }

    /// Keeps a function as it is now as a version; the last version again where it has
    /// not changed since (`PublishVersion`).
    ///
    /// # Errors
    ///
    /// `ResourceNotFoundException`.
    pub fn publish_version(&self, name_or_arn: &str) -> Result<Arc<Function>, ServiceError> {
        let function = self.function(name_or_arn)?;
        let name = &function.config.name;
        let mut functions = self.write();
        let versions = functions.values().filter(|it| it.config.name == *name);
        let last = versions
            .filter_map(|it| Some((it.version.parse::<u32>().ok()?, it)))
            .max_by_key(|(version, _)| *version);
        let next = match last {
            Some((_, last)) if last.config == function.config => return Ok(last.clone()),
            Some((version, _)) => version + 1,
            None => 1,
        };
        let version = Arc::new(function.publish(&next.to_string()));
        functions.insert(format!("{name}:{next}"), version.clone());
        Ok(version)
    }

    /// Finds a function by its name or ARN, each with or without a version.
    ///
    /// # Errors
    ///
    /// `ResourceNotFoundException`.
    pub fn function(&self, name_or_arn: &str) -> Result<Arc<Function>, ServiceError> {
        let functions = self
            .functions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let given = name_or_arn.strip_suffix(":$LATEST").unwrap_or(name_or_arn);
        let name = given
            .rsplit_once(":function:")
            .map_or(given, |(_, name)| name);
        let found = functions
            .get(name)
            .filter(|function| !given.starts_with("arn:") || function.arn == given);
        found.cloned().ok_or_else(|| {
            let arn = functions
                .values()
                .next()
                .and_then(|function| Some(function.arn.rsplit_once(':')?.0.to_owned()));
            let full = match arn {
                Some(prefix) if !given.starts_with("arn:") => format!("{prefix}:{name}"),
                _ => given.to_owned(),
            };
            ServiceError::new(
                404,
                "ResourceNotFoundException",
                format!("Function not found: {full}"),
            )
        })
    }

    /// All functions, by name, without their versions.
    pub fn functions(&self) -> Vec<Arc<Function>> {
        let mut functions = self.all();
        functions.retain(|it| it.version == LATEST);
        functions
    }

    /// The function itself, and its versions.
    pub fn versions(&self, function: &Function) -> Vec<Arc<Function>> {
        let mut versions = self.all();
        versions.retain(|it| it.config.name == function.config.name);
        versions
    }

    fn all(&self) -> Vec<Arc<Function>> {
        self.functions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Lets another service or account invoke a function.
    ///
    /// # Errors
    ///
    /// `ResourceNotFoundException`, or `ResourceConflictException` for a
    /// statement id that is taken.
    pub fn add_permission(
        &self,
        name_or_arn: &str,
        statement: ResourceStatement,
    ) -> Result<(), ServiceError> {
        self.function(name_or_arn)?.policy().add(statement)
    }

    /// Takes a permission back.
    ///
    /// # Errors
    ///
    /// `ResourceNotFoundException`.
    pub fn remove_permission(&self, name_or_arn: &str, sid: &str) -> Result<(), ServiceError> {
        self.function(name_or_arn)?.policy().remove(sid)
    }

    /// Whether the function exists and its own policy lets `principal` invoke it.
    pub fn allows(&self, function_arn: &str, principal: &Principal, source_arn: &str) -> bool {
        self.function(function_arn).is_ok_and(|function| {
            function.policy().allows(
                principal,
                "lambda:InvokeFunction",
                &function.arn,
                Some(source_arn),
            )
        })
    }

    /// Waits until a process's call from `peer` is one that it sent before it was frozen, and says
    /// what led to it, and the activity of its invocation. A caller that is no process has nothing
    /// to wait for.
    pub(crate) async fn turn(
        &self,
        access_key_id: &str,
        peer: SocketAddr,
    ) -> (Lineage, Option<u64>) {
        let process = self.callers().get(access_key_id).cloned();
        match process {
            Some(process) => {
                process.turn(peer).await;
                process.origin()
            }
            None => Default::default(),
        }
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<String, Arc<Process>>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the process that has waited longest, where too many are warm.
    fn cool_down(&self) {
        if !self.machine.is_too_warm() {
            return;
        }
        let functions = self.all();
        let oldest = functions
            .iter()
            .filter_map(|it| Some((it.pool.oldest()?, it)));
        let oldest = oldest.min_by_key(|(since, _)| *since);
        if let Some(instance) = oldest.and_then(|(_, function)| function.pool.take_oldest()) {
            // It waits until the process has gone.
            tokio::task::spawn_blocking(move || drop(instance));
        }
    }

    /// Ends every idle process.
    pub fn end_processes(&self) {
        for function in self.all() {
            function.pool.clear();
        }
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Arc<Function>>> {
        self.functions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
