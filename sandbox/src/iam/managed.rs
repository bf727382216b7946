//! Managed policies: those of AWS, and the account's own.
//!
//! AWS's documents are in `managed_policies.json`, as AWS publishes them; of
//! `ReadOnlyAccess` only the actions of services that the sandbox has, whose decisions are
//! the same without the rest.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

use crate::arn::arn;
use crate::error::ServiceError;
use crate::time::now_millis;

use super::Iam;
use super::policy::{Kind, Policy};
use super::role::{Document, check_name, no_such_entity, no_such_role, unique_id};

/// The most characters of a managed policy ("IAM and AWS STS quotas").
const MOST_CHARACTERS: usize = 6_144;

/// A managed policy of the account.
#[derive(Debug, Clone)]
pub(super) struct Managed {
    pub name: String,
    pub path: String,
    pub description: String,
    /// In milliseconds since 1970.
    pub created: i64,
    pub document: Document,
    /// The number of its only version that counts: `v1`, `v2` after a change.
    pub version: u32,
}

impl Managed {
    /// A new policy.
    ///
    /// # Errors
    ///
    /// `ValidationError` for its name or path, `MalformedPolicyDocument`, `LimitExceeded`.
    pub fn new(
        name: &str,
        path: &str,
        description: &str,
        text: &Value,
    ) -> Result<Self, ServiceError> {
        check_name("policyName", name, 128)?;
        check_path(path)?;
        Ok(Self {
            name: name.to_owned(),
            path: path.to_owned(),
            description: description.to_owned(),
            created: now_millis(),
            document: read(name, text)?,
            version: 1,
        })
    }

    /// Gives it another document.
    pub fn set(&mut self, text: &Value) -> Result<(), ServiceError> {
        self.document = read(&self.name, text)?;
        self.version += 1;
        Ok(())
    }

    pub fn arn(&self) -> String {
        arn("iam", "", &format!("policy{}{}", self.path, self.name))
    }
}

/// The unique id of a managed policy: `ANPA...`.
pub fn policy_id(arn: &str) -> String {
    unique_id("ANPA", arn)
}

fn read(name: &str, text: &Value) -> Result<Document, ServiceError> {
    if text.to_string().len() > MOST_CHARACTERS {
        return Err(ServiceError::new(
            409,
            "LimitExceeded",
            format!("Cannot exceed quota for PolicySize: {MOST_CHARACTERS}"),
        ));
    }
    Document::read(name, text, Kind::Identity)
}

impl Iam {
    /// Whether there are these managed policies.
    pub(super) fn check_managed(&self, arns: &[String]) -> Result<(), ServiceError> {
        let of_account = self.managed();
        let mut missing = arns
            .iter()
            .filter(|arn| of_aws(arn).is_none() && !of_account.contains_key(*arn));
        match missing.next() {
            Some(arn) => Err(not_attachable(arn)),
            None => Ok(()),
        }
    }

    /// Makes a managed policy of the account; says its ARN.
    ///
    /// # Errors
    ///
    /// `EntityAlreadyExists`, `ValidationError`, `MalformedPolicyDocument`, `LimitExceeded`.
    pub fn create_policy(
        &self,
        name: &str,
        path: &str,
        description: &str,
        document: &Value,
    ) -> Result<String, ServiceError> {
        let policy = Managed::new(name, path, description, document)?;
        let arn = policy.arn();
        let mut managed = self.managed_mut();
        if managed.values().any(|it| it.name == name) {
            return Err(ServiceError::new(
                409,
                "EntityAlreadyExists",
                format!("A policy called {name} already exists. Duplicate names are not allowed."),
            ));
        }
        managed.insert(arn.clone(), policy);
        Ok(arn)
    }

    /// Gives a managed policy another document, as a new version that counts from now on.
    ///
    /// # Errors
    ///
    /// `NoSuchEntity`, `MalformedPolicyDocument`, `LimitExceeded`.
    pub fn set_policy(&self, arn: &str, document: &Value) -> Result<(), ServiceError> {
        let mut managed = self.managed_mut();
        let policy = managed.get_mut(arn).ok_or_else(|| no_policy(arn))?;
        policy.set(document)
    }

    /// Removes a managed policy that no role has any more.
    ///
    /// # Errors
    ///
    /// `NoSuchEntity`, `DeleteConflict`.
    pub fn delete_policy(&self, arn: &str) -> Result<(), ServiceError> {
        let roles = self.roles();
        let mut managed = self.managed_mut();
        if !managed.contains_key(arn) {
            return Err(no_policy(arn));
        }
        if roles.values().any(|role| role.attached.contains(arn)) {
            return Err(ServiceError::new(
                409,
                "DeleteConflict",
                "Cannot delete a policy attached to entities.",
            ));
        }
        managed.remove(arn);
        Ok(())
    }

    /// Gives a role a managed policy; that it has it already is no error.
    ///
    /// # Errors
    ///
    /// `NoSuchEntity`, `ValidationError`, `LimitExceeded`.
    pub fn attach_role_policy(&self, role: &str, arn: &str) -> Result<(), ServiceError> {
        let mut roles = self.roles_mut();
        let found = roles.get_mut(role).ok_or_else(|| no_such_role(role))?;
        check_arn(arn)?;
        self.check_managed(&[arn.to_owned()])?;
        found.attach(arn)
    }

    /// Takes a managed policy from a role.
    ///
    /// # Errors
    ///
    /// `NoSuchEntity`.
    pub fn detach_role_policy(&self, role: &str, arn: &str) -> Result<(), ServiceError> {
        let mut roles = self.roles_mut();
        let found = roles.get_mut(role).ok_or_else(|| no_such_role(role))?;
        match found.attached.remove(arn) {
            true => Ok(()),
            false => Err(no_policy(arn)),
        }
    }
}

/// Checks the path of a role or policy: it begins and ends with a slash.
///
/// # Errors
///
/// `ValidationError`.
pub(super) fn check_path(path: &str) -> Result<(), ServiceError> {
    let valid = path == "/"
        || (path.len() > 2
            && path.len() <= 512
            && path.starts_with('/')
            && path.ends_with('/')
            && path.bytes().all(|it| it.is_ascii_graphic()));
    if valid {
        return Ok(());
    }
    Err(ServiceError::bad_request(
        "ValidationError",
        "The specified value for path is invalid. It must begin and end with / and contain only \
         alphanumeric characters and/or / characters.",
    ))
}

/// The document of one of AWS's own policies, by its ARN.
pub(super) fn of_aws(arn: &str) -> Option<&'static Document> {
    static DOCUMENTS: OnceLock<BTreeMap<String, Document>> = OnceLock::new();
    let documents = DOCUMENTS.get_or_init(|| {
        let texts: BTreeMap<String, Value> =
            serde_json::from_str(include_str!("managed_policies.json")).unwrap_or_default();
        let read = texts.into_iter().filter_map(|(arn, text)| {
            let policy = Policy::parse(&text, Kind::Identity).ok()?;
            Some((arn, Document { text, policy }))
        });
        read.collect()
    });
    documents.get(arn)
}

/// Whether an ARN has the form of a policy's.
///
/// # Errors
///
/// `ValidationError`.
pub(super) fn check_arn(arn: &str) -> Result<(), ServiceError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", _, resource] if resource.starts_with("policy/") => Ok(()),
        _ => Err(ServiceError::bad_request(
            "ValidationError",
            format!("ARN {arn} is not valid."),
        )),
    }
}

pub(super) fn no_policy(arn: &str) -> ServiceError {
    no_such_entity(format!("Policy {arn} was not found."))
}

fn not_attachable(arn: &str) -> ServiceError {
    no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_documents_of_aws_are_read() {
        let texts: BTreeMap<String, Value> =
            serde_json::from_str(include_str!("managed_policies.json")).unwrap();
        for (arn, text) in &texts {
            check_arn(arn).unwrap();
            Policy::parse(text, Kind::Identity).unwrap_or_else(|why| panic!("{arn}: {why}"));
            assert!(of_aws(arn).is_some());
        }
        assert!(texts.len() >= 30);
        assert!(of_aws("arn:aws:iam::aws:policy/Nothing").is_none());
    }

    #[test]
    fn arns_and_paths() {
        assert!(check_arn("arn:aws:iam::aws:policy/service-role/AWSLambdaRole").is_ok());
        for arn in [
            "",
            "AWSLambdaRole",
            "arn:aws:iam::aws:role/r",
            "arn:aws:s3:::b",
        ] {
            assert_eq!(check_arn(arn).unwrap_err().code, "ValidationError", "{arn}");
        }
        assert!(check_path("/").is_ok() && check_path("/team/a/").is_ok());
        for path in ["", "team", "/team", "//", "/a b/"] {
            assert_eq!(
                check_path(path).unwrap_err().code,
                "ValidationError",
                "{path}"
            );
        }
    }
}
