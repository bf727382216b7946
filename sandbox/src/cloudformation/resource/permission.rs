//! `AWS::Lambda::Permission`.

use std::collections::BTreeMap;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said};
use crate::iam::ResourceStatement;

/// A statement of a function's own policy.
pub struct Permission;

impl Kind for Permission {
    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[
            "EventSourceToken",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "PrincipalOrgID",
        ]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &[
            "Action",
            "FunctionName",
            "Principal",
            "SourceAccount",
            "SourceArn",
        ]
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let lambda = &context.account.lambda;
        let function = given.required("FunctionName")?;
        let function = lambda
            .function(&function)
            .map_err(|error| said("Lambda", &error))?;
        let statement = ResourceStatement {
            sid: context.made_up_name(100),
            service: given.required("Principal")?,
            action: given.required("Action")?,
            resource: function.arn.clone(),
            source_arn: given.text("SourceArn")?,
            source_account: given.text("SourceAccount")?,
        };
        given.finish()?;
        let id = statement.sid.clone();
        lambda
            .add_permission(&function.arn, statement)
            .map_err(|error| said("Lambda", &error))?;
        Ok(Physical {
            attributes: BTreeMap::from([("Id", id.clone())]),
            id,
        })
    }

    /// Every property's change replaces it.
    fn update(
        &self,
        _: &Context<'_>,
        before: &Resource,
        _: Properties,
    ) -> Result<Physical, String> {
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let function = resource.properties["FunctionName"].as_str();
        let lambda = &context.account.lambda;
        let removed = lambda.remove_permission(function.unwrap_or_default(), &resource.physical.id);
        gone("Lambda", removed)
    }
}
