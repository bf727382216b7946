//! CloudFormation's query API.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::operation::{Code, OnFailure, Operation};
use super::stack::Stack;
use super::template::{LARGEST_BODY, Template};
use super::template_url;
use super::xml::{self, element, list};
use crate::account::Account;
use crate::arn::arn;
use crate::error::ServiceError;
use crate::iam::Principal;
use crate::protocol::query::Params;
use crate::services::{Protocol, Service};

/// The states from which a stack can be updated ("Stack status codes").
const UPDATABLE: [&str; 5] = [
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_FAILED",
];

/// The service, as the front knows it.
pub static SERVICE: Service = Service {
    names: &["cloudformation"],
    is_global: false,
    protocol: Protocol::Query {
        namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
        call: |account, caller, params| {
            let account = account.clone();
            // It unfolds zips, and waits for the end of another operation.
            let answered = tokio::task::spawn_blocking(move || {
                call(&account, &caller, params.action(), &params)
            });
            Box::pin(async move {
                answered.await.unwrap_or_else(|error| {
                    Err(ServiceError::new(500, "InternalFailure", error.to_string()))
                })
            })
        },
    },
};

/// Answers one action with the XML of its result.
///
/// # Errors
///
/// `AccessDenied`, `InvalidAction`, `ValidationError`, `AlreadyExistsException`,
/// `InsufficientCapabilitiesException`.
pub fn call(
    account: &Arc<Account>,
    caller: &Principal,
    action: &str,
    params: &Params,
) -> Result<String, ServiceError> {
    let name = params.get("StackName");
    let resource = match name {
        Some(name) if name.starts_with("arn:") => name.to_owned(),
        Some(name) => arn(
            "cloudformation",
            &account.region,
            &format!("stack/{name}/*"),
        ),
        None => "*".to_owned(),
    };
    let action_name = format!("cloudformation:{action}");
    account.authorize(caller, &action_name, &resource, "AccessDenied")?;
    let changes = matches!(action, "CreateStack" | "UpdateStack" | "DeleteStack");
    if changes && *caller != Principal::Administrator {
        // On AWS the caller needs permission for each resource, too.
        return Err(ServiceError::new(
            403,
            "AccessDenied",
            "In the sandbox only the administrator changes stacks.",
        ));
    }
    match action {
        "CreateStack" => create(account, params),
        "UpdateStack" => update(account, params),
        "DeleteStack" => delete(account, params),
        "UpdateTerminationProtection" => protect(account, params),
        "ValidateTemplate" => validate(account, params),
        "DescribeStacks" => describe(account, name),
        "ListStacks" => Ok(summaries(account, params)),
        "DescribeStackEvents"
        | "DescribeStackResource"
        | "DescribeStackResources"
        | "GetTemplate"
        | "ListStackResources" => look(account, action, params),
        _ => Err(params.invalid_action()),
    }
}

fn create(account: &Arc<Account>, params: &Params) -> Result<String, ServiceError> {
    let name = required(params, "StackName")?;
    check_name(name)?;
    let template = given_template(account, params)?
        .ok_or_else(|| invalid("Either Template URL or Template Body must be specified."))?;
    check_settings(params, &template)?;
    let on_failure = match (params.get("OnFailure"), is_true(params, "DisableRollback")) {
        (Some(_), true) => {
            return Err(invalid(
                "You can specify either DisableRollback or OnFailure, but not both.",
            ));
        }
        (Some("DELETE"), _) => OnFailure::Delete,
        (Some("DO_NOTHING"), _) | (None, true) => OnFailure::DoNothing,
        _ => OnFailure::Rollback,
    };
    let mut stacks = account.cloudformation.stacks();
    if stacks.iter().any(|it| it.name == name && !it.is_gone()) {
        return Err(ServiceError::bad_request(
            "AlreadyExistsException",
            format!("Stack [{name}] already exists"),
        ));
    }
    let mut stack = Stack::new(name, &account.region, Arc::new(template));
    take_settings(&mut stack, params);
    stack.protected = is_true(params, "EnableTerminationProtection");
    stack.keeps_failures = on_failure == OnFailure::DoNothing;
    let id = element("StackId", &stack.id);
    // How it went is in the stack's events; the call itself has succeeded.
    let _ = Operation::on(account, &mut stack, Code::Template).create(on_failure);
    stacks.push(stack);
    Ok(id)
}

fn update(account: &Arc<Account>, params: &Params) -> Result<String, ServiceError> {
    let name = required(params, "StackName")?;
    let given = given_template(account, params)?;
    let mut stacks = account.cloudformation.stacks();
    let found = stacks.iter_mut().find(|it| it.is_called(name));
    let stack = found
        .filter(|it| !it.is_gone())
        .ok_or_else(|| invalid(format!("Stack [{name}] does not exist")))?;
    let template = match (given, is_true(params, "UsePreviousTemplate")) {
        (Some(template), false) => Arc::new(template),
        (None, true) => stack.template.clone(),
        _ => {
            return Err(invalid(
                "Either Template URL or Template Body must be specified.",
            ));
        }
    };
    check_settings(params, &template)?;
    if !UPDATABLE.contains(&stack.status) {
        return Err(invalid(format!(
            "Stack:{} is in {} state and can not be updated.",
            stack.id, stack.status
        )));
    }
    let changed_types = stack.changed_types(&template);
    if !changed_types.is_empty() {
        return Err(invalid(format!(
            "Update of resource type is not permitted. The new template modifies resource type of \
             the following resources: [{}]",
            changed_types.join(", ")
        )));
    }
    let finished = !stack.status.ends_with("_FAILED");
    let tags = tags(params);
    let same_tags = tags.is_empty() || tags == stack.tags;
    if finished && same_tags && stack.template.is_as(&template) {
        return Err(invalid("No updates are to be performed."));
    }
    take_settings(stack, params);
    stack.keeps_failures = is_true(params, "DisableRollback");
    let _ = Operation::on(account, stack, Code::Template).update(&template);
    Ok(element("StackId", &stack.id))
}

fn delete(account: &Arc<Account>, params: &Params) -> Result<String, ServiceError> {
    let name = required(params, "StackName")?;
    let mut stacks = account.cloudformation.stacks();
    // One that is not there is deleted already.
    let found = stacks.iter_mut().find(|it| it.is_called(name));
    let Some(stack) = found.filter(|it| !it.is_gone()) else {
        return Ok(String::new());
    };
    if stack.protected {
        return Err(invalid(format!(
            "Stack [{}] cannot be deleted while TerminationProtection is enabled",
            stack.name
        )));
    }
    let kept: BTreeSet<String> = params
        .list("RetainResources")
        .into_iter()
        .map(str::to_owned)
        .collect();
    if !kept.is_empty() && stack.status != "DELETE_FAILED" {
        return Err(invalid(format!(
            "Invalid operation on stack [{}]. When you delete a stack, specify which resources to \
             retain only when the stack is in the DELETE_FAILED state.",
            stack.id
        )));
    }
    let _ = Operation::on(account, stack, Code::Template).delete(&kept);
    Ok(String::new())
}

fn protect(account: &Account, params: &Params) -> Result<String, ServiceError> {
    let name = required(params, "StackName")?;
    let mut stacks = account.cloudformation.stacks();
    let found = stacks.iter_mut().find(|it| it.is_called(name));
    let stack = found
        .filter(|it| !it.is_gone())
        .ok_or_else(|| invalid(format!("Stack [{name}] does not exist")))?;
    stack.protected = is_true(params, "EnableTerminationProtection");
    Ok(element("StackId", &stack.id))
}

fn validate(account: &Account, params: &Params) -> Result<String, ServiceError> {
    let template = given_template(account, params)?
        .ok_or_else(|| invalid("Either Template URL or Template Body must be specified."))?;
    let description = xml::optional("Description", template.description.as_deref());
    let needs = template.needs().map(|(capability, types)| {
        let reason = format!(
            "The following resource(s) require capabilities: [{}]",
            types.join(", ")
        );
        list("Capabilities", [capability.to_owned()].into_iter())
            + &element("CapabilitiesReason", &reason)
    });
    Ok(format!(
        "{description}<Parameters/>{}",
        needs.unwrap_or_default()
    ))
}

fn describe(account: &Account, name: Option<&str>) -> Result<String, ServiceError> {
    let stacks = account.cloudformation.stacks();
    let shown: Vec<&Stack> = match name {
        Some(name) => vec![find(&stacks, name, |it| {
            format!("Stack with id {it} does not exist")
        })?],
        None => stacks.iter().rev().filter(|it| !it.is_gone()).collect(),
    };
    Ok(list("Stacks", shown.into_iter().map(xml::stack)))
}

fn summaries(account: &Account, params: &Params) -> String {
    let wanted = params.list("StackStatusFilter");
    let stacks = account.cloudformation.stacks();
    let shown = stacks
        .iter()
        .rev()
        .filter(|it| wanted.is_empty() || wanted.contains(&it.status));
    list("StackSummaries", shown.map(xml::summary))
}

/// The operations that look into one stack.
fn look(account: &Account, action: &str, params: &Params) -> Result<String, ServiceError> {
    let name = required(params, "StackName")?;
    let stacks = account.cloudformation.stacks();
    let stack = find(&stacks, name, |it| match action {
        "DescribeStackEvents" => format!("Stack [{it}] does not exist"),
        "DescribeStackResource" => format!("Stack '{it}' does not exist"),
        _ => format!("Stack with id {it} does not exist"),
    })?;
    let resources = stack.resources.iter();
    Ok(match action {
        "DescribeStackEvents" => {
            let events = stack.events.iter().rev();
            list("StackEvents", events.map(|it| xml::event(stack, it)))
        }
        "DescribeStackResource" => {
            let logical_id = required(params, "LogicalResourceId")?;
            let resource = resource_of(stack, logical_id)?;
            let detail = xml::resource(Some(stack), logical_id, resource, "LastUpdatedTimestamp");
            format!("<StackResourceDetail>{detail}</StackResourceDetail>")
        }
        "DescribeStackResources" => {
            if let Some(logical_id) = params.get("LogicalResourceId") {
                resource_of(stack, logical_id)?;
            }
            let wanted = params.get("LogicalResourceId");
            let shown = resources.filter(|(id, _)| wanted.is_none_or(|it| it == id.as_str()));
            let shown = shown.map(|(id, it)| xml::resource(Some(stack), id, it, "Timestamp"));
            list("StackResources", shown)
        }
        "ListStackResources" => {
            let shown =
                resources.map(|(id, it)| xml::resource(None, id, it, "LastUpdatedTimestamp"));
            list("StackResourceSummaries", shown)
        }
        _ => {
            let stages = ["Original".to_owned(), "Processed".to_owned()].into_iter();
            element("TemplateBody", &stack.template.text) + &list("StagesAvailable", stages)
        }
    })
}

/// A stack by its name, or by its id also after it was deleted.
fn find<'a>(
    stacks: &'a [Stack],
    name: &str,
    missing: impl Fn(&str) -> String,
) -> Result<&'a Stack, ServiceError> {
    let found = stacks.iter().find(|it| it.is_called(name));
    found.ok_or_else(|| invalid(missing(name)))
}

fn resource_of<'a>(
    stack: &'a Stack,
    logical_id: &str,
) -> Result<&'a super::stack::Resource, ServiceError> {
    stack.resources.get(logical_id).ok_or_else(|| {
        invalid(format!(
            "Resource {logical_id} does not exist for stack {}",
            stack.name
        ))
    })
}

/// The template in the request, or where the request says that it is.
fn given_template(account: &Account, params: &Params) -> Result<Option<Template>, ServiceError> {
    let text = match (params.get("TemplateBody"), params.get("TemplateURL")) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(invalid(
                "Either Template URL or Template Body must be specified.",
            ));
        }
        (Some(body), None) if body.len() > LARGEST_BODY => {
            return Err(invalid(format!(
                "1 validation error detected: Value at 'templateBody' failed to satisfy \
                 constraint: Member must have length less than or equal to {LARGEST_BODY}"
            )));
        }
        (Some(body), None) => body.to_owned(),
        (None, Some(url)) => template_url::fetch(account, url)?,
    };
    Template::read(&text)
        .map(Some)
        .map_err(|error| invalid(error.to_string()))
}

/// Checks what a stack is made or changed with besides its template.
fn check_settings(params: &Params, template: &Template) -> Result<(), ServiceError> {
    let parameters = params.pairs("Parameters", "ParameterKey", "ParameterValue");
    if !parameters.is_empty() {
        let names: Vec<&str> = parameters.into_iter().map(|(name, _)| name).collect();
        return Err(invalid(format!(
            "Parameters: [{}] do not exist in the template",
            names.join(", ")
        )));
    }
    let given = params.list("Capabilities");
    match template.needs() {
        Some((capability, _))
            if !given.contains(&capability) && !given.contains(&"CAPABILITY_NAMED_IAM") =>
        {
            Err(ServiceError::bad_request(
                "InsufficientCapabilitiesException",
                format!("Requires capabilities : [{capability}]"),
            ))
        }
        _ => Ok(()),
    }
}

fn tags(params: &Params) -> Vec<(String, String)> {
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let given = params.pairs("Tags", "Key", "Value");
    given.into_iter().map(owned).collect()
}

fn take_settings(stack: &mut Stack, params: &Params) {
    let tags = tags(params);
    // Those that are not given stay as they are.
    if !tags.is_empty() {
        stack.tags = tags;
    }
    stack.capabilities = params
        .list("Capabilities")
        .into_iter()
        .map(str::to_owned)
        .collect();
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    let rule = if name.len() > 128 {
        "Member must have length less than or equal to 128"
    } else if !name.starts_with(|it: char| it.is_ascii_alphabetic())
        || !name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
    {
        "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    } else {
        return Ok(());
    };
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: \
         {rule}"
    )))
}

fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, ServiceError> {
    let given = params.get(name).filter(|it| !it.is_empty());
    given.ok_or_else(|| {
        let mut field = name.to_owned();
        if let Some(first) = field.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        invalid(format!(
            "1 validation error detected: Value null at '{field}' failed to satisfy constraint: \
             Member must not be null"
        ))
    })
}

fn is_true(params: &Params, name: &str) -> bool {
    params.get(name) == Some("true")
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ValidationError", message)
}
