//! The AWS SDK integrations: which services there are, and how their calls are named.

/// A service a line, by its name in the AWS SDK for Java; of the services that workflows
/// mostly call, all their calls.
const NAMES: &str = include_str!("sdk_names.txt");

/// Whether there is a call `service:action`, such as `s3:copyObject`: names are in camel
/// case. Of most services only that is looked at, as they have thousands of calls.
pub(super) fn has(service: &str, action: &str) -> bool {
    let is_name = action.starts_with(|it: char| it.is_ascii_lowercase())
        && action.bytes().all(|it| it.is_ascii_alphanumeric());
    if !is_name {
        return false;
    }
    NAMES.lines().any(|line| match line.split_once(": ") {
        Some((name, actions)) if name == service => actions.split(' ').any(|known| known == action),
        Some(_) => false,
        None => line == service,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (service, action) in [
            ("textract", "analyzeDocument"),
            ("s3", "copyObject"),
            ("sfn", "startExecution"),
            ("cloudwatchlogs", "putLogEvents"),
            ("dynamodb", "anything"),
            ("eventbridge", "putEvents"),
        ] {
            assert!(has(service, action), "{service}:{action}");
        }
        for (service, action) in [
            ("textract", "AnalyzeDocument"),
            ("textract", "analyseDocument"),
            ("s3", "CopyObject"),
            ("S3", "copyObject"),
            ("states", "startExecution"),
            ("dynamodb", "PutItem"),
            ("dynamodb", "put-item"),
            ("nothing", "putItem"),
            ("s3", ""),
        ] {
            assert!(!has(service, action), "{service}:{action}");
        }
    }
}
