//! The one question that all services ask: may this caller do that?

use super::Iam;
use super::condition::{Context, Source};
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
        self.authorize_from(principal, action, resource, policy, None)
    }

    /// As [`Iam::authorize_with`], with what a service acts for.
    ///
    /// # Errors
    ///
    /// The denial, in AWS's words.
    pub fn authorize_from(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
        policy: Option<&Policy>,
        source: Option<Source<'_>>,
    ) -> Result<(), Denial> {
        let context = Context::of(principal, &self.region, source);
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{RoleDescription, Source};
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/team/r";
    const BASIC: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

    fn trust(condition: Value) -> Value {
        json!({ "Statement": {
            "Effect": "Allow", "Principal": { "Service": "states.amazonaws.com" },
            "Action": "sts:AssumeRole", "Condition": condition,
        } })
    }

    fn with_role(managed: &[String], condition: Value) -> Iam {
        let iam = Iam::new("eu-west-1");
        let given = RoleDescription {
            path: "/team/",
            trust: &trust(condition),
            inline: &[],
            managed,
            longest_session: 3_600,
        };
        assert_eq!(iam.create_role_of("r", &given).unwrap(), ROLE);
        iam
    }

    #[test]
    fn managed_policies_count_while_they_are_attached() {
        let iam = with_role(&[BASIC.to_owned()], json!({}));
        let role = iam
            .principal_of_role(ROLE, "states.amazonaws.com", "s")
            .unwrap();
        let may = |action: &str| iam.authorize(&role, action, "*").is_ok();
        assert!(may("logs:PutLogEvents") && !may("s3:GetObject"));
        let document = |action: &str| json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } });
        let own = iam
            .create_policy("own", "/", "", &document("s3:GetObject"))
            .unwrap();
        assert_eq!(own, "arn:aws:iam::123456789012:policy/own");
        assert!(!may("s3:GetObject"));
        iam.attach_role_policy("r", &own).unwrap();
        assert!(may("s3:GetObject"));
        iam.set_policy(&own, &document("s3:PutObject")).unwrap();
        assert!(may("s3:PutObject") && !may("s3:GetObject"));
        let code = |result: Result<(), crate::error::ServiceError>| result.unwrap_err().code;
        assert_eq!(code(iam.delete_policy(&own)), "DeleteConflict");
        assert_eq!(code(iam.delete_role("r")), "DeleteConflict");
        iam.detach_role_policy("r", &own).unwrap();
        assert!(!may("s3:PutObject"));
        iam.delete_policy(&own).unwrap();
        assert_eq!(code(iam.attach_role_policy("r", &own)), "NoSuchEntity");
        assert_eq!(code(iam.detach_role_policy("r", &own)), "NoSuchEntity");
        iam.detach_role_policy("r", BASIC).unwrap();
        iam.delete_role("r").unwrap();
    }

    #[test]
    fn a_trust_policy_asks_for_whom_a_service_acts() {
        let machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:scan";
        for (condition, expected) in [
            (json!({}), true),
            (
                json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } }),
                true,
            ),
            (
                json!({ "StringEquals": { "aws:SourceAccount": "999999999999" } }),
                false,
            ),
            (json!({ "ArnLike": { "aws:SourceArn": machine } }), true),
            (
                json!({ "ArnLike": { "aws:SourceArn": "arn:aws:lambda:*:*:function:*" } }),
                false,
            ),
        ] {
            let iam = with_role(&[], condition.clone());
            let source = Some(Source { arn: machine });
            let assumed = iam.principal_for(ROLE, "states.amazonaws.com", "s", source);
            assert_eq!(assumed.is_ok(), expected, "{condition}");
        }
    }

    #[test]
    fn roles_and_their_sessions_are_known() {
        let iam = with_role(&[], json!({}));
        assert!(iam.knows(ROLE));
        assert!(iam.knows("arn:aws:sts::123456789012:assumed-role/r/s"));
        assert!(!iam.knows("arn:aws:iam::123456789012:role/r"));
        assert!(!iam.knows("arn:aws:sts::123456789012:assumed-role/other/s"));
    }
}
