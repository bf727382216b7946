//! The account: every service of the sandbox, and the one way between them.

use crate::activity::Feed;
use crate::error::ServiceError;
use crate::iam::{Iam, Principal};
use crate::logs::Logs;

/// The services of one AWS account in one region, as one value that all share.
#[derive(Debug)]
pub struct Account {
    /// The region, such as `eu-west-1`.
    pub region: String,
    /// The base URL of every service: `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Where the services say what happens.
    pub feed: Feed,
    /// Roles, policies and access keys.
    pub iam: Iam,
    /// CloudWatch Logs.
    pub logs: Logs,
}

impl Account {
    /// Asks IAM whether `principal` may do `action` on `resource`; a denial
    /// becomes the error `code` of the service that asks.
    ///
    /// # Errors
    ///
    /// HTTP 403 with AWS's text, which names the principal, the action and the
    /// resource, and why no policy allows it.
    pub fn authorize(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
        code: &'static str,
    ) -> Result<(), ServiceError> {
        self.iam
            .authorize(principal, action, resource)
            .map_err(|denial| ServiceError::new(403, code, denial.to_string()))
    }
}
