//! A stack: its template, its resources, and all that happened to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::template::Template;
use crate::arn::arn;
use crate::time::{iso, now_millis};

/// The resource type of a stack itself, in its events.
pub const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// What exists of a resource: what `Ref` and `Fn::GetAtt` give.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Physical {
    /// The physical id, which `Ref` gives.
    pub id: String,
    /// What `Fn::GetAtt` gives.
    pub attributes: BTreeMap<&'static str, String>,
}

/// Why a stack lets go of what exists of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The template or the stack has it no more.
    Deleted,
    /// The operation that made it failed.
    Undone,
    /// Another one has taken its place.
    Replaced,
}

/// When a resource is kept although its stack lets go of it: what `DeletionPolicy` and
/// `UpdateReplacePolicy` say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retained {
    deletion: String,
    replacement: String,
}

impl Retained {
    /// As a template declares it.
    pub fn of(declared: &Value) -> Self {
        let policy = |name: &str| declared[name].as_str().unwrap_or_default().to_owned();
        Self {
            deletion: policy("DeletionPolicy"),
            replacement: policy("UpdateReplacePolicy"),
        }
    }

    /// Whether it is kept.
    pub fn holds(&self, reason: Reason) -> bool {
        match reason {
            Reason::Deleted => self.deletion.starts_with("Retain"),
            // The point of RetainExceptOnCreate.
            Reason::Undone => self.deletion == "Retain",
            Reason::Replaced => self.replacement == "Retain",
        }
    }
}

/// A resource of a stack.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// What exists of it.
    pub physical: Physical,
    /// Its properties, with every intrinsic function resolved.
    pub properties: Value,
    /// When it is kept although the stack lets go of it.
    pub retained: Retained,
    /// Such as `CREATE_COMPLETE`.
    pub status: &'static str,
    /// Why, where there is something to say.
    pub reason: Option<String>,
    /// When it came to this status, in milliseconds since 1970.
    pub changed: i64,
}

impl Resource {
    /// Whether there is something of it: a stack goes on telling of what it deleted, and of
    /// what it could not make.
    pub fn exists(&self) -> bool {
        !self.physical.id.is_empty() && !matches!(self.status, "DELETE_COMPLETE" | "DELETE_SKIPPED")
    }
}

/// Something that happened to a stack or to one of its resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Unique in the stack.
    pub id: String,
    /// The resource's name in the template, or the stack's own name.
    pub logical_id: String,
    /// The physical id, where there is one already.
    pub physical_id: String,
    /// Such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// In milliseconds since 1970.
    pub time: i64,
    /// Such as `CREATE_FAILED`.
    pub status: &'static str,
    /// Why, where there is something to say.
    pub reason: Option<String>,
    /// The properties that it was about, as JSON; a stack itself has none.
    pub properties: Option<String>,
}

/// What a stack tells of itself under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// For people.
    pub description: Option<String>,
    /// The name under which other stacks could import it.
    pub export: Option<String>,
}

/// A stack, also after it was deleted.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its name, which one existing stack at a time can have.
    pub name: String,
    /// Its ARN, which no other stack ever has.
    pub id: String,
    /// Its template.
    pub template: Arc<Template>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// The capabilities that were acknowledged.
    pub capabilities: Vec<String>,
    /// Whether what was made stays when something fails.
    pub keeps_failures: bool,
    /// Whether it may not be deleted.
    pub protected: bool,
    /// Such as `UPDATE_COMPLETE`.
    pub status: &'static str,
    /// Why, where there is something to say.
    pub reason: Option<String>,
    /// In milliseconds since 1970, as all times here.
    pub created: i64,
    /// When an update of it began.
    pub updated: Option<i64>,
    /// When its deletion began.
    pub deleted: Option<i64>,
    /// Its resources, by logical id.
    pub resources: BTreeMap<String, Resource>,
    /// Its outputs, in the order of their names.
    pub outputs: Vec<Output>,
    /// All that happened, oldest first.
    pub events: Vec<Event>,
}

impl Stack {
    /// A stack of which nothing is made yet.
    pub fn new(name: &str, region: &str, template: Arc<Template>) -> Self {
        let unique = uuid::Uuid::new_v4();
        Self {
            name: name.to_owned(),
            id: arn("cloudformation", region, &format!("stack/{name}/{unique}")),
            template,
            tags: Vec::new(),
            capabilities: Vec::new(),
            keeps_failures: false,
            protected: false,
            status: "REVIEW_IN_PROGRESS",
            reason: None,
            created: now_millis(),
            updated: None,
            deleted: None,
            resources: BTreeMap::new(),
            outputs: Vec::new(),
            events: Vec::new(),
        }
    }

    /// A resource that exists.
    pub fn existing(&self, logical_id: &str) -> Option<&Resource> {
        self.resources.get(logical_id).filter(|it| it.exists())
    }

    /// The resources that a template gives another type.
    pub fn changed_types(&self, template: &Template) -> Vec<&str> {
        let changed = self.resources.iter().filter(|(logical_id, resource)| {
            let declared = template.resources().get(*logical_id);
            resource.exists() && declared.is_some_and(|it| it["Type"] != *resource.resource_type)
        });
        changed.map(|(logical_id, _)| logical_id.as_str()).collect()
    }

    /// Whether it is there no more.
    pub fn is_gone(&self) -> bool {
        self.status == "DELETE_COMPLETE"
    }

    /// Whether a name or an id means this stack. A name means the one that exists.
    pub fn is_called(&self, name_or_id: &str) -> bool {
        self.id == name_or_id || (self.name == name_or_id && !self.is_gone())
    }

    /// Brings the stack itself to a status.
    pub fn becomes(&mut self, status: &'static str, reason: Option<String>) {
        self.status = status;
        self.reason.clone_from(&reason);
        self.events.push(Event {
            id: uuid::Uuid::new_v4().to_string(),
            logical_id: self.name.clone(),
            physical_id: self.id.clone(),
            resource_type: STACK_TYPE.to_owned(),
            time: now_millis(),
            status,
            reason,
            properties: None,
        });
    }

    /// Takes down what happened to a resource.
    pub fn tell(
        &mut self,
        logical_id: &str,
        resource_type: &str,
        physical_id: &str,
        status: &'static str,
        reason: Option<String>,
    ) {
        let time = now_millis();
        // What it was before a replacement is not the resource any more.
        let resource = self.resources.get_mut(logical_id);
        if let Some(resource) = resource.filter(|it| it.physical.id == physical_id) {
            resource.status = status;
            resource.reason.clone_from(&reason);
            resource.changed = time;
        }
        let resource = self.resources.get(logical_id);
        let properties = resource.map(|it| it.properties.to_string());
        // AWS writes the time there; the count keeps two of one millisecond apart.
        let id = format!("{logical_id}-{status}-{}-{}", iso(time), self.events.len());
        self.events.push(Event {
            id,
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            time,
            status,
            reason,
            properties,
        });
    }
}
