//! What clients ask of SNS: the query protocol.

use super::{Subscription, invalid, publish, subscriptions};
use crate::account::Account;
use crate::arn::ACCOUNT_ID;
use crate::error::{ServiceError, unserved};
use crate::iam::Principal;
use crate::protocol::query::{Params, escape};
use crate::services::{Protocol, Service};

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["sns"],
    is_global: false,
    protocol: Protocol::Query {
        namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
        call: |account, caller, params| {
            Box::pin(async move { call(account, &caller, params.action(), &params) })
        },
    },
};

/// Answers one action with the XML of its result.
///
/// # Errors
///
/// `AuthorizationError`, `InvalidAction`, `InvalidParameter`, `NotFound`.
pub fn call(
    account: &Account,
    caller: &Principal,
    action: &str,
    params: &Params,
) -> Result<String, ServiceError> {
    let sns = &account.sns;
    let authorize = |resource: &str| {
        account.authorize(
            caller,
            &format!("SNS:{action}"),
            resource,
            "AuthorizationError",
        )
    };
    match action {
        "CreateTopic" => {
            let name = params.get("Name").unwrap_or_default();
            authorize(&sns.arn(name))?;
            let arn = sns.create_topic(name)?;
            Ok(format!("<TopicArn>{}</TopicArn>", escape(&arn)))
        }
        "DeleteTopic" => {
            let arn = arn_in(params, "TopicArn")?;
            authorize(arn)?;
            sns.delete_topic(arn);
            Ok(String::new())
        }
        "ListTopics" => {
            authorize(&sns.arn("*"))?;
            Ok(sns.list(params.get("NextToken")))
        }
        "GetTopicAttributes" => {
            let arn = arn_in(params, "TopicArn")?;
            authorize(arn)?;
            sns.find(arn)?;
            Ok(attributes(arn, sns.subscriptions.of(arn).len()))
        }
        "ListSubscriptionsByTopic" => {
            let arn = arn_in(params, "TopicArn")?;
            authorize(arn)?;
            sns.find(arn)?;
            Ok(subscriptions::shown(&sns.subscriptions.of(arn)))
        }
        "Subscribe" => {
            let arn = arn_in(params, "TopicArn")?;
            authorize(arn)?;
            let given = |name: &str| params.get(name).unwrap_or_default();
            let subscription = Subscription {
                topic: arn.to_owned(),
                queue: given("Endpoint").to_owned(),
                raw: raw_delivery(params)?,
            };
            let arn = sns.subscribe(given("Protocol"), subscription)?;
            Ok(format!(
                "<SubscriptionArn>{}</SubscriptionArn>",
                escape(&arn)
            ))
        }
        "Unsubscribe" => {
            let arn = arn_in(params, "SubscriptionArn")?;
            let topic = arn.rsplit_once(':').map_or(arn, |(topic, _)| topic);
            authorize(topic)?;
            sns.unsubscribe(arn);
            Ok(String::new())
        }
        "Publish" => {
            let arn = match params.get("TargetArn") {
                Some(_) => arn_in(params, "TargetArn")?,
                None => arn_in(params, "TopicArn")?,
            };
            authorize(arn)?;
            let id = publish(account, arn, params.get("Message").unwrap_or_default())?;
            Ok(format!("<MessageId>{id}</MessageId>"))
        }
        _ => Err(params.invalid_action()),
    }
}

/// What the attributes of a subscription say of how it hears messages.
fn raw_delivery(params: &Params) -> Result<bool, ServiceError> {
    let mut raw = false;
    for at in 1.. {
        let Some(name) = params.get(&format!("Attributes.entry.{at}.key")) else {
            break;
        };
        let value = params.get(&format!("Attributes.entry.{at}.value"));
        match (name, value) {
            ("RawMessageDelivery", Some(value)) if value.eq_ignore_ascii_case("true") => raw = true,
            ("RawMessageDelivery", Some(value)) if value.eq_ignore_ascii_case("false") => {}
            ("RawMessageDelivery", _) => {
                return Err(invalid(
                    "RawMessageDelivery Reason: Invalid value. Must be true or false.",
                ));
            }
            _ => {
                let what = unserved(format_args!("the attribute {name} of a subscription"));
                return Err(ServiceError::bad_request("InvalidParameter", what));
            }
        }
    }
    Ok(raw)
}

/// The ARN in a field of the form.
fn arn_in<'a>(params: &'a Params, field: &str) -> Result<&'a str, ServiceError> {
    let arn = params.get(field).unwrap_or_default();
    let parts = arn.split(':').count();
    if arn.starts_with("arn:") && parts >= 6 {
        return Ok(arn);
    }
    let reason = if arn.is_empty() {
        "no value for required parameter".to_owned()
    } else if parts < 6 {
        format!("An ARN must have at least 6 elements, not {parts}")
    } else {
        "An ARN must begin with arn:".to_owned()
    };
    Err(invalid(&format!("{field} Reason: {reason}")))
}

fn attributes(arn: &str, subscriptions: usize) -> String {
    let confirmed = subscriptions.to_string();
    let entries = [
        ("TopicArn", arn),
        ("Owner", ACCOUNT_ID),
        ("DisplayName", ""),
        ("SubscriptionsConfirmed", &confirmed),
        ("SubscriptionsPending", "0"),
        ("SubscriptionsDeleted", "0"),
    ];
    let entries: String = entries
        .iter()
        .map(|(key, value)| {
            format!(
                "<entry><key>{key}</key><value>{}</value></entry>",
                escape(value)
            )
        })
        .collect();
    format!("<Attributes>{entries}</Attributes>")
}

#[cfg(test)]
mod tests {
    use super::super::{LARGEST_MESSAGE, PAGE};
    use super::*;
    use crate::activity::What;
    use crate::protocol::query;

    fn ask(account: &Account, form: &str) -> Result<String, ServiceError> {
        let params = query::read(form.as_bytes());
        call(account, &Principal::Administrator, params.action(), &params)
    }

    fn account() -> Account {
        Account::for_tests()
    }

    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:scan-failed";

    #[test]
    fn a_message_reaches_who_listens() {
        let account = account();
        let mut feed = account.feed.listen();
        let created = ask(&account, "Action=CreateTopic&Name=scan-failed").unwrap();
        assert_eq!(created, format!("<TopicArn>{TOPIC}</TopicArn>"));
        let form = format!("Action=Publish&TopicArn={TOPIC}&Message=%7B%22key%22%3A1%7D");
        assert!(ask(&account, &form).unwrap().starts_with("<MessageId>"));
        let published = What::Published {
            topic: TOPIC.to_owned(),
            message: "{\"key\":1}".to_owned(),
        };
        assert_eq!(feed.try_recv().map(|it| it.what), Ok(published));
    }

    #[test]
    fn errors_are_those_of_aws() {
        let account = account();
        account.sns.create_topic("scan-failed").unwrap();
        let too_long = "x".repeat(LARGEST_MESSAGE + 1);
        let table = [
            (
                "Action=CreateTopic&Name=no%20spaces".to_owned(),
                400,
                "InvalidParameter",
                "Invalid parameter: Topic Name",
            ),
            (
                format!("Action=Publish&TopicArn={TOPIC}"),
                400,
                "InvalidParameter",
                "Invalid parameter: Empty message",
            ),
            (
                format!("Action=Publish&TopicArn={TOPIC}&Message={too_long}"),
                400,
                "InvalidParameter",
                "Invalid parameter: Message too long",
            ),
            (
                format!("Action=Publish&TopicArn={TOPIC}x&Message=m"),
                404,
                "NotFound",
                "Topic does not exist",
            ),
            (
                "Action=Publish&TopicArn=topic&Message=m".to_owned(),
                400,
                "InvalidParameter",
                "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
            ),
            (
                format!("Action=GetTopicAttributes&TopicArn={TOPIC}x"),
                404,
                "NotFound",
                "Topic does not exist",
            ),
            (
                "Action=Fly&Version=2010-03-31".to_owned(),
                400,
                "InvalidAction",
                "Could not find operation Fly for version 2010-03-31",
            ),
        ];
        for (form, status, code, message) in table {
            assert_eq!(
                ask(&account, &form),
                Err(ServiceError::new(status, code, message))
            );
        }
    }

    #[test]
    fn a_caller_without_permission_is_told_so() {
        let account = account();
        let params = query::read(format!("Action=Publish&TopicArn={TOPIC}&Message=m").as_bytes());
        let caller = Principal::Service("nobody.amazonaws.com".to_owned());
        let error = call(&account, &caller, "Publish", &params).unwrap_err();
        assert_eq!(
            (error.status, error.code.as_ref()),
            (403, "AuthorizationError")
        );
        assert!(
            error
                .message
                .contains("is not authorized to perform: SNS:Publish on resource: ")
        );
    }

    #[test]
    fn topics_come_in_pages_and_go() {
        let account = account();
        for number in 0..=PAGE {
            account
                .sns
                .create_topic(&format!("topic-{number:03}"))
                .unwrap();
        }
        let page = ask(&account, "Action=ListTopics").unwrap();
        assert_eq!(page.matches("<member>").count(), PAGE);
        let (_, token) = page.split_once("<NextToken>").unwrap();
        let token = token.trim_end_matches("</NextToken>");
        let last = ask(&account, &format!("Action=ListTopics&NextToken={token}")).unwrap();
        assert_eq!(last.matches("<member>").count(), 1);
        assert!(last.contains("topic-100") && !last.contains("NextToken"));
        let arn = account.sns.arn("topic-100");
        let subscriptions = format!("Action=ListSubscriptionsByTopic&TopicArn={arn}");
        assert_eq!(ask(&account, &subscriptions).unwrap(), "<Subscriptions/>");
        assert_eq!(
            ask(&account, &format!("Action=DeleteTopic&TopicArn={arn}")),
            Ok(String::new())
        );
        assert_eq!(ask(&account, &subscriptions).unwrap_err().code, "NotFound");
    }
}
