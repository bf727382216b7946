//! STS: who am I?

use crate::account::Account;
use crate::arn::ACCOUNT_ID;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::protocol::query::{Params, escape};

/// Answers one action with the XML of its result.
///
/// # Errors
///
/// `InvalidAction` for all but `GetCallerIdentity`, which needs no permission
/// ("GetCallerIdentity" in the STS API Reference).
pub fn call(
    _account: &Account,
    caller: &Principal,
    action: &str,
    params: &Params,
) -> Result<String, ServiceError> {
    match action {
        "GetCallerIdentity" => Ok(format!(
            "<Arn>{}</Arn><UserId>{}</UserId><Account>{ACCOUNT_ID}</Account>",
            escape(&caller.arn()),
            escape(&caller.user_id()),
        )),
        _ => Err(params.invalid_action()),
    }
}
