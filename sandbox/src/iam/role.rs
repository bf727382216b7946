//! A role: who may assume it, and what it may then do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::arn::arn;
use crate::error::ServiceError;
use crate::time::now_millis;

use super::managed::{check_arn, check_path};
use super::policy::{Kind, Policy};

/// The most managed policies of a role ("IAM and AWS STS quotas").
const MOST_ATTACHED: usize = 10;

/// The most characters of all inline policies of a role ("IAM and AWS STS quotas").
const MOST_POLICY_CHARACTERS: usize = 10_240;

/// What a role is made of.
#[derive(Debug, Clone, Copy)]
pub struct RoleDescription<'a> {
    /// Such as `/`, before its name in the ARN.
    pub path: &'a str,
    /// Who may assume it.
    pub trust: &'a Value,
    /// Its inline policies, by name.
    pub inline: &'a [(String, Value)],
    /// The ARNs of its managed policies.
    pub managed: &'a [String],
    /// How long a session may last, in seconds.
    pub longest_session: u32,
}

/// How long a session may last where nothing else is said, in seconds.
pub const LONGEST_SESSION: u32 = 3_600;

/// A role of the account.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub arn: String,
    pub path: String,
    /// In seconds.
    pub longest_session: u32,
    /// In milliseconds since 1970.
    pub created: i64,
    pub trust: Document,
    /// Its inline policies, by name.
    pub policies: BTreeMap<String, Document>,
    /// The ARNs of its managed policies.
    pub attached: BTreeSet<String>,
}

/// A policy as it was given, and as it is evaluated.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub text: Value,
    pub policy: Policy,
}

impl Document {
    pub fn read(name: &str, text: &Value, kind: Kind) -> Result<Self, ServiceError> {
        let policy = Policy::read(name, text, kind)?;
        let text = text.clone();
        Ok(Self { text, policy })
    }
}

impl Role {
    /// A role with its inline policies; whether there are its managed ones, others know.
    pub fn new(name: &str, given: &RoleDescription<'_>) -> Result<Self, ServiceError> {
        check_name("roleName", name, 64)?;
        check_path(given.path)?;
        let mut role = Self {
            arn: arn("iam", "", &format!("role{}{name}", given.path)),
            path: given.path.to_owned(),
            longest_session: given.longest_session,
            created: now_millis(),
            trust: Document::read("AssumeRolePolicyDocument", given.trust, Kind::Trust)?,
            policies: BTreeMap::new(),
            attached: BTreeSet::new(),
        };
        role.take(given)?;
        Ok(role)
    }

    /// Takes over what a role can be changed to.
    pub fn take(&mut self, given: &RoleDescription<'_>) -> Result<(), ServiceError> {
        if !(3_600..=43_200).contains(&given.longest_session) {
            return Err(ServiceError::bad_request(
                "ValidationError",
                format!(
                    "1 validation error detected: Value '{}' at 'maxSessionDuration' failed to \
                     satisfy constraint: Member must have value between 3600 and 43200",
                    given.longest_session
                ),
            ));
        }
        self.longest_session = given.longest_session;
        self.trust = Document::read("AssumeRolePolicyDocument", given.trust, Kind::Trust)?;
        for (policy, document) in given.inline {
            self.put_policy(policy, document)?;
        }
        for arn in given.managed {
            self.attach(arn)?;
        }
        Ok(())
    }

    /// Adds a managed policy.
    pub fn attach(&mut self, arn: &str) -> Result<(), ServiceError> {
        check_arn(arn)?;
        self.attached.insert(arn.to_owned());
        if self.attached.len() > MOST_ATTACHED {
            self.attached.remove(arn);
            return Err(ServiceError::new(
                409,
                "LimitExceeded",
                format!("Cannot exceed quota for PoliciesPerRole: {MOST_ATTACHED}"),
            ));
        }
        Ok(())
    }

    /// Adds or replaces an inline policy.
    pub fn put_policy(&mut self, name: &str, text: &Value) -> Result<(), ServiceError> {
        check_name("policyName", name, 128)?;
        let document = Document::read(name, text, Kind::Identity)?;
        let others = self.policies.iter().filter(|(it, _)| *it != name);
        let characters: usize = others
            .map(|(_, other)| &other.text)
            .chain([text])
            .map(|text| text.to_string().len())
            .sum();
        if characters > MOST_POLICY_CHARACTERS {
            return Err(ServiceError::new(
                409,
                "LimitExceeded",
                format!(
                    "Maximum policy size of {MOST_POLICY_CHARACTERS} bytes exceeded for role {}",
                    self.arn.rsplit('/').next().unwrap_or_default()
                ),
            ));
        }
        self.policies.insert(name.to_owned(), document);
        Ok(())
    }

    /// Removes an inline policy.
    pub fn delete_policy(&mut self, name: &str) -> Result<(), ServiceError> {
        match self.policies.remove(name) {
            Some(_) => Ok(()),
            None => Err(no_such_policy(name)),
        }
    }
}

/// A role's unique id: `AROA...`, the same whenever the name is.
pub fn role_id(name: &str) -> String {
    unique_id("AROA", name)
}

/// A unique id with the prefix of its kind.
pub(super) fn unique_id(prefix: &str, name: &str) -> String {
    let hash: String = Sha256::digest(name)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let word: String = hash.chars().take(17).collect();
    format!("{prefix}{word}")
}

pub(super) fn no_such_role(name: &str) -> ServiceError {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

pub(super) fn no_such_policy(name: &str) -> ServiceError {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}

pub(super) fn no_such_entity(message: String) -> ServiceError {
    ServiceError::new(404, "NoSuchEntity", message)
}

pub(super) fn check_name(field: &str, name: &str, longest: usize) -> Result<(), ServiceError> {
    let valid = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    let constraint = if name.is_empty() {
        "Member must have length greater than or equal to 1".to_owned()
    } else if name.chars().count() > longest {
        format!("Member must have length less than or equal to {longest}")
    } else if !name.chars().all(valid) {
        return Err(ServiceError::bad_request(
            "ValidationError",
            format!(
                "The specified value for {field} is invalid. It must contain only alphanumeric \
                 characters and/or the following: +=,.@_-"
            ),
        ));
    } else {
        return Ok(());
    };
    Err(ServiceError::bad_request(
        "ValidationError",
        format!(
            "1 validation error detected: Value '{name}' at '{field}' failed to satisfy \
             constraint: {constraint}"
        ),
    ))
}
