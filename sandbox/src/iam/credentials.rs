//! Keys, and who signs with them. None of these says its secret in `Debug`.

use std::fmt;

use super::Principal;

/// What belongs to an access key id.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Signs requests.
    pub secret: String,
    /// Comes with every request of a session; long-lived keys have none.
    pub session_token: Option<String>,
    /// Who signs with it.
    pub principal: Principal,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

/// The keys of a role's session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionCredentials {
    /// `ASIA...`.
    pub access_key_id: String,
    /// Signs requests.
    pub secret_access_key: String,
    /// Comes with every request.
    pub session_token: String,
    /// Who signs with them.
    pub principal: Principal,
}

impl SessionCredentials {
    /// New keys, unlike any others.
    pub(super) fn new(principal: Principal) -> Self {
        let word = || uuid::Uuid::new_v4().simple().to_string();
        let id: String = word().to_uppercase().chars().take(16).collect();
        Self {
            access_key_id: format!("ASIA{id}"),
            secret_access_key: word() + &word(),
            session_token: word() + &word(),
            principal,
        }
    }

    /// What the account keeps of them.
    pub(super) fn key(&self) -> AccessKey {
        AccessKey {
            secret: self.secret_access_key.clone(),
            session_token: Some(self.session_token.clone()),
            principal: self.principal.clone(),
        }
    }
}

impl fmt::Debug for SessionCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}
