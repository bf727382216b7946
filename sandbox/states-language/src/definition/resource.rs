//! What a Task state calls: its `Resource`.

use super::Kind;
use super::reader::Reader;
use super::sdk;
use crate::task::IntegrationPattern;

/// A Task state's `Resource`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// As the definition has it.
    pub text: String,
    pub family: Family,
    pub pattern: IntegrationPattern,
}

/// By which family of events a task is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Family {
    /// A function's ARN as the resource.
    Lambda,
    /// An activity's ARN as the resource.
    Activity,
    /// A service integration: `arn:aws:states:::{resource_type}:{resource}`.
    Service {
        resource_type: String,
        resource: String,
    },
}

/// The optimised integrations and what each can call ("Integrating optimized
/// services with Step Functions" in the developer guide).
const OPTIMISED: [(&str, &[&str]); 21] = [
    ("apigateway", &["invoke"]),
    (
        "athena",
        &[
            "startQueryExecution",
            "stopQueryExecution",
            "getQueryExecution",
            "getQueryResults",
        ],
    ),
    ("batch", &["submitJob"]),
    ("bedrock", &["invokeModel", "createModelCustomizationJob"]),
    (
        "codebuild",
        &[
            "startBuild",
            "stopBuild",
            "batchDeleteBuilds",
            "batchGetReports",
            "startBuildBatch",
            "stopBuildBatch",
            "retryBuildBatch",
            "deleteBuildBatch",
        ],
    ),
    ("databrew", &["startJobRun"]),
    (
        "dynamodb",
        &["getItem", "putItem", "deleteItem", "updateItem"],
    ),
    ("ecs", &["runTask"]),
    (
        "eks",
        &[
            "call",
            "runJob",
            "createCluster",
            "deleteCluster",
            "createNodegroup",
            "deleteNodegroup",
            "createFargateProfile",
            "deleteFargateProfile",
        ],
    ),
    (
        "elasticmapreduce",
        &[
            "createCluster",
            "terminateCluster",
            "addStep",
            "cancelStep",
            "setClusterTerminationProtection",
            "modifyInstanceFleetByName",
            "modifyInstanceGroupByName",
        ],
    ),
    (
        "emr-containers",
        &[
            "createVirtualCluster",
            "deleteVirtualCluster",
            "startJobRun",
        ],
    ),
    ("events", &["putEvents"]),
    ("glue", &["startJobRun"]),
    ("http", &["invoke"]),
    ("lambda", &["invoke"]),
    ("sns", &["publish"]),
    ("sqs", &["sendMessage"]),
    (
        "emr-serverless",
        &[
            "createApplication",
            "startApplication",
            "stopApplication",
            "deleteApplication",
            "startJobRun",
            "cancelJobRun",
        ],
    ),
    ("mediaconvert", &["createJob"]),
    (
        "sagemaker",
        &[
            "createEndpoint",
            "createEndpointConfig",
            "createHyperParameterTuningJob",
            "createLabelingJob",
            "createModel",
            "createProcessingJob",
            "createTrainingJob",
            "createTransformJob",
            "updateEndpoint",
        ],
    ),
    ("states", &["startExecution"]),
];

impl Resource {
    /// Reads a resource and rejects what no state machine of this kind can call.
    pub(super) fn read(reader: &mut Reader, text: &str, place: &str) -> Option<Self> {
        let Some(family) = family(text) else {
            reader.reject(
                place,
                if text.starts_with("arn:") {
                    format!(
                        "The resource provided {text} is not recognized. The value is not a valid \
                         resource ARN, or the resource is not available in this region."
                    )
                } else {
                    "Value is not a valid resource ARN".to_owned()
                },
            );
            return None;
        };
        let pattern = IntegrationPattern::of(text);
        if reader.kind == Kind::Express {
            let problem = match (&family, pattern) {
                (Family::Activity, _) => {
                    Some("Express state machine does not support Activity ARN")
                }
                // AWS's text ends in a blank here.
                (_, IntegrationPattern::WaitForTaskToken) => Some(
                    "Express state machine does not support '.waitForTaskToken' service \
                     integration ",
                ),
                (_, IntegrationPattern::Sync | IntegrationPattern::Sync2) => {
                    Some("Express state machine does not support '.sync' service integration")
                }
                _ => None,
            };
            if let Some(problem) = problem {
                reader.reject(place, problem);
                return None;
            }
        }
        Some(Self {
            text: text.to_owned(),
            family,
            pattern,
        })
    }
}

fn family(text: &str) -> Option<Family> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, resource] = parts.as_slice() else {
        return None;
    };
    if !partition.starts_with("aws") {
        return None;
    }
    match (*service, *region, *account) {
        ("lambda", region, _) if !region.is_empty() => {
            resource.starts_with("function:").then_some(Family::Lambda)
        }
        ("states", "", "") => integration(resource),
        ("states", _, _) => resource
            .starts_with("activity:")
            .then_some(Family::Activity),
        _ => None,
    }
}

fn integration(resource: &str) -> Option<Family> {
    let (service, action) = match resource.strip_prefix("aws-sdk:") {
        Some(rest) => {
            let (service, action) = rest.split_once(':')?;
            (&resource[.."aws-sdk:".len() + service.len()], action)
        }
        None => resource.split_once(':')?,
    };
    let (call, suffix) = [".waitForTaskToken", ".sync:2", ".sync"]
        .iter()
        .find_map(|suffix| Some((action.strip_suffix(suffix)?, *suffix)))
        .unwrap_or((action, ""));
    let known = match service.strip_prefix("aws-sdk:") {
        // A call of the SDK has no end to wait for.
        Some(service) => !suffix.starts_with(".sync") && sdk::has(service, call),
        None => {
            let of_service = OPTIMISED.iter().find(|(name, _)| *name == service);
            of_service.is_some_and(|(_, calls)| calls.contains(&call)) && has(service, suffix)
        }
    };
    known.then(|| Family::Service {
        resource_type: service.to_owned(),
        resource: action.to_owned(),
    })
}

/// Whether an optimised integration can be waited for in this way ("Discover service
/// integration patterns in Step Functions" in the developer guide).
fn has(service: &str, suffix: &str) -> bool {
    const NO_JOB: [&str; 7] = [
        "apigateway",
        "dynamodb",
        "events",
        "http",
        "lambda",
        "sns",
        "sqs",
    ];
    match suffix {
        ".sync" => !NO_JOB.contains(&service),
        ".sync:2" => service == "states",
        ".waitForTaskToken" => !["athena", "batch", "dynamodb", "glue"].contains(&service),
        _ => true,
    }
}

/// What the calls of optimised integrations cannot do without: the required parameters of
/// each API.
const REQUIRED: [(&str, &[&str]); 21] = [
    ("apigateway:invoke", &["ApiEndpoint", "Method"]),
    ("athena:getQueryExecution", &["QueryExecutionId"]),
    ("athena:getQueryResults", &["QueryExecutionId"]),
    ("athena:startQueryExecution", &["QueryString"]),
    ("athena:stopQueryExecution", &["QueryExecutionId"]),
    ("batch:submitJob", &["JobDefinition", "JobName", "JobQueue"]),
    ("bedrock:invokeModel", &["ModelId"]),
    ("codebuild:startBuild", &["ProjectName"]),
    ("databrew:startJobRun", &["Name"]),
    ("dynamodb:deleteItem", &["TableName", "Key"]),
    ("dynamodb:getItem", &["TableName", "Key"]),
    ("dynamodb:putItem", &["TableName", "Item"]),
    ("dynamodb:updateItem", &["TableName", "Key"]),
    ("ecs:runTask", &["TaskDefinition"]),
    ("events:putEvents", &["Entries"]),
    ("glue:startJobRun", &["JobName"]),
    ("http:invoke", &["ApiEndpoint", "Method"]),
    ("lambda:invoke", &["FunctionName"]),
    ("sns:publish", &["Message"]),
    ("sqs:sendMessage", &["QueueUrl", "MessageBody"]),
    ("states:startExecution", &["StateMachineArn"]),
];

impl Resource {
    /// The parameters that its call cannot do without.
    pub(super) fn required(&self) -> &'static [&'static str] {
        let Family::Service {
            resource_type,
            resource,
        } = &self.family
        else {
            return &[];
        };
        let call = resource.split('.').next().unwrap_or_default();
        let name = format!("{resource_type}:{call}");
        let found = REQUIRED.iter().find(|(it, _)| *it == name);
        found.map_or(&[], |(_, required)| required)
    }
}
