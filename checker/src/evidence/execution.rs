//! One execution, and what its history proves.

use std::collections::BTreeMap;

use serde_json::Value;

/// One execution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Execution {
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The input as it was given.
    pub input: String,
    /// The output, where it succeeded.
    pub output: Option<String>,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED`.
    pub status: String,
    /// The error and cause, where it failed.
    pub error: Option<String>,
    /// What happened, in order, as far as it matters.
    pub history: Vec<Step>,
}

/// An event of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// From 1.
    pub id: i64,
    /// The event that it follows from; 0 for none.
    pub previous: i64,
    /// What it is.
    pub kind: StepKind,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// A state was entered.
    Entered(String),
    /// A state was left, with its output as JSON text.
    Exited(String, String),
    /// A Parallel state has begun its branches.
    BranchesStarted,
    /// A task called something: a function's ARN, or `lambda:invoke`, `aws-sdk:s3:copyObject`;
    /// and the input or parameters, as JSON text.
    Called(String, String),
    /// What was called has answered, with JSON text.
    Answered(String),
    /// What was called, or the state itself, failed: error and cause.
    Failed(String),
    /// Anything else.
    Other,
}

/// What a state called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'a> {
    /// See [`StepKind::Called`].
    pub resource: &'a str,
    /// See [`StepKind::Called`].
    pub parameters: &'a str,
    /// How it ended, if it did.
    pub end: Option<CallEnd<'a>>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd<'a> {
    /// With this, JSON text.
    Answered(&'a str),
    /// With this error and cause.
    Failed(&'a str),
}

impl Call<'_> {
    /// The name or ARN of the Lambda function that was called, if it was one.
    pub fn function(&self) -> Option<String> {
        if self.resource.contains(":function:") {
            return Some(self.resource.to_owned());
        }
        let is_lambda = ["lambda:invoke", "aws-sdk:lambda:invoke"].contains(&self.resource);
        let parameters: Value = serde_json::from_str(self.parameters).ok()?;
        let name = parameters["FunctionName"].as_str().filter(|_| is_lambda)?;
        Some(name.to_owned())
    }

    /// What it answered; for a function called through an integration, the function's answer.
    pub fn answer(&self) -> Option<Value> {
        let CallEnd::Answered(text) = self.end? else {
            return None;
        };
        let answer: Value = serde_json::from_str(text).ok()?;
        match answer.get("Payload") {
            // The SDK's integration gives the payload as text.
            Some(Value::String(text)) if self.resource.starts_with("aws-sdk:") => {
                serde_json::from_str(text).ok()
            }
            Some(payload) if self.resource == "lambda:invoke" => Some(payload.clone()),
            _ => Some(answer),
        }
    }
}

impl Execution {
    /// The states that it left again, in order.
    pub fn states(&self) -> Vec<&str> {
        let left = self.history.iter().filter_map(|step| match &step.kind {
            StepKind::Exited(name, _) => Some(name.as_str()),
            _ => None,
        });
        left.collect()
    }

    /// The event before one.
    pub fn before(&self, step: &Step) -> Option<&Step> {
        // Histories are in the order of their ids, and go back in time: whatever else would be a
        // circle.
        let at = self
            .history
            .binary_search_by_key(&step.previous, |it| it.id);
        self.history.get(at.ok()?).filter(|it| it.id < step.id)
    }

    /// The state that an event belongs to.
    pub fn state_of<'a>(&'a self, step: &'a Step) -> Option<&'a str> {
        let mut step = step;
        loop {
            if let StepKind::Entered(name) = &step.kind {
                return Some(name);
            }
            step = self.before(step)?;
        }
    }

    /// What a state called, in order; each attempt.
    pub fn calls<'a>(&'a self, state: &'a str) -> impl Iterator<Item = Call<'a>> {
        let ends = self.ends();
        self.history.iter().filter_map(move |step| {
            let StepKind::Called(resource, parameters) = &step.kind else {
                return None;
            };
            (self.state_of(step)? == state).then(|| Call {
                resource,
                parameters,
                end: ends.get(&step.id).copied(),
            })
        })
    }

    /// How the calls ended, by the ids of the steps that began them.
    fn ends(&self) -> BTreeMap<i64, CallEnd<'_>> {
        let mut ends = BTreeMap::new();
        for step in &self.history {
            let end = match &step.kind {
                StepKind::Answered(output) => CallEnd::Answered(output),
                StepKind::Failed(error) => CallEnd::Failed(error),
                _ => continue,
            };
            if let Some(call) = self.call_of(step) {
                ends.entry(call.id).or_insert(end);
            }
        }
        ends
    }

    /// The call that an event follows from, in the same state.
    fn call_of<'a>(&'a self, step: &'a Step) -> Option<&'a Step> {
        let mut step = step;
        loop {
            match &step.kind {
                StepKind::Called(..) => return Some(step),
                StepKind::Entered(_) => return None,
                _ => step = self.before(step)?,
            }
        }
    }

    /// All that failed on the way, with the state that it failed in, in order: what the
    /// workflow caught or tried again as well.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.history.iter().filter_map(|step| match &step.kind {
            StepKind::Failed(error) => Some((self.state_of(step)?, error.as_str())),
            _ => None,
        })
    }

    /// The state in which it ended, where it failed: the one whose error it has, else the one
    /// that it entered last and has not left, if there is one.
    pub fn failed_state(&self) -> Option<&str> {
        let error = self.error.as_deref();
        let same = self.failures().filter(|(_, it)| Some(*it) == error).last();
        let open = || self.open_state().or_else(|| self.states().pop());
        same.map(|(state, _)| state).or_else(open)
    }

    /// The state that it entered last and has not left.
    pub fn open_state(&self) -> Option<&str> {
        let mut open: Vec<&str> = Vec::new();
        for step in &self.history {
            match &step.kind {
                StepKind::Entered(name) => open.push(name),
                StepKind::Exited(name, _) => {
                    if let Some(at) = open.iter().rposition(|it| it == name) {
                        open.remove(at);
                    }
                }
                _ => {}
            }
        }
        open.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(steps: &[(i64, StepKind)]) -> Execution {
        let history = (1..).zip(steps).map(|(id, (previous, kind))| Step {
            id,
            previous: *previous,
            kind: kind.clone(),
        });
        Execution {
            history: history.collect(),
            error: Some("Boom: no".to_owned()),
            ..Execution::default()
        }
    }

    fn entered(name: &str) -> StepKind {
        StepKind::Entered(name.to_owned())
    }

    fn exited(name: &str) -> StepKind {
        StepKind::Exited(name.to_owned(), "{}".to_owned())
    }

    #[test]
    fn calls_belong_to_their_state_and_end_as_they_ended() {
        let text = str::to_owned;
        let execution = execution(&[
            (0, StepKind::Other),
            (0, entered("a")),
            (
                2,
                StepKind::Called(text("lambda:invoke"), text(r#"{"FunctionName":"f"}"#)),
            ),
            (3, StepKind::Other),
            (4, StepKind::Failed(text("Boom: no"))),
            (
                5,
                StepKind::Called(text("lambda:invoke"), text(r#"{"FunctionName":"f"}"#)),
            ),
            (6, StepKind::Answered(text(r#"{"Payload":{"x":1}}"#))),
            (7, exited("a")),
            (8, entered("b")),
            (
                9,
                StepKind::Called(text("arn:aws:lambda:r:1:function:g"), text("{}")),
            ),
        ]);
        let calls: Vec<Call<'_>> = execution.calls("a").collect();
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].end, Some(CallEnd::Failed("Boom: no")));
        assert_eq!(calls[1].function().as_deref(), Some("f"));
        assert_eq!(calls[1].answer(), Some(serde_json::json!({ "x": 1 })));
        let open: Vec<Call<'_>> = execution.calls("b").collect();
        assert_eq!(
            open[0].function().as_deref(),
            Some("arn:aws:lambda:r:1:function:g")
        );
        assert_eq!(open[0].end, None);
        assert_eq!(
            execution.failures().collect::<Vec<_>>(),
            [("a", "Boom: no")]
        );
    }

    #[test]
    fn the_state_that_failed() {
        let text = str::to_owned;
        // In a Parallel the branch entered last is not the one that failed.
        let branch = execution(&[
            (0, entered("all")),
            (1, StepKind::BranchesStarted),
            (2, entered("a")),
            (2, entered("b")),
            (3, StepKind::Failed(text("Boom: no"))),
        ]);
        assert_eq!(branch.failed_state(), Some("a"));
        // The Parallel itself, after its branches.
        let parallel = execution(&[
            (0, entered("all")),
            (1, StepKind::BranchesStarted),
            (2, entered("a")),
            (3, exited("a")),
        ]);
        assert_eq!(parallel.failed_state(), Some("all"));
    }
}
