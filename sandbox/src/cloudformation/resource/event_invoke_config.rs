//! `AWS::Lambda::EventInvokeConfig`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, returned, said};
use crate::lambda::{EventInvoke, Function, LATEST, check_destinations};

/// What becomes of the asynchronous invocations of a function.
pub struct EventInvokeConfig;

impl Kind for EventInvokeConfig {
    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["FunctionName", "Qualifier"]
    }

    fn create(&self, context: &Context<'_>, given: Properties) -> Result<Physical, String> {
        let (function, settings) = read(context, given)?;
        if function.event_invoke().is_some() {
            let message = format!(
                "The function {}:{} already has an EventInvokeConfig",
                function.arn, function.version
            );
            return Err(returned(&message, "AlreadyExists"));
        }
        set(context, &function, settings)?;
        Ok(Physical {
            id: format!("{}|{}", function.config.name, function.version),
            attributes: BTreeMap::new(),
        })
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        given: Properties,
    ) -> Result<Physical, String> {
        let (function, settings) = read(context, given)?;
        set(context, &function, settings)?;
        Ok(before.physical.clone())
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let (name, version) = resource.physical.id.split_once('|').unwrap_or_default();
        if let Ok(function) = context
            .account
            .lambda
            .function(&format!("{name}:{version}"))
        {
            function.set_event_invoke(None);
        }
        Ok(())
    }
}

fn read(
    context: &Context<'_>,
    mut given: Properties,
) -> Result<(Arc<Function>, EventInvoke), String> {
    let name = given.required("FunctionName")?;
    let qualifier = given.required("Qualifier")?;
    let mut destinations = given.object("DestinationConfig")?;
    let mut destination = |name: &str| {
        let mut destination = destinations.object(name)?;
        let arn = destination.text("Destination")?;
        destination.finish()?;
        Ok::<_, String>(arn)
    };
    let by_default = EventInvoke::default();
    let settings = EventInvoke {
        on_success: destination("OnSuccess")?,
        on_failure: destination("OnFailure")?,
        maximum_age_s: given
            .number("MaximumEventAgeInSeconds")?
            .unwrap_or(by_default.maximum_age_s),
        maximum_retries: given
            .number("MaximumRetryAttempts")?
            .unwrap_or(by_default.maximum_retries),
    };
    destinations.finish()?;
    given.finish()?;
    let qualified = match qualifier.as_str() {
        LATEST => name,
        version => format!("{name}:{version}"),
    };
    let function = context.account.lambda.function(&qualified);
    let function = function.map_err(|error| said("Lambda", &error))?;
    Ok((function, settings))
}

fn set(context: &Context<'_>, function: &Function, settings: EventInvoke) -> Result<(), String> {
    settings
        .validate()
        .and_then(|()| check_destinations(context.account, function, &settings))
        .map_err(|error| said("Lambda", &error))?;
    function.set_event_invoke(Some(settings));
    Ok(())
}
