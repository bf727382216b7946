//! What policies say about one action on one resource: explicit Deny wins, then
//! Allow, and without either the answer is no ("Policy evaluation logic" in the
//! IAM User Guide).

use super::condition::Context;
use super::policy::{Matching, Policy, Statement};
use super::principal::Principal;

/// The outcome of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement speaks of it.
    ImplicitDeny,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `states:StartExecution`.
    pub action: &'a str,
    /// An ARN, or `*` where the action has no resource.
    pub resource: &'a str,
    /// What else is known of it.
    pub context: &'a Context,
}

/// Why an action is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A policy of the identity denies it.
    DeniedByIdentity,
    /// The policy of the resource denies it.
    DeniedByResource,
    /// Nothing allows it.
    NotAllowed,
}

/// An action that is not allowed, in AWS's words ("Troubleshoot access denied
/// error messages" in the IAM User Guide).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "User: {principal} is not authorized to perform: {action} on resource: {resource} {}",
    match reason {
        Reason::DeniedByIdentity => "with an explicit deny in an identity-based policy".to_owned(),
        Reason::DeniedByResource => "with an explicit deny in a resource-based policy".to_owned(),
        Reason::NotAllowed => format!("because no identity-based policy allows the {action} action"),
    }
)]
pub struct Denial {
    pub(super) principal: String,
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) reason: Reason,
}

/// Evaluates the policies of one identity.
pub fn evaluate<'a>(
    policies: impl IntoIterator<Item = &'a Policy>,
    request: &Request<'_>,
) -> Decision {
    let statements = policies.into_iter().flat_map(|policy| &policy.statements);
    decide(statements.filter(|it| it.is_about(request)))
}

/// Evaluates the policy of a resource for one who asks.
pub fn evaluate_resource(policy: &Policy, asks: &Principal, request: &Request<'_>) -> Decision {
    let is_about = |it: &&Statement| {
        let principals = it.principals.as_ref();
        let named = match it.deny {
            true => principals.is_some_and(|it| it.denies(asks)),
            false => principals.is_some_and(|it| it.allows(asks)),
        };
        named && it.is_about(request)
    };
    decide(policy.statements.iter().filter(is_about))
}

/// Whether a trust policy lets a service assume its role.
pub fn trusts(trust: &Policy, service: &str, region: &str, context: &Context) -> bool {
    let about = trust.statements.iter().filter(|it| {
        let principals = it.principals.as_ref();
        principals.is_some_and(|it| it.names_service(service, region))
            && applies(&it.actions, "sts:AssumeRole", action_matches)
            && it.conditions.iter().all(|it| it.holds(context))
    });
    decide(about) == Decision::Allowed
}

/// An explicit Deny wins over all that is allowed.
fn decide<'a>(statements: impl Iterator<Item = &'a Statement>) -> Decision {
    let mut decision = Decision::ImplicitDeny;
    for statement in statements {
        if statement.deny {
            return Decision::ExplicitDeny;
        }
        decision = Decision::Allowed;
    }
    decision
}

impl Statement {
    fn is_about(&self, request: &Request<'_>) -> bool {
        let resources = self.resources.as_ref();
        applies(&self.actions, request.action, action_matches)
            && resources.is_none_or(|it| applies(it, request.resource, resource_matches))
            && self.conditions.iter().all(|it| it.holds(request.context))
    }
}

fn applies(matching: &Matching, text: &str, matches: fn(&str, &str) -> bool) -> bool {
    let found = matching.patterns.iter().any(|it| matches(it, text));
    found != matching.not
}

/// Whether a pattern covers an action; their case does not count.
pub fn action_matches(pattern: &str, action: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

/// Whether a pattern covers an ARN. A wildcard stays within its segment, but
/// for the last one; segments that a pattern leaves out are wildcards ("IAM
/// JSON policy elements: Resource" in the IAM User Guide).
pub fn resource_matches(pattern: &str, arn: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let patterns = pattern.splitn(6, ':').chain(std::iter::repeat("*"));
    let segments = arn.splitn(6, ':').chain(std::iter::repeat(""));
    patterns
        .zip(segments)
        .take(6)
        .all(|(pattern, segment)| matches(pattern, segment))
}

/// Whether a pattern in a condition covers an ARN: each of its six segments for itself
/// ("Amazon Resource Name (ARN) condition operators" in the IAM User Guide).
pub fn arn_matches(pattern: &str, arn: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (patterns, segments) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    pattern.splitn(6, ':').count() == arn.splitn(6, ':').count()
        && patterns
            .zip(segments)
            .all(|(pattern, segment)| matches(pattern, segment))
}

/// Whether `pattern` covers all of `text`: `*` stands for any characters, `?`
/// for one. Goes back to the last `*` only, so its time is bounded by the
/// product of the lengths.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|c| *c == '?' || *c == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::policy::Kind;
    use super::*;

    fn decide(statements: Value, action: &str, resource: &str) -> Decision {
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        let policy = Policy::read("p", &document, Kind::Identity).unwrap();
        let context = Context::of(&Principal::Administrator, "eu-west-1", None);
        let request = Request {
            action,
            resource,
            context: &context,
        };
        evaluate([&policy], &request)
    }

    const MACHINE: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:scan";

    #[test]
    fn decisions() {
        use Decision::{Allowed, ExplicitDeny, ImplicitDeny};
        let allow =
            json!({ "Effect": "Allow", "Action": "states:StartExecution", "Resource": MACHINE });
        let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let deny = json!({ "Effect": "Deny", "Action": "states:Start*", "Resource": "*" });
        for (name, statements, action, resource, expected) in [
            (
                "allowed",
                json!([allow]),
                "states:StartExecution",
                MACHINE,
                Allowed,
            ),
            (
                "missing action",
                json!([allow]),
                "states:StopExecution",
                MACHINE,
                ImplicitDeny,
            ),
            (
                "other resource",
                json!([allow]),
                "states:StartExecution",
                "arn:aws:states:x",
                ImplicitDeny,
            ),
            (
                "explicit Deny wins",
                json!([all, deny]),
                "states:StartExecution",
                MACHINE,
                ExplicitDeny,
            ),
            (
                "Deny before Allow wins too",
                json!([deny, all]),
                "states:StartExecution",
                MACHINE,
                ExplicitDeny,
            ),
            (
                "Deny of something else",
                json!([all, deny]),
                "states:StopExecution",
                MACHINE,
                Allowed,
            ),
            (
                "actions ignore case",
                json!([{ "Effect": "Allow", "Action": "STATES:startexecution", "Resource": "*" }]),
                "states:StartExecution",
                MACHINE,
                Allowed,
            ),
            (
                "resources do not",
                json!([{ "Effect": "Allow", "Action": "*", "Resource": MACHINE.to_uppercase().replacen("ARN:", "arn:", 1) }]),
                "states:StartExecution",
                MACHINE,
                ImplicitDeny,
            ),
            (
                "wildcards",
                json!([{ "Effect": "Allow", "Action": "s3:Get?bject", "Resource": "arn:aws:s3:::in-*/cv*.txt" }]),
                "s3:GetObject",
                "arn:aws:s3:::in-alice/a/cv 1.txt",
                Allowed,
            ),
            (
                "NotAction",
                json!([{ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }]),
                "iam:GetRole",
                "*",
                ImplicitDeny,
            ),
            (
                "NotAction allows the rest",
                json!([{ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }]),
                "s3:GetObject",
                "*",
                Allowed,
            ),
            (
                "a condition that holds",
                json!([{
                    "Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": { "StringEquals": { "aws:RequestedRegion": "eu-west-1" } },
                }]),
                "s3:GetObject",
                "*",
                Allowed,
            ),
            (
                "a condition that does not",
                json!([all, {
                    "Effect": "Deny", "Action": "*", "Resource": "*",
                    "Condition": { "Bool": { "aws:SecureTransport": "false" } },
                }]),
                "s3:GetObject",
                "*",
                Allowed,
            ),
            (
                "Deny with NotResource",
                json!([all, { "Effect": "Deny", "Action": "*", "NotResource": MACHINE }]),
                "s3:GetObject",
                "arn:aws:s3:::b/k",
                ExplicitDeny,
            ),
        ] {
            assert_eq!(decide(statements, action, resource), expected, "{name}");
        }
    }

    #[test]
    fn wildcards_stay_in_their_segment() {
        for (pattern, arn, expected) in [
            ("arn:aws:states:*:*:stateMachine:*", MACHINE, true),
            ("arn:aws:states:*:stateMachine:*", MACHINE, false),
            ("arn:aws:states", MACHINE, true),
            ("arn:aws:states:eu-west-?", MACHINE, true),
            ("arn:aws:states:eu-west-1:123456789012:*", MACHINE, true),
            ("arn:aws:sns:*:*:*", MACHINE, false),
            ("arn:aws:states:*:*:*", "*", false),
            ("*", "*", true),
            (
                "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/scan*:*:*",
                "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/scan-a:log-stream:b",
                true,
            ),
        ] {
            assert_eq!(resource_matches(pattern, arn), expected, "{pattern} {arn}");
        }
    }

    #[test]
    fn trust() {
        let read = |effect: &str, service: &str, action: &str| {
            let service = format!("{service}.amazonaws.com");
            let document = json!({ "Statement": {
                "Effect": effect, "Principal": { "Service": service }, "Action": action,
            } });
            Policy::read("trust", &document, Kind::Trust).unwrap()
        };
        let a = |trust: &Policy| {
            let context = Context::default();
            trusts(trust, "a.amazonaws.com", "eu-west-1", &context)
        };
        assert!(a(&read("Allow", "a", "sts:AssumeRole")));
        assert!(!a(&read("Allow", "b", "sts:AssumeRole")));
        assert!(!a(&read("Allow", "a", "sts:TagSession")));
        assert!(!a(&read("Deny", "a", "sts:AssumeRole")));
    }

    /// The plain definition, without regard for time.
    fn simple(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => {
                simple(rest, text)
                    || text
                        .split_first()
                        .is_some_and(|(_, left)| simple(pattern, left))
            }
            (Some((p, rest)), Some((t, left))) => (*p == '?' || p == t) && simple(rest, left),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn wildcards_mean_what_they_say(pattern in "[ab*?]{0,8}", text in "[ab*?]{0,8}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text), simple(&p, &t));
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
    }
}
