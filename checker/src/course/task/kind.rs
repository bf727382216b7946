//! The kinds of checks: what each looks at, and what it needs to know for that.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The kinds of checks, with what each needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kind {
    /// The object is in the bucket.
    ObjectUploaded,
    /// The function was invoked for the object, and logged its key.
    FunctionInvoked,
    /// The function returned without error.
    FunctionSucceeded,
    /// One execution per upload carries the key, and no other one was started.
    ExecutionStarted,
    /// The execution's input holds these fields; `{key}` and `{extension}` in
    /// the values are replaced.
    ExecutionInput {
        /// Field by field.
        input: BTreeMap<String, String>,
    },
    /// The function logged this text, and the execution's name.
    LogEntry {
        /// A part of a log line.
        text: String,
    },
    /// The execution ended well.
    ExecutionSucceeded,
    /// The execution went through these states, in this order, and through none of others.
    WentThrough {
        /// The states' names.
        states: Vec<String>,
        /// States that it must not have entered.
        #[serde(default)]
        not: Vec<String>,
    },
    /// These states ran beside each other, in branches of a Parallel state.
    InParallel {
        /// The Parallel state.
        state: String,
        /// A state of each branch.
        branches: Vec<String>,
    },
    /// Each of these states called what it should: a function, by its key in
    /// `serverless.yml`, or an action of a service, such as `aws-sdk:s3:copyObject`.
    StatesCalled {
        /// State by state.
        calls: BTreeMap<String, String>,
    },
    /// A state's output, or one of the list that it is, has a field of this value.
    StateOutput(Output),
    /// A function other than the one that an upload invokes logged the key.
    FunctionLogged {
        /// Its key in `serverless.yml`.
        function: String,
    },
    /// A bucket holds an object under the key, and nothing else that carries its nonce.
    ObjectIn {
        /// The bucket, by the part of its name between workshop and user.
        bucket: String,
        /// What it holds.
        content: Content,
    },
    /// A bucket, if it is there at all, holds none.
    NoObjectIn {
        /// As with `object-in`.
        bucket: String,
    },
    /// No execution carries the key.
    NoExecution,
    /// The function logged this text, upper or lower case, with the key.
    RefusalLogged {
        /// A part of a log line.
        text: String,
        /// What it must not log of such a file.
        #[serde(default)]
        not: Vec<String>,
    },
    /// The function returned an error.
    ErrorReturned,
}

/// What is expected of a state's output.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The state.
    pub state: String,
    /// The field.
    pub field: String,
    /// The value; what stands in braces is replaced.
    pub value: String,
    /// Whether the output is a list, of which the entry with the field has the key as well.
    #[serde(default)]
    pub list: bool,
    /// The state of which the function has to answer with the field and the value.
    pub from: Option<String>,
    /// Whether it is the execution's output as well, where nothing is called after the state.
    #[serde(default)]
    pub last: bool,
    /// Values that tell of a known mistake.
    #[serde(default)]
    pub mistaken: Vec<Mistaken>,
}

/// A value that tells of a known mistake.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mistaken {
    /// What stands in braces is replaced.
    pub value: String,
    /// What it tells.
    pub says: String,
}

/// What an object should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// The text of the CV: the file itself, where that is text, else the words in it.
    Text,
    /// The uploaded file, byte by byte.
    File,
}
