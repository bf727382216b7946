//! `AWS::StepFunctions::StateMachine`.

use std::collections::BTreeMap;

use super::super::properties::Properties;
use super::super::stack::{Physical, Resource};
use super::{Context, Kind, gone, said};
use crate::error::ServiceError;
use crate::states;

/// A state machine.
pub struct StateMachine;

impl Kind for StateMachine {
    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "Name", "StateMachineRevisionId"]
    }

    fn unserved(&self) -> &'static [&'static str] {
        &[
            "DefinitionS3Location",
            "DefinitionSubstitutions",
            "EncryptionConfiguration",
        ]
    }

    fn replaced_by(&self) -> &'static [&'static str] {
        &["StateMachineName", "StateMachineType"]
    }

    fn name(&self) -> Option<&'static str> {
        Some("StateMachineName")
    }

    fn create(&self, context: &Context<'_>, mut given: Properties) -> Result<Physical, String> {
        let name = match given.text("StateMachineName")? {
            Some(name) => name,
            // CloudFormation makes this one up without the stack's name.
            None => {
                let random = uuid::Uuid::new_v4().simple().to_string();
                format!("{}-{}", context.logical_id, &random[..12])
            }
        };
        let given = read(given)?;
        let account = context.account;
        let machine = states::Machine::new(
            account,
            &name,
            &given.definition,
            &given.role_arn,
            &given.kind,
        );
        let machine = machine.map_err(|error| said("AWSStepFunctions", &error))?;
        if states::find(account, &machine.arn).is_ok() {
            let text = format!("State Machine Already Exists: '{}'", machine.arn);
            let error = ServiceError::bad_request("StateMachineAlreadyExists", text);
            return Err(said("AWSStepFunctions", &error));
        }
        let machine = states::create(account, machine);
        let machine = machine.map_err(|error| said("AWSStepFunctions", &error))?;
        Ok(physical(&machine))
    }

    fn update(
        &self,
        context: &Context<'_>,
        before: &Resource,
        mut given: Properties,
    ) -> Result<Physical, String> {
        given.ignore(&["StateMachineName"]);
        let given = read(given)?;
        let arn = &before.physical.id;
        let changed = states::update(
            context.account,
            arn,
            Some(&given.definition),
            Some(&given.role_arn),
        );
        changed
            .and_then(|_| states::find(context.account, arn))
            .map(|machine| physical(&machine))
            .map_err(|error| said("AWSStepFunctions", &error))
    }

    fn delete(&self, context: &Context<'_>, resource: &Resource) -> Result<(), String> {
        let removed = states::delete(context.account, &resource.physical.id);
        gone("AWSStepFunctions", removed.map(drop))
    }
}

struct Given {
    definition: String,
    role_arn: String,
    kind: String,
}

fn read(mut given: Properties) -> Result<Given, String> {
    let definition = match (given.text("DefinitionString")?, given.value("Definition")) {
        (Some(text), None) => text,
        (None, Some(definition)) => definition.to_string(),
        _ => {
            return Err("Exactly one of DefinitionString and Definition must be given.".to_owned());
        }
    };
    let read = Given {
        definition,
        role_arn: given.required("RoleArn")?,
        kind: given
            .text("StateMachineType")?
            .unwrap_or_else(|| "STANDARD".to_owned()),
    };
    given.ignore(&["LoggingConfiguration", "TracingConfiguration", "Tags"]);
    given.finish()?;
    Ok(read)
}

fn physical(machine: &states::Machine) -> Physical {
    Physical {
        id: machine.arn.clone(),
        attributes: BTreeMap::from([
            ("Arn", machine.arn.clone()),
            ("Name", machine.name.clone()),
            ("StateMachineRevisionId", machine.revision.clone()),
        ]),
    }
}
