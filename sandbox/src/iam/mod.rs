//! Identity and Access Management: who calls, and whether the call is allowed.
//!
//! Whatever a policy says that is not evaluated here is refused when the policy is made:
//! what is passed over could allow what AWS denies.

mod api;
mod authorize;
mod condition;
mod credentials;
mod evaluate;
mod managed;
mod managed_api;
mod policy;
mod principal;
mod principals;
mod resource_policy;
mod role;

pub use api::SERVICE;
pub use condition::Source;
pub use credentials::{AccessKey, SessionCredentials};
pub use evaluate::{Denial, Reason};
pub use managed::policy_id;
pub use policy::{Kind, Policy};
pub use principal::{Principal, RoleSession};
pub use resource_policy::{ResourcePolicy, ResourceStatement};
pub use role::{LONGEST_SESSION, RoleDescription, role_id};

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;

use crate::arn::arn;
use crate::error::ServiceError;
use condition::Context;
use managed::Managed;
use role::{Role, no_such_role};

/// The administrator's access key id, and its secret.
const ADMINISTRATOR: &str = "test";

/// The roles and keys of the account.
#[derive(Debug)]
pub struct Iam {
    /// Where the account's services are asked, such as `eu-west-1`.
    region: String,
    roles: RwLock<BTreeMap<String, Role>>,
    /// The account's own managed policies, by ARN. Whoever needs both locks takes the roles'
    /// first.
    managed: RwLock<BTreeMap<String, Managed>>,
    keys: Mutex<HashMap<String, AccessKey>>,
}

impl Iam {
    /// An account without roles, whose administrator has the key `test`/`test`.
    pub fn new(region: &str) -> Self {
        let administrator = AccessKey {
            secret: ADMINISTRATOR.to_owned(),
            session_token: None,
            principal: Principal::Administrator,
        };
        let keys = HashMap::from([(ADMINISTRATOR.to_owned(), administrator)]);
        Self {
            region: region.to_owned(),
            roles: RwLock::default(),
            managed: RwLock::default(),
            keys: Mutex::new(keys),
        }
    }

    /// Makes a role with its trust policy and inline policies; says its ARN.
    ///
    /// # Errors
    ///
    /// `ValidationError` for a name, `EntityAlreadyExists`,
    /// `MalformedPolicyDocument`, `LimitExceeded`.
    pub fn create_role(
        &self,
        name: &str,
        trust: &Value,
        inline: &[(String, Value)],
    ) -> Result<String, ServiceError> {
        self.create_role_of(
            name,
            &RoleDescription {
                path: "/",
                trust,
                inline,
                managed: &[],
                longest_session: LONGEST_SESSION,
            },
        )
    }

    /// As [`Iam::create_role`], with all that a role can have.
    ///
    /// # Errors
    ///
    /// As there, and `NoSuchEntity` for a managed policy that does not exist.
    pub fn create_role_of(
        &self,
        name: &str,
        given: &RoleDescription<'_>,
    ) -> Result<String, ServiceError> {
        let role = Role::new(name, given)?;
        let arn = role.arn.clone();
        let mut roles = self.roles_mut();
        if roles.contains_key(name) {
            return Err(ServiceError::new(
                409,
                "EntityAlreadyExists",
                format!("Role with name {name} already exists."),
            ));
        }
        self.check_managed(given.managed)?;
        roles.insert(name.to_owned(), role);
        Ok(arn)
    }

    /// Gives a role another trust policy, and other policies in the place of some:
    /// all of it or nothing.
    ///
    /// # Errors
    ///
    /// `NoSuchEntity`, `ValidationError`, `MalformedPolicyDocument`, `LimitExceeded`.
    pub fn update_role(
        &self,
        name: &str,
        given: &RoleDescription<'_>,
        old_inline: &[String],
        old_managed: &[String],
    ) -> Result<(), ServiceError> {
        let mut roles = self.roles_mut();
        let role = roles.get_mut(name).ok_or_else(|| no_such_role(name))?;
        let mut changed = role.clone();
        for policy in old_inline {
            changed.policies.remove(policy);
        }
        for arn in old_managed {
            changed.attached.remove(arn);
        }
        changed.take(given)?;
        self.check_managed(given.managed)?;
        *role = changed;
        Ok(())
    }

    /// Adds or replaces an inline policy of a role.
    ///
    /// # Errors
    ///
    /// `NoSuchEntity`, `ValidationError`, `MalformedPolicyDocument`, `LimitExceeded`.
    pub fn put_role_policy(
        &self,
        role: &str,
        policy: &str,
        document: &Value,
    ) -> Result<(), ServiceError> {
        let mut roles = self.roles_mut();
        let found = roles.get_mut(role).ok_or_else(|| no_such_role(role))?;
        found.put_policy(policy, document)
    }

    /// Removes an inline policy of a role.
    ///
    /// # Errors
    ///
    /// `NoSuchEntity`.
    pub fn delete_role_policy(&self, role: &str, policy: &str) -> Result<(), ServiceError> {
        let mut roles = self.roles_mut();
        let found = roles.get_mut(role).ok_or_else(|| no_such_role(role))?;
        found.delete_policy(policy)
    }

    /// Removes a role that has no policies left.
    ///
    /// # Errors
    ///
    /// `NoSuchEntity`, `DeleteConflict`.
    pub fn delete_role(&self, name: &str) -> Result<(), ServiceError> {
        let mut roles = self.roles_mut();
        let role = roles.get(name).ok_or_else(|| no_such_role(name))?;
        let left = match (role.policies.is_empty(), role.attached.is_empty()) {
            (true, true) => None,
            (false, _) => Some("Cannot delete entity, must delete policies first."),
            (true, false) => Some("Cannot delete entity, must detach all policies first."),
        };
        if let Some(left) = left {
            return Err(ServiceError::new(409, "DeleteConflict", left));
        }
        roles.remove(name);
        Ok(())
    }

    /// Lets a service act as a role, with keys for a process of its own: they
    /// are valid until [`Iam::forget`].
    ///
    /// # Errors
    ///
    /// As [`Iam::principal_of_role`].
    pub fn assume(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
    ) -> Result<SessionCredentials, ServiceError> {
        let principal = self.principal_of_role(role_arn, service, session)?;
        let credentials = SessionCredentials::new(principal);
        self.keys()
            .insert(credentials.access_key_id.clone(), credentials.key());
        Ok(credentials)
    }

    /// What a service is when it acts as a role: Lambda for the function that the session
    /// is named after, others for nobody that is known.
    ///
    /// # Errors
    ///
    /// As [`Iam::principal_for`].
    pub fn principal_of_role(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
    ) -> Result<Principal, ServiceError> {
        let function = (service == "lambda.amazonaws.com")
            .then(|| arn("lambda", &self.region, &format!("function:{session}")));
        let source = function.as_deref().map(|arn| Source { arn });
        self.principal_for(role_arn, service, session, source)
    }

    /// What a service is when it acts as a role for one of its resources.
    ///
    /// # Errors
    ///
    /// `AccessDenied`, as STS answers, where the role does not exist or does
    /// not trust the service. Each service has an error of its own for it.
    pub fn principal_for(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
        source: Option<Source<'_>>,
    ) -> Result<Principal, ServiceError> {
        let name = role_arn.rsplit('/').next().unwrap_or_default();
        let asks = Principal::Service(service.to_owned());
        let context = Context::of(&asks, &self.region, source);
        let trusts = |role: &Role| {
            role.arn == role_arn
                && evaluate::trusts(&role.trust.policy, service, &self.region, &context)
        };
        match self.roles().get(name) {
            Some(role) if trusts(role) => Ok(Principal::Role(RoleSession {
                role_arn: role_arn.to_owned(),
                role_name: name.to_owned(),
                session: session.to_owned(),
            })),
            _ => Err(ServiceError::new(
                403,
                "AccessDenied",
                format!(
                    "User: {service} is not authorized to perform: sts:AssumeRole on resource: \
                     {role_arn}"
                ),
            )),
        }
    }

    /// What belongs to an access key id, if there is such a key.
    pub fn access_key(&self, id: &str) -> Option<AccessKey> {
        self.keys().get(id).cloned()
    }

    /// Ends a session: its key is unknown from now on.
    pub fn forget(&self, access_key_id: &str) {
        if access_key_id != ADMINISTRATOR {
            self.keys().remove(access_key_id);
        }
    }

    fn roles(&self) -> RwLockReadGuard<'_, BTreeMap<String, Role>> {
        self.roles.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn roles_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Role>> {
        self.roles.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn managed(&self) -> RwLockReadGuard<'_, BTreeMap<String, Managed>> {
        self.managed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn managed_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Managed>> {
        self.managed.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<String, AccessKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::arn::role_arn;

    fn trust() -> Value {
        json!({ "Statement": {
            "Effect": "Allow",
            "Principal": { "Service": "lambda.amazonaws.com" },
            "Action": "sts:AssumeRole",
        } })
    }

    fn account() -> Iam {
        let iam = Iam::new("eu-west-1");
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Action": "states:StartExecution", "Resource": "*" },
            { "Effect": "Deny", "Action": "sns:Publish", "Resource": "*" },
        ] });
        iam.create_role("alice", &trust(), &[("start".to_owned(), policy)])
            .unwrap();
        iam
    }

    #[test]
    fn denials_read_as_on_aws() {
        let iam = account();
        let role = iam
            .principal_of_role(&role_arn("alice"), "lambda.amazonaws.com", "scan-file")
            .unwrap();
        let denial = |action: &str| {
            let denial = iam.authorize(&role, action, "arn:x").unwrap_err();
            denial.to_string()
        };
        assert_eq!(
            iam.authorize(&role, "states:StartExecution", "arn:x"),
            Ok(())
        );
        assert_eq!(
            denial("states:StopExecution"),
            "User: arn:aws:sts::123456789012:assumed-role/alice/scan-file is not authorized to \
             perform: states:StopExecution on resource: arn:x because no identity-based policy \
             allows the states:StopExecution action"
        );
        assert_eq!(
            denial("sns:Publish"),
            "User: arn:aws:sts::123456789012:assumed-role/alice/scan-file is not authorized to \
             perform: sns:Publish on resource: arn:x with an explicit deny in an identity-based \
             policy"
        );
        iam.delete_role_policy("alice", "start").unwrap();
        assert!(
            iam.authorize(&role, "states:StartExecution", "arn:x")
                .is_err()
        );
    }

    #[test]
    fn sessions() {
        let iam = account();
        let session = iam
            .assume(&role_arn("alice"), "lambda.amazonaws.com", "f")
            .unwrap();
        let key = iam.access_key(&session.access_key_id).unwrap();
        assert_eq!(
            key.session_token.as_deref(),
            Some(session.session_token.as_str())
        );
        let shown = format!("{key:?} {session:?} {iam:?}");
        assert!(!shown.contains(&session.secret_access_key));
        assert!(!shown.contains(&session.session_token));
        iam.forget(&session.access_key_id);
        assert_eq!(iam.access_key(&session.access_key_id), None);
        for (role, service) in [
            ("alice", "states.amazonaws.com"),
            ("bob", "lambda.amazonaws.com"),
        ] {
            let error = iam.assume(&role_arn(role), service, "f").unwrap_err();
            assert_eq!(error.code, "AccessDenied");
        }
        iam.forget("test");
        assert!(iam.access_key("test").is_some());
    }

    #[test]
    fn roles() {
        let iam = account();
        let code = |name: &str| iam.create_role(name, &trust(), &[]).unwrap_err().code;
        assert_eq!(code("alice"), "EntityAlreadyExists");
        assert_eq!(code("no spaces"), "ValidationError");
        assert_eq!(code(""), "ValidationError");
        assert_eq!(code(&"x".repeat(65)), "ValidationError");
        let long = json!({ "Statement": {
            "Effect": "Allow", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{}", "b".repeat(9_000)),
        } });
        let put = |name: &str| iam.put_role_policy("alice", name, &long);
        put("long").unwrap();
        put("long").unwrap();
        assert_eq!(put("longer").unwrap_err().code, "LimitExceeded");
        assert_eq!(iam.delete_role("alice").unwrap_err().code, "DeleteConflict");
        iam.delete_role_policy("alice", "long").unwrap();
        iam.delete_role_policy("alice", "start").unwrap();
        let twice = iam.delete_role_policy("alice", "start");
        assert_eq!(twice.unwrap_err().code, "NoSuchEntity");
        iam.delete_role("alice").unwrap();
        assert_eq!(iam.delete_role("alice").unwrap_err().code, "NoSuchEntity");
    }
}
