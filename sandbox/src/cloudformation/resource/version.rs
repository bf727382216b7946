//! `AWS::Lambda::Version`.

use std::collections::BTreeMap;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, returned, said};

/// A version of a function.
pub struct Version;

impl Kind for Version {
    fn attributes(&self) -> &'static [&'static str] {
        &["FunctionArn", "Version"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &["ProvisionedConcurrencyConfig", "RuntimePolicy"]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["CodeSha256", "Description", "FunctionName"]
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = given.required("FunctionName")?;
        let expected = given.text("CodeSha256")?;
        given.ignore(&["Description"]);
        given.finish()?;
        let lambda = &context.account.lambda;
        let function = lambda
            .function(&name)
            .map_err(|error| said("Lambda", &error))?;
        let code = function.config.code.sha256();
        if let Some(expected) = expected.filter(|it| it != code) {
            let message = format!(
                "CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST ({code}). \
                 Please try again with the CodeSHA256 in $LATEST."
            );
            return Err(returned(&message, "InvalidRequest"));
        }
        let known = lambda.versions(&function);
        let version = lambda
            .publish_version(&name)
            .map_err(|error| said("Lambda", &error))?;
        if known.iter().any(|it| it.version == version.version) {
            let message = format!(
                "A version for this Lambda function exists ( {} ). Modify the function to create a \
                 new version.",
                version.version
            );
            return Err(returned(&message, "AlreadyExists"));
        }
        Ok(Physical {
            id: version.arn.clone(),
            attributes: BTreeMap::from([
                ("FunctionArn", version.arn.clone()),
                ("Version", version.version.clone()),
            ]),
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
        let lambda = &context.account.lambda;
        gone("Lambda", lambda.delete_function(&resource.physical.id))
    }
}
