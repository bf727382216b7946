//! From `serverless.yml` to CloudFormation, without Node.js.
//!
//! [`compile`] writes the template that `npx sls package` would write with
//! osls 4.3.1 and serverless-step-functions 3.31.2, for the part of their
//! format that a workshop needs. What is outside of that part is an [`Error`]
//! with file, line and column, never left out in silence.
//!
//! # What it knows
//!
//! - **Variables**: `${self:path}`, `${env:NAME}`, `${opt:name}`,
//!   `${file(path):key}` (YAML, JSON and text under the root), `${sls:stage}` and
//!   `${aws:region}`, with fallbacks, nested, and escaped as `\${...}`.
//! - **YAML 1.2** with anchors, aliases, merge keys and CloudFormation's short tags.
//! - **Functions** of `provided.al2023` and `provided.al2` from a zip file, with
//!   their log groups, roles, environment, tags, `s3` events on new buckets,
//!   tracing and settings of asynchronous invocation. `versionFunctions` has to
//!   be `false`: the logical id of a version is a hash of the code.
//! - **State machines** that name their role; definitions as mappings.
//! - **Resources** in all sections of a template but `Transform`; not `extensions`.
//! - Names are checked against AWS's limits.
//!
//! An error names each supported property of the mapping that it is about.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let root = tempfile::tempdir()?;
//! std::fs::write(
//!     root.path().join("serverless.yml"),
//!     "service: greetings-${env:WHO}
//! provider:
//!   name: aws
//!   runtime: provided.al2023
//!   versionFunctions: false
//! functions:
//!   hello:
//!     handler: hello
//! ",
//! )?;
//! let service = serverless_template::compile(&serverless_template::Options {
//!     root: root.path().to_owned(),
//!     env: [("WHO".to_owned(), "alice".to_owned())].into(),
//!     opts: Default::default(),
//! })?;
//! assert_eq!(service.functions[0].name, "greetings-alice-dev-hello");
//! assert_eq!(
//!     service.template["Resources"]["HelloLambdaFunction"]["Type"],
//!     "AWS::Lambda::Function"
//! );
//! # Ok(())
//! # }
//! ```

mod config;
mod dotenv;
mod error;
mod files;
mod naming;
mod node;
mod reader;
mod resolve;
mod scalar;
mod template;
mod variable;
mod yaml;

use std::collections::BTreeMap;
use std::path::PathBuf;

use config::Config;

pub use error::{Error, Place};

/// What a template is made from. Nothing else is read: neither the process's
/// own environment nor a file outside of `root`.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The directory of `serverless.yml`.
    pub root: PathBuf,
    /// Environment variables, for `${env:NAME}`. They win over `.env`, which
    /// is read if the service says `useDotenv: true`.
    pub env: BTreeMap<String, String>,
    /// Options of the command line without their dashes, for `${opt:name}`;
    /// `stage` and `region` win over the provider's.
    pub opts: BTreeMap<String, String>,
}

/// A compiled service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The service's name.
    pub name: String,
    /// The stage, such as `dev`.
    pub stage: String,
    /// The AWS region, such as `eu-west-1`.
    pub region: String,
    /// The name of the CloudFormation stack.
    pub stack_name: String,
    /// The template of the whole stack. In it, the key of the functions' code
    /// says `local` where the CLI writes the time of the deployment.
    pub template: serde_json::Value,
    /// The template that creates the stack with only the bucket in it that the
    /// code is uploaded to.
    pub create_template: serde_json::Value,
    /// The functions, in the order of the file.
    pub functions: Vec<Function>,
    /// The state machines, in the order of the file.
    pub state_machines: Vec<StateMachine>,
    /// The zip with the functions' code, relative to the root.
    pub artifact: Option<PathBuf>,
    /// Where to look when a resource cannot be made, by its logical id: the author's
    /// own resource, the function, or the definition of the state machine.
    pub places: BTreeMap<String, Place>,
}

/// A Lambda function of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its key in `serverless.yml`.
    pub key: String,
    /// Its name on AWS.
    pub name: String,
    /// Its handler.
    pub handler: String,
    /// Its logical id in the template.
    pub logical_id: String,
    /// The name of its log group.
    pub log_group: String,
    /// The zip with its code, relative to the root: its own or the service's.
    pub artifact: Option<PathBuf>,
}

/// A state machine of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMachine {
    /// Its key in `serverless.yml`.
    pub key: String,
    /// Its name on AWS, unless CloudFormation is to make one up.
    pub name: Option<String>,
    /// Its logical id in the template.
    pub logical_id: String,
}

/// Compiles the `serverless.yml` in `options.root`.
///
/// # Errors
/// The first thing in the way: bad YAML, a variable without a value, a missing
/// include, a property that is not known, a value of the wrong type, a name
/// that AWS would refuse.
pub fn compile(options: &Options) -> Result<Service, Error> {
    let config = Config::read(resolve::resolve_service(options)?, options)?;
    let (template, create_template) = template::compile(&config)?;
    let functions = config
        .functions
        .iter()
        .map(|function| Function {
            key: function.key.clone(),
            name: function.name.clone(),
            handler: function.handler.clone(),
            logical_id: function.logical_id(),
            log_group: function.log_group(),
            artifact: function
                .artifact
                .as_ref()
                .or(config.package.artifact.as_ref())
                .cloned(),
        })
        .collect();
    let state_machines = config
        .step_functions
        .state_machines
        .iter()
        .map(|machine| StateMachine {
            key: machine.key.clone(),
            name: machine.name.clone(),
            logical_id: machine.logical_id(),
        })
        .collect();
    Ok(Service {
        places: places(&config),
        name: config.service,
        stage: config.stage,
        region: config.region,
        stack_name: config.stack_name,
        template,
        create_template,
        functions,
        state_machines,
        artifact: config.package.artifact,
    })
}

/// Reads a CloudFormation template in YAML, with its short tags written out.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read_template(text: &str) -> Result<serde_json::Value, Error> {
    Ok(yaml::parse("template", text)?.to_json())
}

fn places(config: &Config) -> BTreeMap<String, Place> {
    let functions = config.functions.iter();
    let functions = functions.map(|it| (it.logical_id(), it.field.node.place.clone()));
    let machines = config.step_functions.state_machines.iter();
    let machines = machines.map(|it| (it.logical_id(), it.definition.place.clone()));
    let own = config.resources.places.clone();
    functions.chain(machines).chain(own).collect()
}
