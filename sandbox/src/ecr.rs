//! ECR: there is no repository. The Serverless CLI asks before it removes a stack.

use serde_json::Value;

use crate::account::Account;
use crate::arn::{ACCOUNT_ID, arn};
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::services::{Protocol, Service};

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["ecr"],
    is_global: false,
    protocol: Protocol::Json {
        target: "AmazonEC2ContainerRegistry_V20150921",
        former: &[],
        call: |account, caller, request| {
            Box::pin(async move { call(account, &caller, &request.operation, &request.input) })
        },
    },
};

/// Answers one operation.
///
/// # Errors
///
/// `RepositoryNotFoundException` for every repository.
pub fn call(
    account: &Account,
    caller: &Principal,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let names = input["repositoryNames"].as_array();
    let name = names
        .and_then(|it| it.first())
        .unwrap_or(&input["repositoryName"])
        .as_str();
    let resource = match name {
        Some(name) => arn("ecr", &account.region, &format!("repository/{name}")),
        None => "*".to_owned(),
    };
    let action = format!("ecr:{operation}");
    account.authorize(caller, &action, &resource, "AccessDeniedException")?;
    match (operation, name) {
        ("DescribeRepositories", None) => Ok(serde_json::json!({ "repositories": [] })),
        ("DescribeRepositories" | "DeleteRepository" | "DescribeImages" | "ListImages", name) => {
            let name = name.unwrap_or_default();
            Err(ServiceError::bad_request(
                "RepositoryNotFoundException",
                format!(
                    "The repository with name '{name}' does not exist in the registry with id \
                     '{ACCOUNT_ID}'"
                ),
            ))
        }
        (other, _) => Err(ServiceError::unknown_operation("ECR", other)),
    }
}
