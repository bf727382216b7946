//! A role: who may assume it, and what it may then do.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::arn::role_arn;
use crate::error::ServiceError;
use crate::time::now_millis;

use super::policy::{Kind, Policy};

/// The most characters of all inline policies of a role ("IAM and AWS STS quotas").
const MOST_POLICY_CHARACTERS: usize = 10_240;

/// A role of the account.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub arn: String,
    /// In milliseconds since 1970.
    pub created: i64,
    pub trust: Document,
    /// Its inline policies, by name.
    pub policies: BTreeMap<String, Document>,
}

/// A policy as it was given, and as it is evaluated.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub text: Value,
    pub policy: Policy,
}

impl Document {
    fn read(name: &str, text: &Value, kind: Kind) -> Result<Self, ServiceError> {
        let policy = Policy::read(name, text, kind)?;
        let text = text.clone();
        Ok(Self { text, policy })
    }
}

impl Role {
    /// A role without policies.
    pub fn new(name: &str, trust: &Value) -> Result<Self, ServiceError> {
        check_name("roleName", name, 64)?;
        Ok(Self {
            arn: role_arn(name),
            created: now_millis(),
            trust: Document::read("AssumeRolePolicyDocument", trust, Kind::Trust)?,
            policies: BTreeMap::new(),
        })
    }

    /// Says who may assume it.
    pub fn set_trust(&mut self, trust: &Value) -> Result<(), ServiceError> {
        self.trust = Document::read("AssumeRolePolicyDocument", trust, Kind::Trust)?;
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
    let hash: String = Sha256::digest(name)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let word: String = hash.chars().take(17).collect();
    format!("AROA{word}")
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

fn check_name(field: &str, name: &str, longest: usize) -> Result<(), ServiceError> {
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
