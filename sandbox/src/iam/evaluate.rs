//! What policies say about one action on one resource: explicit Deny wins, then
//! Allow, and without either the answer is no ("Policy evaluation logic" in the
//! IAM User Guide).

use super::policy::{Matching, Policy};

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

/// An action that is not allowed, in AWS's words ("Troubleshoot access denied
/// error messages" in the IAM User Guide).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "User: {principal} is not authorized to perform: {action} on resource: {resource} {}",
    if *explicit {
        "with an explicit deny in an identity-based policy".to_owned()
    } else {
        format!("because no identity-based policy allows the {action} action")
    }
)]
pub struct Denial {
    pub(super) principal: String,
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) explicit: bool,
}

/// Evaluates the policies of one identity.
pub fn evaluate<'a>(
    policies: impl IntoIterator<Item = &'a Policy>,
    action: &str,
    resource: &str,
) -> Decision {
    let mut decision = Decision::ImplicitDeny;
    for statement in policies.into_iter().flat_map(|policy| &policy.statements) {
        let applies = applies(&statement.actions, action, action_matches)
            && statement
                .resources
                .as_ref()
                .is_none_or(|it| applies(it, resource, resource_matches));
        match (applies, statement.deny) {
            (true, true) => return Decision::ExplicitDeny,
            (true, false) => decision = Decision::Allowed,
            (false, _) => {}
        }
    }
    decision
}

/// Whether a trust policy lets a service assume its role.
pub fn trusts(trust: &Policy, service: &str) -> bool {
    let about: Vec<_> = trust
        .statements
        .iter()
        .filter(|it| applies(&it.actions, "sts:AssumeRole", action_matches))
        .filter(|it| it.services.iter().any(|name| name == service))
        .collect();
    !about.is_empty() && about.iter().all(|statement| !statement.deny)
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

/// Whether `pattern` covers all of `text`: `*` stands for any characters, `?`
/// for one. Goes back to the last `*` only, so its time is bounded by the
/// product of the lengths.
fn matches(pattern: &str, text: &str) -> bool {
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
        evaluate([&policy], action, resource)
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
        let a = "a.amazonaws.com";
        assert!(trusts(&read("Allow", "a", "sts:AssumeRole"), a));
        assert!(!trusts(&read("Allow", "b", "sts:AssumeRole"), a));
        assert!(!trusts(&read("Allow", "a", "sts:TagSession"), a));
        assert!(!trusts(&read("Deny", "a", "sts:AssumeRole"), a));
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
