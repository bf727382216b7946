//! Stacks, resources and events as the query API writes them.

use super::stack::{Event, Resource, Stack};
use crate::protocol::query::escape;
use crate::time::iso;

/// An element with text in it.
pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// An element, if there is a text for it.
pub fn optional(name: &str, text: Option<&str>) -> String {
    text.map(|text| element(name, text)).unwrap_or_default()
}

/// A list, each member of which is written already.
pub fn list(name: &str, members: impl Iterator<Item = String>) -> String {
    let members: String = members.map(|it| format!("<member>{it}</member>")).collect();
    format!("<{name}>{members}</{name}>")
}

/// A stack, as DescribeStacks shows it.
pub fn stack(stack: &Stack) -> String {
    let outputs = stack.outputs.iter().map(|output| {
        element("OutputKey", &output.key)
            + &element("OutputValue", &output.value)
            + &optional("Description", output.description.as_deref())
            + &optional("ExportName", output.export.as_deref())
    });
    let tags = stack
        .tags
        .iter()
        .map(|(key, value)| element("Key", key) + &element("Value", value));
    let capabilities = stack.capabilities.iter().map(|it| escape(it).into_owned());
    [
        element("StackId", &stack.id),
        element("StackName", &stack.name),
        optional("Description", stack.template.description.as_deref()),
        times(stack),
        element("StackStatus", stack.status),
        optional("StackStatusReason", stack.reason.as_deref()),
        element("DisableRollback", truth(stack.keeps_failures)),
        element("EnableTerminationProtection", truth(stack.protected)),
        "<RollbackConfiguration/><NotificationARNs/>".to_owned(),
        list("Capabilities", capabilities),
        list("Outputs", outputs),
        list("Tags", tags),
        "<DriftInformation><StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation>"
            .to_owned(),
    ]
    .concat()
}

/// A stack, as ListStacks shows it.
pub fn summary(stack: &Stack) -> String {
    [
        element("StackId", &stack.id),
        element("StackName", &stack.name),
        optional("TemplateDescription", stack.template.description.as_deref()),
        times(stack),
        element("StackStatus", stack.status),
        optional("StackStatusReason", stack.reason.as_deref()),
        "<DriftInformation><StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation>"
            .to_owned(),
    ]
    .concat()
}

fn times(stack: &Stack) -> String {
    let time = |name, time: Option<i64>| optional(name, time.map(iso).as_deref());
    time("CreationTime", Some(stack.created))
        + &time("LastUpdatedTime", stack.updated)
        + &time("DeletionTime", stack.deleted)
}

/// A resource; `time` is what the operation calls the time of its last change.
pub fn resource(
    stack: Option<&Stack>,
    logical_id: &str,
    resource: &Resource,
    time: &str,
) -> String {
    let of_stack =
        stack.map(|stack| element("StackName", &stack.name) + &element("StackId", &stack.id));
    [
        of_stack.unwrap_or_default(),
        element("LogicalResourceId", logical_id),
        optional(
            "PhysicalResourceId",
            Some(&*resource.physical.id).filter(|it| !it.is_empty()),
        ),
        element("ResourceType", &resource.resource_type),
        element(time, &iso(resource.changed)),
        element("ResourceStatus", resource.status),
        optional("ResourceStatusReason", resource.reason.as_deref()),
        "<DriftInformation><StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus>\
         </DriftInformation>"
            .to_owned(),
    ]
    .concat()
}

/// An event of a stack.
pub fn event(stack: &Stack, event: &Event) -> String {
    [
        element("StackId", &stack.id),
        element("EventId", &event.id),
        element("StackName", &stack.name),
        element("LogicalResourceId", &event.logical_id),
        element("PhysicalResourceId", &event.physical_id),
        element("ResourceType", &event.resource_type),
        element("Timestamp", &iso(event.time)),
        element("ResourceStatus", event.status),
        optional("ResourceStatusReason", event.reason.as_deref()),
        optional("ResourceProperties", event.properties.as_deref()),
    ]
    .concat()
}

fn truth(it: bool) -> &'static str {
    if it { "true" } else { "false" }
}
