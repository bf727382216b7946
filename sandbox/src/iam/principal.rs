//! Who makes a call.

use crate::arn::{ACCOUNT_ID, arn};

/// Who makes a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The account's administrator, who may do everything.
    Administrator,
    /// A session of a role.
    Role(RoleSession),
    /// A service of AWS's, such as `s3.amazonaws.com`.
    Service(String),
}

/// A session of a role: what a function or an execution acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSession {
    /// The role's ARN.
    pub role_arn: String,
    /// The role's name.
    pub role_name: String,
    /// The session's name: for a function, its own.
    pub session: String,
}

impl Principal {
    /// The ARN, as GetCallerIdentity and denials show it.
    pub fn arn(&self) -> String {
        match self {
            Self::Administrator => arn("iam", "", "root"),
            Self::Role(role) => arn(
                "sts",
                "",
                &format!("assumed-role/{}/{}", role.role_name, role.session),
            ),
            Self::Service(name) => name.clone(),
        }
    }

    /// The ARN that policies know it by: a session's is its role's (`aws:PrincipalArn`).
    pub fn policy_arn(&self) -> String {
        match self {
            Self::Role(role) => role.role_arn.clone(),
            other => other.arn(),
        }
    }

    /// The unique id, as GetCallerIdentity shows it.
    pub fn user_id(&self) -> String {
        match self {
            Self::Administrator => ACCOUNT_ID.to_owned(),
            Self::Role(role) => {
                format!("{}:{}", super::role::role_id(&role.role_name), role.session)
            }
            Self::Service(name) => name.clone(),
        }
    }
}
