//! The stack of one user: what `serverless.yml` names for them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use serverless_template::{Options, Service};

use crate::course::file::CourseFile;
use crate::course::task::Task;
use crate::error::Error;

/// A compiled stack, and the names in it that the checker asks for.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The course that it is of.
    pub course: CourseFile,
    /// What `serverless.yml` compiles to.
    pub service: Service,
    /// Whose it is.
    pub user: String,
    /// Where CVs are uploaded to.
    pub input_bucket: String,
    /// All buckets that hold CVs.
    pub buckets: Vec<String>,
    /// The function that an upload invokes.
    pub function: String,
    /// Its log group.
    pub log_group: String,
    /// The state machine's name.
    pub workflow: String,
}

impl Stack {
    /// The full name of a bucket, such as `shop-matched-alice` for `matched`.
    pub fn bucket(&self, short: &str) -> String {
        if let Some(workshop) = self.workshop() {
            return format!("{workshop}-{short}-{}", self.user);
        }
        // Not named as in the kit.
        let is_named = |it: &&String| it.split('-').any(|part| part == short);
        let named = self.buckets.iter().find(is_named);
        named.map_or_else(|| format!("{}-{short}", self.input_bucket), String::clone)
    }

    /// The buckets of other tasks: a stack that was deployed from another branch has them,
    /// although this working tree does not name them.
    pub fn other_buckets(&self, tasks: &[Task]) -> Vec<String> {
        let shorts: BTreeSet<&str> = tasks.iter().flat_map(Task::buckets).collect();
        let mut names: Vec<String> = shorts.into_iter().map(|it| self.bucket(it)).collect();
        names.retain(|it| !self.buckets.contains(it));
        names
    }

    /// What all names begin with, such as `shop` of `shop-input-alice`, where they are made as
    /// in the kit.
    pub fn workshop(&self) -> Option<&str> {
        let before = self.input_bucket.strip_suffix(&self.user)?;
        let (workshop, _) = before.strip_suffix('-')?.rsplit_once('-')?;
        Some(workshop)
    }

    /// The log group of a function, by its key in `serverless.yml`.
    pub fn log_group_of(&self, function: &str) -> Option<&str> {
        let mut functions = self.service.functions.iter();
        functions
            .find(|it| it.key == function)
            .map(|it| it.log_group.as_str())
    }

    /// The key of the function with that name or ARN, with or without a qualifier.
    pub fn function_named(&self, name: &str) -> Option<&str> {
        let name = name.rsplit_once(":function:").map_or(name, |(_, it)| it);
        let name = name.split(':').next().unwrap_or(name);
        let mut functions = self.service.functions.iter();
        let found = functions.find(|it| it.name == name);
        found.map(|it| it.key.as_str())
    }

    /// Compiles `serverless.yml` for a user, in its own region or in another.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with file, line and column; or what is missing in it.
    pub fn compile(root: &Path, user: &str, region: Option<&str>) -> Result<Self, Error> {
        let course = CourseFile::read(root)?;
        let mut env: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        env.insert(course.participant.variable.clone(), user.to_owned());
        let options = Options {
            root: root.to_owned(),
            env,
            opts: region
                .map(|region| ("region".to_owned(), region.to_owned()))
                .into_iter()
                .collect(),
        };
        let service = serverless_template::compile(&options)
            .map_err(|error| Error::Input(error.to_string()))?;
        Self::of(course, service, user)
    }

    /// The file with the workflow's definition, relative to the root.
    pub fn definition_file(&self) -> &str {
        let mut machines = self.service.state_machines.iter();
        let machine = machines.find(|it| it.name.as_deref() == Some(&*self.workflow));
        let place = machine.and_then(|it| self.service.places.get(&it.logical_id));
        place.map_or("serverless.yml", |it| &it.file)
    }

    /// The workflow's definition.
    ///
    /// # Errors
    ///
    /// Where it is no JSON.
    pub fn definition(&self) -> Result<Value, Error> {
        let resources = self.service.template["Resources"].as_object();
        let mut resources = resources.into_iter().flat_map(|it| it.values());
        let machine = resources.find(|it| {
            it["Type"] == "AWS::StepFunctions::StateMachine"
                && it["Properties"]["StateMachineName"] == self.workflow.as_str()
        });
        let text = machine.map(|it| &it["Properties"]["DefinitionString"]);
        // The text itself, or with what is put in for ${names}.
        let text = text.and_then(|it| it.as_str().or(it["Fn::Sub"][0].as_str()));
        serde_json::from_str(text.unwrap_or_default()).map_err(|error| {
            Error::Input(format!(
                "the definition of {} is no JSON text: {error}",
                self.workflow
            ))
        })
    }

    fn of(course: CourseFile, service: Service, user: &str) -> Result<Self, Error> {
        let names = &course.stack;
        let missing = |what: String| Error::Input(format!("serverless.yml: {what}"));
        let function = service
            .functions
            .iter()
            .find(|it| it.key == names.function)
            .ok_or_else(|| {
                missing(format!(
                    "there is no function {:?} under functions. Add it.",
                    names.function
                ))
            })?;
        let (function, log_group) = (function.name.clone(), function.log_group.clone());
        // Whoever gave it another id, and has no other one, has it all the same.
        let machines = service.state_machines.iter();
        let named = machines.clone().find(|it| it.logical_id == names.workflow);
        let workflow = named
            .into_iter()
            .chain(machines)
            .find_map(|it| it.name.clone())
            .ok_or_else(|| {
                missing(
                    "there is no state machine with a name under stepFunctions. Add it.".to_owned(),
                )
            })?;
        let name_of = |resource: &Value| {
            (resource["Type"] == "AWS::S3::Bucket")
                .then(|| {
                    resource["Properties"]["BucketName"]
                        .as_str()
                        .map(str::to_owned)
                })
                .flatten()
        };
        let resources = service.template["Resources"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let buckets: Vec<String> = resources.values().filter_map(name_of).collect();
        let input_bucket = resources
            .get(&names.input_bucket)
            .and_then(name_of)
            .ok_or_else(|| {
                missing(format!(
                    "resources has no bucket {} with a BucketName. Declare it.",
                    names.input_bucket
                ))
            })?;
        Ok(Self {
            course,
            service,
            user: user.to_owned(),
            input_bucket,
            buckets,
            function,
            log_group,
            workflow,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_buckets() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut stack = Stack::compile(root, "alice", None).unwrap();
        for (input, expected) in [
            ("scan-cv-input-alice", "scan-cv-matched-alice"),
            ("my-input-shop-input-alice", "my-input-shop-matched-alice"),
            // Not as the kit names them.
            ("inputs", "scan-cv-matched-alice"),
        ] {
            input.clone_into(&mut stack.input_bucket);
            assert_eq!(stack.bucket("matched"), expected);
        }
    }
}
