//! The one question that all services ask: may this caller do that?

use super::Iam;
use super::condition::Context;
use super::evaluate::{self, Decision, Denial, Reason, Request};
use super::managed::of_aws;
use super::policy::Policy;
use super::principal::{Principal, RoleSession};

impl Iam {
    /// Whether `principal` may do `action`, such as `states:StartExecution`, on
    /// the resource with this ARN (`*` where the action has none).
    ///
    /// # Errors
    ///
    /// The denial, in AWS's words.
    pub fn authorize(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
    ) -> Result<(), Denial> {
        self.authorize_with(principal, action, resource, None)
    }

    /// As [`Iam::authorize`], with the policy of the resource: within an account it is enough
    /// that one of both sides allows ("Policy evaluation logic" in the IAM User Guide).
    ///
    /// # Errors
    ///
    /// The denial, in AWS's words.
    pub fn authorize_with(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
        policy: Option<&Policy>,
    ) -> Result<(), Denial> {
        let context = Context::of(principal, &self.region, None);
        let request = Request {
            action,
            resource,
            context: &context,
        };
        let identity = match principal {
            Principal::Administrator => Decision::Allowed,
            // A service acts for itself only where a resource's own policy lets it.
            Principal::Service(_) => Decision::ImplicitDeny,
            Principal::Role(session) => self.decide(session, &request),
        };
        let of_resource = policy.map_or(Decision::ImplicitDeny, |policy| {
            evaluate::evaluate_resource(policy, principal, &request)
        });
        let reason = match (identity, of_resource) {
            (Decision::ExplicitDeny, _) => Reason::DeniedByIdentity,
            (_, Decision::ExplicitDeny) => Reason::DeniedByResource,
            (Decision::Allowed, _) | (_, Decision::Allowed) => return Ok(()),
            (Decision::ImplicitDeny, Decision::ImplicitDeny) => Reason::NotAllowed,
        };
        Err(Denial {
            principal: principal.arn(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            reason,
        })
    }

    /// What a role's policies say, its own and the managed ones.
    fn decide(&self, session: &RoleSession, request: &Request<'_>) -> Decision {
        let (roles, managed) = (self.roles(), self.managed());
        let Some(role) = roles.get(&session.role_name) else {
            return Decision::ImplicitDeny;
        };
        let attached = role.attached.iter().filter_map(|arn| {
            let of_account = || managed.get(arn).map(|it| &it.document);
            of_aws(arn).or_else(of_account)
        });
        let documents = role.policies.values().chain(attached);
        evaluate::evaluate(documents.map(|it| &it.policy), request)
    }

    /// Whether there is a role or a session of one with this ARN.
    pub fn knows(&self, arn: &str) -> bool {
        let is_session_of = |name: &str| {
            let session = arn.rsplit_once(":assumed-role/").map(|(_, it)| it);
            session.and_then(|it| it.split('/').next()) == Some(name)
        };
        let roles = self.roles();
        let mut roles = roles.iter();
        roles.any(|(name, role)| role.arn == arn || is_session_of(name))
    }
}
