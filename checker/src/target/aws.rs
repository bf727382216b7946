//! The clients that the checker sees AWS through.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::error::Error;
use crate::target::is_loopback;
use crate::target::rush::Rush;
use crate::target::signed_call::SignedCalls;

/// How long to wait between two pages of logs for one user: AWS allows an account five
/// FilterLogEvents a second, and a class shares them.
const BETWEEN_LOGS: Duration = Duration::from_secs(1);

/// How many pages a second are asked for at most, however many users share the clients.
const MOST_LOGS: u32 = 4;

/// How long one call to this machine may take, with its retries.
const CALL_LIMIT_NEAR: Duration = Duration::from_secs(120);

/// The same where a class shares what AWS allows.
const CALL_LIMIT_SHARED: Duration = Duration::from_secs(90);

/// How often a call is tried where AWS allows no more calls for now.
const MOST_TRIES: u32 = 12;

/// How long one try of a call may take.
const TRY_LIMIT: Duration = Duration::from_secs(10);

/// The clients.
#[derive(Debug)]
pub struct Aws {
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// Step Functions.
    pub sfn: aws_sdk_sfn::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// STS, which says who asks.
    pub sts: aws_sdk_sts::Client,
    /// What needs no client of its own.
    pub calls: SignedCalls,
    /// Whether it may be asked often: it serves nobody else.
    pub near: bool,
    /// Whether a sandbox has more to do than its machine can.
    pub rush: Rush,
    /// The account: no bucket of another one is written to or emptied, whatever its name.
    pub owner: Option<String>,
    /// The state machines that were seen: name and ARN.
    machines: std::sync::Mutex<BTreeMap<String, String>>,
    /// Held by whoever lists the state machines.
    pub listing: Mutex<()>,
    /// How many runs share the clients just now.
    users: Arc<AtomicUsize>,
    /// When the next page of a log may be asked for.
    next_log: Mutex<Instant>,
    /// What they talk to, for messages.
    pub place: String,
    /// What to do when it does not answer.
    advice: &'static str,
}

impl Aws {
    /// Clients of the embedded sandbox: nothing of the user's own AWS settings
    /// is looked at.
    pub fn sandbox(endpoint: &str, region: &str) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "test", "test", None, None, "sandbox",
            )))
            .endpoint_url(endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::standard())
            .timeout_config(patient())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        Self {
            near: true,
            ..Self::of(&config, "the sandbox".to_owned(), "", true)
        }
    }

    /// Clients of AWS, or of whatever answers at `endpoint`, with the
    /// credentials of the environment or of the user's AWS files.
    ///
    /// # Errors
    ///
    /// Where there are no credentials, or where the user's settings name another
    /// endpoint than AWS: a verdict must not say `aws` of what ran elsewhere.
    pub async fn real(
        endpoint: Option<&str>,
        region: &str,
        profile: Option<&str>,
    ) -> Result<Self, Error> {
        if endpoint.is_none()
            && let Some(name) = endpoint_variable()
        {
            return Err(Error::Input(format!(
                "{name} is set, so this would not run on AWS. Unset it, or give its value as \
                 --endpoint-url."
            )));
        }
        let https = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(https)
            // A class shares the few calls per second that AWS allows an account: each call
            // waits longer after each refusal. The SDK's adaptive mode would slow down all
            // calls of a service, for minutes (checker/tests/throttling: 168 s for 15 s).
            .retry_config(RetryConfig::standard().with_max_attempts(MOST_TRIES))
            .timeout_config(match endpoint.is_some_and(is_loopback) {
                true => patient(),
                false => timeouts(CALL_LIMIT_SHARED),
            });
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let config = loader.load().await;
        if endpoint.is_none()
            && let Some(other) = configured_endpoint(&config)
        {
            return Err(Error::Input(format!(
                "your AWS config file names the endpoint {other}, so this would not run on AWS. \
                 Choose another one with --profile, or give the endpoint as --endpoint-url."
            )));
        }
        let credentials = match config.credentials_provider() {
            Some(provider) => provider
                .provide_credentials()
                .await
                .map_err(|error| root_cause(&error)),
            None => Err("there is no provider".to_owned()),
        };
        if let Err(error) = credentials {
            let example = if endpoint.is_some() {
                "For cargo checker sandbox, set AWS_ACCESS_KEY_ID=test and \
                 AWS_SECRET_ACCESS_KEY=test."
            } else {
                "Name a profile that is signed in with --profile, or set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY; where the AWS CLI itself is signed in, \
                 'aws configure export-credentials --format env' prints both."
            };
            // The last place that was asked says nothing about the others.
            let why = match error.contains("IMDS") {
                true => String::new(),
                false => format!(" ({error})"),
            };
            return Err(Error::Unclear(format!(
                "no AWS credentials were found{why}. {example}"
            )));
        }
        let (place, advice) = match endpoint {
            Some(endpoint) => (
                endpoint.to_owned(),
                " Check --endpoint-url, and that something answers there, such as cargo checker \
                 sandbox.",
            ),
            None => (
                format!("AWS in {region}"),
                " Check the network connection, and --region.",
            ),
        };
        Ok(Self::of(&config, place, advice, endpoint.is_some()))
    }

    /// Finds out whose account it is. Who may not ask goes without.
    ///
    /// # Errors
    ///
    /// Where nothing answers.
    pub async fn find_owner(&mut self) -> Result<(), Error> {
        match self.sts.get_caller_identity().send().await {
            Ok(identity) => self.owner = identity.account,
            Err(error) if error.as_service_error().is_some() => {}
            Err(error) => return Err(self.unclear("sign in", &error)),
        }
        Ok(())
    }

    /// The ARN of a state machine that was seen, by its name.
    pub fn machine(&self, name: &str) -> Option<String> {
        self.machines().get(name).cloned()
    }

    /// Remembers state machines: names and ARNs.
    pub fn know_machines(&self, seen: impl Iterator<Item = (String, String)>) {
        self.machines().extend(seen);
    }

    fn machines(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more run, for as long as the result is kept.
    pub fn one_more_user(&self) -> User {
        self.users.fetch_add(1, Ordering::Relaxed);
        User(self.users.clone())
    }

    /// Waits for one's turn to ask for a page of logs.
    pub async fn turn_for_logs(&self) {
        if self.near {
            return;
        }
        let mut next = self.next_log.lock().await;
        let turn = (*next).max(Instant::now());
        let users = u32::try_from(self.users.load(Ordering::Relaxed)).unwrap_or(MOST_LOGS);
        *next = turn + BETWEEN_LOGS / users.clamp(1, MOST_LOGS);
        drop(next);
        sleep_until(turn).await;
    }

    fn of(config: &SdkConfig, place: String, advice: &'static str, path_style: bool) -> Self {
        let rush = Rush::default();
        let s3 = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(path_style)
            .interceptor(rush.clone())
            .build();
        let sfn = aws_sdk_sfn::config::Builder::from(config)
            .interceptor(rush.clone())
            .build();
        let logs = aws_sdk_cloudwatchlogs::config::Builder::from(config)
            .interceptor(rush.clone())
            .build();
        // It is asked first: where nothing answers, that should be told soon.
        let sts = aws_sdk_sts::config::Builder::from(config)
            .retry_config(RetryConfig::standard())
            .build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            sfn: aws_sdk_sfn::Client::from_conf(sfn),
            logs: aws_sdk_cloudwatchlogs::Client::from_conf(logs),
            sts: aws_sdk_sts::Client::from_conf(sts),
            calls: SignedCalls::of(config),
            near: false,
            rush,
            owner: None,
            machines: std::sync::Mutex::default(),
            listing: Mutex::default(),
            users: Arc::default(),
            next_log: Mutex::new(Instant::now()),
            place,
            advice,
        }
    }

    /// Calls that had no answer in time, as the reason why there is no verdict.
    pub fn silent(&self, doing: &str, limit: Duration) -> Error {
        Error::Unclear(format!(
            "cannot {doing} at {}: no answer in {} s.{}",
            self.place,
            limit.as_secs(),
            self.advice
        ))
    }

    /// A call that did not succeed, as the reason why there is no verdict.
    pub fn unclear<E, R>(&self, doing: &str, error: &SdkError<E, R>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
    {
        let answered = error
            .as_service_error()
            .is_some_and(|it| it.code().is_some());
        let advice = if answered { "" } else { self.advice };
        let text = text_of(error);
        Error::Unclear(format!(
            "cannot {doing} at {}: {}.{advice}",
            self.place,
            text.trim_end_matches('.')
        ))
    }
}

/// One run that shares the clients with others.
#[derive(Debug)]
pub struct User(Arc<AtomicUsize>);

impl Drop for User {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A variable that sends an SDK elsewhere than to AWS.
fn endpoint_variable() -> Option<String> {
    let names = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    let mut names = names.filter_map(|(name, _)| name.into_string().ok());
    names.find(|name| name.starts_with("AWS_ENDPOINT_URL"))
}

/// The endpoint that the user's AWS config file names, for all services or in a
/// `services` section for one that the checker calls.
fn configured_endpoint(config: &SdkConfig) -> Option<String> {
    let of_service = |id| {
        let key = ServiceConfigKey::builder()
            .service_id(id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()?;
        config.service_config()?.load_config(key)
    };
    let of_all = config.endpoint_url().filter(|it| !it.is_empty());
    let of_all = of_all.map(str::to_owned);
    of_all.or_else(|| {
        ["S3", "SFN", "CloudWatch Logs"]
            .into_iter()
            .find_map(of_service)
    })
}

pub use aws_sdk_s3::error::SdkError;

/// A service's own code and message, or what kept the call from an answer.
pub fn text_of<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: fmt::Debug,
{
    let metadata = error.as_service_error();
    match metadata.map(|it| (it.code(), it.message())) {
        Some((Some(code), Some(message))) => format!("{code}: {message}"),
        Some((Some(code), None)) => code.to_owned(),
        _ => match error {
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(error) => root_cause(error),
                None => "the request could not be sent".to_owned(),
            },
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            SdkError::ResponseError(_) | SdkError::ServiceError(_) => {
                "the answer is not AWS's, something else may listen there".to_owned()
            }
            _ => "the request could not be made".to_owned(),
        },
    }
}

/// The end of the chain of causes, which a person understands.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// The limits on this machine: it answers in any case, but may be busy with other work.
fn patient() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_timeout(CALL_LIMIT_NEAR)
        .operation_attempt_timeout(CALL_LIMIT_NEAR / 2)
        .connect_timeout(CALL_LIMIT_NEAR / 2)
        .build()
}

fn timeouts(limit: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_timeout(limit)
        .operation_attempt_timeout(TRY_LIMIT)
        .connect_timeout(Duration::from_secs(5))
        .build()
}
