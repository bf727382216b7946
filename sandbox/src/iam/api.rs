//! IAM's query API: roles and their inline policies.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::account::Account;
use crate::arn::{ACCOUNT_ID, arn, role_arn};
use crate::error::ServiceError;
use crate::protocol::query::{Params, escape};
use crate::services::{Protocol, Service};
use crate::time::iso;

use super::managed_api;
use super::role::{Role, RoleDescription, no_such_policy, no_such_role, role_id};
use super::{Iam, LONGEST_SESSION, Principal};

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["iam"],
    is_global: true,
    protocol: Protocol::Query {
        namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
        call: |account, caller, params| {
            Box::pin(async move { call(account, &caller, params.action(), &params) })
        },
    },
};

/// Answers one action with the XML of its result.
///
/// # Errors
///
/// `AccessDenied`, `InvalidAction`, and the operation's own.
pub fn call(
    account: &Account,
    caller: &Principal,
    action: &str,
    params: &Params,
) -> Result<String, ServiceError> {
    let allow = |resource: &str| {
        account.authorize(caller, &format!("iam:{action}"), resource, "AccessDenied")
    };
    let iam = &account.iam;
    match action {
        "GetUser" => {
            allow(&arn("iam", "", "root"))?;
            user(caller)
        }
        "ListRoles" => {
            allow(&role_arn(""))?;
            let roles = iam.roles();
            let roles = roles.iter().map(|(name, role)| xml(name, role));
            Ok(list("Roles", roles))
        }
        "CreateRole"
        | "DeleteRole"
        | "GetRole"
        | "ListRolePolicies"
        | "ListAttachedRolePolicies"
        | "AttachRolePolicy"
        | "DetachRolePolicy" => {
            let role = required(params, "RoleName")?;
            allow(&role_arn(role))?;
            on_role(iam, action, role, params)
        }
        "PutRolePolicy" | "DeleteRolePolicy" | "GetRolePolicy" => {
            let role = required(params, "RoleName")?;
            allow(&role_arn(role))?;
            on_policy(iam, action, role, required(params, "PolicyName")?, params)
        }
        "CreatePolicy" => {
            let name = required(params, "PolicyName")?;
            allow(&arn("iam", "", &format!("policy/{name}")))?;
            managed_api::create(iam, name, params)
        }
        "GetPolicy" | "GetPolicyVersion" | "DeletePolicy" => {
            let policy = required(params, "PolicyArn")?;
            allow(policy)?;
            managed_api::on_policy(iam, action, policy, params)
        }
        _ => Err(params.invalid_action()),
    }
}

fn on_role(iam: &Iam, action: &str, name: &str, params: &Params) -> Result<String, ServiceError> {
    match action {
        "CreateRole" => {
            let trust = document(required(params, "AssumeRolePolicyDocument")?)?;
            let longest = params.get("MaxSessionDuration").map(str::parse);
            let given = RoleDescription {
                path: params.get("Path").unwrap_or("/"),
                trust: &trust,
                inline: &[],
                managed: &[],
                longest_session: longest.and_then(Result::ok).unwrap_or(LONGEST_SESSION),
            };
            iam.create_role_of(name, &given)?;
        }
        "DeleteRole" => {
            iam.delete_role(name)?;
            return Ok(String::new());
        }
        "AttachRolePolicy" => {
            iam.attach_role_policy(name, required(params, "PolicyArn")?)?;
            return Ok(String::new());
        }
        "DetachRolePolicy" => {
            iam.detach_role_policy(name, required(params, "PolicyArn")?)?;
            return Ok(String::new());
        }
        _ => {}
    }
    let roles = iam.roles();
    let role = roles.get(name).ok_or_else(|| no_such_role(name))?;
    match action {
        "ListRolePolicies" => Ok(list(
            "PolicyNames",
            role.policies.keys().map(|it| escape(it).into_owned()),
        )),
        "ListAttachedRolePolicies" => {
            let attached = role.attached.iter().map(|arn| {
                let name = arn.rsplit('/').next().unwrap_or_default();
                format!(
                    "<PolicyName>{}</PolicyName><PolicyArn>{}</PolicyArn>",
                    escape(name),
                    escape(arn)
                )
            });
            Ok(list("AttachedPolicies", attached))
        }
        _ => Ok(format!("<Role>{}</Role>", xml(name, role))),
    }
}

fn on_policy(
    iam: &Iam,
    action: &str,
    role: &str,
    policy: &str,
    params: &Params,
) -> Result<String, ServiceError> {
    match action {
        "PutRolePolicy" => {
            let text = document(required(params, "PolicyDocument")?)?;
            iam.put_role_policy(role, policy, &text)?;
            Ok(String::new())
        }
        "DeleteRolePolicy" => {
            iam.delete_role_policy(role, policy)?;
            Ok(String::new())
        }
        _ => {
            let roles = iam.roles();
            let found = roles.get(role).ok_or_else(|| no_such_role(role))?;
            let found = found.policies.get(policy);
            let found = found.ok_or_else(|| no_such_policy(policy))?;
            Ok(format!(
                "<RoleName>{}</RoleName><PolicyName>{}</PolicyName>\
                 <PolicyDocument>{}</PolicyDocument>",
                escape(role),
                escape(policy),
                encoded(&found.text)
            ))
        }
    }
}

fn user(caller: &Principal) -> Result<String, ServiceError> {
    if *caller != Principal::Administrator {
        return Err(ServiceError::bad_request(
            "ValidationError",
            "Must specify userName when calling with non-User credentials",
        ));
    }
    Ok(format!(
        "<User><Path>/</Path><UserName>{ACCOUNT_ID}</UserName><UserId>{}</UserId>\
         <Arn>{}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></User>",
        caller.user_id(),
        caller.arn()
    ))
}

fn xml(name: &str, role: &Role) -> String {
    format!(
        "<Path>{}</Path><RoleName>{}</RoleName><RoleId>{}</RoleId><Arn>{}</Arn>\
         <CreateDate>{}</CreateDate><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>\
         <MaxSessionDuration>{}</MaxSessionDuration>",
        escape(&role.path),
        escape(name),
        role_id(name),
        escape(&role.arn),
        iso(role.created),
        encoded(&role.trust.text),
        role.longest_session,
    )
}

fn list(name: &str, members: impl IntoIterator<Item = String>) -> String {
    let members = members.into_iter();
    let members: String = members.map(|it| format!("<member>{it}</member>")).collect();
    format!("<{name}>{members}</{name}><IsTruncated>false</IsTruncated>")
}

pub(super) fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, ServiceError> {
    params.get(name).ok_or_else(|| {
        let mut field = name.to_owned();
        if let Some(first) = field.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        ServiceError::bad_request(
            "ValidationError",
            format!(
                "1 validation error detected: Value null at '{field}' failed to satisfy \
                 constraint: Member must not be null"
            ),
        )
    })
}

pub(super) fn document(text: &str) -> Result<Value, ServiceError> {
    serde_json::from_str(text).map_err(|error| {
        ServiceError::bad_request(
            "MalformedPolicyDocument",
            format!("Syntax errors in policy. (not JSON: {error})"),
        )
    })
}

/// Policy documents are URL-encoded in IAM's answers.
pub(super) fn encoded(document: &Value) -> String {
    utf8_percent_encode(&document.to_string(), NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::query;

    fn ask(account: &Account, caller: &Principal, form: &str) -> Result<String, String> {
        let params = query::read(form.as_bytes());
        let result = call(account, caller, params.action(), &params);
        result.map_err(|error| error.code.into_owned())
    }

    #[test]
    fn roles_by_api() {
        let account = Account::for_tests();
        let admin = Principal::Administrator;
        let trust = "%7B%22Statement%22:%7B%22Effect%22:%22Allow%22,%22Principal%22:%7B%22Service\
                     %22:%22lambda.amazonaws.com%22%7D,%22Action%22:%22sts:AssumeRole%22%7D%7D";
        let policy = "%7B%22Statement%22:%7B%22Effect%22:%22Allow%22,%22Action%22:%22iam:GetRole\
                      %22,%22Resource%22:%22*%22%7D%7D";
        let create = format!("Action=CreateRole&RoleName=r&AssumeRolePolicyDocument={trust}");
        let put = format!("Action=PutRolePolicy&RoleName=r&PolicyName=p&PolicyDocument={policy}");
        let made = ask(&account, &admin, &create).unwrap();
        assert!(
            made.contains("<Arn>arn:aws:iam::123456789012:role/r</Arn>"),
            "{made}"
        );
        let session = account
            .iam
            .principal_of_role(&role_arn("r"), "lambda.amazonaws.com", "s")
            .unwrap();
        let get = "Action=GetRole&RoleName=r";
        let steps = [
            (&admin, create.as_str(), Err("EntityAlreadyExists")),
            (&session, get, Err("AccessDenied")),
            (&admin, put.as_str(), Ok("")),
            (
                &session,
                get,
                Ok("<Role><Path>/</Path><RoleName>r</RoleName>"),
            ),
            (&session, "Action=GetUser", Err("AccessDenied")),
            (&session, "Action=Dance", Err("InvalidAction")),
            (&admin, "Action=GetUser", Ok("<User>")),
            (&admin, "Action=GetRole", Err("ValidationError")),
            (
                &admin,
                "Action=ListRoles",
                Ok("<Roles><member><Path>/</Path><RoleName>r</RoleName>"),
            ),
            (
                &admin,
                "Action=ListRolePolicies&RoleName=r",
                Ok("<PolicyNames><member>p</member>"),
            ),
            (
                &admin,
                "Action=ListAttachedRolePolicies&RoleName=r",
                Ok("<AttachedPolicies></Att"),
            ),
            (
                &admin,
                "Action=AttachRolePolicy&RoleName=r&PolicyArn=a",
                Err("ValidationError"),
            ),
            (
                &admin,
                "Action=AttachRolePolicy&RoleName=r&PolicyArn=arn:aws:iam::aws:policy/Nothing",
                Err("NoSuchEntity"),
            ),
            (
                &admin,
                "Action=GetRolePolicy&RoleName=r&PolicyName=p",
                Ok("<RoleName>r</RoleName><PolicyName>p</PolicyName><PolicyDocument>%7B%22"),
            ),
            (
                &admin,
                "Action=GetRolePolicy&RoleName=r&PolicyName=q",
                Err("NoSuchEntity"),
            ),
            (
                &admin,
                "Action=PutRolePolicy&RoleName=r&PolicyName=p&PolicyDocument=%7B",
                Err("MalformedPolicyDocument"),
            ),
            (
                &admin,
                "Action=DeleteRole&RoleName=r",
                Err("DeleteConflict"),
            ),
            (
                &admin,
                "Action=DeleteRolePolicy&RoleName=r&PolicyName=p",
                Ok(""),
            ),
            (&admin, "Action=DeleteRole&RoleName=r", Ok("")),
            (&admin, get, Err("NoSuchEntity")),
        ];
        for (caller, form, expected) in steps {
            match (ask(&account, caller, form), expected) {
                (Ok(xml), Ok(start)) => assert!(xml.starts_with(start), "{form}: {xml}"),
                (given, expected) => {
                    assert_eq!(
                        given,
                        expected.map(str::to_owned).map_err(str::to_owned),
                        "{form}"
                    );
                }
            }
        }
    }
}
