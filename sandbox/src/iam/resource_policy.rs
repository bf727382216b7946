//! A function's own policy: which services may invoke it (AddPermission).

use serde_json::{Map, Value, json};

use crate::arn::ACCOUNT_ID;
use crate::error::ServiceError;

use super::evaluate::{action_matches, resource_matches};
use super::principal::Principal;

/// The statements of a resource's policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourcePolicy {
    statements: Vec<ResourceStatement>,
}

/// One permission: `service` may do `action` on `resource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceStatement {
    /// The statement's id, unique in its policy.
    pub sid: String,
    /// The service that is let in, such as `s3.amazonaws.com`.
    pub service: String,
    /// Such as `lambda:InvokeFunction`.
    pub action: String,
    /// The ARN of the function.
    pub resource: String,
    /// The resource that the service must act for, with wildcards.
    pub source_arn: Option<String>,
    /// The account that the service must act for.
    pub source_account: Option<String>,
}

impl ResourcePolicy {
    /// Adds a permission.
    ///
    /// # Errors
    ///
    /// `ResourceConflictException` for an id that is taken.
    pub fn add(&mut self, statement: ResourceStatement) -> Result<(), ServiceError> {
        if self.statements.iter().any(|it| it.sid == statement.sid) {
            return Err(ServiceError::new(
                409,
                "ResourceConflictException",
                format!(
                    "The statement id ({}) provided already exists. Please provide a new \
                     statement id, or remove the existing statement.",
                    statement.sid
                ),
            ));
        }
        self.statements.push(statement);
        Ok(())
    }

    /// Removes a permission.
    ///
    /// # Errors
    ///
    /// `ResourceNotFoundException`.
    pub fn remove(&mut self, sid: &str) -> Result<(), ServiceError> {
        let before = self.statements.len();
        self.statements.retain(|it| it.sid != sid);
        if self.statements.len() == before {
            return Err(ServiceError::new(
                404,
                "ResourceNotFoundException",
                format!("Statement {sid} is not found in resource policy."),
            ));
        }
        Ok(())
    }

    /// Whether a service that acts for `source_arn`, in this account, may do
    /// `action` on `resource`.
    pub fn allows(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
        source_arn: Option<&str>,
    ) -> bool {
        let Principal::Service(service) = principal else {
            return false;
        };
        self.statements.iter().any(|it| {
            let source_is_right = it.source_arn.as_ref().is_none_or(|pattern| {
                source_arn.is_some_and(|source| resource_matches(pattern, source))
            });
            let account = it.source_account.as_deref();
            it.service == *service
                && it.resource == resource
                && source_is_right
                && account.is_none_or(|account| account == ACCOUNT_ID)
                && action_matches(&it.action, action)
        })
    }

    /// The policy as GetPolicy shows it; none where there is no statement.
    pub fn document(&self) -> Option<Value> {
        let statements: Vec<Value> = self.statements.iter().map(statement).collect();
        (!statements.is_empty())
            .then(|| json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements }))
    }
}

fn statement(it: &ResourceStatement) -> Value {
    let mut statement = json!({
        "Sid": it.sid,
        "Effect": "Allow",
        "Principal": { "Service": it.service },
        "Action": it.action,
        "Resource": it.resource,
    });
    let mut condition = Map::new();
    if let Some(account) = &it.source_account {
        condition.insert(
            "StringEquals".to_owned(),
            json!({ "AWS:SourceAccount": account }),
        );
    }
    if let Some(source) = &it.source_arn {
        condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": source }));
    }
    if !condition.is_empty() {
        statement["Condition"] = Value::Object(condition);
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:f";

    #[test]
    fn permissions() {
        let s3 = Principal::Service("s3.amazonaws.com".to_owned());
        let sns = Principal::Service("sns.amazonaws.com".to_owned());
        let statement = ResourceStatement {
            sid: "s3".into(),
            service: "s3.amazonaws.com".into(),
            action: "lambda:InvokeFunction".into(),
            resource: FUNCTION.into(),
            source_arn: Some("arn:aws:s3:::in-*".into()),
            source_account: Some(ACCOUNT_ID.into()),
        };
        let (action, alice) = ("lambda:InvokeFunction", Some("arn:aws:s3:::in-alice"));
        let mut policy = ResourcePolicy::default();
        assert_eq!(policy.document(), None);
        assert!(!policy.allows(&s3, action, FUNCTION, alice));
        policy.add(statement.clone()).unwrap();
        let twice = policy.add(statement.clone()).unwrap_err();
        assert_eq!(twice.code, "ResourceConflictException");
        assert!(policy.allows(&s3, action, FUNCTION, alice));
        assert!(!policy.allows(&s3, action, FUNCTION, Some("arn:aws:s3:::out")));
        assert!(!policy.allows(&s3, action, FUNCTION, None));
        assert!(!policy.allows(&s3, action, "arn:other", alice));
        assert!(!policy.allows(&s3, "lambda:GetFunction", FUNCTION, alice));
        assert!(!policy.allows(&sns, action, FUNCTION, alice));
        assert!(!policy.allows(&Principal::Administrator, action, FUNCTION, alice));
        assert_eq!(
            policy.document().unwrap()["Statement"][0]["Condition"],
            json!({
                "StringEquals": { "AWS:SourceAccount": ACCOUNT_ID },
                "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::in-*" },
            })
        );
        policy.remove("s3").unwrap();
        assert!(policy.remove("s3").is_err());
        let elsewhere = ResourceStatement {
            source_account: Some("999999999999".into()),
            ..statement
        };
        policy.add(elsewhere).unwrap();
        assert!(!policy.allows(&s3, action, FUNCTION, alice));
    }
}
