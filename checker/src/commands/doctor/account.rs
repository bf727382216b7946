//! The account on AWS, or what answers in its place.

use std::time::Instant;

use aws_sdk_s3::types::Bucket;
use aws_smithy_types::date_time::{DateTime, Format};

use super::Line;
use crate::commands::cli::Doctor;
use crate::course::file::Prefix;
use crate::course::stack::Stack;
use crate::evidence::gather::now_millis;
use crate::target::aws::{Aws, SdkError, text_of};

/// By how much a clock may differ, in seconds: AWS refuses signatures of other times.
const LARGEST_SKEW_S: i64 = 300;

/// How many buckets an account may have ("Amazon S3 endpoints and quotas").
const MOST_BUCKETS: usize = 10_000;

/// What is found there. Without credentials there is one line: the sandbox needs none.
pub async fn look(arguments: &Doctor, stack: &Stack) -> Vec<Line> {
    let place = &arguments.place;
    let region = &stack.service.region;
    let mut lines = vec![Line::ok("region", region.clone()), workshop(stack)];
    let aws = Aws::real(
        place.endpoint_url.as_deref(),
        region,
        place.profile.as_deref(),
    );
    let mut aws = match aws.await {
        Ok(aws) => aws,
        Err(error) => {
            lines.push(Line::warning(
                "credentials",
                format!("{error}"),
                "Nothing to do for the sandbox; for AWS, sign in and run cargo checker doctor \
                 again.",
            ));
            return lines;
        }
    };
    let begun = Instant::now();
    let identity = aws.sts.get_caller_identity().send().await;
    let took = begun.elapsed();
    match identity {
        Ok(who) => {
            lines.push(Line::ok("credentials", who.arn().unwrap_or_default()));
            aws.owner = who.account;
            let took = took.as_millis();
            lines.push(Line::ok(
                "endpoint",
                format!("{} answers in {took} ms", aws.place),
            ));
        }
        Err(error) if error.as_service_error().is_some() => {
            let fix = "Sign in again, or name another profile with --profile.";
            lines.push(Line::problem("credentials", text_of(&error), fix));
            lines.push(clock(&aws).await);
            return lines;
        }
        Err(error) => {
            let fix = "Check the network connection, --endpoint-url, and that something answers \
                       there.";
            let detail = format!("{} does not answer: {}", aws.place, text_of(&error));
            lines.push(Line::problem("endpoint", detail, fix));
            return lines;
        }
    }
    lines.push(clock(&aws).await);
    let listed = aws.s3.list_buckets().send().await;
    let listed = listed.map(|it| it.buckets.unwrap_or_default());
    let listed = listed.map_err(|error| text_of(&error));
    lines.push(names(&aws, stack, listed.as_deref().unwrap_or_default()).await);
    lines.push(quotas(stack, listed.map(|it| it.len())));
    lines
}

/// Bucket names are global: those with the default word may be somebody else's.
fn workshop(stack: &Stack) -> Line {
    let name = stack.workshop().unwrap_or(&stack.input_bucket);
    match &stack.course.prefix {
        Some(Prefix { variable, default }) if name == default => Line::warning(
            "workshop",
            format!("bucket names are global on AWS, and {variable} still is {default}"),
            format!("{} before you deploy to AWS.", choose_a_name(stack)),
        ),
        _ => Line::ok("workshop", name),
    }
}

/// What to do where a bucket is somebody else's.
fn choose_a_name(stack: &Stack) -> String {
    match &stack.course.prefix {
        Some(Prefix { variable, .. }) => {
            format!("Set {variable} to a name of your own, in the environment or in .env")
        }
        None => "Give the buckets names of your own in serverless.yml".to_owned(),
    }
}

/// By how much this machine's clock differs. A bucket that nobody has is asked for, since
/// the time is read from an answer that refuses.
async fn clock(aws: &Aws) -> Line {
    let nobodys = format!("checker-doctor-{}", uuid::Uuid::new_v4().simple());
    let here = now_millis() / 1000;
    let there = match aws.s3.head_bucket().bucket(nobodys).send().await {
        Err(SdkError::ServiceError(answer)) => {
            let date = answer.raw().headers().get("date");
            date.and_then(|it| DateTime::from_str(it, Format::HttpDate).ok())
        }
        _ => None,
    };
    match there.map(|it| (here - it.secs()).abs()) {
        None => Line::warning(
            "clock",
            "the endpoint does not tell the time",
            "See that the clock of this machine is right.",
        ),
        Some(skew) if skew > LARGEST_SKEW_S => Line::problem(
            "clock",
            format!("this machine's clock is {skew} s off"),
            "Set it right: AWS refuses requests that are signed for another time.",
        ),
        // The endpoint tells whole seconds.
        Some(0 | 1) => Line::ok("clock", "right"),
        Some(skew) => Line::ok("clock", format!("{skew} s off")),
    }
}

/// Whether the stack's bucket names can be had.
async fn names(aws: &Aws, stack: &Stack, mine: &[Bucket]) -> Line {
    let (mut free, mut own, mut taken) = (0, 0, Vec::new());
    for bucket in &stack.buckets {
        let head = aws.s3.head_bucket().bucket(bucket);
        let head = head.set_expected_bucket_owner(aws.owner.clone());
        match head.send().await {
            Ok(_) => own += 1,
            Err(error) => match error.raw_response().map(|it| it.status().as_u16()) {
                Some(404) => free += 1,
                // In another region, or not to be looked into.
                Some(_) if mine.iter().any(|it| it.name() == Some(bucket)) => own += 1,
                Some(301 | 400 | 403) => taken.push(bucket.as_str()),
                _ => {
                    return Line::warning(
                        "names",
                        format!("cannot ask for the bucket {bucket}: {}", text_of(&error)),
                        "Run cargo checker doctor again.",
                    );
                }
            },
        }
    }
    if !taken.is_empty() {
        return Line::problem(
            "names",
            format!("somebody else has the bucket {}", taken.join(", ")),
            choose_a_name(stack) + ".",
        );
    }
    Line::ok(
        "names",
        format!("of the bucket names {own} are yours and {free} are free"),
    )
}

/// Room for the stack.
fn quotas(stack: &Stack, buckets: Result<usize, String>) -> Line {
    let more = stack.buckets.len() + 1;
    let also = "all functions share the account's concurrency, which is 10 in a new account";
    match buckets {
        Ok(count) if count + more > MOST_BUCKETS => Line::problem(
            "quotas",
            format!(
                "the account has {count} buckets, and {more} more are over the quota of \
                 {MOST_BUCKETS}"
            ),
            "Remove some, or ask AWS for more in Service Quotas.",
        ),
        Ok(count) => Line::ok(
            "quotas",
            format!("{count} of {MOST_BUCKETS} buckets, this stack has {more}; {also}"),
        ),
        Err(error) => Line::warning(
            "quotas",
            format!("cannot list the buckets: {error}; {also}"),
            "Ask the account's owner how many buckets there may be.",
        ),
    }
}
