//! Whether the input bucket tells the function of new objects.

use aws_sdk_s3::types::LambdaFunctionConfiguration;

use super::Gatherer;
use crate::course::probe::Probe;
use crate::course::task::Arrival;
use crate::evidence::Trigger;

impl Gatherer<'_> {
    /// Asks the bucket: worth a call only when no invocation has come. Who may not ask does
    /// not know.
    pub async fn ask_for_trigger(&mut self) {
        let request = self.aws.s3.get_bucket_notification_configuration();
        let answer = request.bucket(&self.stack.input_bucket).send().await;
        let Ok(answer) = answer else { return };
        let name = format!(":function:{}", self.stack.function);
        let rules = answer.lambda_function_configurations().iter();
        // Or a version or alias of it.
        let is_own = |arn: &str| {
            let rest = arn.split_once(&name).map(|(_, rest)| rest);
            rest.is_some_and(|it| it.is_empty() || it.starts_with(':'))
        };
        let own: Vec<_> = rules
            .filter(|rule| is_own(rule.lambda_function_arn()))
            .collect();
        let excluded: Vec<String> = own
            .iter()
            .filter_map(|rule| why_not(rule, self.probes))
            .collect();
        self.surroundings.trigger = Some(if own.is_empty() {
            Trigger::Missing
        } else if excluded.len() == own.len() {
            Trigger::Excludes(excluded.join("; "))
        } else if let Some(untold) = untold(&own, self.probes) {
            Trigger::Excludes(untold)
        } else {
            Trigger::Told
        });
    }
}

/// The kind of upload of which no rule tells.
fn untold(rules: &[&LambdaFunctionConfiguration], probes: &[Probe]) -> Option<String> {
    let events = rules.iter().flat_map(|rule| rule.events());
    let events: Vec<&str> = events.map(|it| it.as_str()).collect();
    let arrivals = probes.iter().flat_map(|it| &it.spec.arrives);
    let mut kinds = arrivals.filter_map(|it| match it {
        Arrival::Put => Some("s3:ObjectCreated:Put"),
        Arrival::Parts => Some("s3:ObjectCreated:CompleteMultipartUpload"),
        Arrival::Copy => Some("s3:ObjectCreated:Copy"),
        Arrival::SharedEvent | Arrival::OwnEvent => None,
    });
    let is_told = |kind: &&str| {
        events
            .iter()
            .any(|it| it == kind || *it == "s3:ObjectCreated:*")
    };
    let kind = kinds.find(|kind| !is_told(kind))?;
    Some(format!(
        "its event is {}, and some arrive by {kind}",
        events.join(", ")
    ))
}

/// What keeps a rule from telling of some upload.
fn why_not(rule: &LambdaFunctionConfiguration, probes: &[Probe]) -> Option<String> {
    let events: Vec<&str> = rule.events().iter().map(|it| it.as_str()).collect();
    if !events.iter().any(|it| it.starts_with("s3:ObjectCreated:")) {
        return Some(format!(
            "its event is {}, not s3:ObjectCreated:*",
            events.join(", ")
        ));
    }
    let filter = rule.filter().and_then(|it| it.key());
    for rule in filter.map(|it| it.filter_rules()).unwrap_or_default() {
        let value = rule.value().unwrap_or_default();
        // S3 answers with a capital letter, which the SDK does not know.
        let name = rule.name().map(|it| it.as_str().to_lowercase());
        let name = name.unwrap_or_default();
        let fits: fn(&str, &str) -> bool = match name.as_str() {
            "prefix" => |key, value| key.starts_with(value),
            "suffix" => |key, value| key.ends_with(value),
            _ => continue,
        };
        if let Some(probe) = probes.iter().find(|it| !fits(&it.key, value)) {
            return Some(format!(
                "its rule takes only keys with the {name} {value:?}, which {:?} has not",
                probe.key
            ));
        }
    }
    None
}
