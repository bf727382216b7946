//! State machines: made, changed, listed, removed.

use std::sync::Arc;

use serde_json::{Value, json};
use states_language::{Kind, Severity, StateMachine, invalid_definition_message};

use crate::account::Account;
use crate::arn::arn;
use crate::error::ServiceError;
use crate::iam::Source;
use crate::time::{epoch_seconds, now_millis};

use super::execution;
use super::name::{check_arn, check_name};
use super::page::{Page, next_token};

/// The largest definition, in bytes ("Step Functions quotas").
const LARGEST_DEFINITION: usize = 1024 * 1024;

/// A state machine as it is now; an update makes a new one under the same ARN.
#[derive(Debug)]
pub struct Machine {
    /// `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`.
    pub arn: String,
    /// The name, unique in the account and region.
    pub name: String,
    /// The role that executions act as.
    pub role_arn: String,
    /// `STANDARD` or `EXPRESS`.
    pub kind: Kind,
    /// The definition as it was given.
    pub definition: String,
    /// The same, ready to run.
    pub program: Arc<StateMachine>,
    /// Milliseconds since 1970.
    pub created: i64,
    /// Milliseconds since 1970.
    pub updated: i64,
    /// Changes with each update.
    pub revision: String,
}

impl Machine {
    /// A new state machine.
    ///
    /// # Errors
    ///
    /// The codes of CreateStateMachine for a bad name, role, type or definition.
    pub fn new(
        account: &Account,
        name: &str,
        definition: &str,
        role_arn: &str,
        kind: &str,
    ) -> Result<Self, ServiceError> {
        check_name(name)?;
        let kind = parse_kind(kind)?;
        let now = now_millis();
        let arn = arn("states", &account.region, &format!("stateMachine:{name}"));
        Ok(Self {
            name: name.to_owned(),
            role_arn: check_role(account, role_arn, &arn)?,
            arn,
            kind,
            program: parse(definition, kind)?,
            definition: definition.to_owned(),
            created: now,
            updated: now,
            revision: uuid::Uuid::new_v4().to_string(),
        })
    }

    fn changed(
        &self,
        account: &Account,
        definition: Option<&str>,
        role_arn: Option<&str>,
    ) -> Result<Self, ServiceError> {
        let role_arn = match role_arn {
            Some(role_arn) => check_role(account, role_arn, &self.arn)?,
            None => self.role_arn.clone(),
        };
        let (definition, program) = match definition {
            Some(definition) => (definition.to_owned(), parse(definition, self.kind)?),
            None => (self.definition.clone(), self.program.clone()),
        };
        Ok(Self {
            arn: self.arn.clone(),
            name: self.name.clone(),
            kind: self.kind,
            created: self.created,
            updated: now_millis(),
            revision: uuid::Uuid::new_v4().to_string(),
            role_arn,
            definition,
            program,
        })
    }

    pub(super) fn description(&self) -> Value {
        json!({
            "stateMachineArn": self.arn,
            "name": self.name,
            "status": "ACTIVE",
            "definition": self.definition,
            "roleArn": self.role_arn,
            "type": kind_name(self.kind),
            "creationDate": epoch_seconds(self.created),
            "loggingConfiguration": { "level": "OFF", "includeExecutionData": false },
            "tracingConfiguration": { "enabled": false },
            "revisionId": self.revision,
            "encryptionConfiguration": { "type": "AWS_OWNED_KEY" },
            "variableReferences": self.program.variable_references(),
        })
    }
}

/// As the API writes the kind of a state machine.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Standard => "STANDARD",
        Kind::Express => "EXPRESS",
    }
}

/// Reads `type`.
///
/// # Errors
///
/// `ValidationException`.
pub(super) fn parse_kind(name: &str) -> Result<Kind, ServiceError> {
    match name {
        "STANDARD" => Ok(Kind::Standard),
        "EXPRESS" => Ok(Kind::Express),
        other => Err(ServiceError::bad_request(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{other}' at 'type' failed to satisfy \
                 constraint: Member must satisfy enum value set: [STANDARD, EXPRESS]"
            ),
        )),
    }
}

fn parse(definition: &str, kind: Kind) -> Result<Arc<StateMachine>, ServiceError> {
    if definition.len() > LARGEST_DEFINITION {
        return Err(ServiceError::bad_request(
            "ValidationException",
            "1 validation error detected: Value at 'definition' failed to satisfy constraint: \
             Member must have length less than or equal to 1048576",
        ));
    }
    StateMachine::parse_as(definition, kind)
        .map(Arc::new)
        .map_err(|diagnostics| {
            ServiceError::bad_request(
                "InvalidDefinition",
                invalid_definition_message(&diagnostics),
            )
        })
}

/// ValidateStateMachineDefinition.
///
/// # Errors
///
/// `ValidationException` for the kind or the number of results.
pub(super) fn validate(definition: &str, input: &Value) -> Result<Value, ServiceError> {
    let kind = parse_kind(input["type"].as_str().unwrap_or("STANDARD"))?;
    let most = Page::of(input, 100)?.size;
    let mut findings = StateMachine::validate(definition, kind);
    let fails = findings.iter().any(|it| it.severity == Severity::Error);
    if input["severity"] == "ERROR" {
        findings.retain(|it| it.severity == Severity::Error);
    }
    let truncated = findings.len() > most;
    findings.truncate(most);
    Ok(json!({
        "result": if fails { "FAIL" } else { "OK" },
        "diagnostics": findings,
        "truncated": truncated,
    }))
}

/// The role must be one that Step Functions may act as for this state machine.
fn check_role(account: &Account, role_arn: &str, machine: &str) -> Result<String, ServiceError> {
    if !role_arn.starts_with("arn:") {
        return Err(ServiceError::bad_request(
            "InvalidArn",
            format!("Invalid Role Arn: '{role_arn}'"),
        ));
    }
    let source = Some(Source { arn: machine });
    let iam = &account.iam;
    iam.principal_for(role_arn, "states.amazonaws.com", "check", source).map_err(|_| {
        ServiceError::bad_request(
            "AccessDeniedException",
            format!(
                "Neither the global service principal states.amazonaws.com, nor the regional one \
                 is authorized to assume the provided role: '{role_arn}'."
            ),
        )
    })?;
    Ok(role_arn.to_owned())
}

/// Makes a state machine; the same one twice is no error.
///
/// # Errors
///
/// `StateMachineAlreadyExists` and the errors of [`Machine::new`].
pub fn create(account: &Account, machine: Machine) -> Result<Arc<Machine>, ServiceError> {
    let mut machines = account.states.machines_mut();
    if let Some(old) = machines.get(&machine.arn) {
        let same = old.definition == machine.definition
            && old.role_arn == machine.role_arn
            && old.kind == machine.kind;
        if same {
            return Ok(old.clone());
        }
        return Err(ServiceError::bad_request(
            "StateMachineAlreadyExists",
            format!("State Machine Already Exists: '{}'", machine.arn),
        ));
    }
    let machine = Arc::new(machine);
    machines.insert(machine.arn.clone(), machine.clone());
    Ok(machine)
}

/// Finds a state machine.
///
/// # Errors
///
/// `InvalidArn`, `StateMachineDoesNotExist`.
pub fn find(account: &Account, arn: &str) -> Result<Arc<Machine>, ServiceError> {
    check_arn(arn, &["stateMachine"])?;
    account.states.machines().get(arn).cloned().ok_or_else(|| {
        ServiceError::bad_request(
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{arn}'"),
        )
    })
}

/// UpdateStateMachine.
///
/// # Errors
///
/// As [`find`], and for a definition or role that AWS does not take.
pub fn update(
    account: &Account,
    arn: &str,
    definition: Option<&str>,
    role_arn: Option<&str>,
) -> Result<Value, ServiceError> {
    if definition.is_none() && role_arn.is_none() {
        return Err(ServiceError::bad_request(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the \
             TracingConfiguration must be specified",
        ));
    }
    let changed = Arc::new(find(account, arn)?.changed(account, definition, role_arn)?);
    account
        .states
        .machines_mut()
        .insert(arn.to_owned(), changed.clone());
    Ok(json!({
        "updateDate": epoch_seconds(changed.updated),
        "revisionId": changed.revision,
    }))
}

/// DeleteStateMachine: one that does not exist is no error. Executions of an express state
/// machine end with it: nobody could stop them any more.
///
/// # Errors
///
/// `InvalidArn`.
pub fn delete(account: &Account, arn: &str) -> Result<Value, ServiceError> {
    check_arn(arn, &["stateMachine"])?;
    account.states.machines_mut().remove(arn);
    execution::stop_express(account, arn);
    Ok(json!({}))
}

/// ListStateMachines, by name.
pub(super) fn list(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let page = Page::of(input, 1000)?;
    let machines = account.states.machines();
    let mut rest = machines
        .values()
        .filter(|machine| page.after.as_ref().is_none_or(|after| machine.arn > *after))
        .peekable();
    let listed: Vec<&Arc<Machine>> = rest.by_ref().take(page.size).collect();
    let items: Vec<Value> = listed
        .iter()
        .map(|machine| {
            json!({
                "stateMachineArn": machine.arn,
                "name": machine.name,
                "type": kind_name(machine.kind),
                "creationDate": epoch_seconds(machine.created),
            })
        })
        .collect();
    let last = listed.last().map(|machine| machine.arn.as_str());
    let mut answer = json!({ "stateMachines": items });
    if let (Some(last), Some(_)) = (last, rest.peek()) {
        answer["nextToken"] = next_token(last);
    }
    Ok(answer)
}
