//! IAM's query API: managed policies.

use serde_json::Value;

use crate::error::ServiceError;
use crate::protocol::query::{Params, escape};
use crate::time::iso;

use super::Iam;
use super::api::{document, encoded, required};
use super::managed::{no_policy, of_aws, policy_id};
use super::role::no_such_entity;

/// CreatePolicy.
///
/// # Errors
///
/// As [`Iam::create_policy`].
pub fn create(iam: &Iam, name: &str, params: &Params) -> Result<String, ServiceError> {
    let text = document(required(params, "PolicyDocument")?)?;
    let path = params.get("Path").unwrap_or("/");
    let description = params.get("Description").unwrap_or_default();
    let arn = iam.create_policy(name, path, description, &text)?;
    show(iam, &arn)
}

/// What is done with one policy.
///
/// # Errors
///
/// `NoSuchEntity`, `DeleteConflict`.
pub fn on_policy(
    iam: &Iam,
    action: &str,
    arn: &str,
    params: &Params,
) -> Result<String, ServiceError> {
    match action {
        "DeletePolicy" => iam.delete_policy(arn).map(|()| String::new()),
        "GetPolicyVersion" => {
            let wanted = required(params, "VersionId")?;
            let (version, text) = version(iam, arn)?;
            if wanted != version {
                return Err(no_such_entity(format!(
                    "Policy {arn} version {wanted} does not exist or is not attachable."
                )));
            }
            Ok(format!(
                "<PolicyVersion><Document>{}</Document><VersionId>{version}</VersionId>\
                 <IsDefaultVersion>true</IsDefaultVersion></PolicyVersion>",
                encoded(&text)
            ))
        }
        _ => show(iam, arn),
    }
}

/// The version of a policy that counts, and its document.
fn version(iam: &Iam, arn: &str) -> Result<(String, Value), ServiceError> {
    if let Some(document) = of_aws(arn) {
        return Ok(("v1".to_owned(), document.text.clone()));
    }
    let managed = iam.managed();
    let policy = managed.get(arn).ok_or_else(|| no_policy(arn))?;
    Ok((format!("v{}", policy.version), policy.document.text.clone()))
}

fn show(iam: &Iam, arn: &str) -> Result<String, ServiceError> {
    let roles = iam.roles();
    let attached = roles
        .values()
        .filter(|it| it.attached.contains(arn))
        .count();
    let (version, _) = version(iam, arn)?;
    let managed = iam.managed();
    let of_account = managed.get(arn);
    let name = arn.rsplit('/').next().unwrap_or_default();
    let path = arn.split_once(":policy").map_or("/", |(_, path)| path);
    let path = path.strip_suffix(name).unwrap_or("/");
    let more = of_account.map(|it| {
        let created = iso(it.created);
        format!(
            "<PolicyId>{}</PolicyId><Description>{}</Description>\
             <CreateDate>{created}</CreateDate><UpdateDate>{created}</UpdateDate>",
            policy_id(arn),
            escape(&it.description)
        )
    });
    Ok(format!(
        "<Policy><PolicyName>{}</PolicyName><Arn>{}</Arn><Path>{}</Path>{}\
         <DefaultVersionId>{version}</DefaultVersionId><AttachmentCount>{attached}</AttachmentCount>\
         <IsAttachable>true</IsAttachable></Policy>",
        escape(name),
        escape(arn),
        escape(path),
        more.unwrap_or_default(),
    ))
}
