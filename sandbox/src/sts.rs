//! STS: who am I?

use crate::account::Account;
use crate::arn::ACCOUNT_ID;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::protocol::query::{Params, escape};
use crate::services::{Protocol, Service};

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["sts"],
    is_global: true,
    protocol: Protocol::Query {
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        call: |account, caller, params| {
            Box::pin(async move { call(account, &caller, params.action(), &params) })
        },
    },
};

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

#[cfg(test)]
mod tests {
    use crate::protocol::query;

    use super::*;

    #[test]
    fn a_caller_is_told_who_it_is() {
        let account = Account::for_tests();
        let ask = |action: &str| {
            let params = query::read(format!("Action={action}&Version=2011-06-15").as_bytes());
            call(&account, &Principal::Administrator, action, &params)
        };
        assert_eq!(
            ask("GetCallerIdentity").unwrap(),
            "<Arn>arn:aws:iam::123456789012:root</Arn><UserId>123456789012</UserId>\
             <Account>123456789012</Account>"
        );
        assert_eq!(ask("GetSessionToken").unwrap_err().code, "InvalidAction");
    }
}
