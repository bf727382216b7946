//! `Principal` and `NotPrincipal`: whom a statement of a trust or bucket policy is about
//! ("AWS JSON policy elements: Principal" in the IAM User Guide).

use serde_json::{Map, Value};

use crate::arn::ACCOUNT_ID;
use crate::error::unserved;

use super::principal::Principal;

/// Those whom a statement names, or all but those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principals {
    /// `NotPrincipal`.
    not: bool,
    named: Vec<Named>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// `*`.
    Anybody,
    /// The account itself: what it gives, policies of its identities have to give, too.
    Account,
    /// A role, or one session of it.
    Arn(String),
    /// A service of AWS's, such as `states.amazonaws.com`.
    Service(String),
    /// Somebody of another account, who never calls here.
    Stranger,
}

impl Principals {
    /// Reads the element that a statement has of the two.
    ///
    /// # Errors
    ///
    /// In AWS's words, for what is no principal; and for one that is not evaluated here.
    pub fn read(statement: &Map<String, Value>) -> Result<Self, String> {
        let (not, given) = match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(given), None) => (false, given),
            (None, Some(given)) => (true, given),
            (None, None) => return Err("Missing required field Principal".to_owned()),
            (Some(_), Some(_)) => {
                return Err("Statement/policy already has instance of Principal".to_owned());
            }
        };
        let named = match given {
            Value::String(all) if all == "*" => vec![Named::Anybody],
            Value::Object(kinds) if !kinds.is_empty() => {
                let mut named = Vec::new();
                for (kind, names) in kinds {
                    for name in super::policy::strings(names).ok_or_else(|| invalid(kind, names))? {
                        named.push(Named::read(kind, &name)?);
                    }
                }
                named
            }
            other => return Err(format!("Invalid principal in policy: {other}")),
        };
        Ok(Self { not, named })
    }

    /// Whether a statement that denies is about `principal`.
    pub fn denies(&self, principal: &Principal) -> bool {
        if !self.not {
            return self.named.iter().any(|it| it.covers(principal, true));
        }
        // Whoever is to be spared has to be named with the account and, of a session, with
        // the role as well.
        let chain: Vec<Principal> = match principal {
            Principal::Role(_) => vec![principal.clone(), Principal::Administrator],
            other => vec![other.clone()],
        };
        let named = |it: &Principal| self.named.iter().any(|named| named.covers(it, false));
        let is_session_named = match principal {
            Principal::Role(role) => {
                let names_role = |it: &Named| *it == Named::Arn(role.role_arn.clone());
                let names_session = |it: &Named| *it == Named::Arn(principal.arn());
                self.named.iter().any(names_role) && self.named.iter().any(names_session)
            }
            _ => true,
        };
        !(is_session_named && chain.iter().all(named))
    }

    /// Whether a statement that allows is about `principal` itself, not only about its
    /// account.
    pub fn allows(&self, principal: &Principal) -> bool {
        !self.not && self.named.iter().any(|it| it.covers(principal, false))
    }

    /// Whether they are all but some.
    pub fn is_negative(&self) -> bool {
        self.not
    }

    /// Whether everybody on earth is among them.
    pub fn is_everybody(&self) -> bool {
        self.not || self.named.contains(&Named::Anybody)
    }

    /// Whether a service is among them, in the region that it is asked in: some have a name
    /// in each region, such as `states.eu-west-1.amazonaws.com`.
    pub fn names_service(&self, service: &str, region: &str) -> bool {
        let regional = service.replacen(".amazonaws", &format!(".{region}.amazonaws"), 1);
        self.named.iter().any(|it| match it {
            Named::Service(name) => {
                name == service || (service == "states.amazonaws.com" && *name == regional)
            }
            _ => false,
        })
    }

    /// The ARNs of this account's roles and sessions.
    pub fn arns(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter_map(|it| match it {
            Named::Arn(arn) => Some(arn.as_str()),
            _ => None,
        })
    }
}

fn invalid(kind: &str, names: &Value) -> String {
    format!("Invalid principal in policy: \"{kind}\": {names}")
}

impl Named {
    fn read(kind: &str, name: &str) -> Result<Self, String> {
        let is_account = |id: &str| id.len() == 12 && id.bytes().all(|it| it.is_ascii_digit());
        let of_account = |id: &str| match id == ACCOUNT_ID {
            true => Self::Account,
            false => Self::Stranger,
        };
        match kind {
            "Service" if name.ends_with(".amazonaws.com") => Ok(Self::Service(name.to_owned())),
            "AWS" if name == "*" => Ok(Self::Anybody),
            "AWS" if is_account(name) => Ok(of_account(name)),
            "AWS" => {
                let parts: Vec<&str> = name.splitn(6, ':').collect();
                let ["arn", "aws", "iam" | "sts", "", account, resource] = parts.as_slice() else {
                    return Err(invalid(kind, &name.into()));
                };
                if !is_account(account) || resource.contains(['*', '?']) {
                    return Err(invalid(kind, &name.into()));
                }
                Ok(match *resource {
                    "root" => of_account(account),
                    _ if *account == ACCOUNT_ID => Self::Arn(name.to_owned()),
                    _ => Self::Stranger,
                })
            }
            "Federated" | "CanonicalUser" => Err(unserved(format_args!(
                "the principal \"{kind}\": \"{name}\""
            ))),
            _ => Err(invalid(kind, &name.into())),
        }
    }

    fn covers(&self, principal: &Principal, with_account: bool) -> bool {
        match (self, principal) {
            (Self::Anybody, _) | (Self::Account, Principal::Administrator) => true,
            (Self::Account, Principal::Role(_)) => with_account,
            (Self::Arn(arn), Principal::Role(role)) => {
                *arn == role.role_arn || *arn == principal.arn()
            }
            (Self::Service(name), Principal::Service(service)) => name == service,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::principal::RoleSession;
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/r";
    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/r/s";
    const ROOT: &str = "arn:aws:iam::123456789012:root";

    fn role() -> Principal {
        Principal::Role(RoleSession {
            role_arn: ROLE.to_owned(),
            role_name: "r".to_owned(),
            session: "s".to_owned(),
        })
    }

    fn read(element: &str, value: Value) -> Result<Principals, String> {
        Principals::read(json!({ element: value }).as_object().unwrap())
    }

    #[test]
    fn whom_a_statement_is_about() {
        let (role, root) = (role(), Principal::Administrator);
        let s3 = Principal::Service("s3.amazonaws.com".to_owned());
        for (element, value, principal, allows, denies) in [
            ("Principal", json!("*"), &role, true, true),
            ("Principal", json!("*"), &root, true, true),
            ("Principal", json!({ "AWS": "*" }), &role, true, true),
            ("Principal", json!({ "AWS": ROLE }), &role, true, true),
            ("Principal", json!({ "AWS": [SESSION] }), &role, true, true),
            (
                "Principal",
                json!({ "AWS": format!("{ROLE}2") }),
                &role,
                false,
                false,
            ),
            // An account stands for its identities where it denies, not where it allows.
            ("Principal", json!({ "AWS": ROOT }), &role, false, true),
            (
                "Principal",
                json!({ "AWS": "123456789012" }),
                &root,
                true,
                true,
            ),
            (
                "Principal",
                json!({ "AWS": "999999999999" }),
                &root,
                false,
                false,
            ),
            (
                "Principal",
                json!({ "Service": "s3.amazonaws.com" }),
                &s3,
                true,
                true,
            ),
            (
                "Principal",
                json!({ "Service": "s3.amazonaws.com" }),
                &role,
                false,
                false,
            ),
            ("NotPrincipal", json!({ "AWS": ROLE }), &role, false, true),
            (
                "NotPrincipal",
                json!({ "AWS": [ROOT, ROLE, SESSION] }),
                &role,
                false,
                false,
            ),
            ("NotPrincipal", json!({ "AWS": ROOT }), &root, false, false),
            ("NotPrincipal", json!({ "AWS": ROOT }), &s3, false, true),
        ] {
            let shown = value.to_string();
            let read = read(element, value).unwrap();
            let found = (read.allows(principal), read.denies(principal));
            assert_eq!(found, (allows, denies), "{element} {shown} {principal:?}");
        }
    }

    #[test]
    fn services_have_names_of_their_region() {
        let names = |service: &str, region: &str| {
            let given = json!({ "Service": [service, "events.amazonaws.com"] });
            let read = read("Principal", given).unwrap();
            read.names_service("states.amazonaws.com", region)
        };
        assert!(names("states.amazonaws.com", "eu-west-1"));
        assert!(names("states.eu-west-1.amazonaws.com", "eu-west-1"));
        assert!(!names("states.eu-west-1.amazonaws.com", "us-east-1"));
        assert!(!names("lambda.amazonaws.com", "eu-west-1"));
    }

    #[test]
    fn mistakes() {
        for (value, expected) in [
            (json!("me"), "Invalid principal in policy: \"me\""),
            (json!({}), "Invalid principal in policy: {}"),
            (
                json!({ "Service": "lambda" }),
                "Invalid principal in policy: \"Service\": \"lambda\"",
            ),
            (
                json!({ "AWS": "arn:aws:iam::123456789012:role/*" }),
                "Invalid principal in policy: \"AWS\": \"arn:aws:iam::123456789012:role/*\"",
            ),
            (
                json!({ "AWS": "r" }),
                "Invalid principal in policy: \"AWS\": \"r\"",
            ),
            (
                json!({ "Planet": "x" }),
                "Invalid principal in policy: \"Planet\": \"x\"",
            ),
            (
                json!({ "Federated": "cognito-identity.amazonaws.com" }),
                "AWS takes the principal \"Federated\": \"cognito-identity.amazonaws.com\"; this \
                 sandbox does not.",
            ),
        ] {
            assert_eq!(read("Principal", value).unwrap_err(), expected);
        }
    }
}
