//! The logs of the functions that the workflow calls.

use std::collections::BTreeSet;

use super::{Gatherer, RUNNING};
use crate::course::stack::Stack;
use crate::error::Error;
use crate::evidence::invocation_lines::invocations;
use crate::evidence::log_reader::LogReader;
use crate::evidence::{Call, CallEnd, Evidence, Execution, Invocation};

impl<'a> Gatherer<'a> {
    /// Which functions have logged the keys of executions that have ended.
    ///
    /// # Errors
    ///
    /// Where AWS does not let the checker see.
    pub async fn look_into_other_logs(&mut self) -> Result<(), Error> {
        for function in self.interest.functions.clone() {
            let waits = |it: &Evidence| it.ended.is_some() && !it.logged.contains(function);
            if !self.evidence.iter().any(waits) {
                continue;
            }
            let Some(group) = self.stack.log_group_of(function) else {
                continue;
            };
            // Lines that belong to no invocation anybody may have written there.
            let all = self.read_other_log(function, group).await?;
            for (probe, evidence) in self.probes.iter().zip(&mut self.evidence) {
                let mut lines = all.iter().flat_map(|it| &it.lines);
                if lines.any(|line| line.contains(&probe.nonce)) {
                    evidence.logged.insert(function.to_owned());
                }
            }
        }
        Ok(())
    }

    /// What functions logged that executions called and that failed: they know best why.
    pub(super) async fn look_into_failed_functions(&mut self) -> Result<(), Error> {
        let stack = self.stack;
        for at in 0..self.probes.len() {
            let evidence = &self.evidence[at];
            let executions = evidence.executions.iter();
            let failed: BTreeSet<&'a str> = executions
                .filter(|it| ![RUNNING, "SUCCEEDED"].contains(&it.status.as_str()))
                .flat_map(|it| failed_functions(it, stack))
                .filter(|it| !evidence.last_words.contains_key(*it))
                .collect();
            for function in failed {
                let Some(group) = stack.log_group_of(function) else {
                    continue;
                };
                let all = self.read_other_log(function, group).await?;
                let words = last_words(&all, &self.probes[at].nonce);
                let words = words.into_iter().map(|it| (function.to_owned(), it));
                self.evidence[at].last_words.extend(words);
            }
        }
        Ok(())
    }

    /// Whether an invocation of any function for a CV of this run has not ended.
    pub(super) async fn functions_run(&mut self) -> Result<bool, Error> {
        let mut runs = false;
        for function in &self.stack.service.functions {
            let all = self
                .read_other_log(&function.key, &function.log_group)
                .await?;
            runs |= all.iter().any(|it| it.report.is_none());
        }
        Ok(runs)
    }

    /// All invocations that the log of another function tells of.
    async fn read_other_log(
        &mut self,
        function: &'a str,
        group: &str,
    ) -> Result<Vec<Invocation>, Error> {
        let log = self.other_logs.entry(function);
        let log = log.or_insert_with(|| LogReader::new(group));
        log.read(self.aws, self.since).await?;
        Ok(invocations(&log.lines))
    }
}

/// The functions of the stack, by their keys, whose calls failed in an execution.
fn failed_functions<'a>(execution: &Execution, stack: &'a Stack) -> Vec<&'a str> {
    let states: BTreeSet<&str> = execution.failures().map(|(state, _)| state).collect();
    let calls = states.into_iter().flat_map(|state| execution.calls(state));
    let failed = calls.filter(|it| !matches!(it.end, Some(CallEnd::Answered(_))));
    let named = failed.filter_map(|call: Call<'_>| call.function());
    named.filter_map(|it| stack.function_named(&it)).collect()
}

/// What an invocation said that failed: one of this CV, else any, as a function that does not
/// even start knows of no CV.
fn last_words(all: &[Invocation], nonce: &str) -> Option<String> {
    let of_nonce = |it: &&Invocation| it.lines.iter().any(|line| line.contains(nonce));
    let mut own = all.iter().filter(of_nonce);
    let own = own.find_map(Invocation::failure);
    own.or_else(|| all.iter().find_map(Invocation::failure))
}
